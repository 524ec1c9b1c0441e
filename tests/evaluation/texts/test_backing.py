"""Figures of hallucination, each with its n and its interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from made_answers import written

from loop.evaluation.texts.support import measure_backing
from loop.records import Measurement

ANSWERS = {
    "a": written("It is open. It is red."),
    "b": written("It is open."),
    "c": written("It is shut."),
    "d": written("It is shut. It is open."),
}
SOURCES = {"a": "It is open.", "b": "It is open.", "c": "It is open.", "d": ""}
WRONG = {"a": True, "b": False, "c": True, "d": None}


class Same:
    """Entails what it contains, contradicts everything else."""

    def probabilities(self, premises: Sequence[str], hypotheses: Sequence[str]) -> np.ndarray:
        return np.array(
            [[1.0, 0, 0] if two in one else [0, 0, 1.0] for one, two in zip(premises, hypotheses, strict=True)]
        )


def _rows(
    entail: Same | None, *, samples: dict[str, Sequence] | None = None, wrong: dict | None = None
) -> dict[tuple[str, str], Measurement]:
    found = measure_backing(
        ANSWERS, SOURCES, samples or {}, wrong or {}, entail=entail, on="gold", rng=np.random.default_rng(0)
    )
    return {(row.metric, row.slice): row for row in found}


def test_an_answer_with_one_unsupported_sentence_is_a_hallucination_and_one_without_source_is_unknown() -> None:
    rows = _rows(Same())
    hallucinated, share = rows["hallucination_rate", ""], rows["unsupported", ""]
    assert (hallucinated.value, hallucinated.n, hallucinated.estimator) == (2 / 3, 3, "wilson")
    assert (share.value, share.n, share.estimator) == (0.5, 3, "bootstrap-1000")
    assert set(rows) == {("hallucination_rate", ""), ("unsupported", "")}


def test_without_a_model_and_without_samples_nothing_is_told() -> None:
    assert _rows(None, wrong=WRONG) == {}


def test_samples_tell_consistency_with_and_without_a_model() -> None:
    samples = {"b": (written("It is open."), written("It is shut."))}
    assert _rows(Same(), samples=samples)["inconsistency", ""].value == 0.5
    found = _rows(None, samples=samples)["inconsistency", ""]
    assert found.n == 1
    assert found.value is not None
    assert 0 < found.value < 0.5


def test_every_signal_is_held_against_known_errors_beside_the_length() -> None:
    rows = _rows(Same(), wrong=WRONG)
    told, baseline = rows["auroc", "signal=unsupported"], rows["auroc", "signal=words"]
    assert (told.value, told.n) == (1.0, 3)
    assert baseline.value == pytest.approx(0.75)
    assert ("auroc", "signal=unsupported") not in _rows(Same(), wrong={"a": True})

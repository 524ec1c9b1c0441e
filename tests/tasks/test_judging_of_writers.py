"""What gold answers claim beyond their contexts is measured wherever it can be told, and nowhere else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from loop.records import Example, Generation, Measurement, Split
from loop.tasks.generation import evaluate

ANSWERS = {"a": "It is open. It is red.", "b": "It is open.", "c": "It is shut.", "d": "It is blue."}
CONTEXTS = {"a": "It is open.", "b": "It is open.", "c": "It is open.", "d": ""}
WRONG = {"a": True, "b": False, "c": True, "d": False}


class Same:
    """Entails what it contains."""

    def probabilities(self, premises: list[str], hypotheses: list[str]) -> np.ndarray:
        return np.array([[float(b in a), float(b not in a), 0.0] for a, b in zip(premises, hypotheses, strict=True)])


def _measured(
    monkeypatch: pytest.MonkeyPatch, entail: Same | None, contexts: dict[str, str]
) -> dict[tuple[str, str], Measurement]:
    monkeypatch.setattr(evaluate, "entailment", lambda work: entail)
    work: Any = SimpleNamespace(rng=lambda *_: np.random.default_rng(0))
    examples = [Example(id_, f"Is it open? {id_}", Split.GOLD, context=text) for id_, text in contexts.items()]
    written = {id_: Generation(text, 5, -1.0, 0.1, 0.2, True) for id_, text in ANSWERS.items()}
    rows = evaluate._backing(work, examples, written, WRONG)
    assert {row.on for row in rows} <= {"gold"}
    return {(row.metric, row.slice): row for row in rows}


def test_gold_answers_with_a_context_tell_how_many_claim_more_than_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _measured(monkeypatch, Same(), CONTEXTS)
    rate, share = found["hallucination_rate", ""], found["unsupported", ""]
    assert (rate.value, rate.n) == (pytest.approx(2 / 3), 3)
    assert rate.low is not None
    assert rate.low < 2 / 3
    assert (share.value, share.n) == (pytest.approx(0.5), 3)


def test_the_length_stands_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _measured(monkeypatch, Same(), CONTEXTS)
    assert found["auroc", "signal=unsupported"].value == 1.0
    assert found["auroc", "signal=words"].value == 0.75
    assert found["auroc", "signal=unsupported"].n == found["auroc", "signal=words"].n == 3


def test_without_a_model_of_entailment_or_without_contexts_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _measured(monkeypatch, None, CONTEXTS) == {}
    assert _measured(monkeypatch, Same(), dict.fromkeys(CONTEXTS, "")) == {}

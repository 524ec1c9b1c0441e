"""All figures of written answers, each with its n and its interval."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_answers import written

from loop import registry
from loop.errors import DataError
from loop.evaluation.texts.checks import Check, build_check
from loop.evaluation.texts.measure import failed, measure_texts, perplexity, wrong
from loop.protocols import Likelihoods
from loop.records import Measurement

ANSWERS = {"a": written("Yes."), "b": written("no"), "c": written("maybe so", finished=False), "d": written("yes")}
EXAMPLES = {id_: {"id": id_, "prompt": "?", "ticket": "T" if id_ != "d" else ""} for id_ in ANSWERS}
REFERENCES = {"a": ("yes",), "b": ("yes", "sure"), "c": ("maybe so",)}
GRADED = Check("graded", lambda answer, example: {"Yes.": 0.5, "no": 0.49}.get(answer, 1.0))
TICKET = Check("ticket", lambda answer, example: float("so" in answer) if example["ticket"] else None)


def _rows(checks: list[Check], references: dict[str, tuple[str, ...]] = REFERENCES, **slices: list[str]) -> dict:
    found = measure_texts(ANSWERS, EXAMPLES, references, checks, on="gold", slices=slices, rng=np.random.default_rng(0))
    rows = {(row.metric, row.slice): row for row in found}
    assert len(rows) == len(found)
    return rows


def test_without_checks_wrong_is_what_is_no_reference() -> None:
    assert wrong(ANSWERS, EXAMPLES, REFERENCES, []) == {"a": False, "b": True, "c": False, "d": None}


def test_with_checks_one_failure_is_enough_and_references_do_not_count() -> None:
    assert wrong(ANSWERS, EXAMPLES, REFERENCES, [GRADED]) == {"a": False, "b": True, "c": False, "d": False}
    assert wrong(ANSWERS, EXAMPLES, REFERENCES, [TICKET]) == {"a": True, "b": True, "c": False, "d": None}
    assert wrong(ANSWERS, EXAMPLES, REFERENCES, [GRADED, TICKET])["d"] is False


def test_half_of_the_marks_passes() -> None:
    assert failed(ANSWERS, EXAMPLES, GRADED)["a"] is False
    assert failed(ANSWERS, EXAMPLES, GRADED)["b"] is True


def test_the_error_rate_rests_on_what_can_be_told() -> None:
    row = _rows([])["error_rate", ""]
    assert (row.value, row.n, row.estimator) == (1 / 3, 3, "wilson")


def test_every_text_metric_of_the_menu_is_measured_with_an_interval() -> None:
    rows = _rows([])
    for name in (*registry.names("text_metric"), "corpus_bleu"):
        row = rows[name, ""]
        assert row.n == 3
        assert row.value is not None
        assert row.low is not None
        assert row.high is not None
        assert 0 <= row.low <= row.value <= row.high <= 1
    assert rows["exact_match", ""].estimator == "wilson"
    assert rows["chrf", ""].estimator == "bootstrap-1000"


def test_checks_have_their_mean_and_an_interval_that_fits() -> None:
    rows = _rows([GRADED, TICKET])
    graded, ticket = rows["check:graded", ""], rows["check:ticket", ""]
    assert (graded.value, graded.n, graded.estimator) == (pytest.approx(2.99 / 4), 4, "bootstrap-1000")
    assert (ticket.value, ticket.n, ticket.estimator) == (1 / 3, 3, "wilson")


def test_length_and_what_is_unfinished_are_always_told() -> None:
    rows = _rows([], references={})
    assert set(rows) == {("words", ""), ("unfinished", "")}
    assert rows["words", ""].value == 1.25
    assert rows["unfinished", ""].value == 0.25


def test_slices_have_the_error_rate_alone() -> None:
    rows = _rows([], chat=["a", "b", "d"], mail=["d"])
    assert (rows["error_rate", "chat"].value, rows["error_rate", "chat"].n) == (0.5, 2)
    assert (rows["error_rate", "mail"].value, rows["error_rate", "mail"].n) == (None, 0)
    assert {metric for metric, slice_ in rows if slice_} == {"error_rate"}


def test_names_fit_the_ledger(tmp_path: Path) -> None:
    longest = build_check("x" * 26, "yes", folder=tmp_path)
    found = measure_texts(ANSWERS, EXAMPLES, {}, [longest], on="gold", slices={}, rng=np.random.default_rng(0))
    assert max(len(row.metric) for row in found) == 32
    assert max(len(row.estimator) for row in found) <= 32


def test_the_order_of_answers_changes_nothing() -> None:
    turned = dict(reversed(ANSWERS.items()))
    found = measure_texts(turned, EXAMPLES, REFERENCES, [], on="gold", slices={}, rng=np.random.default_rng(0))
    assert {(row.metric, row.slice): row for row in found} == _rows([])


def test_no_answers_give_no_rows() -> None:
    assert measure_texts({}, {}, {}, [], on="gold", slices={}, rng=np.random.default_rng(0)) == ()


def test_an_answer_without_example_is_an_error_in_words() -> None:
    with pytest.raises(DataError, match="1 of 4 answers have no example, first d"):
        wrong(ANSWERS, {id_: EXAMPLES[id_] for id_ in "abc"}, {}, [GRADED])


def test_perplexity_is_that_of_all_tokens_together() -> None:
    def of(logprobs: list[float], tokens: list[int]) -> Measurement | None:
        known = Likelihoods(np.array(logprobs), np.array(tokens), None, np.zeros((len(tokens), 2)))
        return perplexity(known, on="gold", rng=np.random.default_rng(0))

    found = of([-np.log(4) * 3, -np.log(2)], [3, 1])
    assert found is not None
    assert found.value == pytest.approx((4**3 * 2) ** 0.25)
    assert found.low == pytest.approx(2)
    assert found.high == pytest.approx(4)
    assert of([], []) is None

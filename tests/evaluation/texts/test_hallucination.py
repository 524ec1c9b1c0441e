"""Sentences, support, consistency, and how well a signal tells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.errors import DataError
from loop.evaluation.texts.hallucination import auroc, inconsistency, length, sentences, unsupported


class Words:
    """Entails what has no other words than the premise; contradicts what has "not"."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def probabilities(self, premises: Sequence[str], hypotheses: Sequence[str]) -> np.ndarray:
        pairs = list(zip(premises, hypotheses, strict=True))
        self.asked += pairs
        return np.array([self._row(*pair) for pair in pairs])

    def _row(self, premise: str, hypothesis: str) -> list[float]:
        if ("not" in premise.split()) != ("not" in hypothesis.split()):
            return [0.1, 0.1, 0.8]
        return [0.8, 0.1, 0.1] if set(hypothesis.split()) <= set(premise.split()) else [0.2, 0.6, 0.2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One ends. Two ends! Three?", ("One ends.", "Two ends!", "Three?")),
        ("It costs 3.50 euros. Dr. Stone and J. Smith paid.", ("It costs 3.50 euros.", "Dr. Stone and J. Smith paid.")),
        ("See e.g. Bonn. 2 came.", ("See e.g. Bonn.", "2 came.")),
        ("- first\n- second thing\n\n3. third", ("first", "second thing", "third")),
        ("今日は。明日！", ("今日は。", "明日！")),
        ("no end", ("no end",)),
        (" ... \n !", ()),
        ("", ()),
    ],
)
def test_sentences_end_where_people_end_them(text: str, expected: tuple[str, ...]) -> None:
    assert sentences(text) == expected


@given(st.text(alphabet="aB. !?\n3-", max_size=60))
def test_no_sentence_is_empty_and_no_letter_is_lost(text: str) -> None:
    found = sentences(text)
    assert all(one.strip() for one in found)
    assert "".join(filter(str.isalpha, "".join(found))) == "".join(filter(str.isalpha, text))


def test_a_sentence_without_backing_counts() -> None:
    assert unsupported("The sky is.", "The sky is. Blue it was.", Words()) == 0
    assert unsupported("The sky is. The dog barks.", "The sky is. Blue it was.", Words()) == 0.5


def test_without_sentence_or_source_support_is_unknown() -> None:
    assert unsupported("...", "The sky is blue.", Words()) is None
    assert unsupported("The sky is blue.", "", Words()) is None


def test_a_long_source_is_read_in_windows_and_the_best_counts() -> None:
    source = " ".join(f"Filler number {row} stands here to fill." for row in range(80)) + " The dog barks."
    model = Words()
    assert unsupported("The dog barks.", source, model) == 0
    premises = [premise for premise, _ in model.asked]
    assert len(premises) > 3
    assert max(len(premise.split()) for premise in premises) <= 150
    assert all(f"Filler number {row} stands" in " ".join(premises) for row in range(80))


def test_samples_that_contradict_make_an_answer_inconsistent() -> None:
    for_it, against = inconsistency("It is on.", ["It is on."] * 2, Words()), 0.8 / 0.9
    assert for_it == pytest.approx(0.1 / 0.9)
    assert inconsistency("It is on.", ["It is not on.", "It is on."], Words()) == pytest.approx((against + 1 / 9) / 2)
    assert inconsistency("It is on.", [], Words()) is None
    assert inconsistency("...", ["It is on."], Words()) is None


def test_without_a_model_other_words_are_inconsistent() -> None:
    assert inconsistency("3 May", ["3 May", "3 May"], None) == pytest.approx(0)
    assert inconsistency("3 May", ["xqz"], None) == pytest.approx(1)
    assert inconsistency("3 May", [], None) is None


def test_length_is_in_words() -> None:
    assert length("two  words\n") == 2


def test_the_area_is_the_share_of_pairs_in_the_right_order_with_ties_as_half() -> None:
    # wrong: 3, 2; right: 2, 1 → 3>2, 3>1, 2=2, 2>1
    value, low, high = auroc(np.array([3.0, 2.0, 2.0, 1.0]), [True, True, False, False])
    assert value == 3.5 / 4
    assert 0 < low < value < high < 1


def test_the_interval_agrees_with_delongs_formula() -> None:
    rng = np.random.default_rng(0)
    wrong = np.arange(60) < 20
    signal = rng.normal(size=60) + wrong
    value, low, high = auroc(signal, wrong)
    above = (signal[wrong][:, None] > signal[~wrong][None]).astype(float)
    error = np.sqrt(above.mean(1).var(ddof=1) / 20 + above.mean(0).var(ddof=1) / 40)
    assert value == pytest.approx(above.mean())
    assert (np.log(high / (1 - high)) - np.log(low / (1 - low))) / 2 == pytest.approx(
        1.959964 * error / (value * (1 - value))
    )


def test_turning_the_signal_round_turns_the_interval_round() -> None:
    rng = np.random.default_rng(1)
    signal, wrong = rng.integers(5, size=40).astype(float), rng.random(40) < 0.4
    value, low, high = auroc(signal, wrong)
    assert auroc(-signal, wrong) == pytest.approx((1 - value, 1 - high, 1 - low))


def test_perfect_separation_leaves_doubt_and_a_constant_tells_nothing() -> None:
    value, low, high = auroc(np.array([1.0, 2, 3, 4]), [False, False, True, True])
    assert (value, high) == (1.0, 1.0)
    assert 0 < low < 0.5
    assert auroc(np.ones(4), [True, False, True, False])[0] == 0.5


def test_one_class_alone_and_an_unknown_signal_are_errors_in_words() -> None:
    with pytest.raises(DataError, match="2 wrong answers and 0 right ones"):
        auroc(np.zeros(2), [True, True])
    with pytest.raises(DataError, match="not known for every answer"):
        auroc(np.array([1.0, np.nan]), [True, False])


def test_the_interval_covers_about_as_often_as_it_says_and_grouped_where_answers_resemble_each_other() -> None:
    rng, plain, grouped, ungrouped = np.random.default_rng(0), 0, 0, 0
    for _ in range(300):
        wrong = np.arange(80) < 25
        _, low, high = auroc(rng.normal(size=80) + wrong, wrong)
        plain += low <= 0.7602 <= high  # Phi(1 / sqrt 2)
        documents = np.repeat(np.arange(30), 5)
        level = np.repeat(rng.normal(size=30), 5)
        mostly = np.repeat(rng.random(30) < 0.5, 5) ^ (rng.random(150) < 0.1)
        if mostly.all() or not mostly.any():
            continue
        signal = level + 0.3 * rng.normal(size=150)
        _, low, high = auroc(signal, mostly, groups=documents.tolist())
        grouped += low <= 0.5 <= high
        _, low, high = auroc(signal, mostly)
        ungrouped += low <= 0.5 <= high
    assert 0.92 <= plain / 300 <= 0.98
    assert grouped / 300 >= 0.9
    assert ungrouped / 300 < 0.8

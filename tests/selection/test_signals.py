"""Signals of doubt and groups of the same meaning, on cases worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.protocols import Written
from loop.records import Generation
from loop.selection import signals
from loop.selection.semantic_clusters import meanings_by_entailment, meanings_by_text


def _written(
    *samples: str, greedy: str = "a", logprob: float | None = -6.0, tokens: int = 3, **known: object
) -> Written:
    first, *others = meanings_by_text([greedy, *samples])
    answers = [Generation(text, tokens, logprob, 0.5, 1.5, True) for text in (greedy, *samples)]
    return Written(answers[0], tuple(answers[1:]), tuple(others), first, **known)  # type: ignore[arg-type]


def test_the_log_probability_is_turned_round_and_divided_by_the_tokens() -> None:
    assert signals.logprob(_written()) == 6.0
    assert signals.mean_logprob(_written()) == 2.0
    assert signals.mean_logprob(_written(tokens=0)) is None


def test_four_different_samples_have_the_entropy_of_four_and_two_pairs_that_of_two() -> None:
    assert signals.semantic_entropy(_written("a", "b", "c", "d")) == pytest.approx(log(4))
    assert signals.semantic_entropy(_written("a", "A.", "b", "b")) == pytest.approx(log(2))
    assert signals.semantic_entropy(_written("a", "a")) == 0


def test_self_consistency_counts_the_samples_that_differ_from_the_greedy_answer() -> None:
    assert signals.self_consistency(_written("a", "a!", "b", "c")) == 0.5
    assert signals.self_consistency(_written("b")) == 1.0


def test_lexical_entropy_is_one_minus_the_mean_overlap() -> None:
    assert signals.lexical_entropy(_written("one two", "one two")) == 0
    assert signals.lexical_entropy(_written("one two", "three four")) == 1
    assert signals.lexical_entropy(_written("one two", "one three", "one two")) == pytest.approx(
        1 - (0.5 + 1 + 0.5) / 3
    )


def test_low_marks_and_marks_that_differ_are_doubtful() -> None:
    assert signals.reward(_written(rewards=(1.0, 3.0))) == -2
    assert signals.reward_variance(_written(rewards=(1.0, 3.0))) == 1
    assert signals.reward_variance(_written(rewards=(1.0,))) is None


def test_an_answer_that_tuning_made_less_likely_is_doubtful() -> None:
    assert signals.implicit_reward(_written(implicit_reward=-4.0)) == 4


def test_length_is_in_tokens() -> None:
    assert signals.length(_written(tokens=7)) == 7


def test_the_same_words_are_the_same_meaning_numbered_by_first_sight() -> None:
    assert meanings_by_text(["3 May", "4 May", "3 may.", " 4  May"]) == (0, 1, 0, 1)
    assert meanings_by_text([]) == ()


def test_entailment_must_go_both_ways() -> None:
    kinds = {"a dog": {"animal", "dog"}, "an animal": {"animal"}, "a hound": {"animal", "dog"}}

    def entails(premises: Sequence[str], hypotheses: Sequence[str]) -> list[bool]:
        return [kinds[one.lower()] >= kinds[other.lower()] for one, other in zip(premises, hypotheses, strict=True)]

    assert meanings_by_entailment(["a dog", "an animal", "a hound", "A dog", "A hound"], entails) == (0, 1, 0, 0, 0)


def test_the_same_words_are_never_asked_about() -> None:
    def entails(premises: Sequence[str], hypotheses: Sequence[str]) -> list[bool]:
        raise AssertionError("asked")

    assert meanings_by_entailment(["yes", "Yes."], entails) == (0, 0)
    assert meanings_by_entailment([], entails) == ()


@given(st.lists(st.sampled_from(["a", "b", "c", "A.", "a b"]), max_size=8))
def test_nothing_entails_another_wording_gives_the_groups_of_the_words(texts: list[str]) -> None:
    def never(premises: Sequence[str], hypotheses: Sequence[str]) -> list[bool]:
        return [False] * len(premises)

    assert meanings_by_entailment(texts, never) == meanings_by_text(texts)

"""What is believed of pairs: laws, and small crowds with known answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_crowds import crowd, renamed, said

from loop.consensus import Belief, Judgement, consensus, from_ranking, to_pairs

OUTCOMES = st.sampled_from(["first", "second", "tie", "both_bad"])
JUDGEMENTS = st.lists(
    st.builds(
        lambda prompt, places, outcome, by: said(outcome, by=by, prompt=prompt, first=places[0], second=places[1]),
        st.sampled_from(["p", "q"]),
        st.permutations(["a", "b", "c"]),
        OUTCOMES,
        st.sampled_from(["ann", "bob", "cy"]),
    ),
    max_size=12,
)


def for_first(beliefs: Sequence[Belief]) -> dict[tuple[str, frozenset[str]], tuple[str, float]]:
    """(prompt, pair) → the preferred candidate, "" without one; and the certainty."""
    return {
        (each.prompt, frozenset((each.preferred, each.other))): (
            each.preferred if each.certainty > 0.5 + 1e-6 else "",
            each.certainty,
        )
        for each in beliefs
    }


@settings(deadline=None, max_examples=60)
@given(JUDGEMENTS)
def test_renaming_the_candidates_mirrors_the_result(judgements: list[Judgement]) -> None:
    names = {"a": "z", "b": "y", "c": "x", "": ""}
    before = for_first(consensus(judgements).preferences)
    after = for_first(consensus(renamed(judgements, names)).preferences)
    assert len(before) == len(after)
    for (prompt, pair), (preferred, certainty) in before.items():
        mirrored = after[prompt, frozenset(names[key] for key in pair)]
        assert mirrored == (names[preferred], pytest.approx(certainty, abs=1e-5))


@settings(deadline=None, max_examples=40)
@given(JUDGEMENTS, st.randoms(use_true_random=False))
def test_the_order_of_the_judgements_plays_no_part(judgements: list[Judgement], random: object) -> None:
    turned = list(judgements)
    random.shuffle(turned)  # type: ignore[attr-defined]
    assert consensus(turned) == consensus(judgements)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(["first", "second"]), min_size=1, max_size=12))
def test_a_second_annotator_who_says_the_same_raises_every_certainty(outcomes: list[str]) -> None:
    alone = [said(outcome, prompt=f"p{row}") for row, outcome in enumerate(outcomes)]  # type: ignore[arg-type]
    joined = [*alone, *(replace(each, annotator="bob") for each in alone)]
    for before, after in zip(consensus(alone).preferences, consensus(joined).preferences, strict=True):
        assert after.preferred == before.preferred
        assert after.certainty > before.certainty


@settings(deadline=None, max_examples=40)
@given(JUDGEMENTS)
def test_certainties_are_probabilities_and_every_pair_of_a_prompt_is_believed_once(judgements: list[Judgement]) -> None:
    settled = consensus(judgements)
    assert all(0.5 <= each.certainty < 1 for each in settled.preferences)
    assert all(0 <= each.both_bad <= each.tie <= 1 for each in settled.preferences)
    assert sum(each.n for each in settled.preferences) == len(judgements)
    keys = [(each.prompt, *sorted((each.preferred, each.other))) for each in settled.preferences]
    assert len(set(keys)) == len(keys)
    assert all(each.low <= each.reliability <= each.high for each in settled.annotators)


def test_nothing_said_is_nothing_believed() -> None:
    settled = consensus([])
    assert settled.preferences == settled.annotators == settled.cycles == ()
    assert settled.position_bias is settled.agreement.raw is settled.agreement.alpha is None
    assert to_pairs(settled) == ()


def test_one_answer_of_one_person_is_believed_but_not_for_certain() -> None:
    (belief,) = consensus([said("second")]).preferences
    assert (belief.preferred, belief.other, belief.n) == ("b", "a", 1)
    assert 0.7 < belief.certainty < 0.9


def test_one_answer_of_a_judge_is_believed_less_than_one_of_a_person() -> None:
    judgements = [said("first", by="judge", prompt="p"), said("first", by="ann", prompt="q")]
    judge, person = consensus(judgements, people={"ann"}).preferences
    assert 0.5 < judge.certainty < person.certainty


def test_one_against_one_is_even_and_gives_no_pair() -> None:
    settled = consensus([said("first", by="ann"), said("second", by="bob")])
    assert settled.preferences[0].certainty == pytest.approx(0.5)
    assert to_pairs(settled) == ()


def test_ties_are_no_preference_and_both_bad_is_reported_apart() -> None:
    settled = consensus([said("tie", by="ann"), said("both_bad", by="bob"), said("tie", by="cy"), said("tie", by="di")])
    (belief,) = settled.preferences
    assert belief.certainty == pytest.approx(0.5)
    assert (belief.tie, belief.both_bad, belief.n) == (1.0, 0.25, 4)


def test_the_word_of_a_reliable_annotator_weighs_more_than_that_of_a_spammer() -> None:
    judgements, _ = crowd({"ann": 0.95, "bob": 0.95, "spam": 0.5}, prompts=150)
    apart = [said("first", by="ann", prompt="x"), said("second", by="spam", prompt="x")]
    belief = consensus([*judgements, *apart]).preferences[-1]
    assert (belief.prompt, belief.preferred) == ("x", "a")
    assert belief.certainty > 0.8


def test_certainty_means_what_it_says() -> None:
    judgements, truth = crowd({"ann": 0.9, "bob": 0.75, "cy": 0.6}, prompts=800, ties=0.0)
    beliefs = consensus(judgements).preferences
    right = [each.preferred == ("a" if best == "first" else "b") for each, best in zip(beliefs, truth, strict=True)]
    expected = sum(each.certainty for each in beliefs) / len(beliefs)
    assert sum(right) / len(right) == pytest.approx(expected, abs=0.04)


def test_a_ranking_is_surer_of_its_ends_than_of_neighbours() -> None:
    words = from_ranking(["a", "b", "c"], [1, 2, 3], question="q", prompt="p", annotator="ann")
    ab, ac, bc = consensus(words).preferences
    assert (ab.preferred, ac.preferred, bc.preferred) == ("a", "a", "b")
    assert ac.certainty > ab.certainty == pytest.approx(bc.certainty)


def test_a_pair_nobody_answered_is_believed_from_the_others_but_is_no_row() -> None:
    people = ("ann", "bob", "cy")
    judgements = [said("first", by=by, first="a", second="b") for by in people]
    judgements += [said("first", by=by, first="b", second="c") for by in people]
    settled = consensus(judgements)
    unseen = settled.preferences[1]
    assert (unseen.preferred, unseen.other, unseen.n) == ("a", "c", 0)
    assert 0.6 < unseen.certainty < settled.preferences[0].certainty
    assert [(row.chosen, row.rejected) for row in to_pairs(settled)] == [("a", "b"), ("b", "c")]


def test_rows_are_held_back_below_the_least_certainty() -> None:
    settled = consensus([said("first"), *(said("first", by=by, prompt="q") for by in ("ann", "bob", "cy"))])
    assert [row.prompt for row in to_pairs(settled)] == ["p", "q"]
    assert [row.prompt for row in to_pairs(settled, least=0.95)] == ["q"]

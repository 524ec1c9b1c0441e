"""What the gate says of a challenger."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.evaluation.alpha_spending import spent
from loop.evaluation.compare import counted
from loop.evaluation.gate import Policy, decide
from loop.evaluation.gate_messages import SAID, numbers
from loop.evaluation.slice_tests import watched
from loop.records import Comparison, Evidence, SliceComparison, Verdict


def _compared(fixed: int, broken: int, *, errors: int = 100, n: int = 500) -> Comparison:
    return counted(fixed, broken, champion_errors=errors, n=n, on="gold")


def _decide(evidence: Evidence, policy: Policy = "not_worse") -> Verdict:
    return decide(evidence, policy=policy, alpha=0.05, margin=0.01)


def _part(kind: str, name: str, *, p: float = 0.001, fixed: int = 0, broken: int = 12) -> SliceComparison:
    return SliceComparison(kind, name, _compared(fixed, broken, errors=fixed + 4, n=40), p, 0.05)


def test_the_first_model_is_promoted() -> None:
    verdict = _decide(Evidence(overall=None, first=True), "better")
    assert verdict.promote
    assert verdict.reason == "The first model: there is none to compare it with."
    assert verdict.told == ""


def test_too_few_examples_promote_and_say_unproven_unless_proof_is_wanted() -> None:
    assert _decide(Evidence(overall=None)).promote
    assert _decide(Evidence(overall=None)).reason.startswith("Unproven:")
    held = _decide(Evidence(overall=None), "better")
    assert not held.promote
    assert held.reason.startswith("Not proven better: there are too few examples")


def test_a_worse_challenger_is_held_with_the_numbers() -> None:
    for policy in ("not_worse", "better"):
        verdict = _decide(Evidence(_compared(5, 25)), policy)
        assert not verdict.promote
        assert verdict.told == "worse"
        assert [veto.kind for veto in verdict.vetoes] == ["overall"]
        assert verdict.reason.startswith("Worse than the model in use. 5 fixed, 25 broken of 500 (gold);")


def test_worse_needs_no_part_of_alpha_and_better_does() -> None:
    """Of two-sided p = 0.021 at the fifth look: enough to hold, not enough to promise."""
    assert not _decide(Evidence(_compared(5, 16), look=5)).promote
    better = _decide(Evidence(_compared(16, 5), look=5))
    assert better.told == "cannot tell"
    assert better.comparison is not None
    assert better.comparison.alpha == spent(0.05, 5)


def test_a_little_worse_is_promoted_within_the_margin_and_says_how_many_answers_would_tell() -> None:
    verdict = _decide(Evidence(_compared(5, 8)))
    assert verdict.promote
    assert verdict.told == "cannot tell"
    assert verdict.comparison is not None
    assert verdict.comparison.needed is not None
    assert verdict.reason.startswith("No proven difference")
    assert f"by about {verdict.comparison.needed:,} further answers." in verdict.reason


def test_a_difference_that_more_answers_than_there_are_would_tell_is_not_worth_having_and_not_called_none() -> None:
    verdict = _decide(replace(Evidence(_compared(5, 6)), answerable=40))
    assert verdict.comparison is not None
    assert (verdict.told, verdict.comparison.needed) == ("cannot tell", None)
    assert verdict.reason.endswith("How large it may really be is in the interval.")
    assert "too small to be worth having" in verdict.reason


def test_above_the_margin_is_held_although_it_may_be_chance() -> None:
    verdict = _decide(Evidence(_compared(5, 12)))
    assert not verdict.promote
    assert verdict.told == "cannot tell"
    assert "by more than the 1.0 points allowed; that may be chance" in verdict.reason


def test_a_better_challenger_is_promoted_and_called_better() -> None:
    for policy in ("not_worse", "better"):
        verdict = _decide(Evidence(_compared(40, 5)), policy)
        assert verdict.promote
        assert verdict.told == "better"
        assert verdict.vetoes == ()
        assert verdict.comparison is not None
        assert verdict.comparison.needed is None
        assert verdict.reason.startswith("Better than the model in use.")


def test_the_policy_better_wants_proof() -> None:
    verdict = _decide(Evidence(_compared(12, 5)), "better")
    assert not verdict.promote
    assert verdict.reason.startswith("Not proven better than the model in use. 12 fixed")
    assert "further answers" in verdict.reason


def test_slow_decline_is_caught_against_the_best_champion() -> None:
    """2 % → 2.8 % → 3.6 %: each step within the margin, both together not."""
    step = _compared(2, 10, errors=28, n=1000)
    best = _compared(4, 20, errors=20, n=1000)
    assert _decide(Evidence(step)).vetoes[0].kind == "overall"  # 2 against 10 is no chance
    slow = replace(step, p_value=0.2)
    assert _decide(Evidence(slow)).promote
    verdict = _decide(Evidence(slow, best=best, best_round=3))
    assert [(veto.kind, veto.name) for veto in verdict.vetoes] == [("best", "round 3")]
    assert verdict.reason.startswith("The champion of round 3 did better on the examples known now")
    assert "Overall: no proven difference to the model in use; 2 fixed" in verdict.reason


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        ("class", "card_arrival", 'Worse on the class "card_arrival". 0 fixed, 12 broken of 40'),
        ("slice", "channel=chat", "Worse where channel=chat. 0 fixed"),
        ("spot", "card, arrived", 'Worse in the spot "card, arrived". 0 fixed'),
        ("check", "polite", 'Fails the check "polite" more often. 0 fixed'),
        ("regression", "mended examples", "Examples that an earlier model had mended are wrong again. 0 fixed"),
        ("retention", "retention", "It forgot what the first model could do: 30.0 points lost on the 40 retention"),
        ("reward", "the reward model", "Its answers are preferred less often than those of the model in use, by the"),
    ],
)
def test_every_part_has_its_own_sentence_and_holds_a_model_that_is_better_overall(
    kind: str, name: str, sentence: str
) -> None:
    verdict = _decide(Evidence(_compared(40, 5), slices=(_part(kind, name),)))
    assert not verdict.promote
    assert [(veto.kind, veto.name) for veto in verdict.vetoes] == [(kind, name)]
    assert verdict.vetoes[0].reason.startswith(sentence)
    assert "Overall: better than the model in use; 40 fixed" in verdict.reason


def test_a_part_holds_only_beyond_chance_and_beyond_its_margin() -> None:
    for one in (_part("class", "a", p=0.06), _part("class", "a", broken=2), _part("class", "a", fixed=12, broken=0)):
        assert _decide(Evidence(_compared(40, 5), slices=(one,))).promote


def test_a_run_that_broke_down_is_held_even_as_the_first_model() -> None:
    for evidence in (Evidence(None, first=True), Evidence(_compared(40, 5))):
        verdict = _decide(replace(evidence, collapsed="half of the answers repeat themselves."))
        assert not verdict.promote
        assert verdict.reason.startswith("Tuning broke down: half of the answers repeat themselves.")


def test_the_reason_tells_the_worst_parts_and_counts_the_others() -> None:
    parts = tuple(_part("class", f"class {row}") for row in range(SAID + 4))
    verdict = _decide(Evidence(_compared(5, 25), slices=parts))
    assert len(verdict.vetoes) == SAID + 5
    assert f'"class {SAID - 1}"' in verdict.reason
    assert f'"class {SAID}"' not in verdict.reason
    assert "Worse on 4 further parts too." in verdict.reason


counts = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 30))


@given(counts)
def test_what_passes_under_the_strict_policy_passes_under_the_other_one(seen: tuple[int, int, int]) -> None:
    fixed, broken, look = seen
    evidence = Evidence(_compared(fixed, broken), look=look)
    strict, loose = _decide(evidence, "better"), _decide(evidence)
    assert loose.promote or not strict.promote
    assert strict.told == loose.told
    assert strict.promote == (strict.told == "better")
    assert loose.promote == (not loose.vetoes)


@given(counts)
def test_fixing_more_never_turns_a_promotion_into_a_hold(seen: tuple[int, int, int]) -> None:
    fixed, broken, look = seen
    one, other = (_decide(Evidence(_compared(count, broken), look=look)) for count in (fixed, fixed + 1))
    assert other.promote or not one.promote


def test_the_numbers_read_as_a_lead_reads_them() -> None:
    assert numbers(_compared(12, 5, errors=107)) == (
        "12 fixed, 5 broken of 500 (gold); error 21.4 % → 20.0 %, −1.4 points (−3.1 to 0.3)."
    )


def test_no_change_is_zero_and_never_minus_zero() -> None:
    assert ", 0.0 points (" in numbers(_compared(3, 3, errors=10, n=100))


def test_a_part_from_its_counts_knows_how_likely_chance_made_it() -> None:
    assert watched("class", "a", _compared(0, 10), margin=0.05).p_worse == pytest.approx(2**-10)

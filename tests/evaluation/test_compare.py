"""Champion against challenger, and what the gate says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.errors import DataError
from loop.evaluation.compare import compare, mcnemar, paired_interval
from loop.evaluation.gate import decide, numbers
from loop.records import Comparison, Predictions

LABELS = ("no", "yes")


def _model(answers: str, start: int = 0) -> Predictions:
    """One letter an example: y or n."""
    ids = tuple(f"id{row + start:03d}" for row in range(len(answers)))
    return Predictions(ids, LABELS, np.eye(2)[[int(letter == "y") for letter in answers]])


def _comparison(fixed: int, broken: int, champion_errors: int, n: int) -> Comparison:
    low, high = paired_interval(fixed, broken, champion_errors=champion_errors, n=n)
    return Comparison(
        n=n,
        fixed=fixed,
        broken=broken,
        champion_errors=champion_errors,
        difference=(broken - fixed) / n,
        low=low,
        high=high,
        p_value=mcnemar(fixed, broken),
        on="gold",
    )


def test_fixed_and_broken_are_counted_on_shared_examples_only() -> None:
    champion, challenger = _model("yynn"), _model("ynyyy", start=0)
    truth = {f"id{row:03d}": "yes" for row in range(6)}
    found = compare(champion, challenger, truth, on="gold")
    assert (found.n, found.fixed, found.broken, found.champion_errors) == (4, 2, 1, 2)
    assert found.difference == -0.25
    assert found.low < -0.25 < found.high


def test_models_with_different_label_orders_are_compared_by_name() -> None:
    other = Predictions(("id000",), ("yes", "no"), np.array([[0.9, 0.1]]))
    found = compare(_model("y"), other, {"id000": "yes"}, on="gold")
    assert (found.fixed, found.broken) == (0, 0)


def test_no_shared_example_is_an_error_in_words() -> None:
    with pytest.raises(DataError, match="share no example with a true label on gold"):
        compare(_model("y"), _model("y", start=5), {"id000": "yes"}, on="gold")


@pytest.mark.parametrize(("fixed", "broken", "p"), [(0, 0, 1.0), (12, 5, 0.143463), (10, 0, 2 / 2**10), (3, 3, 1.0)])
def test_the_exact_mcnemar_test_gives_known_p_values(fixed: int, broken: int, p: float) -> None:
    assert mcnemar(fixed, broken) == pytest.approx(p, abs=1e-6)


def test_the_paired_interval_agrees_with_a_published_example() -> None:
    # Fagerland, Lydersen and Laake 2014, airway hyper-responsiveness: 1, 1, 7, 12; Newcombe -0.507 to -0.026
    low, high = paired_interval(7, 1, champion_errors=8, n=21)
    assert (low, high) == pytest.approx((-0.507, -0.026), abs=5e-4)


tables = st.tuples(*[st.integers(0, 40)] * 4).filter(lambda cells: sum(cells) > 0)


@given(tables)
def test_the_interval_holds_the_difference_and_turns_round_when_the_models_swap(cells: tuple[int, ...]) -> None:
    both, fixed, broken, _ = cells
    n = sum(cells)
    low, high = paired_interval(fixed, broken, champion_errors=both + fixed, n=n)
    assert -1 - 1e-9 <= low <= (broken - fixed) / n + 1e-12
    assert (broken - fixed) / n - 1e-12 <= high <= 1 + 1e-9
    swapped = paired_interval(broken, fixed, champion_errors=both + broken, n=n)
    assert (-swapped[1], -swapped[0]) == pytest.approx((low, high))


def test_the_paired_interval_covers_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    chances = (0.15, 0.08, 0.05, 0.72)
    covered = 0
    for both, fixed, broken, _ in rng.multinomial(150, chances, size=600):
        low, high = paired_interval(int(fixed), int(broken), champion_errors=int(both + fixed), n=150)
        covered += low <= chances[2] - chances[1] <= high
    assert 0.925 <= covered / 600 <= 0.985


def test_the_first_model_is_promoted() -> None:
    verdict = decide(None, first=True, alpha=0.05)
    assert verdict.promote
    assert verdict.reason == "The first model: there is none to compare it with."


def test_nothing_to_measure_on_promotes_and_says_unproven() -> None:
    verdict = decide(None, alpha=0.05)
    assert verdict.promote
    assert verdict.reason.startswith("Unproven:")


def test_a_worse_challenger_is_held_with_the_numbers() -> None:
    verdict = decide(_comparison(5, 25, 100, 500), alpha=0.05)
    assert not verdict.promote
    assert verdict.reason.startswith("Worse than the model in use. 5 fixed, 25 broken of 500 (gold);")


def test_a_little_worse_is_no_proof_and_is_promoted() -> None:
    verdict = decide(_comparison(5, 8, 100, 500), alpha=0.05)
    assert verdict.promote
    assert verdict.reason.startswith("No proven difference")


def test_a_better_challenger_is_promoted_and_called_better() -> None:
    verdict = decide(_comparison(40, 5, 100, 500), alpha=0.05)
    assert verdict.promote
    assert verdict.reason.startswith("Better than the model in use.")


def test_a_better_challenger_is_never_held_however_small_the_p_value() -> None:
    assert decide(_comparison(100, 0, 100, 500), alpha=0.49).promote


def test_the_numbers_read_as_a_lead_reads_them() -> None:
    assert numbers(_comparison(12, 5, 107, 500)) == (
        "12 fixed, 5 broken of 500 (gold); error 21.4 % → 20.0 %, −1.4 points (−3.1 to 0.3)."
    )


def test_no_change_is_zero_and_never_minus_zero() -> None:
    assert ", 0.0 points (" in numbers(_comparison(3, 3, 10, 100))

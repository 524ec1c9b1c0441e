"""Promote or hold: a challenger becomes the champion unless it is worse."""

from __future__ import annotations

from loop.records import Comparison, Verdict


def decide(comparison: Comparison | None, *, alpha: float, first: bool = False) -> Verdict:
    """Worse means: its error rate is higher and the exact McNemar test has p <= alpha.

    first: there is no champion yet, and the challenger is promoted whatever it is like.
    comparison None: nothing to measure on; the challenger is promoted, and the reason says that it is unproven.
    """
    if first:
        return Verdict(promote=True, reason="The first model: there is none to compare it with.", comparison=comparison)
    if comparison is None:
        return Verdict(
            promote=True,
            reason="Unproven: there are too few examples with a known answer to compare it with the model in use; "
            "it was trained on more labels.",
        )
    worse = comparison.difference > 0 and comparison.p_value <= alpha
    return Verdict(
        promote=not worse, reason=f"{_meaning(comparison, alpha)} {numbers(comparison)}", comparison=comparison
    )


def numbers(comparison: Comparison) -> str:
    """For example "12 fixed, 5 broken of 500 (gold); error 21.4 % → 20.0 %, −1.4 points (−3.1 to 0.3)."."""
    before = comparison.champion_errors
    after = before - comparison.fixed + comparison.broken
    change, low, high = (points(part) for part in (comparison.difference, comparison.low, comparison.high))
    return (
        f"{comparison.fixed} fixed, {comparison.broken} broken of {comparison.n} ({comparison.on}); "
        f"error {before / comparison.n:.1%} → {after / comparison.n:.1%}, {change} points ({low} to {high}).".replace(
            "%", " %"
        )
    )


def _meaning(comparison: Comparison, alpha: float) -> str:
    if comparison.p_value > alpha:
        return "No proven difference to the model in use, so the one with more labels is taken."
    if comparison.difference > 0:
        return "Worse than the model in use."
    return "Better than the model in use."


def points(share: float) -> str:
    """A difference of rates in points, with a true minus sign; never "−0.0"."""
    rounded = round(100 * share, 1) + 0.0
    return f"{rounded:.1f}".replace("-", "−")

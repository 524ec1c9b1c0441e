"""What the gate says, in sentences that a lead understands; each veto has its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from loop.records import Comparison, SliceComparison, Veto

FIRST = "The first model: there is none to compare it with."
UNPROVEN = (
    "Unproven: there are too few examples with a known answer to compare it with the model in use; "
    "it learned from more answers."
)
NO_PROOF = (
    "Not proven better: there are too few examples with a known answer to compare it with the model in use, "
    "and the policy wants proof."
)
OUT_OF_REACH = (
    "The difference seen is too small to be worth having: showing one of its size would take more answers than the "
    "pool holds or people give in a year. How large it may really be is in the interval."
)
SAID = 6
"""So many harmed parts are told in the reason, the worst first; all of them are kept as vetoes."""


def promoted(comparison: Comparison | None, told: str) -> str:
    """Why a model is promoted; None: too few examples."""
    if comparison is None:
        return UNPROVEN
    if told == "better":
        return f"Better than the model in use. {numbers(comparison)}"
    return (
        "No proven difference to the model in use, so the one that learned from more answers is taken. "
        + numbers(comparison)
        + further(comparison)
    )


def held(vetoes: Sequence[Veto], comparison: Comparison | None, told: str) -> str:
    """Every veto's sentence, the parts shortened to the worst; and how it does overall where that is no veto."""
    said = [veto.reason for veto in vetoes[: SAID + 1]]
    left = len(vetoes) - len(said)
    if left:
        said.append(f"Worse on {left} further {'part' if left == 1 else 'parts'} too.")
    if comparison is not None and not any(veto.kind == "overall" for veto in vetoes):
        meaning = "better than the model in use" if told == "better" else "no proven difference to the model in use"
        said.append(f"Overall: {meaning}; {numbers(comparison)}")
    return " ".join(said)


def collapsed(why: str) -> str:
    """The run itself failed."""
    return f"Tuning broke down: {why.rstrip('.')}."


def worse(comparison: Comparison) -> str:
    """Proven worse than the champion."""
    return f"Worse than the model in use. {numbers(comparison)}"


def above(comparison: Comparison, margin: float) -> str:
    """Not proven worse, but more than is allowed."""
    return (
        f"More errors than the model in use, by more than the {points(margin)} points allowed; that may be chance. "
        + numbers(comparison)
        + further(comparison)
    )


def not_better(comparison: Comparison) -> str:
    """Under the policy that wants proof."""
    return f"Not proven better than the model in use. {numbers(comparison)}{further(comparison)}"


def below_the_best(comparison: Comparison, name: str, margin: float) -> str:
    """Small losses that added up since the best champion."""
    return (
        f"The champion of {name} did better on the examples known now, by more than chance or than the "
        f"{points(margin)} points allowed: small losses must not add up. {numbers(comparison)}"
    )


def harmed(one: SliceComparison) -> str:
    """A part that got worse, under the name people know it by."""
    if one.kind in _SENTENCES:
        return _SENTENCES[one.kind](one)
    return f"{_OPENINGS[one.kind](one.name)} {numbers(one.comparison)}"


def further(comparison: Comparison) -> str:
    """How many answers would tell, or that there are not so many; "" when nothing differs."""
    if comparison.difference == 0:
        return ""
    if comparison.needed is None:
        return f" {OUT_OF_REACH}"
    return f" Such a difference would be told, in four of five cases, by about {comparison.needed:,} further answers."


def numbers(comparison: Comparison) -> str:
    """For example "12 fixed, 5 broken of 500 (gold); error 21.4 % → 20.0 %, −1.4 points (−3.1 to 0.3)."."""
    before = comparison.champion_errors
    after = before - comparison.fixed + comparison.broken
    change, low, high = (points(part) for part in (comparison.difference, comparison.low, comparison.high))
    return (
        f"{comparison.fixed} fixed, {comparison.broken} broken of {comparison.n:,} ({comparison.on}); "
        f"error {before / comparison.n:.1%} → {after / comparison.n:.1%}, {change} points ({low} to {high}).".replace(
            "%", " %"
        )
    )


def points(share: float) -> str:
    """A difference of rates in points, with a true minus sign; never "−0.0"."""
    rounded = round(100 * share, 1) + 0.0
    return f"{rounded:.1f}".replace("-", "−")


def _retention(one: SliceComparison) -> str:
    return (
        f"It forgot what the first model could do: {points(one.comparison.difference)} points lost on the "
        f"{one.comparison.n:,} retention examples; {points(one.margin)} are allowed."
    )


def _reward(one: SliceComparison) -> str:
    wins, losses = one.comparison.fixed, one.comparison.broken
    return (
        f"Its answers are preferred less often than those of the model in use, by {one.name}: "
        f"{wins} of {one.comparison.n:,} against {losses}, the others alike."
    )


_SENTENCES: Mapping[str, Callable[[SliceComparison], str]] = {"retention": _retention, "reward": _reward}
"""Kind of a part → all that is said of it."""
_OPENINGS: Mapping[str, Callable[[str], str]] = {
    "class": lambda name: f'Worse on the class "{name}".',
    "slice": lambda name: f"Worse where {name}.",
    "spot": lambda name: f'Worse in the spot "{name}".',
    "check": lambda name: f'Fails the check "{name}" more often.',
    "regression": lambda _: "Examples that an earlier model had mended are wrong again.",
}
"""Kind of a part → what is said of it by name, before its numbers."""

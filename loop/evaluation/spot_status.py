"""The life of a weak spot: what its figures say of it, round by round.

    figures of the spot, the overall rate, labels spent ─┐
    life before ─────────────────────────────────────────┴─► the first rule that holds ─► life now

An estimate comes with a 95 % interval. Its *likely range* is that interval with each half divided by 1.96: the truth
lies below it, and above it, with a chance of about 16 % each. A spot takes one arrow a round:

    state      →  next       when
    quiet         open       the likely range lies above the overall rate, the estimate WORTH or more above it
    open          improving  the likely range lies below the rate at which it opened
    open          sent       people have answered questions about it since it opened
    sent          improving  as above
    improving     reopened   the likely range lies above the overall rate, and the estimate is back where it opened
    improving     fixed      the estimate is no higher than the overall rate, in this round and the one before, on at
                             least FEW answers of people
    fixed         reopened   the likely range lies above the overall rate and above the rate at which it was fixed, the
                             estimate WORTH or more above the overall rate
    reopened      improving  as from open, measured from the rate at which it came back
    reopened      sent       as from open, counted from when it came back

Otherwise it stays. What keeps noise from flipping a state: it opens and reopens only when its whole likely range is
too high, and is fixed only after it had already improved by its whole likely range, and in the second round in a row;
the same figures with a narrower interval never reopen what they fixed. The overall rate is the mean of all spots'
estimates, weighted by size: evidence of the same kind, so that both are wrong in the same direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from loop.evaluation.intervals import Z
from loop.records import Spot, SpotLife

ARROWS = {
    "quiet": ("open",),
    "open": ("improving", "sent"),
    "sent": ("improving",),
    "improving": ("reopened", "fixed"),
    "fixed": ("reopened",),
    "reopened": ("improving", "sent"),
}
"""State → the states that may follow, in the order in which their rules are asked."""
WORTH = 0.02
"""A spot this little above the overall rate is not worth a word: 2 points."""
FEW = 5
"""With fewer answers of people (dev and asked) nothing is called fixed: the model alone may be too sure of itself."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a spot in one round."""

    round: int
    spot: Spot
    overall: float | None
    """Error rate of all spots together in this round; None before the first model."""
    labels: int
    """Labels spent in it in all rounds before this one, 0 or more."""


def overall_rate(spots: Sequence[Spot]) -> float | None:
    """Mean estimate, weighted by size; None before the first model, and without a sized spot."""
    rated = [(spot.estimate, spot.size) for spot in spots if spot.estimate is not None]
    total = sum(size for _, size in rated)
    return sum(rate * size for rate, size in rated) / total if total else None


def live(history: Sequence[Seen], before: SpotLife | None, *, muted: bool = False) -> SpotLife:
    """The life after the last round of `history` (oldest first, at least one), by the table above.

    before: its life in an earlier round, None at first; the round it has `since` should be in the history, else what
    was then is taken to be as it is now. muted: it lives on, but raises no alert.
    """
    now = history[-1]
    life = before or SpotLife(now.spot.id, "quiet", now.round, "Not measured yet.", 0, None, None)
    then = next((seen for seen in history if seen.round == life.since), now)
    life = replace(life, labels=now.labels, alert=False)
    if now.spot.estimate is None or now.overall is None:
        return life
    for state in ARROWS[life.state]:
        why = _RULES[state](_Case(now, history[-2] if len(history) > 1 else now, then, life))
        if why:
            return _entered(life, state, why, now, muted=muted)
    return replace(life, reason=_stays(life, now), removed=_removed(life.opened_at, now.spot))


def told(spot: Spot, overall: float) -> str:
    """For example "31 % (22–41) against 12 % overall"."""
    low, high = (f"{100 * (end or 0.0):.0f}" for end in (spot.low, spot.high))
    return f"{percent(spot.estimate or 0.0)} ({low}–{high}) against {percent(overall)} overall"


def percent(share: float) -> str:
    """Whole percent, with one decimal below 10."""
    return f"{100 * share:.1f} %" if share < 0.0995 else f"{100 * share:.0f} %"


def _entered(life: SpotLife, state: str, why: str, now: Seen, *, muted: bool) -> SpotLife:
    opens = state in ("open", "reopened")
    opened_at = now.spot.estimate if opens else life.opened_at
    return replace(
        life,
        state=state,
        since=now.round,
        reason=why,
        opened_at=opened_at,
        removed=_removed(opened_at, now.spot),
        alert=state == "reopened" and not muted,
    )


@dataclass(frozen=True, slots=True)
class _Case:
    now: Seen
    last: Seen
    """In the round before."""
    then: Seen
    """In the round in which it came into its state."""
    life: SpotLife


def _opened(case: _Case) -> str:
    now = case.now
    return f"Errs more than the rest: {_told(now)}." if _likely_weak(now) and _worth(now) else ""


def _sent(case: _Case) -> str:
    spent = case.now.labels - case.then.labels
    if spent <= 0:
        return ""
    return f"{_answers(spent)} since round {case.life.since}, no gain to be seen yet: {_told(case.now)}."


def _improving(case: _Case) -> str:
    start = case.life.opened_at
    if start is None or _likely(case.now.spot)[1] >= start:
        return ""
    return f"Down from {percent(start)}: {_told(case.now)}."


def _fixed(case: _Case) -> str:
    now = case.now
    evidence = now.spot.dev_n + now.spot.asked
    if evidence < FEW or any(_rate(seen) > _overall(seen) for seen in (case.last, now)):
        return ""
    return f"No weaker than the rest any more: {_told(now)}, on {_answers(evidence).lower()}."


def _reopened(case: _Case) -> str:
    now, life = case.now, case.life
    low = _likely(now.spot)[0]
    if not _likely_weak(now):
        return ""
    if life.state == "improving":
        back = life.opened_at is not None and _rate(now) >= life.opened_at
        return f"Got better from round {life.since} on and is as weak as before: {_told(now)}." if back else ""
    was = case.then.spot.estimate
    if was is None or low <= was or not _worth(now):
        return ""
    return f"Fixed in round {life.since} at {percent(was)}, now {_told(now)}."


_RULES = {"open": _opened, "sent": _sent, "improving": _improving, "fixed": _fixed, "reopened": _reopened}
"""State → the rule that leads into it: the reason in words, or "" when it does not hold."""


def _stays(life: SpotLife, now: Seen) -> str:
    """The same state with today's figures."""
    if life.state == "quiet":
        return f"Never proven weaker than the rest: {_told(now)}."
    return f"{life.state.capitalize()} since round {life.since}: {_told(now)}."


def _likely_weak(now: Seen) -> bool:
    return _likely(now.spot)[0] > _overall(now)


def _worth(now: Seen) -> bool:
    return _rate(now) >= _overall(now) + WORTH


def _likely(spot: Spot) -> tuple[float, float]:
    """The likely range; a spot without an interval has none, and its estimate is taken for certain."""
    rate = spot.estimate or 0.0
    low, high = (rate if end is None else end for end in (spot.low, spot.high))
    return rate - (rate - low) / Z, rate + (high - rate) / Z


def _removed(opened_at: float | None, spot: Spot) -> float | None:
    return None if opened_at is None or spot.estimate is None else (opened_at - spot.estimate) * spot.size


def _rate(now: Seen) -> float:
    return now.spot.estimate or 0.0


def _overall(now: Seen) -> float:
    return now.overall or 0.0


def _told(now: Seen) -> str:
    return told(now.spot, _overall(now))


def _answers(n: int) -> str:
    return "One answer" if n == 1 else f"{n} answers"

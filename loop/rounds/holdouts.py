"""The reserves: two shares of the pool set apart at random before anything was picked, for audit and for dev.

Audit and dev questions come from their reserve alone, by lots fixed by the seed, and strategies never see either. So
the dev answers of all rounds together are one simple random sample of the whole pool, whatever was picked. Of audit
answers the same holds, but for that uncertain examples may have a larger, known chance (`audit_design`). Dev may
steer: a dev set taken from the picks would be of hard examples, and calibrated on it the model would be too unsure
everywhere else.
"""

from __future__ import annotations

from collections.abc import Sequence

from loop.ledger import people
from loop.random_keys import random_key
from loop.records import PickKind, Split
from loop.rounds.context import StepContext

LOTS = {PickKind.AUDIT: (0.0, 0.15), PickKind.DEV: (0.15, 0.30)}
"""Which lots of the pool are set apart for what; no strategy picks an example there."""
AUDIT_SHARE = 0.1
"""Of a batch, where weakspot.yaml leaves it open and there is no large gold test."""
LARGE_GOLD = 500
"""A gold test of so many examples measures the model well enough."""


def reserve(work: StepContext, kind: PickKind) -> frozenset[str]:
    """Ids set apart; a pure function of seed and ids, so that it is the same in every round.

    A reserve that was asked from stays set apart, also where its share is 0 now: examples that a strategy picked out
    of it would be lacking in the sample, and those are the hard ones.
    """
    return frozenset(lots(work, kind)) if _share(work, kind) > 0 or _was_asked(work, kind) else frozenset()


def lots(work: StepContext, kind: PickKind) -> dict[str, float]:
    """Id → its lot within the reserve, 0..1, pseudo-random and uniform; whether or not anything is set apart now."""
    low, high = LOTS[kind]
    drawn = {id_: _lot(work, id_) for id_ in work.project.pool.ids(Split.POOL)}
    return {id_: (lot - low) / (high - low) for id_, lot in drawn.items() if low <= lot < high}


def wanted(work: StepContext, kind: PickKind) -> int:
    """So many questions of this kind in a batch; audit has its share first where both do not fit."""
    batch = work.config.selection.batch
    room = batch - wanted(work, PickKind.AUDIT) if kind is PickKind.DEV else batch
    return min(round(_share(work, kind) * batch), room)


def draw(work: StepContext, kind: PickKind, *, free: Sequence[str], asked: int) -> tuple[tuple[str, float], ...]:
    """The next examples out of `free`, each with the inclusion probability of the whole sample of this kind so far.

    asked: how many of this kind were drawn in earlier rounds. The sample is the first asked + drawn examples of a
    random order, so each example of the pool is in it with probability (asked + drawn) / pool.
    """
    drawn = sorted(free, key=lambda id_: _lot(work, id_))[: wanted(work, kind)]
    pool = max(len(work.project.pool.ids(Split.POOL)), 1)
    return tuple((id_, (asked + len(drawn)) / pool) for id_ in drawn)


def _share(work: StepContext, kind: PickKind) -> float:
    if kind is PickKind.DEV:
        return work.config.dev.share
    if work.config.selection.audit is not None:
        return work.config.selection.audit
    return 0.0 if len(work.project.pool.ids(Split.GOLD)) >= LARGE_GOLD else AUDIT_SHARE


def _was_asked(work: StepContext, kind: PickKind) -> bool:
    with work.project.ledger.read() as connection:
        return kind in people.kinds(connection, before=work.round)


def _lot(work: StepContext, example_id: str) -> float:
    """The random key of this example in this project, in [0, 1)."""
    return random_key(f"{work.config.seed}/{example_id}")

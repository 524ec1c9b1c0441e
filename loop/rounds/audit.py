"""The audit reserve: a share of the pool set apart at random before anything was picked.

Audit questions come from the reserve alone, in a random order fixed by the seed, and strategies never see it. So
all audit answers of all rounds together are one simple random sample of the whole pool, whatever was picked: the
share of wrong guesses among them is an unbiased estimate of the error rate on the pool.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from loop.records import Split
from loop.rounds.work import Work

RESERVE = 0.15
"""Share of the pool set apart; examples in it are never trained on."""


def reserve(work: Work) -> frozenset[str]:
    """Ids set apart; a pure function of seed and ids, so that it is the same in every round."""
    if work.config.selection.audit == 0:
        return frozenset()
    return frozenset(id_ for id_ in work.project.pool.ids(Split.POOL) if _lot(work, id_) < RESERVE)


def draw(work: Work, free: Sequence[str], *, asked: int) -> tuple[tuple[str, float], ...]:
    """The next audit examples out of `free`, each with the inclusion probability of the whole audit sample so far.

    asked: how many audit examples were drawn in earlier rounds. The sample is the first asked + drawn examples of a
    random order, so each example of the pool is in it with probability (asked + drawn) / pool.
    """
    wanted = round(work.config.selection.audit * work.config.selection.batch)
    drawn = sorted(free, key=lambda id_: _lot(work, id_))[:wanted]
    pool = max(len(work.project.pool.ids(Split.POOL)), 1)
    return tuple((id_, (asked + len(drawn)) / pool) for id_ in drawn)


def _lot(work: Work, example_id: str) -> float:
    """A number in 0..1, as good as random, that belongs to this example in this project."""
    text = f"{work.config.seed}/{example_id}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) / 2**64

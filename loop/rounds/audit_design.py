"""The audit: which examples of its reserve have been drawn, and with which chance each could have been.

    reserve, each with its lot ─► lot / size by the champion's doubt ─► the smallest are asked ─► rounds/NNN/select

An example keeps its lot for ever, and what it is drawn by grows only: so the audit answers of all rounds and models
together are one sample, of which every chance is known (`loop.selection.audit`). The chances are kept with the round,
because later estimates need those of every example drawn so far, as later rounds raised them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from loop.artifact_names import artifact
from loop.ledger import people
from loop.records import FloatArray, PickKind
from loop.rounds import holdouts
from loop.rounds.context import StepContext
from loop.step_folders import load_inclusion, save_inclusion

POPULATION = 20_000
"""At most so many examples of the reserve, those with the smallest lots, are predicted and drawn from."""


@dataclass(frozen=True, slots=True, eq=False)
class AuditDraw:
    """The audit questions of one round."""

    ids: tuple[str, ...]
    """Newly drawn, in the order of drawing."""
    reserve: tuple[str, ...]
    """(N,) what could be drawn."""
    chances: FloatArray
    """(N,) running chance of each, 0..1; 0 where nothing was ever drawn."""

    def of_pool(self, *, pool: int) -> tuple[tuple[str, float], ...]:
        """Each drawn example with its chance counted from the whole pool, for the record of its pick."""
        chance = dict(zip(self.reserve, self.chances.tolist(), strict=True))
        return tuple((id_, min(1.0, chance[id_] * len(self.reserve) / pool)) for id_ in self.ids)


def draw(work: StepContext, doubt: Mapping[str, float] | None) -> AuditDraw:
    """The next audit questions. doubt: example → 1 - confidence of the champion; None: all alike."""
    from loop.selection import audit

    ids, lots = _reserve(work)
    before = _before(work, ids, lots)
    sizes = np.ones(len(ids)) if doubt is None else audit.size_measure(np.array([doubt[id_] for id_ in ids]))
    found = audit.draw(lots, sizes, before, count=holdouts.wanted(work, PickKind.AUDIT))
    return AuditDraw(tuple(ids[row] for row in found.rows), ids, found.inclusion)


def save(work: StepContext, drawn: AuditDraw) -> None:
    """Keeps the chances with the round."""
    with work.project.artifacts.writing(work.name("select")) as folder:
        save_inclusion(folder, drawn.reserve, drawn.chances)


def chances(work: StepContext) -> dict[str, float]:
    """Audit example drawn before this round → its running chance within the reserve; equal for uniform draws."""
    ids, lots = _reserve(work)
    running = _before(work, ids, lots)
    drawn = _drawn(work)
    return {id_: float(chance) for id_, chance in zip(ids, running, strict=True) if id_ in drawn and chance > 0}


def population(work: StepContext) -> tuple[str, ...]:
    """A random part of the pool that no strategy ever touched: what the error rate is estimated for.

    The audit reserve, and of the dev reserve what was not asked: dev answers calibrate the model.
    """
    if not holdouts.reserve(work, PickKind.AUDIT):
        return ()
    with work.project.ledger.read() as connection:
        asked = people.asked(connection)
    ids, _ = _reserve(work)
    dev = sorted(id_ for id_ in holdouts.reserve(work, PickKind.DEV) if id_ not in asked)
    return (*ids, *dev[: max(POPULATION - len(ids), 0)])


def _reserve(work: StepContext) -> tuple[tuple[str, ...], FloatArray]:
    """(N,) ids by lot, and their lots stretched to 0..1."""
    lots = holdouts.lots(work, PickKind.AUDIT)
    taken = _asked_otherwise(work)
    ranked = sorted((lot, id_) for id_, lot in lots.items() if id_ not in taken)
    widest = ranked[POPULATION][0] if len(ranked) > POPULATION else 1.0
    kept = ranked[:POPULATION]
    return tuple(id_ for _, id_ in kept), np.array([max(lot / widest, 1e-12) for lot, _ in kept], dtype=np.float64)


def _asked_otherwise(work: StepContext) -> frozenset[str]:
    """Where the audit share was zero for a while, strategies may have picked out of the reserve."""
    with work.project.ledger.read() as connection:
        other = {row.pick.example_id for row in people.picks(connection) if row.pick.kind is not PickKind.AUDIT}
    return frozenset(other)


def _drawn(work: StepContext) -> set[str]:
    with work.project.ledger.read() as connection:
        picks = people.picks(connection)
    return {row.pick.example_id for row in picks if row.pick.kind is PickKind.AUDIT and row.round < work.round}


def _before(work: StepContext, ids: tuple[str, ...], lots: FloatArray) -> FloatArray:
    """(N,) running chances before this round: from the last round that kept them, else of the uniform draws so far."""
    kept = next((r for r in range(work.round - 1, -1, -1) if work.project.artifacts.has(artifact(r, "select"))), None)
    if kept is not None:
        known = load_inclusion(work.project.artifacts.open(artifact(kept, "select")))
        return np.array([known.get(id_, 0.0) for id_ in ids])
    drawn = len(_drawn(work) & set(ids))
    if drawn == 0:
        return np.zeros(len(ids))
    return np.full(len(ids), lots[drawn] if drawn < len(ids) else 1.0)

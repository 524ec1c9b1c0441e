"""The random part of a batch: prompts of the reserves, for what must be measured and not steered.

pairs, rankings: this round's model against the champion before it, and against the first model, by turns
rating, correction: this round's answer alone
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from loop.ledger import figures, people
from loop.records import Candidate, Pick, PickKind, Split
from loop.rounds import holdouts
from loop.rounds.context import StepContext
from loop.rounds.embeddings import embeddings, partition
from loop.selection import pick_reasons
from loop.tasks.generation import reward_scores
from loop.tasks.generation.candidates import duels

COMPARED = ("pair", "ranking")
"""Forms that show several answers."""


class Opponent(NamedTuple):
    """A model that this round's is compared with."""

    round: int
    source: str
    """"champion" or "first"."""


def random_picks(work: StepContext) -> list[Pick]:
    """Audit and dev picks; none when there is no other model to compare with."""
    mine, rivals = _rivals(work)
    drawn = _drawn(work)
    spots = spots_of(work, [id_ for rows in drawn.values() for id_, _ in rows])
    single = work.config.questions.form not in COMPARED
    if single:
        return [
            _pick(work, id_, kind, chance, answers[:1], spots[id_])
            for kind, rows in drawn.items()
            for answers, (id_, chance) in zip(_alone(work, rows, mine), rows, strict=True)
        ]
    picks: list[Pick] = []
    marked = {}
    for turn, rival in enumerate(rivals):
        parts = {kind: rows[turn :: len(rivals)] for kind, rows in drawn.items()}
        ids = [id_ for rows in parts.values() for id_, _ in rows]
        more = _unasked(work, {id_ for rows in drawn.values() for id_, _ in rows})
        shown = duels(work, [*ids, *more], mine=mine, against=rival.round, source=rival.source)
        audit = {id_ for id_, _ in parts.get(PickKind.AUDIT, ())} | set(more)
        marked[rival.source] = {id_: pair for id_, pair in shown.items() if id_ in audit}
        picks += [
            _pick(work, id_, kind, chance, shown[id_], spots[id_])
            for kind, rows in parts.items()
            for id_, chance in rows
        ]
    reward_scores.form(work, marked)
    return picks


def spots_of(work: StepContext, ids: Sequence[str]) -> dict[str, int]:
    """Prompt → the region it lies in. For all at once: what is read for it is as large as the pool."""
    frozen = embeddings(work)
    regions = partition(work, frozen).regions
    return {id_: int(regions[frozen.row_of[id_]]) for id_ in ids}


def _rivals(work: StepContext) -> tuple[int, list[Opponent]]:
    """This round's model (the newest, when none was trained), and whom it is compared with; each model once."""
    with work.project.ledger.read() as connection:
        models = [row.round for row in figures.models(connection)]
        moves = [row for row in figures.decisions(connection) if row.round == work.round and row.by == "gate"]
    mine = work.round if work.round in models else models[-1]
    before = next((row.champion_round for row in moves if row.model_round == mine), None)
    found = [Opponent(before, "champion")] if before is not None else []
    return mine, found + ([Opponent(models[0], "first")] if models[0] not in (mine, before) else [])


def _drawn(work: StepContext) -> dict[PickKind, tuple[tuple[str, float], ...]]:
    with work.project.ledger.read() as connection:
        known = people.asked(connection) | {row.example_id for row in people.labels(connection)}
        asked = people.asked(connection)
    free = [id_ for id_ in work.project.pool.ids(Split.POOL) if id_ not in known]
    found = {}
    for kind in holdouts.LOTS:
        apart = holdouts.reserve(work, kind)
        open_ids = [id_ for id_ in free if id_ in apart]
        found[kind] = holdouts.draw(work, kind, free=open_ids, asked=len(apart & asked))
    return found


def _alone(work: StepContext, rows: Sequence[tuple[str, float]], mine: int) -> list[Sequence[Candidate]]:
    shown = duels(work, [id_ for id_, _ in rows], mine=mine, against=mine, source="champion")
    return [shown[id_] for id_, _ in rows]


def _unasked(work: StepContext, drawn: Collection[str]) -> tuple[str, ...]:
    """Further prompts of the audit reserve, for the reward model alone; none when the project has no reward model."""
    if not work.config.generation.reward_models:
        return ()
    with work.project.ledger.read() as connection:
        asked = people.asked(connection)
    free = sorted(id_ for id_ in holdouts.reserve(work, PickKind.AUDIT) if id_ not in asked and id_ not in drawn)
    return tuple(free[: reward_scores.MORE])


def _pick(work: StepContext, id_: str, kind: PickKind, chance: float, answers: Sequence[Candidate], spot: int) -> Pick:
    return Pick(
        example_id=id_,
        kind=kind,
        strategy=kind.value,
        reason=pick_reasons.AUDIT if len(answers) == 1 else pick_reasons.AUDIT_OF_TWO,
        inclusion_probability=chance,
        score=None,
        spot=spot,
        guess=None,
        confidence=None,
        show_suggestion=False,
        form=work.config.questions.form,
        candidates=tuple(answers),
    )

"""The end of step `map`: how the lives of weak spots go on, and which metadata slices stand beside them.

spots of this round and before, answers so far, lives before ─► live ─► SpotLife per spot ─► alerts
examples with known right or wrong ─► metadata, length, label ─► find_slices
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from loop.evaluation import spot_status as rules
from loop.evaluation.slices import find_slices, length_band
from loop.evaluation.spot_status import Seen
from loop.ledger import figures, lives, people
from loop.records import AnswerState, FoundSlice, PickKind, Spot, SpotLife
from loop.records.vocabulary import EVAL_SETS, is_of_judge
from loop.rounds.context import StepContext
from loop.rounds.embeddings import Clustering, EmbeddedPool, parts_of

ENOUGH = 100
"""Slices are sought on the best ground with so many examples, else on the largest."""
LONGEST = 100
"""Characters of a value of metadata that are told."""


def lives_of(
    work: StepContext, frozen: EmbeddedPool, regions: Clustering, found: Sequence[Spot]
) -> tuple[SpotLife, ...]:
    """The life of every spot after this round; says which came back. found: the spots as they stand now.

    A spot that is part of another one has no life until it is split off; then its old one goes on.
    """
    with work.project.ledger.read() as connection:
        rows = [row for row in figures.spots(connection) if row.round < work.round]
        before = lives.newest_lives(connection, before=work.round)
        mute = lives.muted(lives.edits(connection))
    spots = {round_: [row.spot for row in rows if row.round == round_] for round_ in {row.round for row in rows}}
    spots[work.round] = list(found)
    spent, merged = _spent(work, frozen, regions), parts_of(work)
    history: dict[int, list[Seen]] = {}
    for round_ in sorted(spots):
        overall = rules.overall_rate(spots[round_])
        for spot in spots[round_]:
            labels = sum(n for (asked, region), n in spent.items() if asked < round_ and region == spot.id)
            history.setdefault(spot.id, []).append(Seen(round_, spot, overall, labels))
    told = tuple(
        rules.live(history[spot.id], before.get(spot.id), muted=spot.id in mute)
        for spot in found
        if spot.id not in merged
    )
    name_of = {spot.id: spot.name for spot in found}
    for life in told:
        if life.alert:
            work.say(f"Weak spot “{name_of[life.spot]}” is back: {life.reason[0].lower()}{life.reason[1:]}")
    return told


def slices_of(
    work: StepContext,
    wrong: Mapping[str, Mapping[str, bool]],
    *,
    labels: Mapping[str, str] | None = None,
    chances: Mapping[str, float] | None = None,
) -> tuple[FoundSlice, ...]:
    """Slices of the examples that are known to be right or wrong. They are told to people and steer nothing.

    wrong: ground → (example id → whether the champion errs). labels: example id → true label, a column like the
    others. chances: audit example → chance of having been drawn, by whose inverse it is weighted, and those without one
    are left out; None: all had the same.
    """
    ground = _ground(wrong)
    drawn = chances if ground == "audit" else None
    known = {id_: bad for id_, bad in wrong.get(ground, {}).items() if drawn is None or id_ in drawn}
    if not known:
        return ()
    examples = work.project.pool.examples(tuple(known))
    columns = sorted({column for one in examples for column in one.metadata})
    table = {column: [one.metadata.get(column, "")[:LONGEST] for one in examples] for column in columns}
    table["length"] = [length_band(one.text) for one in examples]
    if labels is not None:
        table["label"] = [labels.get(one.id, "") for one in examples]
    weights = None if drawn is None else np.array([1 / drawn[one.id] for one in examples])
    return find_slices(table, np.array([known[one.id] for one in examples], dtype=bool), weights=weights)


def _ground(wrong: Mapping[str, Mapping[str, bool]]) -> str:
    large = [ground for ground in EVAL_SETS if len(wrong.get(ground, {})) >= ENOUGH]
    return large[0] if large else max(EVAL_SETS, key=lambda ground: len(wrong.get(ground, {})))


def _spent(work: StepContext, frozen: EmbeddedPool, regions: Clustering) -> Counter[tuple[int, int]]:
    """(round of asking, spot) → examples that people answered there; audit draws, which teach nothing, aside."""
    with work.project.ledger.read() as connection:
        picks = [row for row in people.picks(connection) if row.pick.kind is not PickKind.AUDIT]
        answers = people.answers(connection)
    answered = {row.ext_id for row in answers if row.state is AnswerState.ANSWERED and not is_of_judge(row.id)}
    first: dict[str, int] = {}
    for row in picks:
        if row.ext_id in answered:
            first[row.pick.example_id] = min(row.round, first.get(row.pick.example_id, row.round))
    return Counter((round_, int(regions.regions[frozen.row_of[id_]])) for id_, round_ in first.items())

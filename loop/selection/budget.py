"""The batch: audit draws, and the strategy's picks with a blind share among them, each with its reason.

    audit draws ──────────────────────────────────────────┐
    view less audit draws ─► strategy ─► some of it blind ─┴─► mixed at random ─► Picks in the order of asking

Audit picks are always blind: their answers measure the model, and must not be swayed by its guess. They steer nothing,
and their places in the batch are random, so that a batch answered in part still holds a random part of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loop.errors import DataError
from loop.protocols import Choice, PoolView, Strategy
from loop.records import Pick, PickKind, Spot
from loop.selection import pick_reasons
from loop.selection.strategies.basic import by_id, coverage
from loop.selection.wrappers.subset import only

COLD_START = "coverage"
"""The strategy before the first model, whatever the config names."""


def compose(
    view: PoolView,
    *,
    strategy: Strategy,
    strategy_name: str,
    batch: int,
    audit: Sequence[tuple[str, float]],
    blind: int,
    rng: np.random.Generator,
    spots: Sequence[Spot],
    labels: tuple[str, ...],
) -> tuple[Pick, ...]:
    """At most `batch` picks of different examples, in the order of asking; the row order of `view` does not matter.

    audit: (example id, inclusion probability) drawn beforehand, from the view or outside it; the strategy chooses the
    rest of the batch from the other candidates. blind: how many of the strategy's picks, taken at random, are asked
    without the model's guess. Before the first model `coverage` picks. spots: by id; labels: the columns of the
    view's probabilities. Raises DataError when the strategy breaks its contract.
    """
    taken = {id_ for id_, _ in audit[:batch]}
    row_of = {id_: row for row, id_ in enumerate(view.ids) if id_ in taken}
    drawn = [_audit_pick(view, labels, id_, chance, row=row_of.get(id_)) for id_, chance in audit[:batch]]
    candidates = only(
        view, np.array([row for row in by_id(view).tolist() if view.ids[row] not in taken], dtype=np.int64)
    )
    if view.probabilities is None:
        strategy, strategy_name = coverage, COLD_START
    budget = batch - len(drawn)
    choice = strategy(candidates, budget=budget, rng=rng)
    _check(choice, candidates, budget=budget, name=strategy_name)
    n = len(choice.rows)
    hidden = set(rng.choice(n, size=min(blind, n), replace=False).tolist())
    region = {spot.id: spot for spot in spots}
    chosen = [
        _strategy_pick(candidates, choice, place, strategy_name, region, labels, blind=place in hidden)
        for place in range(n)
    ]
    return _mixed(chosen, drawn, rng=rng)


def _audit_pick(view: PoolView, labels: Sequence[str], example_id: str, chance: float, *, row: int | None) -> Pick:
    """row: None for an example outside the view, of which nothing else is known here."""
    guess, confidence = (None, None) if row is None else _guess(view, labels, row)
    return Pick(
        example_id=example_id,
        kind=PickKind.AUDIT,
        strategy="audit",
        reason=pick_reasons.AUDIT,
        inclusion_probability=chance,
        score=None,
        spot=None if row is None else int(view.spots[row]),
        guess=guess,
        confidence=confidence,
        show_suggestion=False,
    )


def _strategy_pick(
    view: PoolView,
    choice: Choice,
    place: int,
    name: str,
    region: dict[int, Spot],
    labels: Sequence[str],
    *,
    blind: bool,
) -> Pick:
    row, score = int(choice.rows[place]), float(choice.scores[place])
    spot = int(view.spots[row])
    cold = view.probabilities is None
    guess, confidence = _guess(view, labels, row)
    return Pick(
        example_id=view.ids[row],
        kind=PickKind.COLD if cold else PickKind.WEAK,
        strategy=name,
        reason=_reason(view, row, labels, region.get(spot), blind=blind, note=choice.note),
        inclusion_probability=None,
        score=None if cold or np.isnan(score) else score,
        spot=spot,
        guess=guess,
        confidence=confidence,
        show_suggestion=cold or not blind,
    )


def _reason(view: PoolView, row: int, labels: Sequence[str], spot: Spot | None, *, blind: bool, note: str) -> str:
    if view.probabilities is None:
        return pick_reasons.cold(spot)
    told = pick_reasons.weak_blind(spot) if blind else pick_reasons.weak(view.probabilities[row], labels, spot)
    return f"{told} {note}".rstrip()


def _guess(view: PoolView, labels: Sequence[str], row: int) -> tuple[str | None, float | None]:
    if view.probabilities is None:
        return None, None
    column = int(view.probabilities[row].argmax())
    return labels[column], float(view.probabilities[row, column])


def _check(choice: Choice, view: PoolView, *, budget: int, name: str) -> None:
    """Raises DataError unless the strategy kept its contract: a plug-in may not."""
    rows, wanted = choice.rows.tolist(), min(budget, len(view.ids))
    inside = all(0 <= row < len(view.ids) for row in rows)
    if len(rows) != wanted or len(set(rows)) != wanted or not inside or len(choice.scores) != wanted:
        raise DataError(
            f"the strategy {name!r} gave {len(rows)} rows, {len(set(rows))} of them different",
            wanted=f"{wanted} different rows between 0 and {len(view.ids) - 1}, each with a score",
            do="mend the strategy, or name another one in weakspot.yaml",
        )


def _mixed(chosen: Sequence[Pick], drawn: Sequence[Pick], *, rng: np.random.Generator) -> tuple[Pick, ...]:
    """Both in their own order, the places of the drawn ones at random."""
    total = len(chosen) + len(drawn)
    places = set(rng.choice(total, size=len(drawn), replace=False).tolist())
    rest, audits = iter(chosen), iter(drawn)
    return tuple(next(audits) if place in places else next(rest) for place in range(total))

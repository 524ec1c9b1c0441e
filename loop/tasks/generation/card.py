"""What the card of an exported model tells beside its error rate: every figure with its n and its interval.

people's win rate against the first model ┐
each check, what no context backs         ├─► figures of the card, by what they say
retention, and the first model there      ┘
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loop.artifact_names import RETENTION
from loop.ledger import figures
from loop.ledger.figures import ModelRow
from loop.project import Project
from loop.records import Measurement
from loop.records.vocabulary import EVAL_SETS

CHECK = "check:"

Measured = Mapping[int, Sequence[Measurement]]
"""Round → the figures of that round's model."""


def figures_of(project: Project, row: ModelRow) -> dict[str, Measurement]:
    """What it says → figure, in the order of the card; what was not measured has no row."""
    with project.ledger.read() as connection:
        measured = figures.measurements(connection)
        first = figures.models(connection)[0].round
        moves = figures.decisions(connection)
    before = next((move.champion_round for move in moves if (move.model_round, move.by) == (row.round, "gate")), None)
    return chosen(measured, round_=row.round, first=first, before=before)


def chosen(measured: Measured, *, round_: int, first: int, before: int | None) -> dict[str, Measurement]:
    """Of a round's model. first: round of the first model; before: of the champion that the gate compared it with.

    Where these two are one, people were asked about it as the champion before.
    """
    mine, earliest = measured.get(round_, ()), measured.get(first, ())
    source = "champion" if before == first else "first"
    rival = [one for one in mine if (one.metric, one.on, one.slice) == ("win_rate", "people", f"against={source}")]
    kept, kept_first = (_of(rows, "error_rate", RETENTION) for rows in (mine, earliest))
    found = {"Answers preferred to the first model's, ties as half": next(iter(rival), None)}
    for name in sorted({one.metric for one in mine if one.metric.startswith(CHECK)}):
        found[f"Answers that pass the check {name.removeprefix(CHECK)!r}"] = _best(mine, name)
    found["Answers with a sentence that their context does not back"] = _of(mine, "hallucination_rate", "gold")
    found["Wrong answers to the retention prompts"] = kept
    if round_ != first and kept is not None:
        found["The same of the first model"] = kept_first
    return {words: one for words, one in found.items() if one is not None and one.value is not None}


def _of(rows: Sequence[Measurement], metric: str, on: str) -> Measurement | None:
    return next((one for one in rows if (one.metric, one.on, one.slice) == (metric, on, "")), None)


def _best(rows: Sequence[Measurement], metric: str) -> Measurement | None:
    """On the best ground it was measured on."""
    return next((one for ground in EVAL_SETS if (one := _of(rows, metric, ground)) is not None), None)

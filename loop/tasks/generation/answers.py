"""What a model wrote to many prompts, as files of a round.

Answers: id → greedy answer, drawn answers ─► answers.parquet, one row per answer
Outcomes: id → how sure, right or wrong     ─► outcomes.json, what the report reads
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from loop import step_folders
from loop.records import Generation
from loop.step_files import read_parquet
from loop.step_folders import OutcomeRow

FILE = "answers.parquet"
COLUMNS = {
    "id": "string",
    "place": "int32",
    "text": "string",
    "tokens": "int32",
    "logprob": "double",
    "mean_entropy": "double",
    "max_entropy": "double",
    "finished": "bool",
}
"""Name → Arrow type; place 0 is the greedy answer."""
_FIELDS = tuple(Generation.__slots__)


@dataclass(frozen=True, slots=True)
class Answers:
    """One model's answers."""

    greedy: Mapping[str, Generation]
    """Example id → the most probable answer."""
    samples: Mapping[str, tuple[Generation, ...]] = field(default_factory=dict)
    """Example id → answers drawn at a temperature; fewer ids or none where none were drawn."""


def save(answers: Answers, folder: Path) -> None:
    """Writes all answers, the greedy one of a prompt before its drawn ones."""
    rows: list[dict[str, Any]] = []
    for id_, greedy in answers.greedy.items():
        for place, one in enumerate((greedy, *answers.samples.get(id_, ()))):
            rows.append({"id": id_, "place": place, **{name: getattr(one, name) for name in _FIELDS}})
    types = {name: pa.type_for_alias(kind) for name, kind in COLUMNS.items()}
    pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(types)), folder / FILE)


def load(folder: Path) -> Answers:
    """Reads what `save` wrote."""
    greedy: dict[str, Generation] = {}
    samples: dict[str, list[Generation]] = {}
    for row in read_parquet(folder / FILE, COLUMNS):
        one = Generation(**{name: row[name] for name in _FIELDS})
        if row["place"] == 0:
            greedy[row["id"]] = one
        else:
            samples.setdefault(row["id"], []).append(one)
    return Answers(greedy, {id_: tuple(drawn) for id_, drawn in samples.items()})


def save_outcomes(
    folder: Path, answers: Answers, *, confidence: Mapping[str, float], wrong: Mapping[str, bool | None]
) -> None:
    """Writes what the report shows of each prompt: the answer, how sure (0..1 or null), right or wrong (or null)."""
    rows = [OutcomeRow(id_, one.text, confidence.get(id_), wrong.get(id_)) for id_, one in answers.greedy.items()]
    step_folders.save_outcomes(folder, rows)

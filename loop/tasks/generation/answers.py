"""What a model wrote to many prompts, as files of a round.

Answers: id → greedy answer, drawn answers ─► answers.parquet, one row per answer
Outcomes: id → how sure, right or wrong     ─► outcomes.json, what the report reads
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from loop.records import Generation

FILE = "answers.parquet"
OUTCOMES = "outcomes.json"
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
    schema = pa.schema(
        [
            ("id", pa.string()),
            ("place", pa.int32()),
            ("text", pa.string()),
            ("tokens", pa.int32()),
            ("logprob", pa.float64()),
            ("mean_entropy", pa.float64()),
            ("max_entropy", pa.float64()),
            ("finished", pa.bool_()),
        ]
    )
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / FILE)


def load(folder: Path) -> Answers:
    """Reads what `save` wrote."""
    greedy: dict[str, Generation] = {}
    samples: dict[str, list[Generation]] = {}
    for row in pq.read_table(folder / FILE).to_pylist():
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
    rows = [
        {"id": id_, "guess": one.text, "confidence": confidence.get(id_), "wrong": wrong.get(id_)}
        for id_, one in answers.greedy.items()
    ]
    (folder / OUTCOMES).write_text(json.dumps(rows, ensure_ascii=False))

"""What was recorded beside what a replay made: the same to the bit, or by how much not.

two folders of a step ─► files compared by hash; what differs is opened: tensors, probabilities, answers
two lists of rows     ─► the same rows and values, but for times and what a clock measured
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from loop.artifacts import MANIFEST

IDENTICAL, DIFFERS, LACKING, NOT_KEPT = "identical", "differs", "not remade", "not kept"
TIMES = ("at", "created_at", "updated_at", "id", "finished_at")
"""Columns that tell when, or which row."""
BY_CLOCK = ("latency_p50", "latency_p95", "tokens_per_second")
"""Figures of this machine's speed."""
Compare = Callable[[Path, Path], tuple[str, dict[str, float]]]
"""(recorded, made again) → in words, "" when nothing that is read differs; and by how much."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing a round came to."""

    name: str
    """"labels", "model", "predictions", ..."""
    state: str
    """"identical", "differs", "not remade", or "not kept": there is nothing to compare it with."""
    told: str
    """In words."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """By how much, plain numbers; empty when identical."""


def folders(name: str, kept: Path, made: Path) -> Part:
    """Two folders of the same step."""
    old, new = (json.loads((folder / MANIFEST).read_text())["files"] for folder in (kept, made))
    different = sorted(file for file in {*old, *new} if old.get(file) != new.get(file))
    if not different:
        return Part(name, IDENTICAL, f"{len(old)} files, the same to the bit")
    sentences, figures = [], {}
    for file in different:
        if file not in old or file not in new:
            sentences.append(f"{file} {'is new' if file not in old else 'was not made'}")
            continue
        told, measured = _files(kept / file, made / file)
        figures.update({f"{file}: {key}": value for key, value in measured.items()})
        if told:
            sentences.append(f"{file}: {told}")
    if not sentences:
        return Part(name, IDENTICAL, "every tensor and value is the same; only the files' bytes differ")
    return Part(name, DIFFERS, "; ".join(sentences), figures)


def listed(
    name: str, kept: Sequence[Mapping[str, Any]], made: Sequence[Mapping[str, Any]], *, key: Collection[str]
) -> Part:
    """Two lists of rows, each named by its `key` columns; the order counts for nothing."""
    old, new = ({_key(row, key): _values(row, key) for row in rows} for rows in (kept, made))
    lost, more = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
    changed = sorted(one for one in old.keys() & new.keys() if old[one] != new[one])
    if not (lost or more or changed):
        return Part(name, IDENTICAL, f"{len(old)} of {len(old)}" if old else "none, then as now")
    widest = max((_gap(json.loads(old[one]), json.loads(new[one])) for one in changed), default=0.0)
    counts = {"not made again": len(lost), "new": len(more), "changed": len(changed)}
    told = ", ".join(f"{n} {words}" for words, n in counts.items() if n)
    first = f", first {_told(changed[0], old, new)}" if changed else f", first {(lost or more)[0]}"
    return Part(name, DIFFERS, f"of {len(old)}: {told}{first}", {**counts, "largest difference": widest})


def _files(kept: Path, made: Path) -> tuple[str, dict[str, float]]:
    """In words, "" when nothing that is read differs; and by how much."""
    compare = BY_NAME.get(kept.name) or BY_SUFFIX.get(kept.suffix)
    return compare(kept, made) if compare else ("other bytes", {})


def _table(kept: Path, made: Path) -> tuple[str, dict[str, float]]:
    return ("" if pq.read_table(kept).equals(pq.read_table(made)) else "other rows"), {}


def _json(kept: Path, made: Path) -> tuple[str, dict[str, float]]:
    old, new = (_settings(path) for path in (kept, made))
    return ("" if old == new else "other values"), {}


def _settings(path: Path) -> Any:
    """A JSON file's values, but for what follows from the order of a set and from the bytes of other files."""
    found = json.loads(path.read_text())
    if path.name == "adapter_config.json":  # peft writes a set of names as it comes
        return {name: sorted(value) if name == "target_modules" else value for name, value in found.items()}
    if path.name == "weakspot.json":
        return {name: value for name, value in found.items() if name != "files"}
    return found


def _array(kept: Path, made: Path) -> tuple[str, dict[str, float]]:
    return _arrays({"": np.load(kept)}, {"": np.load(made)})


def _tensors(kept: Path, made: Path) -> tuple[str, dict[str, float]]:
    from loop.models.machine import weights

    return _arrays(weights(kept), weights(made))


def _arrays(kept: Mapping[str, Any], made: Mapping[str, Any]) -> tuple[str, dict[str, float]]:
    if kept.keys() != made.keys() or any(kept[one].shape != made[one].shape for one in kept):
        return "arrays of other names or shapes", {}
    gaps = {one: float(np.max(np.abs(kept[one].astype("f8") - made[one].astype("f8")), initial=0.0)) for one in kept}
    different = sum(gap != 0 for gap in gaps.values())
    if not different:
        return "", {}
    widest = max(gaps.values())
    figures = {"largest difference": widest, "arrays that differ": float(different)}
    return f"{different} of {len(gaps)} arrays differ, by up to {widest:.2g}", figures


def _probabilities(kept: Path, made: Path) -> tuple[str, dict[str, float]]:
    told, figures = _arrays({"": np.load(kept)}, {"": np.load(made)})
    if not figures:
        return told, figures
    moved = int((np.load(kept).argmax(axis=1) != np.load(made).argmax(axis=1)).sum())
    n = len(np.load(kept))
    words = f"probabilities differ by up to {figures['largest difference']:.2g}; {moved} of {n} guesses are others"
    return words, {"largest difference": figures["largest difference"], "guesses that differ": float(moved)}


def _outcomes(kept: Path, made: Path) -> tuple[str, dict[str, float]]:
    old, new = ({row["id"]: row for row in json.loads(path.read_text())} for path in (kept, made))
    if old == new:
        return "", {}
    shared = sorted(old.keys() & new.keys())
    moved = sum(old[id_]["guess"] != new[id_]["guess"] for id_ in shared)
    both = [(old[id_]["confidence"], new[id_]["confidence"]) for id_ in shared]
    widest = max((abs(a - b) for a, b in both if a is not None and b is not None), default=0.0)
    words = f"{moved} of {len(old)} answers are others; confidences differ by up to {widest:.2g}"
    return words, {"answers that differ": float(moved), "largest difference": widest}


def _key(row: Mapping[str, Any], key: Collection[str]) -> str:
    return " ".join(str(row[one]) for one in key if row[one] not in ("", None))


def _values(row: Mapping[str, Any], key: Collection[str]) -> str:
    kept = {name: value for name, value in row.items() if name not in TIMES and name not in key}
    return json.dumps(kept, sort_keys=True)


def _gap(old: Mapping[str, Any], new: Mapping[str, Any]) -> float:
    """The widest difference of two rows' numbers."""
    both = [(old[name], new.get(name)) for name in old]
    return max((abs(a - b) for a, b in both if _number(a) and _number(b)), default=0.0)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _told(one: str, old: Mapping[str, str], new: Mapping[str, str]) -> str:
    was, is_ = json.loads(old[one]), json.loads(new[one])
    name = next(name for name in sorted({*was, *is_}) if was.get(name) != is_.get(name))
    return f"{one}: {name} was {str(was.get(name))[:60]}, now {str(is_.get(name))[:60]}"


BY_NAME: dict[str, Compare] = {"probabilities.npy": _probabilities, "outcomes.json": _outcomes}
BY_SUFFIX: dict[str, Compare] = {".safetensors": _tensors, ".npy": _array, ".parquet": _table, ".json": _json}

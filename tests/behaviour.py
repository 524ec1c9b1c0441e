"""What two seeded projects do, written down: the same before and after a change that should change nothing.

    python tests/behaviour.py FOLDER                   makes both projects, writes classification.json, generation.json
    python tests/behaviour.py FOLDER --against OTHER   and says what differs from an earlier recording

In process, with tiny models, on paper: rounds of a classifier that is tuned every second time, and of a model that
writes. Models are made anew, so that a recording holds for one type of processor. Times, ids of the project and paths
are left out. Names of columns do not count, for they may change: rows are compared by their values.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sqlite3
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import knowing_labeler
import paper_labeler
from command_line import here
from made_project import QUICK, change, make_files
from made_writer import made_writer, prompt_table

from loop import registry

UNTOLD = re.compile(
    r"(^at|_at|_s|_mb|seconds|peak|memory|pid|host|started|finished|version|digest|watermark|key|worker)$"
)
"""Columns and keys whose values are times, sizes or hashes of what may change."""
TIMED = re.compile(r"(seconds|per_second|latency_p\d+)$")
"""Metrics of speed."""
TABLES = ("picks", "annotations", "labels", "preferences", "decisions", "measurements", "spots", "spot_rounds")
LATER = ("estimates", "regression", "leaks", "spot_lives", "found_slices", "forecasts")
KEY = uuid.UUID(int=7)
SAMPLING = {"max_new_tokens": 12, "prompts": 18, "samples": 2, "temperature": 0.9}
TUNED = {"steps": 6, "batch_size": 4, "max_length": 64}


def main() -> None:
    options = _options()
    options.folder.mkdir(parents=True, exist_ok=True)
    same = True
    for name, make in (("classification", classification), ("generation", generation)):
        found = make(options.folder / name)
        file = options.folder / f"{name}.json"
        file.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        if options.against is not None:
            earlier = json.loads((options.against / file.name).read_text(encoding="utf-8"))
            for line in differences(earlier, found, at=name):
                same = False
                print(line)
    sys.exit(0 if same else 1)


def classification(folder: Path) -> dict[str, Any]:
    """Four rounds: label names, head, tuned, head."""
    files = make_files(folder, pool=200, gold=40)
    with files.pool.open(newline="", encoding="utf-8") as file:
        truth = {row["text"]: row["intent"] for row in csv.DictReader(file)}
    root = folder / "desk"
    _init(root, "--data", files.pool, "--gold", files.gold, "--base", files.base, "--seed-labels", "0", "--batch", "24")
    change(
        root,
        {
            **{"labeler.kind": knowing_labeler.NAME, "labeler.poll_seconds": 0.1, "model.tuning": "lora"},
            **{"model.options": QUICK, "model.final_every": 2, "selection.audit": 0.2},
        },
    )
    with knowing_labeler.knowing(truth):
        _run(root, rounds=4)
        return recorded(root)


def generation(folder: Path) -> dict[str, Any]:
    """Two rounds: people compare, DPO tunes."""
    base = made_writer(folder / "base", steps=60)
    pool, gold = prompt_table(folder / "pool.csv", 30), prompt_table(folder / "gold.csv", 10)
    root = folder / "desk"
    _init(
        root, "--task", "generation", "--base", base, "--form", "pair", "--batch", "10", "--data", pool, "--gold", gold
    )
    paper = {"labeler.kind": paper_labeler.NAME, "experts.kind": paper_labeler.NAME, "labeler.poll_seconds": 0.1}
    tuned = {"model.tuning": "dpo", "model.options": TUNED}
    change(root, {**paper, **tuned, **{f"generation.{key}": value for key, value in SAMPLING.items()}})
    with mock.patch.dict(registry.MENU["labeler"]), mock.patch.dict(registry.MENU["experts"]):
        paper_labeler.put_on_menu(registry.MENU)
        _run(root, rounds=2)
        return recorded(root)


def _init(root: Path, *arguments: str | Path) -> None:
    with mock.patch("uuid.uuid4", return_value=KEY):
        said = here("init", root, "--seed", "3", *arguments)
    assert said.status == 0, said.err


def _run(root: Path, *, rounds: int) -> None:
    said = here("run", "--project", root, "--rounds", str(rounds))
    assert said.status == 0, said.err


def recorded(root: Path) -> dict[str, Any]:
    """Rows of the ledger, the report, and what the champion predicts."""
    with closing(sqlite3.connect(root / ".weakspot" / "ledger.db")) as connection:
        rows = {table: list(_rows(connection, table)) for table in (*TABLES, *LATER)}
    report = here("report", "--project", root, "--json")
    assert report.status == 0, report.err
    out = root.parent / "predicted.csv"
    predicted = here("predict", root.parent / "pool.csv", "--project", root, "--out", out)
    assert predicted.status == 0, predicted.err
    with out.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    return {"ledger": rows, "report": _timeless(json.loads(report.out), root), "predictions": lines}


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[list[Any]]:
    """The values of each row, by its first columns, without times and hashes."""
    found = connection.execute(f"SELECT * FROM {table}")
    kept = [place for place, column in enumerate(found.description) if not UNTOLD.search(column[0])]
    rows = [[_timeless(_plain(row[place]), None) for place in kept] for row in found]
    yield from sorted((row for row in rows if not any(_is_timed(value) for value in row)), key=repr)


def _is_timed(value: Any) -> bool:
    return isinstance(value, str) and bool(TIMED.search(value))


def _plain(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _timeless(value: Any, root: Path | None) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(item, root) for key, item in value.items() if not UNTOLD.search(str(key))}
    if isinstance(value, list):
        return [_timeless(item, root) for item in value]
    return value.replace(str(root), "ROOT") if root is not None and isinstance(value, str) else value


def differences(one: Any, other: Any, *, at: str) -> Iterator[str]:
    """A line for each place where two recordings differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            if key in one and key in other:
                yield from differences(one[key], other[key], at=f"{at}.{key}")
            else:
                yield f"{at}.{key}: only {'before' if key in one else 'now'}"
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (before, now) in enumerate(zip(one, other, strict=True)):
            yield from differences(before, now, at=f"{at}[{place}]")
    elif one != other:
        yield f"{at}: {_short(one)} before, {_short(other)} now"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 100 else f"{text[:100]}…"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What two seeded projects do, written down")
    parser.add_argument("folder", type=Path, help="an empty folder for projects and recordings")
    parser.add_argument("--against", type=Path, help="the folder of an earlier recording")
    return parser.parse_args()


if __name__ == "__main__":
    main()

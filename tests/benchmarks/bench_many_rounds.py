"""Sixty small rounds in one process: what grows with the rounds, beyond what grows with the labels?

    python tests/benchmarks/bench_many_rounds.py --out many.json [--rounds 60] [--batch 4] [--times 3] [--pool 600]

    tiny project, model.tuning head ─► process 1: 60 rounds of 4 questions  ─┐ cost = a + b x labels + c x rounds:
    people who know every answer    └► process 2: 20 rounds of 12 questions ─┴ b a label, c a round, each with its error

Both processes ask as many questions in all, so that what a label costs (it is read, learned from, written into the
round's bundle) and what a round costs by being one more can be told apart. Seconds are processor seconds of the
process itself: others on the machine do not count.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psutil

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"

WARM = 5
"""Rounds before the fit begins: libraries load, the gate gets its first champion."""
FIGURES = (
    *("statements", "rows", "files_read_kb", "rss_mb", "open_files", "threads", "children"),
    *("ledger_kb", "artifacts_kb", "events"),
)
TOTALS = ("ledger_kb", "artifacts_kb", "events")
"""What is there in all; a round adds the difference."""
Line = dict[str, Any]


@dataclass
class Counts:
    """What one round does."""

    statements: int = 0
    rows: int = 0
    steps: dict[str, float] = field(default_factory=dict)
    since: float = 0.0


class ProgressListener:
    """Notes the processor seconds of each step."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def on_step_start(self, round_: int, step: str) -> None:
        self._counts.since = time.process_time()

    def on_progress(self, done: int, total: int) -> None:
        pass

    def on_message(self, line: str) -> None:
        pass

    def on_step_end(self, row: Any) -> None:
        self._counts.steps[row.step] = time.process_time() - self._counts.since

    def on_round_end(self, round_: int) -> None:
        pass


def main() -> None:
    options = _options()
    os.environ["OMP_NUM_THREADS"] = "1"
    with (
        tempfile.TemporaryDirectory() as scratch,
        multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool,
    ):
        sizes = ((options.rounds, options.batch), (options.rounds // options.times, options.batch * options.times))
        small, large = (
            pool.apply(measured, (Path(scratch) / str(batch), rounds, batch, options.pool)) for rounds, batch in sizes
        )
    print("\n".join([*table(small), "", *slopes(small, large)]))
    if options.out:
        options.out.write_text(json.dumps({"small": small, "large": large}, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What grows over many small rounds")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--batch", type=int, default=4, help="questions a round")
    parser.add_argument("--times", type=int, default=3, help="so many times as large batches in the other run")
    parser.add_argument("--pool", type=int, default=600)
    return parser.parse_args()


def measured(scratch: Path, rounds: int, batch: int, pool: int) -> list[Line]:
    """One line a round; in a process of its own."""
    sys.path[:0] = [str(ROOT), str(TESTS)]
    from knowing_labeler import NAME, knowing
    from made_project import change, make_files, make_project

    from loop.lineage.recover import restore_what_is_read
    from loop.project import open_project
    from loop.rounds.runner import RunOptions, run

    root = scratch / "project"
    with contextlib.redirect_stderr(io.StringIO()):
        files = make_files(scratch / "files", pool=pool, gold=60)
    make_project(root, files, batch=batch, seed_labels=24)
    change(root, {"model.tuning": "head", "model.options": {}, "labeler.kind": NAME, "experts.kind": "people"})
    lines, counts = [], Counts()
    with knowing(truth_of(files.pool)), open_project(root) as project:
        listen(project, counts)
        for round_ in range(rounds):
            counts.statements = counts.rows = 0
            counts.steps = {}
            read, began = bytes_read(), time.process_time()
            run(project, RunOptions(rounds=round_ + 1), ProgressListener(counts), recover=restore_what_is_read)
            seconds = time.process_time() - began
            lines.append(line(project, round_, seconds, bytes_read() - read, counts))
            print(f"batch {batch}, round {round_}: {seconds:.2f} s", file=sys.stderr, flush=True)
    return lines


def truth_of(pool: Path) -> dict[str, str]:
    with pool.open(newline="", encoding="utf-8") as file:
        return {row["text"]: row["intent"] for row in csv.DictReader(file)}


def listen(project: Any, counts: Counts) -> None:
    """Counts statements to the ledger, and the rows that come back."""
    from sqlalchemy import CursorResult, event

    @event.listens_for(project.ledger._engine, "before_cursor_execute")
    def _(*_: Any) -> None:
        counts.statements += 1

    fetch = CursorResult._fetchall_impl

    def counted_fetch(result: Any) -> Any:
        rows = fetch(result)
        counts.rows += len(rows)
        return rows

    CursorResult._fetchall_impl = counted_fetch  # type: ignore[method-assign]


def bytes_read() -> int:
    """By this process, whether from the disk or from the system's cache."""
    return int(psutil.Process().io_counters().read_chars)


def line(project: Any, round_: int, seconds: float, read: int, counts: Counts) -> Line:
    """What a round took, and what there is after it."""
    from loop.ledger import people
    from loop.records.vocabulary import STEPS

    process = psutil.Process()
    with project.ledger.read() as connection:
        labels = len(people.labels(connection))
        events = int(connection.exec_driver_sql("select count(*) from events").scalar_one())
    steps = {step: round(counts.steps.get(step, 0.0), 4) for step in STEPS}
    return {
        "round": round_,
        "labels": labels,
        "seconds": {**steps, "between": round(seconds - sum(steps.values()), 4), "all": round(seconds, 4)},
        "statements": counts.statements,
        "rows": counts.rows,
        "files_read_kb": round(read / 1024),
        "rss_mb": round(process.memory_info().rss / 2**20, 1),
        "open_files": process.num_fds(),
        "threads": process.num_threads(),
        "children": len(process.children(recursive=True)),
        "ledger_kb": round(sum(path.stat().st_size for path in project.state.glob("ledger.db*")) / 1024),
        "artifacts_kb": round(size_of(project.state / "artifacts") / 1024),
        "events": events,
    }


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def table(lines: Sequence[Line]) -> list[str]:
    """Markdown: how it stands after some rounds."""
    told = [f"| round | labels | seconds | {' | '.join(FIGURES)} |", "|---" * (len(FIGURES) + 3) + "|"]
    shown = sorted({0, WARM, *range(9, len(lines), 10), len(lines) - 1} & set(range(len(lines))))
    for one in (lines[number] for number in shown):
        figures = " | ".join(f"{one[name]:,}" for name in FIGURES)
        told.append(f"| {one['round']} | {one['labels']} | {one['seconds']['all']:.2f} | {figures} |")
    return told


def slopes(small: Sequence[Line], large: Sequence[Line]) -> list[str]:
    """Markdown: what a further label and a further round add to the cost of a round."""
    lines = [*small[WARM:], *large[WARM:]]
    told = ["| of a round | first | last | a label adds | a round adds |", "|---|---|---|---|---|"]
    columns: dict[str, list[float]] = {
        f"{step}, ms": [1000 * one["seconds"][step] for one in lines] for step in small[0]["seconds"]
    }
    columns |= {name: [float(one[name]) for one in lines] for name in FIGURES if name not in TOTALS}
    columns |= {name: [*added(small, name), *added(large, name)] for name in TOTALS}
    few = len(small) - WARM
    for name, values in columns.items():
        (label, label_se), (round_, round_se) = fitted(lines, values)
        first, last = np.median(values[:5]), np.median(values[few - 5 : few])
        told.append(
            f"| {name} | {first:.4g} | {last:.4g} | {label:+.3g} ± {label_se:.2g} | {round_:+.3g} ± {round_se:.2g} |"
        )
    return told


def added(lines: Sequence[Line], name: str) -> list[float]:
    """By each round after the first WARM."""
    return [float(after[name] - before[name]) for before, after in pairwise(lines[WARM - 1 :])]


def fitted(lines: Sequence[Mapping[str, Any]], values: Sequence[float]) -> list[tuple[float, float]]:
    """Least squares on labels and rounds: coefficient and standard error of both."""
    design = np.array([(1.0, one["labels"], one["round"]) for one in lines])
    target = np.asarray(values)
    found, *_ = np.linalg.lstsq(design, target, rcond=None)
    left = target - design @ found
    variance = left @ left / max(len(target) - 3, 1) * np.linalg.inv(design.T @ design)
    return [(float(found[i]), float(variance[i, i] ** 0.5)) for i in (1, 2)]


if __name__ == "__main__":
    main()

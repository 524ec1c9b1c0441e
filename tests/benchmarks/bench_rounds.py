"""Seconds and memory of a round's own steps, and how they grow when the pool doubles.

    python tests/benchmarks/bench_rounds.py --out rounds.json [--data FILE] [--pool 4900] [--seed-labels 300]

Two projects are made from the first `pool` and `2 x pool` rows of the data, with as many seed labels, and run from
`train` to `select`: everything but what waits for people. Times are wall seconds of this machine; read the ratios.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from loop.ledger import progress
from loop.pool import guess, recognise
from loop.pool.tables import gather
from loop.project import open_project

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "pool.csv"


def main() -> None:
    options = _options()
    texts = _rows(options.data)
    if len(texts) < 2 * options.pool:
        options.pool = len(texts) // 2
    with tempfile.TemporaryDirectory() as scratch:
        sizes = (options.pool, 2 * options.pool)
        rows = [_measure(Path(scratch), texts[:size], seed_labels=options.seed_labels) for size in sizes]
    _print(rows)
    if options.out:
        options.out.write_text(json.dumps({"rows": rows}, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Seconds and memory per step")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--data", type=Path, default=SAMPLE)
    parser.add_argument("--pool", type=int, default=4900)
    parser.add_argument("--seed-labels", type=int, default=300)
    return parser.parse_args()


def _rows(file: Path) -> list[tuple[str, str]]:
    source = recognise(str(file))
    table = gather(source, guess(source).columns).table
    return list(zip(table.column("text").to_pylist(), table.column("label").to_pylist(), strict=True))


def _measure(scratch: Path, rows: list[tuple[str, str]], *, seed_labels: int) -> dict[str, Any]:
    file, root = scratch / f"{len(rows)}.csv", scratch / f"project-{len(rows)}"
    with file.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([("text", "label"), *rows])
    seeds = ["--seed-labels", str(seed_labels), "--experts", "simulated"]
    _weakspot("init", str(root), "--data", str(file), *seeds)
    _weakspot("run", "--project", str(root), "--until", "select")
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        steps = progress.steps(connection)
    seconds = {step.step: round(step.seconds or 0.0, 1) for step in steps}
    return {"pool": len(rows), "seconds": seconds, "peak_mb": round(max(step.peak_mb or 0.0 for step in steps))}


def _weakspot(*arguments: str) -> None:
    subprocess.run([sys.executable, "-c", "from loop.cli import main; main()", *arguments], check=True)


def _print(rows: list[dict[str, Any]]) -> None:
    steps = list(rows[0]["seconds"])
    print("| pool | " + " | ".join(steps) + " | peak MB |")
    print("|" + "---|" * (len(steps) + 2))
    for row in rows:
        print(f"| {row['pool']:,} | " + " | ".join(f"{row['seconds'][s]}" for s in steps) + f" | {row['peak_mb']:,} |")


if __name__ == "__main__":
    main()

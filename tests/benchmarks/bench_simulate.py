"""How long `weakspot simulate` takes and how much memory: 6 strategies x 5 seeds x 20 rounds of 75 on banking77.

    python tests/benchmarks/bench_simulate.py OUT --data /path/to/banking77/train.jsonl [--kill-after 20]

    weakspot simulate ─► wall and CPU seconds, peak memory of all its processes, shared pages counted once
    --kill-after N: it is killed with SIGKILL when N cells are there, then run again: what is there must be taken up

Wanted: under 10 minutes on two idle cores, under 2 GB. The embedding counts when OUT is new. CPU seconds are told as
well, for the machine may be busy with other things.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "pool.csv"
STRATEGIES = "random,margin,entropy,least_confidence,coverage,weak_spots"


def main() -> None:
    options = _options()
    command = [
        str(Path(sys.executable).with_name("weakspot")),
        "simulate",
        str(options.data),
        "--out",
        str(options.out),
    ]
    command += ["--strategies", options.strategies, "--seeds", str(options.seeds), "--rounds", str(options.rounds)]
    command += ["--batch", str(options.batch), "--processes", str(options.processes)]
    if options.kill_after:
        _watched(command, kill_at=options.kill_after, out=options.out)
        kept = _cells(options.out)
        print(f"killed with {len(kept)} cells there", flush=True)
        _watched(command, kill_at=None, out=options.out)
        untouched = all(place.stat().st_mtime_ns == kept[place] for place in kept)
        print(f"run again: {len(_cells(options.out))} cells, those of the killed run untouched: {untouched}")
    else:
        _watched(command, kill_at=None, out=options.out)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Seconds and memory of weakspot simulate")
    parser.add_argument("out", type=Path, help="folder for results and cells")
    parser.add_argument("--data", type=Path, default=SAMPLE)
    parser.add_argument("--strategies", default=STRATEGIES)
    parser.add_argument("--kill-after", type=int, default=0)
    for name, value in {"seeds": 5, "rounds": 20, "batch": 75, "processes": 2}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    return parser.parse_args()


def _cells(out: Path) -> dict[Path, int]:
    return {place: place.stat().st_mtime_ns for place in (out / "cells").glob("*.npz")}


def _watched(command: list[str], *, kill_at: int | None, out: Path) -> None:
    """Runs it, sampling memory and CPU of the whole tree every other second."""
    started, peak = time.monotonic(), 0.0
    cpu: dict[int, float] = {}
    running = psutil.Popen(command, stderr=subprocess.DEVNULL)
    while running.poll() is None:
        tree = [running, *running.children(recursive=True)]
        total = 0.0
        for one in tree:
            try:
                total += one.memory_full_info().pss / 2**20
                times = one.cpu_times()
            except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
                continue
            cpu[one.pid] = times.user + times.system
        peak = max(peak, total)
        if kill_at is not None and len(_cells(out)) >= kill_at:
            running.kill()
        time.sleep(2)
    wall = time.monotonic() - started
    load = os.getloadavg()[0]
    print(
        f"{wall:.0f} s wall, {sum(cpu.values()):.0f} s CPU, peak {peak:,.0f} MB; load of the machine {load:.1f}",
        flush=True,
    )


if __name__ == "__main__":
    main()

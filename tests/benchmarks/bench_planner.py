"""How good the planner is: forecasts against what came, and what its stopping rules cost and miss.

    python tests/benchmarks/bench_planner.py planner.json [--datasets FOLDER --seeds 6 --first-seed 6]

    learning curves ─► a gold test, or an audit that grows, drawn from the held-out part ─► series as a project sees it
    after 2, 3, 5, 8 rounds: forecast of the next figure and of the one after ─► held? missed by? beside two others
    round by round: the rules ─► where each stops, answers wasted, error missed

The curves are of a FROZEN PROXY and SIMULATED people (`learning_curves`), made once and kept in --cache: making them
takes some minutes, all else about two. A tuned model's curve scatters more.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from learning_curves import ROUNDS, Curve, curves
from stopped_curves import stops, table

from loop.evaluation.intervals import wilson
from loop.planning.curve import Point, curve, expected, fitted, measured
from loop.records import FloatArray

SIZES = (100, 200, 500)
AFTER = (2, 3, 5, 8)
KINDS = ("gold", "audit")


@dataclass(frozen=True)
class Trial:
    """One forecast and what came."""

    data: str
    picks: str
    kind: str
    n: int
    after: int
    ahead: int
    held: bool
    """The interval contained what was measured."""
    true: bool
    """The interval of the curve contained the true error rate of the model that came."""
    width: float
    miss: float
    same: float
    """How far "the same as now" was off."""
    power: float
    """How far a power law fitted by least squares was off."""


def main() -> None:
    options = _options()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    found = curves(options.datasets, seeds=seeds, cache=options.cache)
    started = time.perf_counter()
    trials = [one for place, each in enumerate(found) for one in _trials(each, place)]
    print(f"{len(found)} simulated projects, seeds {seeds.start} to {seeds.stop - 1}; frozen proxy, simulated people\n")
    _print("rounds measured, ahead", trials, lambda one: f"{one.after} rounds, {one.ahead} ahead")
    _print("data", trials, lambda one: f"{one.data}, {one.picks}")
    _print("measured on", trials, lambda one: f"{one.kind} of {one.n}")
    _print("all", trials, lambda one: "all")
    print()
    rules = [one for place, each in enumerate(found) for one in stops(each, series(each, "gold", 200, seed=place))]
    print(table(rules))
    print(f"\n{time.perf_counter() - started:.0f} s")
    rows = {"trials": [asdict(one) for one in trials], "stops": [asdict(one) for one in rules]}
    options.out.write_text(json.dumps(rows, default=_plain) + "\n")


def series(grown: Curve, kind: str, n: int, *, seed: int) -> list[Point]:
    """Every round's model as it is measured on n examples, or on a sample that begins with n and grows by a tenth."""
    order = np.random.default_rng([seed, n]).permutation(grown.wrong.shape[1])
    points = []
    for round_ in range(ROUNDS):
        size = min(n + (n * round_ // 10 if kind == "audit" else 0), len(order))
        errors = int(grown.wrong[round_, order[:size]].sum())
        low, high = wilson(errors, size) or (0.0, 1.0)
        points.append(Point(int(grown.labels[round_]), errors / size, low, high, size))
    return points


def _trials(grown: Curve, place: int) -> Iterable[Trial]:
    for kind in KINDS:
        for n in SIZES:
            points = series(grown, kind, n, seed=place)
            for after in AFTER:
                known = points[:after]
                drawn = fitted(known)
                for ahead in (1, 2):
                    came = points[after - 1 + ahead]
                    told = expected(measured(drawn, came.labels, n=came.n))
                    line = expected(curve(drawn, came.labels))
                    truth = float(grown.wrong[after - 1 + ahead].mean())
                    yield Trial(
                        data=grown.name,
                        picks=grown.picks,
                        kind=kind,
                        n=n,
                        after=after,
                        ahead=ahead,
                        held=told.low <= came.error <= told.high,
                        true=line.low <= truth <= line.high,
                        width=told.high - told.low,
                        miss=abs(told.error - came.error),
                        same=abs(known[-1].error - came.error),
                        power=abs(_power_law(known, came.labels) - came.error),
                    )


def _power_law(points: Sequence[Point], labels: int) -> float:
    """log error = a - b log labels by least squares; a zero counts as half an error."""
    x = np.log([point.labels for point in points])
    y = np.log([max(point.error, 0.5 / point.n) for point in points])
    return float(np.clip(np.exp(np.polyval(np.polyfit(x, y, 1), np.log(labels))), 0, 1))


def _print(title: str, trials: Sequence[Trial], key: Callable[[Trial], str]) -> None:
    print(f"{title:24s} {'n':>5s} {'held':>6s} {'true':>6s} {'width':>6s} {'miss':>6s} {'same':>6s} {'power':>6s}")
    for name in dict.fromkeys(map(key, trials)):
        own = [one for one in trials if key(one) == name]
        held, true = (100 * np.mean([getattr(one, field) for one in own]) for field in ("held", "true"))
        rest: FloatArray = np.array([(one.width, one.miss, one.same, one.power) for one in own]).mean(axis=0) * 100
        print(f"{name:24s} {len(own):5d} {held:5.1f}% {true:5.1f}% " + " ".join(f"{value:6.2f}" for value in rest))
    print()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Forecasts of the planner against what came; frozen proxy")
    parser.add_argument("out", type=Path, help="JSON file to write")
    parser.add_argument("--datasets", type=Path, default=Path("datasets"), help="folder with banking77/train.jsonl, …")
    parser.add_argument("--cache", type=Path, default=Path("build/bench/curves"), help="where the curves are kept")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first-seed", type=int, default=6)
    return parser.parse_args()


def _plain(value: Any) -> Any:
    return value.item()


if __name__ == "__main__":
    main()

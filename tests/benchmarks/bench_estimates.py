"""How honest and how narrow the estimates of the error rate are, on real data.

    python tests/benchmarks/bench_estimates.py estimates.json [--cache DIR --repeats 1000 --sets banking77 snips sample]

    models, one per round ─┐
    a random reserve ──────┴─► draw, in one or four rounds ─► answers ─► estimators ─► inside the interval? how wide?
    the same number of plain random answers ─► Wilson ─────────────────────────────────► width to compare with

The truth is the last model's error rate on the whole part of the data that no model was trained on. In every repeat the
reserve is drawn from that part with replacement, so that it is a sample of fresh examples and the truth is not in hand.
In one round all answers are drawn by the last model's doubt; in four, a quarter each by the doubt of the four last
models. `lure` asks one after the other, in chances proportional to the same sizes.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import audited_models
import numpy as np

from loop import registry
from loop.evaluation.estimators import lure
from loop.evaluation.intervals import wilson
from loop.records import Audited, Estimate, FloatArray, IntArray
from loop.selection.audit import draw, size_measure

RESERVE = {"banking77": 1500, "snips": 2070, "sample": 560}
"""15 % of the set's training file, as the product sets apart."""
LEVELS = {"banking77": (3, 4, 6, 8), "snips": (3, 4, 6, 9), "sample": (4, 5, 7)}
"""Which of the models are estimated."""
ANSWERS = (100, 200, 400)
ROUNDS = (1, 4)
NAMES = (*sorted(registry.MENU["estimator"]), "lure")
INSIDE = (0.935, 0.965)
"""Coverage that was asked for."""
Found = tuple[float, float, float]


@dataclass(frozen=True)
class Case:
    """One cell of the table."""

    data: str
    labels: int
    error: float
    reserve: int
    beside: int
    n: int
    rounds: int
    estimator: str
    coverage: float
    """Share of repeats whose interval holds the truth."""
    width: float
    """Mean width, by that of a plain random audit of the same n with Wilson's interval."""
    bias: float
    """Mean estimate less the truth."""
    above: float
    """Share of repeats whose interval lies wholly above the truth; `below`: wholly below."""
    below: float


def main() -> None:
    options = _options()
    cases = [Case(**row) for row in json.loads(options.out.read_text())] if options.read else _measured(options)
    print(summary(cases))
    for estimator in NAMES:
        print(f"\n### {estimator}\n\n" + table([case for case in cases if case.estimator == estimator]))
    options.out.write_text(json.dumps([asdict(case) for case in cases], indent=1) + "\n")


def _measured(options: argparse.Namespace) -> list[Case]:
    options.cache.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    cases: list[Case] = []
    for name in options.sets:
        models = audited_models.made(name, options.cache)
        for level in LEVELS[name]:
            cases += cells(name, models, level, options)
            print(f"{name} {models.errors[level]:.1%} after {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return cases


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Coverage and width of the error rate's intervals")
    parser.add_argument("out", type=Path, help="JSON file to write")
    parser.add_argument("--read", action="store_true", help="measure nothing, print the tables of the JSON file")
    where = Path("build/bench/estimates")
    parser.add_argument("--cache", type=Path, default=where, help="embeddings and models stay here")
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--sets", nargs="*", default=list(RESERVE))
    parser.add_argument("--answers", nargs="*", type=int, default=list(ANSWERS))
    parser.add_argument("--reserve", type=int, help="examples in the reserve; otherwise 15 %% of the training file")
    parser.add_argument("--beside", type=int, help="further examples without answers, the dev reserve; as many again")
    return parser.parse_args()


def cells(name: str, models: audited_models.Models, level: int, options: argparse.Namespace) -> Iterator[Case]:
    reserve = options.reserve or RESERVE[name]
    beside = reserve if options.beside is None else options.beside
    truth = float(models.errors[level])
    for n in (n for n in options.answers if n < reserve):
        plain_width = float(np.mean([_width(n, truth, seed) for seed in range(options.repeats)]))
        for rounds in ROUNDS:
            found: dict[str, list[Found]] = {estimator: [] for estimator in NAMES}
            for seed in range(options.repeats):
                for estimator, one in _repeat(models, level, (n, rounds, reserve, beside), seed):
                    found[estimator].append((one.value, one.low, one.high))
            for estimator, rows in found.items():
                value, low, high = np.array(rows).T
                yield Case(
                    data=name,
                    labels=models.labels[level],
                    error=truth,
                    reserve=reserve,
                    beside=beside,
                    n=n,
                    rounds=rounds,
                    estimator=estimator,
                    coverage=float(np.mean((low <= truth) & (truth <= high))),
                    width=float((high - low).mean() / plain_width),
                    bias=float(value.mean() - truth),
                    above=float(np.mean(low > truth)),
                    below=float(np.mean(high < truth)),
                )


def _width(n: int, truth: float, seed: int) -> float:
    low, high = wilson(int(np.random.default_rng([seed, n]).binomial(n, truth)), n) or (0.0, 1.0)
    return high - low


def _repeat(
    models: audited_models.Models, level: int, plan: tuple[int, int, int, int], seed: int
) -> Iterator[tuple[str, Estimate]]:
    """Every estimator on one audit of (answers, rounds, reserve, further examples)."""
    n, rounds, reserve, beside = plan
    rng = np.random.default_rng([seed, *plan])
    rows = rng.integers(models.wrong.shape[1], size=reserve + beside)
    own = rows[:reserve]
    sizes = [size_measure(models.doubt[max(one, 0)][own]) for one in range(level - rounds + 1, level + 1)]
    lots = rng.random(reserve)
    chances: FloatArray = np.zeros(reserve)
    for size in sizes:
        chances = draw(lots, size, chances, count=n // rounds).inclusion
    asked = np.flatnonzero(lots < chances)
    audited = Audited(
        wrong=models.wrong[level][own[asked]],
        doubt=models.doubt[level][own[asked]],
        inclusion=chances[asked],
        population=models.doubt[level][rows],
    )
    for name, estimator in estimators().items():
        one = estimator(audited)
        assert one is not None
        yield name, one
    order, proposals = _one_by_one(sizes, n // rounds, rng)
    levelled = lure(models.wrong[level][own[order]], proposals, population=reserve)
    assert levelled is not None
    yield "lure", levelled


@cache
def estimators() -> dict[str, Callable[[Audited], Estimate | None]]:
    return {name: registry.load("estimator", name) for name in sorted(registry.MENU["estimator"])}


def _one_by_one(sizes: Sequence[FloatArray], count: int, rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
    """Rows in the order asked, `count` of each size by an exponential race; and the chance of each at its step."""
    open_rows = np.ones(len(sizes[0]), dtype=bool)
    order, proposals = [], []
    for size in sizes:
        weights = np.where(open_rows, size, 0.0)
        rows = np.argsort(rng.exponential(size=len(size)) / np.maximum(weights, 1e-12))[:count]
        gone = np.concatenate([[0.0], np.cumsum(weights[rows])[:-1]])
        order.append(rows)
        proposals.append(weights[rows] / (weights.sum() - gone))
        open_rows[rows] = False
    return np.concatenate(order), np.concatenate(proposals)


def summary(cases: Sequence[Case]) -> str:
    """Markdown: one row an estimator, over all its cells."""
    sets = list(dict.fromkeys(case.data for case in cases))
    lines = [
        "| estimator | coverage, mean | lowest to highest | within 93.5 to 96.5 % | "
        + " | ".join(f"width, {name}" for name in sets)
        + " |",
        "|---|---|---|---|" + "---|" * len(sets),
    ]
    for estimator in NAMES:
        own = [case for case in cases if case.estimator == estimator]
        held = np.array([case.coverage for case in own])
        within = int(((held >= INSIDE[0] - 1e-9) & (held <= INSIDE[1] + 1e-9)).sum())
        widths = [np.mean([case.width for case in own if case.data == name]) for name in sets]
        lines.append(
            f"| {estimator} | {held.mean():.1%} | {held.min():.1%} to {held.max():.1%} | {within} of {len(own)} | "
            + " | ".join(f"{width:.2f}" for width in widths)
            + " |"
        )
    return "\n".join(lines)


def table(cases: Sequence[Case]) -> str:
    """Markdown: one row a model and number of rounds, coverage and width for each number of answers."""
    answers = sorted({case.n for case in cases})
    lines = [
        "| data | error | rounds | " + " | ".join(f"n = {n}: coverage, width, bias" for n in answers) + " |",
        "|---|---|---|" + "---|" * len(answers),
    ]
    rows = dict.fromkeys((case.data, case.error, case.rounds) for case in cases)
    for data, error, rounds in rows:
        found = {case.n: case for case in cases if (case.data, case.error, case.rounds) == (data, error, rounds)}
        told = [
            f"{found[n].coverage:.1%}, {found[n].width:.2f}, {100 * found[n].bias:+.2f}" if n in found else "-"
            for n in answers
        ]
        lines.append(f"| {data} | {error:.1%} | {rounds} | " + " | ".join(told) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()

"""What the gate does to models whose true worth is known.

    python tests/benchmarks/bench_gate.py OUT.json [--repeats 2000]

null    Ten rounds of challengers that are no better than the champion, all on the same gold examples; the winner
        becomes the champion. How often is any of them called better, by either policy: with the alpha shared among
        looks, and with all of it at every look (naive)? And how often is such a challenger held by not_worse?
worse   One challenger that is truly worse by 1, 2 or 4 points: how often does it pass?
better  One challenger that is truly better by 3 points: how often is it called better, at the first look and the fifth?
decline Every challenger is 0.7 points worse than the champion it meets: how much is lost after ten rounds, with and
        without a look back at the best champion so far?

Errors of two models are alike: each example is hard or easy for both. The population error rate e comes about as in
real pairs of models trained on nested labels: about half of the champion's errors are the challenger's too.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from loop.evaluation.compare import counted
from loop.evaluation.gate import Policy, decide
from loop.evaluation.slice_tests import corrected, watched
from loop.records import Comparison, Evidence, Verdict

ALPHA, MARGIN, SLICE_MARGIN, SLICE_N = 0.05, 0.01, 0.05, 20
ROUNDS = 10
SIZES, ERRORS = (100, 300, 1000), (0.05, 0.1, 0.2)
HARD = 2.0
"""Hard examples are this many times the error rate; each is wrong with probability 1 / HARD."""
PARTS = 10
"""Slices of equal size that are watched."""
POLICIES: tuple[Policy, ...] = ("better", "not_worse")
Wrong = NDArray[np.bool_]


@dataclass(frozen=True)
class Played:
    """What became of ten null rounds."""

    better: int
    """Rounds that were called better."""
    naive: int
    """Rounds that p <= alpha would have called better."""
    held: dict[str, int]
    """Kind of the first veto → rounds."""


def main() -> None:
    parser = argparse.ArgumentParser(description="The gate on models of known worth")
    parser.add_argument("out", type=Path)
    parser.add_argument("--repeats", type=int, default=2000)
    options = parser.parse_args()
    tables = {
        "null": [_null(n, error, options.repeats) for n in SIZES for error in ERRORS],
        "worse": [_worse(n, error, options.repeats) for n in SIZES for error in ERRORS],
        "better": [_better(n, error, options.repeats) for n in SIZES for error in ERRORS],
        "decline": [_decline(n, options.repeats // 10) for n in SIZES],
    }
    options.out.write_text(json.dumps(tables, indent=1) + "\n")
    for name, rows in tables.items():
        _print(name, rows)


def _draw(rng: np.random.Generator, hard: Wrong, error: float) -> Wrong:
    """(n,) where a model of this error rate errs. Hard examples first: what they cannot bear falls on the others."""
    share = float(hard.mean())
    on_hard = min(error / share, 1 / HARD) if share else 0.0
    elsewhere = (error - on_hard * share) / (1 - share)
    wrong: Wrong = rng.random(len(hard)) < np.where(hard, on_hard, elsewhere)
    return wrong


def _null(n: int, error: float, repeats: int) -> dict[str, float]:
    rng = np.random.default_rng([n, round(1000 * error)])
    row: dict[str, float] = {"n": n, "error": error}
    for policy in POLICIES:
        played = [_ten_rounds(rng, n, error, policy) for _ in range(repeats)]
        row[policy] = float(np.mean([one.better > 0 for one in played]))
        row[f"{policy}, naive"] = float(np.mean([one.naive > 0 for one in played]))
    for kind in ("overall", "best", "part"):
        row[f"held by {kind}"] = float(np.mean([one.held.get(kind, 0) for one in played])) / ROUNDS
    return row


def _ten_rounds(rng: np.random.Generator, n: int, error: float, policy: Policy) -> Played:
    hard = rng.random(n) < HARD * error
    champion = rng.random(n) < np.where(hard, 1 / HARD, 0.0)
    earlier: list[Wrong] = []
    mended = np.full(n, ROUNDS)
    since, better, naive, held = -1, 0, 0, dict[str, int]()
    for look in range(1, ROUNDS + 1):
        challenger = rng.random(n) < np.where(hard, 1 / HARD, 0.0)
        verdict = _judge(champion, challenger, earlier, look=look, regression=mended < since, policy=policy)
        assert verdict.comparison is not None
        better += verdict.told == "better"
        naive += verdict.comparison.difference < 0 and verdict.comparison.p_value <= ALPHA
        if verdict.promote:
            mended = np.where(champion & ~challenger, np.minimum(mended, look), mended)
            earlier, champion, since = [*earlier, champion], challenger, look
        else:
            kind = verdict.vetoes[0].kind
            kind = kind if kind in ("overall", "best") else "part"
            held[kind] = held.get(kind, 0) + 1
    return Played(better, naive, held)


def _judge(
    champion: Wrong,
    challenger: Wrong,
    earlier: list[Wrong],
    *,
    look: int,
    regression: Wrong | None = None,
    policy: Policy = "not_worse",
) -> Verdict:
    best = min(earlier, key=lambda one: int(one.sum()), default=None)
    ahead = best if best is not None and best.sum() < champion.sum() else None
    masks = [np.arange(len(champion)) % PARTS == part for part in range(PARTS)]
    parts = [("slice", mask) for mask in masks]
    if regression is not None and regression.any():
        parts.append(("regression", regression))
    slices = [
        watched(kind, "", _compare(champion[mask], challenger[mask]), margin=SLICE_MARGIN) for kind, mask in parts
    ]
    evidence = Evidence(
        overall=_compare(champion, challenger),
        best=None if ahead is None else _compare(ahead, challenger),
        best_round=None if ahead is None else 0,
        slices=corrected(slices, alpha=ALPHA, least=SLICE_N),
        look=look,
    )
    return decide(evidence, policy=policy, alpha=ALPHA, margin=MARGIN)


def _compare(before: Wrong, after: Wrong) -> Comparison:
    fixed, broken = int((before & ~after).sum()), int((after & ~before).sum())
    return counted(fixed, broken, champion_errors=int(before.sum()), n=len(before), on="gold")


def _pairs(n: int, error: float, change: float, repeats: int) -> list[tuple[Wrong, Wrong]]:
    rng = np.random.default_rng([n, round(1000 * error), round(1000 * (change + 1))])
    found = []
    for _ in range(repeats):
        hard = rng.random(n) < HARD * error
        found.append((_draw(rng, hard, error), _draw(rng, hard, error + change)))
    return found


def _worse(n: int, error: float, repeats: int) -> dict[str, float]:
    row: dict[str, float] = {"n": n, "error": error}
    for change in (-0.02, 0.0, 0.01, 0.02, 0.04):
        pairs = _pairs(n, error, change, repeats)
        passes: dict[str, Callable[[Comparison], bool]] = {
            "not worse": lambda one: decide(Evidence(one), policy="not_worse", alpha=ALPHA, margin=MARGIN).promote,
            "better": lambda one: decide(Evidence(one), policy="better", alpha=ALPHA, margin=MARGIN).promote,
            "plain test": lambda one: one.difference <= 0 or one.p_value > ALPHA,
        }
        compared = [_compare(*pair) for pair in pairs]
        for name, passing in passes.items():
            row[f"{100 * change:+.0f} {name}"] = float(np.mean([passing(one) for one in compared]))
    return row


def _better(n: int, error: float, repeats: int) -> dict[str, float]:
    compared = [_compare(*pair) for pair in _pairs(n, error, -0.03, repeats)]
    row: dict[str, float] = {"n": n, "error": error}
    for look in (1, 3, 5, 10):
        told = [
            decide(Evidence(one, look=look), policy="better", alpha=ALPHA, margin=MARGIN).promote for one in compared
        ]
        row[f"look {look}"] = float(np.mean(told))
    row["naive"] = float(np.mean([one.difference < 0 and one.p_value <= ALPHA for one in compared]))
    return row


def _decline(n: int, repeats: int) -> dict[str, float]:
    row: dict[str, float] = {"n": n, "error": 0.1}
    for name, looking_back in (("looking back", True), ("champion only", False)):
        rng = np.random.default_rng([n, 7])
        lost = []
        for _ in range(repeats):
            hard = rng.random(n) < 0.2
            error, earlier, champion = 0.1, list[Wrong](), _draw(rng, hard, 0.1)
            for look in range(1, ROUNDS + 1):
                challenger = _draw(rng, hard, error + 0.007)
                if _judge(champion, challenger, earlier if looking_back else [], look=look).promote:
                    earlier, champion, error = [*earlier, champion], challenger, error + 0.007
            lost.append(error - 0.1)
        row[name] = float(np.mean(lost))
    return row


def _print(name: str, rows: list[dict[str, float]]) -> None:
    columns = [column for column in rows[0] if column not in ("n", "error")]
    print(f"\n{name}\n\n| n | error | " + " | ".join(columns) + " |")
    print("|" + "---|" * (len(columns) + 2))
    for row in rows:
        cells = " | ".join(f"{100 * row[column]:.1f} %" for column in columns)
        print(f"| {row['n']:,.0f} | {row['error']:.0%} | {cells} |")


if __name__ == "__main__":
    main()

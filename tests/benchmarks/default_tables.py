"""The curves of bench_default.py as tables: labels needed against random, areas, cold starts, noise.

    curves.jsonl ─► by set and strategy, paired by seed ─► ratios (bootstrap over seeds) │ areas (Student) ─► Markdown

A ratio is read off the mean curves, linear between rounds: labels with which a strategy first reaches a share of the
accuracy of all labels, over those of random. `-` where the mean curve does not get there.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bench_default import read
from scipy.stats import t as student

from loop.records import FloatArray

SHARES = (0.9, 0.95, 0.97)
DRAWS = 2000
Curves = Mapping[str, Mapping[int, Mapping[str, Any]]]
"""Strategy → seed → curve."""


def main() -> None:
    lines = [line for path in sys.argv[1:] for line in read(Path(path))]
    for of in dict.fromkeys((line["set"], line["on"]) for line in lines):
        own = [line for line in lines if (line["set"], line["on"]) == of]
        clean = _grouped(own, noise=0)
        full = {seed: line["accuracy"][0] for seed, line in clean.get("full", {}).items()}
        print(f"\n### {of[0]}, measured on {of[1]}; all labels: {np.mean(list(full.values())):.1%}\n")
        print("| strategy | seeds | labels to 90 % | 95 % | 97 % | area against random | cold start: median, worst |")
        print("|---|---|---|---|---|---|---|")
        for name in clean:
            if name != "full":
                print(_row(name, clean, full))
        _noise(own)


def needed(labels: Sequence[int], accuracy: FloatArray, wanted: float) -> float:
    """Labels at which the curve first reaches `wanted`, linear between rounds; NaN where it never does."""
    reached = np.flatnonzero(accuracy >= wanted)
    if not len(reached):
        return float("nan")
    at = int(reached[0])
    if at == 0:
        return float(labels[0])
    rise = (wanted - accuracy[at - 1]) / (accuracy[at] - accuracy[at - 1])
    return float(labels[at - 1] + rise * (labels[at] - labels[at - 1]))


def _grouped(lines: Sequence[Mapping[str, Any]], *, noise: int) -> Curves:
    found: dict[str, dict[int, Mapping[str, Any]]] = {}
    for line in lines:
        if line["noise"] == noise:
            found.setdefault(line["strategy"], {})[line["seed"]] = line
    return found


def _row(name: str, curves: Curves, full: Mapping[int, float]) -> str:
    seeds = sorted(set(curves[name]) & set(curves["random"]) & set(full))
    ratios = [_ratio(curves[name], curves["random"], full, seeds, share) for share in SHARES]
    if name == "random":
        mean = _mean(curves["random"], seeds)
        target = np.mean([full[seed] for seed in seeds])
        ratios = [f"{needed(_labels(curves[name]), mean, share * target):.0f} labels" for share in SHARES]
    second = [curves[name][seed]["accuracy"][1] for seed in seeds]
    cold = f"{np.median(second):.1%}, {min(second):.1%}"
    return f"| {name} | {len(seeds)} | " + " | ".join([*ratios, _area(curves, name, seeds), cold]) + " |"


def _ratio(
    own: Mapping[int, Any], random: Mapping[int, Any], full: Mapping[int, float], seeds: Any, share: float
) -> str:
    """The ratio and its 95 % percentile interval from seeds drawn with replacement."""

    def of(drawn: Sequence[int]) -> float:
        target = share * np.mean([full[seed] for seed in drawn])
        mine = needed(_labels(own), _mean(own, drawn), target)
        return mine / needed(_labels(random), _mean(random, drawn), target)

    value = of(seeds)
    rng = np.random.default_rng(0)
    drawn = np.array([of(rng.choice(seeds, size=len(seeds))) for _ in range(DRAWS)])
    # A draw in which the strategy never gets there is as bad as can be: it belongs to the upper end.
    low, high = np.quantile(np.where(np.isnan(drawn), np.inf, drawn), [0.025, 0.975], method="nearest")
    told = "more" if np.isinf(high) else f"{high:.2f}"
    return "-" if np.isnan(value) else f"{value:.2f} ({low:.2f} to {told})"


def _noise(lines: Sequence[Mapping[str, Any]]) -> None:
    for noise in sorted({line["noise"] for line in lines} - {0}):
        curves = _grouped(lines, noise=noise)
        for name in curves:
            seeds = sorted(set(curves[name]) & set(curves.get("random", {})))
            if name != "random" and seeds:
                print(f"{noise} % wrong answers: {name} {_area(curves, name, seeds)} ({len(seeds)} seeds)")


def _area(curves: Curves, name: str, seeds: Sequence[int]) -> str:
    """Difference of mean accuracy in points over the rounds both went in equal steps; 95 % Student half width."""
    if name == "random" or len(seeds) < 2:
        return ""
    grids = [_labels(curves[which]) for which in (name, "random")]
    rounds = next((at for at, (a, b) in enumerate(zip(*grids, strict=False)) if a != b), min(map(len, grids)))
    own, other = (
        np.array([curves[which][seed]["accuracy"][:rounds] for seed in seeds]).mean(axis=1)
        for which in (name, "random")
    )
    gain = 100 * (own - other)
    half = student.ppf(0.975, len(seeds) - 1) * gain.std(ddof=1) / np.sqrt(len(seeds))
    return f"{gain.mean():+.1f} ± {half:.1f}"


def _labels(curves: Mapping[int, Any]) -> Sequence[int]:
    return min((curve["labels"] for curve in curves.values()), key=len)


def _mean(curves: Mapping[int, Any], seeds: Sequence[int]) -> FloatArray:
    found: FloatArray = np.mean([curves[seed]["accuracy"] for seed in seeds], axis=0)
    return found


if __name__ == "__main__":
    main()

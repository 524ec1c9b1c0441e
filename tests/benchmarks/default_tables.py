"""The curves of bench_default.py as tables: labels needed against random, areas, cold starts, noise, all sets together.

    python tests/benchmarks/default_tables.py curves.jsonl [more.jsonl ...] [--against weak_spots] [--sets snips]

    curves ─► by set and way, paired by seed ─► ratios (bootstrap over seeds) │ areas (Student) ─► Markdown

A way is a strategy with the recipe `plain`, or "recipe + strategy" with another. A ratio is read off the mean curves,
linear between rounds: labels with which a way first reaches a share of what the recipe `plain` makes of all labels,
over those that `--against`, random with `plain`, needs. `-` where the mean curve does not get there; where that of
`--against` does not, its last labels count, which makes the ratio too large.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bench_default import read
from scipy.stats import t as student

from loop.records import FloatArray

SHARES = (0.9, 0.95, 0.97)
DRAWS = 2000
Curves = Mapping[str, Mapping[int, Mapping[str, Any]]]
"""Way → seed → curve."""


@dataclass(frozen=True)
class Ratio:
    """Labels needed, as a share of those that the way compared with needs."""

    value: float
    """NaN: not reached."""
    drawn: FloatArray
    """(DRAWS,) the same with seeds drawn with replacement, infinite where not reached; (1,) of a single seed."""

    def __str__(self) -> str:
        """With its 95 % percentile interval."""
        if np.isnan(self.value):
            return "-"
        if len(self.drawn) == 1:
            return f"{self.value:.2f}"
        # A draw in which the way never gets there is as bad as can be: it belongs to the upper end.
        low, high = np.quantile(self.drawn, [0.025, 0.975], method="nearest")
        return f"{self.value:.2f} ({low:.2f} to {'more' if np.isinf(high) else f'{high:.2f}'})"


def main() -> None:
    parser = argparse.ArgumentParser(description="Tables of the curves that bench_default.py made")
    parser.add_argument("curves", type=Path, nargs="+")
    parser.add_argument("--against", default="random", help="the way the others are compared with")
    parser.add_argument("--sets", nargs="+", help="only these")
    options = parser.parse_args()
    lines = [line for path in options.curves for line in read(path)]
    lines = [line for line in lines if options.sets is None or line["set"] in options.sets]
    ratios: dict[str, dict[str, Ratio]] = {}
    areas: dict[str, dict[str, float]] = {}
    for of in dict.fromkeys((line["set"], line["on"]) for line in lines):
        own = [line for line in lines if (line["set"], line["on"]) == of]
        clean = _grouped(own, noise=0)
        full = {seed: line["accuracy"][0] for seed, line in clean.get("full", {}).items()}
        if full and options.against in clean:
            _one_set(clean, full, options.against, of)
            for way in _ways(clean, full, options.against):
                if way != options.against:
                    seeds = _shared(clean, full, way, options.against)
                    ratios.setdefault(way, {})[of[0]] = _ratio(clean, way, options.against, full, seeds, 0.95)
                    areas.setdefault(way, {})[of[0]] = float(_gains(clean, way, options.against, seeds).mean())
        _noise(own, options.against)
    _all_sets(ratios, areas, options.against)


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
            way = line["strategy"] if line["recipe"] == "plain" else f"{line['recipe']} + {line['strategy']}"
            found.setdefault(way, {})[line["seed"]] = line
    return found


def _shared(curves: Curves, full: Mapping[int, float], way: str, against: str) -> list[int]:
    return sorted(set(curves[way]) & set(curves[against]) & set(full))


def _ways(curves: Curves, full: Mapping[int, float], against: str) -> list[str]:
    return [way for way in curves if way != "full" and _shared(curves, full, way, against)]


def _one_set(curves: Curves, full: Mapping[int, float], against: str, of: tuple[str, str]) -> None:
    print(f"\n### {of[0]}, measured on {of[1]}; all labels: {np.mean(list(full.values())):.1%}\n")
    print(f"| way | seeds | labels to 90 % | 95 % | 97 % | area against {against} | cold start: median, worst |")
    print("|---|---|---|---|---|---|---|")
    for way in _ways(curves, full, against):
        seeds = _shared(curves, full, way, against)
        if way == against:
            counts = [_counted(curves[way], full, seeds, share) for share in SHARES]
            cells = [*("-" if np.isnan(count) else f"{count:.0f} labels" for count in counts), ""]
        else:
            cells = [str(_ratio(curves, way, against, full, seeds, share)) for share in SHARES]
            cells.append(_area(_gains(curves, way, against, seeds)))
        second = [_asked(curves[way][seed])[1][1] for seed in seeds]
        print(f"| {way} | {len(seeds)} | {' | '.join(cells)} | {np.median(second):.1%}, {min(second):.1%} |")


def _ratio(
    curves: Curves, way: str, against: str, full: Mapping[int, float], seeds: Sequence[int], share: float
) -> Ratio:
    def of(drawn: Sequence[int]) -> float:
        other = _counted(curves[against], full, drawn, share)
        most = min(curves[against][seed]["labels"][-1] for seed in drawn)
        return _counted(curves[way], full, drawn, share) / (most if np.isnan(other) else other)

    rng = np.random.default_rng(0)
    drawn = np.array([of(rng.choice(seeds, size=len(seeds))) for _ in range(DRAWS if len(seeds) > 1 else 1)])
    return Ratio(of(seeds), np.where(np.isnan(drawn), np.inf, drawn))


def _counted(curves: Mapping[int, Any], full: Mapping[int, float], seeds: Sequence[int], share: float) -> float:
    """Labels after which the mean curve of these seeds has this share of their accuracy with all labels."""
    labels = min((curves[seed]["labels"] for seed in seeds), key=len)
    mean: FloatArray = np.mean([curves[seed]["accuracy"][: len(labels)] for seed in seeds], axis=0)
    return needed(labels, mean, share * float(np.mean([full[seed] for seed in seeds])))


def _gains(curves: Curves, way: str, against: str, seeds: Sequence[int]) -> FloatArray:
    """(seeds,) differences of mean accuracy in points over the rounds both went in equal steps."""
    pairs = [(curves[way][seed], curves[against][seed]) for seed in seeds]
    found = []
    for (labels, own), (other_labels, other) in [(_asked(own), _asked(other)) for own, other in pairs]:
        steps = list(zip(labels, other_labels, strict=False))
        rounds = next((at for at, (a, b) in enumerate(steps) if a != b), len(steps))
        found.append(100 * (np.mean(own[:rounds]) - np.mean(other[:rounds])))
    return np.array(found)


def _asked(curve: Mapping[str, Any]) -> tuple[list[int], list[float]]:
    """Labels and accuracy from the first batch on: a model of label names alone is measured before it too."""
    first = int(curve["labels"][0] == 0)
    return curve["labels"][first:], curve["accuracy"][first:]


def _area(gains: FloatArray) -> str:
    """Mean and 95 % Student half width."""
    if len(gains) < 2:
        return f"{gains.mean():+.1f}"
    half = student.ppf(0.975, len(gains) - 1) * gains.std(ddof=1) / np.sqrt(len(gains))
    return f"{gains.mean():+.1f} ± {half:.1f}"


def _noise(lines: Sequence[Mapping[str, Any]], against: str) -> None:
    rows = []
    for noise in sorted({line["noise"] for line in lines} - {0}):
        curves = _grouped(lines, noise=noise)
        for way in [way for way in curves if way != against]:
            seeds = sorted(set(curves[way]) & set(curves.get(against, {})))
            if seeds:
                rows.append(f"| {noise} % | {way} | {len(seeds)} | {_area(_gains(curves, way, against, seeds))} |")
    if rows:
        print(f"\n| {lines[0]['set']}, wrong answers | way | seeds | area against {against} |\n|---|---|---|---|")
        print("\n".join(rows))


def _all_sets(
    ratios: Mapping[str, Mapping[str, Ratio]], areas: Mapping[str, Mapping[str, float]], against: str
) -> None:
    """Geometric means of the ratios and means of the areas; seeds of different sets are drawn independently."""
    rng = np.random.default_rng(1)
    print(f"\n### All sets, against {against}\n\n| way | sets | ratio at 95 %, geometric mean | area, mean |")
    print("|---|---|---|---|")
    for way, of in ratios.items():
        mean = np.exp(np.mean([np.log(ratio.value) for ratio in of.values()]))
        single = any(len(ratio.drawn) == 1 for ratio in of.values())
        logs = [np.log(rng.permutation(ratio.drawn)[: 1 if single else DRAWS]) for ratio in of.values()]
        drawn = np.exp(np.mean(logs, axis=0))
        print(f"| {way} | {', '.join(of)} | {Ratio(float(mean), drawn)} | {np.mean(list(areas[way].values())):+.1f} |")


if __name__ == "__main__":
    main()

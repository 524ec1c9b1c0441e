"""The cells of bench_small_text.py as tables: accuracy, ours against the better peer, CPU-seconds.

    cells.jsonl ... ─► by set, number of labels and system ─► means │ differences paired by seed │ seconds ─► Markdown

The better peer is the one with the highest mean accuracy over the seeds, chosen anew for each set and number of labels:
as if one knew beforehand. Differences are in points, with 95 % Student intervals over the seeds that every peer has.
The row "all" goes over the sets, each seed and set one difference of means over 50, 75, 100 and 150 labels.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bench_small_text import COUNTS, read
from scipy.stats import t as student

from loop.records import FloatArray

Cells = Mapping[str, Mapping[int, Mapping[str, Any]]]
"""System → seed → cell."""


def main() -> None:
    lines = [line for path in sys.argv[1:] for line in read(Path(path))]
    for size in dict.fromkeys((line["pool"], line["held"]) for line in lines):
        alike = [line for line in lines if (line["pool"], line["held"]) == size]
        print(f"\nPool of {size[0]} texts, measured on {size[1]}.\n")
        sets = {name: _grouped([line for line in alike if line["set"] == name]) for name in _names(alike, "set")}
        for title, lines_of in (("Accuracy", _accuracies), ("Ours less the better peer", _differences)):
            print(f"\n#### {title}\n")
            print("\n".join(lines_of(sets)))
        print("\n#### CPU-seconds a round\n")
        print("\n".join(_seconds(sets)))


def shared_seeds(cells: Cells, system: str) -> list[int]:
    """The seeds that the system and every peer have; none where there is no peer."""
    peers = [set(cells[name]) for name in cells if not _own(name)]
    return sorted(set(cells[system]).intersection(*peers)) if peers else []


def better_peer(cells: Cells, seeds: Sequence[int], at: int) -> str:
    """The peer with the higher mean accuracy at COUNTS[at] over these seeds."""
    peers = [name for name in cells if not _own(name)]
    return max(peers, key=lambda name: sum(cells[name][seed]["accuracy"][at] for seed in seeds))


def interval(gains: FloatArray) -> str:
    """Mean, 95 % Student half width and the worst of differences in points; one difference has no width."""
    worst = f", worst {gains.min():+.1f}"
    if len(gains) < 2:
        return f"{gains.mean():+.1f}{worst}"
    half = student.ppf(0.975, len(gains) - 1) * gains.std(ddof=1) / np.sqrt(len(gains))
    return f"{gains.mean():+.1f} ± {half:.1f}{worst}"


def _accuracies(sets: Mapping[str, Cells]) -> list[str]:
    rows = _head(["set", "system", "seeds", *(f"{count} labels" for count in COUNTS)])
    for name, cells in sets.items():
        for system, by_seed in cells.items():
            means = [f"{mean:.1%}" for mean in _mean(by_seed, "accuracy")]
            rows.append(_row([name, system, str(len(by_seed)), *means]))
    return rows


def _differences(sets: Mapping[str, Cells]) -> list[str]:
    rows = _head(["set", "ours", *(f"{count} labels" for count in COUNTS)])
    systems = [name for name in dict.fromkeys(name for cells in sets.values() for name in cells) if _own(name)]
    for system in systems:
        later: list[FloatArray] = []
        for name, cells in sets.items():
            if system in cells and (seeds := shared_seeds(cells, system)):
                peers = [better_peer(cells, seeds, at) for at in range(len(COUNTS))]
                gains = [_gains(cells, system, peer, seeds)[:, at] for at, peer in enumerate(peers)]
                told = [f"{interval(gain)} ({peer})" for gain, peer in zip(gains, peers, strict=True)]
                rows.append(_row([name, system, *told]))
                later.append(np.mean(gains[1:], axis=0))
        if later:
            rows.append(_row(["all", system, "", f"50 to 150: {interval(np.concatenate(later))}", "", "", ""]))
    return rows


def _gains(cells: Cells, system: str, peer: str, seeds: Sequence[int]) -> FloatArray:
    """(seeds, COUNTS) points by which the system is above the peer."""
    own, other = (np.array([cells[name][seed]["accuracy"] for seed in seeds]) for name in (system, peer))
    return 100 * (own - other)


def _seconds(sets: Mapping[str, Cells]) -> list[str]:
    """In the last columns: all rounds, as a share of each peer's on the same set."""
    peers = [name for name in dict.fromkeys(name for cells in sets.values() for name in cells) if not _own(name)]
    rows = _head(["set", "system", *(f"{count} labels" for count in COUNTS), "all", *(f"of {name}" for name in peers)])
    for name, cells in sets.items():
        whole = {system: float(_mean(by_seed, "seconds").sum()) for system, by_seed in cells.items()}
        for system, by_seed in cells.items():
            means = [f"{mean:.1f}" for mean in _mean(by_seed, "seconds")]
            shares = [f"{whole[system] / whole[peer]:.2f}" if peer in whole else "" for peer in peers]
            rows.append(_row([name, system, *means, f"{whole[system]:.0f}", *shares]))
    return rows


def _names(lines: Sequence[Mapping[str, Any]], key: str) -> list[str]:
    return list(dict.fromkeys(line[key] for line in lines))


def _grouped(lines: Sequence[Mapping[str, Any]]) -> Cells:
    found: dict[str, dict[int, Mapping[str, Any]]] = {}
    for line in lines:
        found.setdefault(line["system"], {})[line["seed"]] = line
    return {name: found[name] for name in sorted(found)}


def _mean(by_seed: Mapping[int, Mapping[str, Any]], column: str) -> FloatArray:
    found: FloatArray = np.mean([cell[column] for cell in by_seed.values()], axis=0)
    return found


def _own(system: str) -> bool:
    return system.startswith("ours ")


def _head(names: Sequence[str]) -> list[str]:
    return [_row(names), _row(["---"] * len(names))]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()

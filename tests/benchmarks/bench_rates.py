"""How fast should LoRA learn? Accuracy after tuning with several peak learning rates, on the same picked labels.

    python tests/benchmarks/bench_rates.py cells.jsonl [--sets sample snips] [--seeds 11 12] [--counts 50 250]

Set-up as in bench_start.py: the recipe `head` picks, the recipe `lora` tunes, 700 texts of the training file judge. The
test files are never read. People are SIMULATED: they answer what the file says. A cell that stands in the file already
is not made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bench_small_text import Task
from bench_start import gathered, given_options, learned_and_held

from loop.models.recipes.lora import Tuned
from loop.models.settings import TuningSettings
from loop.models.tuning import RATES as PRESENT
from loop.protocols import FrozenTexts
from loop.records import FloatArray, IntArray

RATES = (3e-4, 5e-4, 1e-3, 3e-3)


def main() -> None:
    options = given_options("Peak learning rates of LoRA", (11, 12), (50, 250))
    print("\n".join(table(gathered(options, answers))))


def answers(
    given: Task, frozen: FrozenTexts, asked: IntArray, head: FloatArray, held: IntArray
) -> dict[str, FloatArray]:
    """The head, and the tuned model by its peak learning rate."""
    few, known = learned_and_held(frozen, asked, held)
    found = {"head": head}
    for rate in RATES:
        recipe = Tuned("lora", settings=TuningSettings(learning_rate=rate))
        said = recipe(few, known, given.truth[asked], classes=given.classes, unlabelled=known[:0], seed=given.seed)
        found[f"{rate:g}"] = said[len(asked) :]
    return found


def table(lines: Sequence[dict[str, Any]]) -> list[str]:
    """Markdown: means by set and labels; in brackets the points against the present rate."""
    names = [f"{rate:g}" for rate in RATES]
    told = [f"| set | labels | seeds | head | {' | '.join(names)} |", "|---" * (4 + len(names)) + "|"]
    for name, count in sorted({(line["set"], line["labels"]) for line in lines}):
        own = [line for line in lines if (line["set"], line["labels"]) == (name, count)]
        present = np.array([line[f"{PRESENT['lora']:g}"] for line in own])
        cells_ = [np.array([line[way] for line in own]) for way in ("head", *names)]
        means = " | ".join(f"{right.mean():.1%} ({100 * (right - present).mean():+.1f})" for right in cells_)
        told.append(f"| {name} | {count} | {len(own)} | {means} |")
    return told


if __name__ == "__main__":
    main()

"""Head or tuned encoder, and what the encoder should be tuned on? Accuracy on the same picked labels.

    python tests/benchmarks/bench_tuning.py cells.jsonl [--sets sample snips banking77] [--seeds 11 12 13] [--counts 50]

Set-up as in bench_start.py, but all heads read the names and descriptions of the labels and the rest of the pool: 2,000
texts of the training file ─► 25 at random, then picks by `weak_spots` in batches of 25 ─► the same labels for all ways
─► 700 more texts of the training file judge. `tuned` is the recipe `lora`, which starts from the head and learns from
label texts and guessed texts too (loop.models.examples); `without guesses` leaves out these, `labels alone` both. The
test files are never read. People are SIMULATED: they answer what the file says. A cell that stands in the file already
is not made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from unittest import mock

import numpy as np
from bench_small_text import Task
from bench_start import gathered, given_options, learned_and_held

from loop.models import tuning
from loop.models.examples import Examples
from loop.models.recipes.lora import lora
from loop.protocols import FrozenTexts
from loop.records import FloatArray, IntArray

HEAD, TUNED, UNGUESSED, ALONE = "head", "tuned", "without guesses", "labels alone"


def main() -> None:
    options = given_options(
        "The head, and the encoder tuned on labels, label texts and guesses", (11, 12, 13), (50, 150)
    )
    print("\n".join(table(gathered(options, answers, names=True))))


def answers(
    given: Task, frozen: FrozenTexts, asked: IntArray, head: FloatArray, held: IntArray
) -> dict[str, FloatArray]:
    """Way → (HELD, k) probabilities."""
    free = np.setdiff1d(np.arange(given.pool), asked)
    few, known = learned_and_held(frozen, np.concatenate([asked, free]), held)
    rows, unlabelled = known[: len(asked)], known[len(asked) :]
    fit = partial(lora, few, rows, given.truth[asked], classes=given.classes, unlabelled=unlabelled, seed=given.seed)
    found = {TUNED: fit()}
    with mock.patch.object(tuning, "with_guesses", lambda examples, *_, **__: examples):
        found[UNGUESSED] = fit()
        with mock.patch.object(tuning, "with_label_texts", lambda train, _: Examples(train.texts, train.labels)):
            found[ALONE] = fit()
    return {HEAD: head} | {way: said[len(known) :] for way, said in found.items()}


def table(lines: Sequence[dict[str, Any]]) -> list[str]:
    """Markdown: means by set and labels, and differences to the tuned model with their standard errors."""
    others = (HEAD, UNGUESSED, ALONE)
    titles = ["set", "labels", "a class", "seeds", TUNED, *others]
    table_lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for name, count in sorted({(line["set"], line["labels"]) for line in lines}):
        own = [line for line in lines if (line["set"], line["labels"]) == (name, count)]
        cells = [f"{np.mean([line[way] for line in own]):.1%}, {_apart(own, way, TUNED)}" for way in others]
        few = f"| {name} | {count} | {count / own[0]['classes']:.1f} | {len(own)} "
        table_lines.append(f"{few}| {np.mean([line[TUNED] for line in own]):.1%} | " + " | ".join(cells) + " |")
    gains = [f"{way} less {TUNED}: {_apart(lines, way, TUNED)} points over {len(lines)} cells" for way in others]
    return [*table_lines, *gains]


def _apart(lines: Sequence[dict[str, Any]], way: str, other: str) -> str:
    gain = np.array([100 * (line[way] - line[other]) for line in lines])
    return f"{gain.mean():+.1f}" + (f" (se {gain.std(ddof=1) / len(gain) ** 0.5:.1f})" if len(gain) > 1 else "")


if __name__ == "__main__":
    main()

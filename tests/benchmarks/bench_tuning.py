"""Head or tuned encoder, and what the encoder should be tuned on? Accuracy on the same picked labels.

    python tests/benchmarks/bench_tuning.py cells.jsonl [--sets sample snips banking77] [--seeds 11 12 13] [--counts 50]

Set-up as in bench_start.py, but all heads read the names and descriptions of the labels and the rest of the pool: 2,000
texts of the training file ─► 25 at random, then picks by `weak_spots` in batches of 25 ─► the same labels for all ways
─► 700 more texts of the training file judge. `tuned` is the recipe `lora`, which starts from the head and learns from
the label texts too, each as one example; `labels alone` learns from the labels only, and `with guesses` also from pool
texts that the head is surest of, as many as there are others. The test files are never read. People are SIMULATED: they
answer what the file says. A cell that stands in the file already is not made again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from unittest import mock

import numpy as np
from bench_small_text import Task
from bench_start import gathered, given_options, learned_and_held

from loop.models import tuning
from loop.models.recipes.head import fit_head
from loop.models.recipes.lora import lora
from loop.models.recipes.self_training import surest
from loop.models.tokens import Tokens, tokenize
from loop.models.training import Labelled
from loop.protocols import FrozenTexts
from loop.records import FloatArray, IntArray

HEAD, TUNED, ALONE, GUESSED = "head", "tuned", "labels alone", "with guesses"


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
    assert few.labels is not None
    nameless = replace(few, labels=replace(few.labels, texts=()))
    fit = partial(lora, rows=rows, labels=given.truth[asked], classes=given.classes, unlabelled=unlabelled)
    guesses = _guessed(few, rows, given.truth[asked], unlabelled, given)
    with mock.patch.object(tuning, "tune", _taught(given, guesses, tuning.tune)):
        guessed = fit(few, seed=given.seed)
    found = {TUNED: fit(few, seed=given.seed), ALONE: fit(nameless, seed=given.seed), GUESSED: guessed}
    return {HEAD: head} | {way: said[len(known) :] for way, said in found.items()}


def _guessed(
    few: FrozenTexts, rows: IntArray, labels: IntArray, unlabelled: IntArray, given: Task
) -> tuple[list[str], IntArray]:
    """Texts that the head is surest of, and what it takes them for; about as many as labels and label texts."""
    made = fit_head(
        few.embeddings[rows],
        None,
        labels,
        classes=given.classes,
        label_texts=few.labels,
        unlabelled=few.embeddings[unlabelled],
    )
    picks, columns = surest(made.logits(few.embeddings[unlabelled], None))
    assert few.labels is not None
    wanted = min(len(rows) + len(few.labels.columns), len(picks))
    some = np.random.default_rng(given.seed).choice(len(picks), wanted, replace=False)
    return [few.texts[row] for row in unlabelled[picks[some]]], columns[some]


def _taught(given: Task, guesses: tuple[list[str], IntArray], tune: Callable[..., Any]) -> Callable[..., Any]:
    """The same run over the guessed texts too."""
    more = tokenize(guesses[0], given.base)

    def taught(module: Any, examples: Labelled, **rest: Any) -> Any:
        labels = np.concatenate([examples.labels, guesses[1]])
        return tune(module, replace(examples, tokens=_joined(examples.tokens, more), labels=labels), **rest)

    return taught


def _joined(one: Tokens, other: Tokens) -> Tokens:
    offsets = np.concatenate([one.offsets, one.offsets[-1] + other.offsets[1:]])
    return Tokens(np.concatenate([one.ids, other.ids]), offsets, one.fingerprint)


def table(lines: Sequence[dict[str, Any]]) -> list[str]:
    """Markdown: means by set and labels, and differences to the tuned model with their standard errors."""
    others = (HEAD, ALONE, GUESSED)
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

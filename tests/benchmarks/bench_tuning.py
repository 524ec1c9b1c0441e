"""Head or tuned encoder, and do label names belong among the tuned texts? Accuracy on the same picked labels.

    python tests/benchmarks/bench_tuning.py cells.jsonl [--sets sample snips banking77] [--seeds 11 12 13] [--counts 50]

Set-up as in bench_start.py, but all heads read the names and descriptions of the labels: 2,000 texts of the training
file ─► 25 at random, then picks by `weak_spots` in batches of 25 ─► the same labels for all ways ─► 700 more texts of
the training file judge. `tuned` is the recipe `lora`, which starts from the head; `with names` also learns from the
label texts, each as one example. The test files are never read. People are SIMULATED: they answer what the file says.
A cell that stands in the file already is not made again.
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
from loop.models.recipes.lora import lora
from loop.models.tokens import Tokens, tokenize
from loop.models.training import Labelled
from loop.protocols import FrozenTexts
from loop.records import FloatArray, IntArray

TUNED, NAMED = "tuned", "with names"


def main() -> None:
    options = given_options(
        "The head, the tuned encoder, and label texts among the tuned texts", (11, 12, 13), (50, 150)
    )
    print("\n".join(table(gathered(options, answers, names=True))))


def answers(
    given: Task, frozen: FrozenTexts, asked: IntArray, head: FloatArray, held: IntArray
) -> dict[str, FloatArray]:
    """Way → (HELD, k) probabilities."""
    few, known = learned_and_held(frozen, asked, held)
    fit = partial(lora, few, known, given.truth[asked], classes=given.classes, unlabelled=known[:0], seed=given.seed)
    with mock.patch.object(tuning, "tune", _taught(given, tuning.tune)):
        named = fit()
    return {"head": head, TUNED: fit()[len(asked) :], NAMED: named[len(asked) :]}


def _taught(given: Task, tune: Callable[..., Any]) -> Callable[..., Any]:
    """The same run over the label texts too."""
    assert given.label_texts is not None
    texts, columns = given.label_texts.texts, given.label_texts.columns
    more = tokenize(texts, given.base)

    def taught(module: Any, examples: Labelled, **rest: Any) -> Any:
        labels = np.concatenate([examples.labels, columns])
        return tune(module, replace(examples, tokens=_joined(examples.tokens, more), labels=labels), **rest)

    return taught


def _joined(one: Tokens, other: Tokens) -> Tokens:
    offsets = np.concatenate([one.offsets, one.offsets[-1] + other.offsets[1:]])
    return Tokens(np.concatenate([one.ids, other.ids]), offsets, one.fingerprint)


def table(lines: Sequence[dict[str, Any]]) -> list[str]:
    """Markdown: means by set and labels, and differences to the tuned model with their standard errors."""
    table_lines = [
        "| set | labels | a class | seeds | head | tuned | tuned less head | with names | less tuned |",
        "|---" * 9 + "|",
    ]
    for name, count in sorted({(line["set"], line["labels"]) for line in lines}):
        own = [line for line in lines if (line["set"], line["labels"]) == (name, count)]
        mean = {way: np.mean([line[way] for line in own]) for way in ("head", TUNED, NAMED)}
        table_lines.append(
            f"| {name} | {count} | {count / own[0]['classes']:.1f} | {len(own)} | {mean['head']:.1%} | "
            f"{mean[TUNED]:.1%} | {_apart(own, TUNED, 'head')} | {mean[NAMED]:.1%} | {_apart(own, NAMED, TUNED)} |"
        )
    for way, other in ((TUNED, "head"), (NAMED, TUNED)):
        table_lines.append(f"{way} less {other}: {_apart(lines, way, other)} points over {len(lines)} cells")
    return table_lines


def _apart(lines: Sequence[dict[str, Any]], way: str, other: str) -> str:
    gain = np.array([100 * (line[way] - line[other]) for line in lines])
    return f"{gain.mean():+.1f}" + (f" (se {gain.std(ddof=1) / len(gain) ** 0.5:.1f})" if len(gain) > 1 else "")


if __name__ == "__main__":
    main()

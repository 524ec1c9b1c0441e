"""What a recipe makes of the same labels: plain and head, and head without each of its parts.

    python tests/benchmarks/bench_recipe.py recipe.json [--datasets FOLDER] [--only banking77 ...] [--seeds 5]

    labelled file ─► part held out to measure on │ labels drawn at random, some made wrong ─► each recipe ─► accuracy

What it is not: labels are drawn at random, not picked; people are SIMULATED, the labels are the file's own, with
uniform errors. Training files only, never a test file. The recipe was chosen on seeds of banking77, snips and the
shipped pool; goemotions (rows with one emotion) was looked at afterwards, and docs/recipe.md says what that changed.
Each seed draws its own held-out part and labels, the same for all: differences are paired, with 95 % Student intervals.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from scipy.special import logsumexp
from scipy.stats import t as student

from loop.models import load_encoder
from loop.models.bases import load_tokenizer, load_transformer
from loop.models.layers import layers_of_all
from loop.models.recipes.head import fit_head
from loop.models.recipes.plain import plain
from loop.models.recipes.representation import of_length_one
from loop.models.tokens import tokenize
from loop.protocols import FrozenTexts
from loop.records import FloatArray, IntArray

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "pool.csv"
COUNTS = {"banking77": (77, 154, 300, 750, 1500)}
USUAL_COUNTS = (25, 50, 100, 250, 525)
MOST, HELD = 9000, 1500
Fit = Callable[[FrozenTexts, IntArray, int], FloatArray]
"""Frozen rows, labels of the first of them, number of classes → log-probabilities of all rows."""


def main() -> None:
    """Measures, prints a line for each set, number of labels and share of wrong ones, and writes them all."""
    parser = argparse.ArgumentParser(description="Accuracy by recipe and number of labels")
    parser.add_argument("out", type=Path, help="JSON file to write")
    parser.add_argument(
        "--datasets", type=Path, default=Path("datasets"), help="folder of banking77, snips, goemotions"
    )
    parser.add_argument("--cache", type=Path, default=Path("bench-recipe-cache"))
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--noise", type=float, nargs="*", default=[0.0, 0.1, 0.2])
    options = parser.parse_args()
    found = []
    for name, file in _files(options.datasets):
        if not options.only or name in options.only:
            frozen, labels = _frozen(name, file, options.cache)
            for noise in options.noise:
                for count in COUNTS.get(name, USUAL_COUNTS):
                    found.append(_measured(name, frozen, labels, count=count, noise=noise, seeds=options.seeds))
                    options.out.write_text(json.dumps(found, indent=1) + "\n")


def recipes(*, parts: bool) -> dict[str, Fit]:
    """Name → fit; with `parts`, the head without each of its parts as well."""
    made: dict[str, Fit] = {"plain": _plain, "head": _head}
    if parts:
        made["no class weights"] = partial(_head, power=0.0)
        made["no centroids"] = partial(_head, shares=(0.0,))
        made["no layers"] = partial(_head, representation="last")
        made["no class shares"] = partial(_head, adjust=False)
        made["C always 2"] = partial(_head, c=2.0)
    return made


def _plain(frozen: FrozenTexts, labels: IntArray, classes: int) -> FloatArray:
    rows = np.arange(len(labels))
    return np.log(np.maximum(plain(frozen, rows, labels, classes=classes, unlabelled=rows[:0], seed=0), 1e-12))


def _head(frozen: FrozenTexts, labels: IntArray, classes: int, **how: object) -> FloatArray:
    m = len(labels)
    layers = None if frozen.layers is None else frozen.layers[:m]
    logits = fit_head(frozen.embeddings[:m], layers, labels, classes=classes, **how).logits(  # type: ignore[arg-type]
        frozen.embeddings, frozen.layers
    )
    found: FloatArray = logits - logsumexp(logits, axis=1, keepdims=True)
    return found


def _measured(
    name: str, frozen: FrozenTexts, truth: IntArray, *, count: int, noise: float, seeds: int
) -> dict[str, object]:
    accuracy: dict[str, list[float]] = {}
    loss: dict[str, list[float]] = {}
    seconds: dict[str, list[float]] = {}
    for seed in range(seeds):
        held, rows, labels = _drawn(truth, count=count, noise=noise, seed=seed)
        part = _part(frozen, np.concatenate([rows, held]))
        for recipe, fit in recipes(parts=noise == 0).items():
            began = time.process_time()
            said = fit(part, labels, int(truth.max()) + 1)[count:]
            seconds.setdefault(recipe, []).append(time.process_time() - began)
            accuracy.setdefault(recipe, []).append(float((said.argmax(axis=1) == truth[held]).mean()))
            loss.setdefault(recipe, []).append(float(-said[np.arange(len(held)), truth[held]].mean()))
    print(f"{name} {count} labels, {noise:.0%} wrong: plain {np.mean(accuracy['plain']):.3f}", flush=True)
    for recipe, right in accuracy.items():
        gain = np.array(right) - accuracy["plain"]
        half = student.ppf(0.975, seeds - 1) * gain.std(ddof=1) / np.sqrt(seeds)
        print(
            f"   {recipe:17s} {np.mean(right):.3f}  {gain.mean():+.3f} ± {half:.3f}  "
            f"log-loss {np.mean(loss[recipe]):.2f}  {np.mean(seconds[recipe]):.2f} s",
            flush=True,
        )
    facts = {"accuracy": accuracy, "log_loss": loss, "seconds": seconds}
    return {"set": name, "labels": count, "noise": noise, **facts}


def _drawn(truth: IntArray, *, count: int, noise: float, seed: int) -> tuple[IntArray, IntArray, IntArray]:
    """Held-out rows, labelled rows, and their labels, a share of which is another class at random."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(truth))
    held = min(HELD, len(truth) // 3)
    rows = order[held : held + count]
    labels, classes = truth[rows].copy(), int(truth.max()) + 1
    wrong = rng.random(count) < noise
    labels[wrong] = (labels[wrong] + rng.integers(1, classes, wrong.sum())) % classes
    return order[:held], rows, labels


def _part(frozen: FrozenTexts, rows: IntArray) -> FrozenTexts:
    layers = None if frozen.layers is None else frozen.layers[rows]
    return FrozenTexts(tuple(frozen.texts[row] for row in rows), frozen.embeddings[rows], layers)


def _files(datasets: Path) -> Iterator[tuple[str, Path]]:
    yield "sample", SAMPLE
    for name in ("snips", "banking77", "goemotions"):
        if (datasets / name / "train.jsonl").exists():
            yield name, datasets / name / "train.jsonl"


def _frozen(name: str, file: Path, cache: Path) -> tuple[FrozenTexts, IntArray]:
    texts, words = _read(file)
    kept = cache / f"{name}.npy"
    if not kept.exists():
        base = load_encoder("minilm").base
        tokens = tokenize(texts, base)
        cache.mkdir(parents=True, exist_ok=True)
        pad = load_tokenizer(base).pad_token_id
        np.save(kept, layers_of_all(load_transformer(base), tokens, np.arange(len(tokens)), pad_id=pad))
    layers = np.load(kept)
    columns = np.unique(words, return_inverse=True)[1]
    return FrozenTexts(tuple(texts), of_length_one(layers[:, -1]), layers), columns


def _read(file: Path) -> tuple[list[str], list[str]]:
    """At most MOST texts, drawn at random once and for all, and their labels; of several labels none is taken."""
    with file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines)) if file.suffix == ".csv" else [json.loads(line) for line in lines]
    pairs = [(row["text"], row.get("label", row.get("intent"))) for row in rows]
    pairs = [(text, said if isinstance(said, str) else said[0]) for text, said in pairs if _single(said)]
    pairs = [pairs[row] for row in np.sort(np.random.default_rng(0).permutation(len(pairs))[:MOST])]
    return [text for text, _ in pairs], [word for _, word in pairs]


def _single(said: object) -> bool:
    return isinstance(said, str) or (isinstance(said, list) and len(said) == 1)


if __name__ == "__main__":
    main()

"""Side by side with small-text 1.4.1: the same base, pool, first labels and batches; accuracy and CPU-seconds a round.

    python tests/benchmarks/bench_small_text.py cells.jsonl [--sets snips] [--ours head lora] [--peers setfit_8]
    python tests/benchmarks/small_text_tables.py cells.jsonl

    training file ─► 1,500 texts by seed: the pool ─► 25 labels by chance ─► model ─► batch of picks ─► model ─► ...
                                   after 25, 50, 75, 100 and 150 labels: accuracy on 700 texts of the test file ─► line

People are SIMULATED: they answer what the file says. The peers stand in small_text_peers.py. Ours picks by the strategy
`weak_spots` on the probabilities of the recipe `head`, and answers by the recipe that the system is named after:
proxy-then-final. Both read the names and descriptions of the labels, which the peers have no place for;
`--without-names` leaves them out. Texts are cut to 64 tokens beforehand, for all alike.

CPU-seconds are those of the whole process, training, pool prediction and picking; the first round holds what is done
once (loading and embedding the pool, tokenizing). Predicting the test texts is not counted: the peers do it apart; our
recipes answer for all texts in one call, so that what the frozen encoder takes for the test texts is taken off where a
recipe runs the encoder again. Run one process on a core, with OMP_NUM_THREADS=1. A cell that stands in the file already
is not made again, so a killed run goes on where it was; several processes may write to one file.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from loop import registry
from loop.label_texts import label_texts
from loop.models.bases import Base, find_base, load_tokenizer, load_transformer
from loop.models.embeddings import embedded_labels
from loop.models.layers import layers_of_all
from loop.models.recipes.names import informative
from loop.models.recipes.representation import of_length_one
from loop.models.tokens import tokenize
from loop.protocols import FrozenTexts, PoolView
from loop.records import FloatArray, IntArray, LabelSet, LabelTexts

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample"
SETS = ("snips", "sample", "banking77")
COUNTS = (25, 50, 75, 100, 150)
POOL, HELD = 1500, 700
LENGTH = 64
"""Tokens kept of each text, special ones included."""
PROXY, STRATEGY = "head", "weak_spots"
FROZEN = ("plain", "head")
"""Recipes that read the frozen embeddings and run no encoder of their own."""
PEERS = ("transformer", "transformer_1e-4", "setfit", "setfit_8")
"""small_text_peers.SETTINGS says what they are."""


@dataclass(frozen=True)
class Task:
    """One set and seed, the same for every system."""

    texts: tuple[str, ...]
    """The pool's, then those measured on."""
    truth: IntArray
    """(len(texts),) columns of the labels."""
    label_texts: LabelTexts | None
    """What the labels mean; None: it is not used."""
    pool: int
    """How many of the first texts are the pool."""
    classes: int
    first: IntArray
    """(COUNTS[0],) rows of the pool, by chance."""
    seed: int
    base: Base


@dataclass(frozen=True)
class Round:
    """What one model was good for."""

    accuracy: float
    seconds: float
    """Of the processor: training, pool prediction, picking the next batch."""


def main() -> None:
    options = _options()
    out = options.out.resolve()
    systems = [f"ours {name}" for name in options.ours] + [f"small-text {name}" for name in options.peers]
    for name in options.sets:
        for seed in options.seeds:
            for system in systems:
                cell = {"set": name, "seed": seed, "system": system, "pool": options.pool, "held": options.held}
                if _key(cell) in {_key(line) for line in read(out)}:
                    continue
                print(f"{name} seed {seed} {system:22s}", end="", flush=True)
                rounds = []
                given = task(name, options.datasets, seed, pool=options.pool, held=options.held)
                if options.without_names:
                    given = replace(given, label_texts=None)
                for made in measured(given, system):
                    rounds.append(made)
                    print(f"  {made.accuracy:.3f} {made.seconds:.0f} s", end="", flush=True)
                print(flush=True)
                with out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(cell | {"labels": COUNTS, **_columns(rounds)}) + "\n")
                if options.first_only:
                    return


def read(path: Path) -> list[dict[str, Any]]:
    """The cells made so far, one line each."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def measured(given: Task, system: str) -> Iterator[Round]:
    """One round for each of COUNTS."""
    side, _, name = system.partition(" ")
    if side == "ours":
        return ours(given, name)
    import small_text_peers

    return small_text_peers.rounds(given, name)


def files(name: str, datasets: Path) -> tuple[Path, Path]:
    """Where the pool is drawn from, and where the texts measured on."""
    if name == "sample":
        return SAMPLE / "pool.csv", SAMPLE / "gold.csv"
    return datasets / name / "train.jsonl", datasets / name / "test.jsonl"


def task(
    name: str, datasets: Path, seed: int, *, pool: int = POOL, held: int = HELD, training_alone: bool = False
) -> Task:
    """Which texts, first labels and order of classes a set and seed stand for.

    training_alone: the texts measured on are of the training file too, others than the pool's.
    """
    train, test = files(name, datasets)
    (texts, words), (held_texts, held_words) = _rows(train), _rows(train if training_alone else test)
    rng = np.random.default_rng([seed, 5])
    order = rng.permutation(len(texts))
    taken = order[:pool]
    tested = order[pool : pool + held] if training_alone else rng.permutation(len(held_texts))[:held]
    assert len(tested) == held
    names = sorted({*words, *held_words})
    said = [*(words[row] for row in taken), *(held_words[row] for row in tested)]
    base = find_base("minilm", max_length=LENGTH)
    described = yaml.safe_load((SAMPLE / "labels.yaml").read_text()) if name == "sample" else {}
    return Task(
        texts=_cut([*(texts[row] for row in taken), *(held_texts[row] for row in tested)], base),
        truth=np.searchsorted(names, said),
        label_texts=label_texts(LabelSet(tuple(names), described)),
        pool=len(taken),
        classes=len(names),
        first=rng.permutation(len(taken))[: COUNTS[0]],
        seed=seed,
        base=base,
    )


def ours(given: Task, name: str) -> Iterator[Round]:
    """weakspot: the proxy picks, the recipe `name` answers."""
    proxy, final = registry.load("recipe", PROXY), registry.load("recipe", name)
    picks = registry.load("strategy", STRATEGY)
    rng = np.random.default_rng([given.seed, 6])
    started = time.process_time()
    encoder = load_transformer(given.base)
    pool = frozen_of(given, encoder, slice(0, given.pool))
    done = time.process_time()
    held = frozen_of(given, encoder, slice(given.pool, None))
    testing = 0.0 if name in FROZEN else time.process_time() - done
    frozen = joined(pool, held)
    spent, asked = done - started, given.first
    for count, following in zip(COUNTS, (*COUNTS[1:], None), strict=True):
        started = time.process_time()
        free = np.setdiff1d(np.arange(given.pool), asked)
        known = {"classes": given.classes, "unlabelled": free, "seed": given.seed}
        cheap = proxy(frozen, asked, given.truth[asked], **known)
        answer = cheap if name == PROXY else final(frozen, asked, given.truth[asked], **known)
        if following is not None:
            view = view_of(frozen, cheap, free, asked, given.truth[asked])
            asked = np.concatenate([asked, free[picks(view, budget=following - count, rng=rng).rows]])
        spent += time.process_time() - started - testing
        yield Round(accuracy(given, answer[given.pool :].argmax(axis=1)), spent)
        spent = 0.0


def accuracy(given: Task, answers: IntArray) -> float:
    """Share of right ones among the columns answered for the texts measured on."""
    return float((answers == given.truth[given.pool :]).mean())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="weakspot and small-text 1.4.1 side by side")
    parser.add_argument("out", type=Path, help="JSON lines to add to")
    parser.add_argument("--sets", nargs="+", default=["snips", "sample"], choices=SETS)
    parser.add_argument(
        "--datasets", type=Path, default=ROOT.parent / "shared" / "datasets", help="folder of public sets"
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[3, 4, 5])
    parser.add_argument("--ours", nargs="*", default=["head", "lora"], help="names of recipes")
    parser.add_argument("--peers", nargs="*", default=["transformer_1e-4", "setfit_8"], choices=PEERS)
    parser.add_argument("--pool", type=int, default=POOL, help="texts")
    parser.add_argument("--held", type=int, default=HELD, help="texts measured on")
    parser.add_argument("--without-names", action="store_true", help="ours reads no names of labels")
    parser.add_argument("--first-only", action="store_true", help="stop after one cell")
    return parser.parse_args()


def _key(cell: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(cell[name] for name in ("set", "seed", "system", "pool", "held"))


def _columns(rounds: list[Round]) -> dict[str, list[float]]:
    return {
        "accuracy": [made.accuracy for made in rounds],
        "seconds": [round(made.seconds, 2) for made in rounds],
    }


@cache
def _rows(path: Path) -> tuple[list[str], list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [json.loads(line) for line in file] if path.suffix == ".jsonl" else list(csv.DictReader(file))
    return [row["text"] for row in rows], [row.get("label") or row["intent"] for row in rows]


def _cut(texts: list[str], base: Base) -> tuple[str, ...]:
    """The texts up to the last letter that LENGTH tokens reach."""
    tokenizer = load_tokenizer(base)
    reached = tokenizer(texts, truncation=True, max_length=LENGTH, return_offsets_mapping=True)["offset_mapping"]
    return tuple(text[: max(end for _, end in ends)] for text, ends in zip(texts, reached, strict=True))


def frozen_of(given: Task, encoder: Any, part: slice) -> FrozenTexts:
    """These texts as the untouched encoder sees them, and what the labels mean."""
    texts, tokenizer = given.texts[part], load_tokenizer(given.base)
    tokens = tokenize(texts, given.base, tokenizer=tokenizer)
    layers = layers_of_all(encoder, tokens, np.arange(len(tokens)), pad_id=tokenizer.pad_token_id)
    meaning = given.label_texts and embedded_labels(given.label_texts, encoder, given.base, tokenizer)
    return FrozenTexts(texts, of_length_one(layers[:, -1]), layers, meaning)


def joined(one: FrozenTexts, other: FrozenTexts) -> FrozenTexts:
    """One set after the other; the labels are those of the first."""
    return FrozenTexts(
        (*one.texts, *other.texts),
        np.concatenate([one.embeddings, other.embeddings]),
        np.concatenate([one.layers, other.layers]),
        one.labels,
    )


def view_of(
    frozen: FrozenTexts, probabilities: FloatArray | None, free: IntArray, asked: IntArray, said: IntArray
) -> PoolView:
    """Without spots, as in bench_default.py."""
    return PoolView(
        ids=tuple(f"{row:06d}" for row in free),
        embeddings=frozen.embeddings[free],
        probabilities=None if probabilities is None else probabilities[free],
        spots=np.zeros(len(free), dtype=np.int64),
        spot_estimates=None,
        labelled_embeddings=frozen.embeddings[asked],
        labelled=said,
        uses_label_texts=informative(frozen.labels, frozen.embeddings[asked], said) is not None,
    )


if __name__ == "__main__":
    main()

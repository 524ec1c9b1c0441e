"""A person's labelled file → texts and label columns, read as `weakspot init` reads it.

file ─► recognise ─► guess columns ─► de-duplicated, near twins of the test file set aside ─► Labelled
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loop.errors import DataError
from loop.pool import build, guess, recognise
from loop.records import IntArray, Split
from loop.simulation.spec import SimulationSpec

FEWEST = 40
"""Labelled rows below which nothing can be told."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """n texts with the label of each."""

    where: str
    texts: tuple[str, ...]
    labels: IntArray
    """(n,) columns in `names`."""
    names: tuple[str, ...]
    """The k labels, most frequent first."""
    test: IntArray
    """Rows that come from the test file, to measure on; empty without one."""
    said: tuple[str, ...] = ()
    """What was guessed and left out, for the person."""

    def digest(self) -> str:
        """32 hex digits that change with any text, label or place."""
        found = hashlib.blake2b(digest_size=16)
        for text in (*self.names, *self.texts):
            found.update(text.encode() + b"\x00")
        found.update(self.labels.astype("<i8").tobytes() + self.test.astype("<i8").tobytes())
        return found.hexdigest()


def read(spec: SimulationSpec) -> Labelled:
    """The labelled rows of its file, at most `spec.rows` of them, drawn at random; all of the test file.

    Raises DataError: no such file, no label column, fewer than two labels, hardly any labelled row, labels that stand
    once, and every fault that `weakspot init` tells.
    """
    file, test, rows = spec.file, spec.test, spec.rows
    source = recognise(file, encoding=spec.encoding, delimiter=spec.delimiter)
    if spec.text is not None and spec.text == spec.label:
        raise DataError(f"--text and --label both name {spec.text!r}", wanted="two columns", do="name another one")
    guessed = guess(source, text=spec.text, label=spec.label)
    if guessed.columns.label is None:
        raise DataError(
            f"{file}: no column is known to hold labels",
            wanted="a labelled file: one of its columns is the label: " + ", ".join(source.columns),
            do="name it with --label",
        )
    gold = recognise(test, encoding=spec.encoding) if test else None
    rng = np.random.default_rng(0)
    built = build(source, guessed.columns, rng=rng, gold=gold, seed_labels=0, max_characters=spec.max_characters)
    split, names = np.array(built.table.column("split").to_pylist()), built.labels
    known = built.table.column("label").to_pylist()
    labelled = np.array([one is not None for one in known])
    pool = np.flatnonzero(labelled & (split == Split.POOL.value))
    measured = np.flatnonzero(labelled & (split == Split.GOLD.value))
    aside = int((labelled & (split == Split.QUARANTINED.value)).sum())
    _require_enough(file, [known[row] for row in pool], names, aside=aside if test else 0)
    kept = pool if len(pool) <= rows else np.sort(np.random.default_rng(0).choice(pool, rows, replace=False))
    texts, column = built.table.column("text").to_pylist(), {name: place for place, name in enumerate(names)}
    chosen = [*kept.tolist(), *measured.tolist()]
    said = [*guessed.sentences, built.summary.sentence(), *built.summary.warnings()]
    once = sum(n == 1 for n in Counter(known[row] for row in kept).values())
    if once and not len(measured):
        said.append(f"Labels that stand once: {once:,}; never measured on, for nothing is left to learn them from.")
    if len(kept) < len(pool):
        said.append(f"{len(kept):,} of {len(pool):,} labelled rows were drawn; --rows allows more.")
    return Labelled(
        where=file,
        texts=tuple(texts[row] for row in chosen),
        labels=np.array([column[known[row]] for row in chosen], dtype=np.int64),
        names=tuple(names),
        test=np.arange(len(kept), len(chosen)),
        said=tuple(said),
    )


def _require_enough(file: str, labels: Sequence[str], names: tuple[str, ...], *, aside: int) -> None:
    if len(names) < 2:
        raise DataError(
            f"{file} has {len(names)} different labels",
            wanted="two labels or more to choose between",
            do="name another column with --label",
        )
    if len(labels) < FEWEST:
        raise DataError(
            f"{file} has {len(labels):,} labelled rows to simulate with"
            + (f"; {aside:,} more stand in the test file, too" if aside else ""),
            wanted=f"{FEWEST} or more; some hundred tell something",
            do="name another test file" if aside else "give a larger labelled file",
        )
    if sum(n > 1 for n in Counter(labels).values()) < 2:
        raise DataError(
            f"{file} has {len(names):,} labels on {len(labels):,} rows, hardly one of them twice",
            wanted="labels that stand on several rows: what stands once cannot be learnt and measured",
            do="name the column that holds the classes with --label",
        )

"""One cell of the grid, what a replay of it leaves, and the small file it is kept in.

Cell + everything that decides its result ─► key ─► cells/<key>.npz, written whole or not at all
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import loop
from loop.errors import ArtifactError
from loop.records import FloatArray, IntArray

WHOLE = "(whole pool)"
"""In place of a strategy: the recipe is trained once on all labels of the pool."""
CODE = ("loop.selection", "loop.models", "loop.evaluation")
"""Packages whose text decides a result: a new version of them makes cells anew."""
OWN = (
    *("loop.simulation.split", "loop.simulation.replay", "loop.simulation.history", "loop.simulation.worker"),
    *("loop.planning.curve", "loop.planning.stopping", "loop.pool.draws"),
)
"""Modules that do so too."""


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One simulated project."""

    seed: int
    batch: int
    """Answers a round; 0 for WHOLE."""
    noise: float
    recipe: str
    strategy: str
    base: str
    """The frozen encoder, as it was asked for."""

    def words(self, *, with_base: bool = False) -> str:
        """For progress and faults."""
        encoder = f"{self.base}, " if with_base else ""
        return f"{encoder}{self.strategy}, {self.recipe}, batch {self.batch}, noise {self.noise:g}, seed {self.seed}"


@dataclass(frozen=True, slots=True)
class Record:
    """What happened in one cell; r rounds."""

    asked: IntArray
    """(r,) answers given so far, audit and dev included."""
    accuracy: FloatArray
    """(r,) on the held-out rows, whose labels are taken as true."""
    macro_f1: FloatArray
    """(r,)"""
    picking_s: FloatArray
    fitting_s: FloatArray
    """(r,) wall seconds of choosing this round's batch, and of training and predicting."""
    doubt: FloatArray
    """(r,) mean entropy over the rows nobody was asked about, 0..1 of the highest possible; NaN: no model yet."""
    changed: FloatArray
    """(r,) share of these rows whose guess differs from that of the model before; NaN for the first model."""
    guesses: NDArray[np.int16]
    """(r, s) guessed columns on the stop set."""
    asked_in: NDArray[np.int16]
    """(s,) round in which a row of the stop set was asked, -1 for never."""
    upper: FloatArray
    """(r,) the planner's 95 % upper end of the model's true error rate; NaN before the second model."""
    little_gain: FloatArray
    """(r,) the planner's certainty that 100 answers more gain less than it takes for worth asking; NaN as above."""


def key(cell: Cell, settings: dict[str, Any], code: str) -> str:
    """32 hex digits. settings: what else decides the result, plain JSON values; code: of `code_digest`.

    The name of the encoder does not count: its fingerprint is one of the settings.
    """
    named = {name: value for name, value in asdict(cell).items() if name != "base"}
    text = json.dumps([named, settings, code], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def code_digest(homes: Iterable[str]) -> str:
    """Of the version, all files of CODE, OWN, and the packages of the modules `homes`, which may be plug-ins."""
    found = hashlib.blake2b(loop.__version__.encode(), digest_size=16)
    # A plug-in may lean on any file of its package; what of this package decides a result stands in CODE and OWN.
    theirs = {name.partition(".")[0] for name in homes} - {loop.__name__}
    paths = {path for name in (*CODE, *sorted(theirs)) for path in _files(name)}
    for path in sorted({*paths, *(_file(name) for name in OWN)}):
        found.update(path.read_bytes())
    return found.hexdigest()


def _files(name: str) -> list[Path]:
    """Of a package all files, of a module its own."""
    folders = getattr(importlib.import_module(name), "__path__", None)
    return [_file(name)] if folders is None else [path for folder in folders for path in Path(folder).rglob("*.py")]


def _file(name: str) -> Path:
    return Path(str(importlib.import_module(name).__file__))


def save(record: Record, place: Path) -> None:
    """Writes under a temporary name, then renames. Raises ArtifactError when the disk refuses."""
    draft = place.with_name(f".{place.stem}.{os.getpid()}.partial")
    try:
        with draft.open("wb") as file:
            np.savez_compressed(file, **{one.name: getattr(record, one.name) for one in fields(Record)})
        draft.replace(place)
    except OSError as fault:
        draft.unlink(missing_ok=True)
        raise ArtifactError(
            f"cannot write {place}: {fault.strerror}", do="make room and run the same command again: it goes on"
        ) from fault


def load(place: Path) -> Record | None:
    """What `save` wrote; None when it is not there, or damaged: then the cell is made again."""
    try:
        with np.load(place, allow_pickle=False) as kept:
            return Record(**{one.name: kept[one.name] for one in fields(Record)})
    except (FileNotFoundError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError):
        return None

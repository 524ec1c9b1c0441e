"""What one process does: the stage of a seed, a replay on it, a file. Ends when the process that began it is gone."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing import connection, parent_process
from pathlib import Path

import numpy as np

from loop.errors import ArtifactError
from loop.records import IntArray
from loop.selection import spots
from loop.simulation import cells, label_list, split
from loop.simulation.cells import WHOLE, Cell, Record
from loop.simulation.data import Labelled
from loop.simulation.embeddings import opened
from loop.simulation.label_list import LabelFolder
from loop.simulation.replay import Stage, replay, whole


@dataclass(frozen=True, slots=True)
class Job:
    """A cell and where its input and output lie; travels to another process."""

    cell: Cell
    rounds: int
    audit: float
    dev: float
    held: float
    frozen: str
    """Folder of loop.simulation.embeddings."""
    labels: LabelFolder | None
    """Names, descriptions and phrases of the labels; None: they are not read."""
    data: str
    """File with labels and test rows."""
    result: str


def kept(data: Labelled, place: Path) -> Path:
    """The file with what a process needs of the data beside the texts; written if it is not there."""
    file = place / f"labels-{data.digest()}.npz"
    if not file.is_file():
        draft = file.with_suffix(f".{os.getpid()}.partial.npz")
        np.savez(draft, labels=data.labels, test=data.test, classes=np.array(len(data.names)))
        draft.replace(file)
    return file


def begin() -> None:
    """Once per process: an interrupt is the parent's affair, and without the parent nobody waits for results."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def work(job: Job) -> None:
    """Replays one cell and keeps its record. Raises what strategy and recipe raise."""
    cell, stage = job.cell, _stage(job, job.cell.seed, job.cell.noise)
    if cell.strategy == WHOLE:
        record = _of_whole(*whole(stage, recipe=cell.recipe, seed=cell.seed), pool=len(stage.part.pool))
    else:
        record = replay(
            stage,
            strategy=cell.strategy,
            recipe=cell.recipe,
            seed=cell.seed,
            batch=cell.batch,
            rounds=job.rounds,
            audit=job.audit,
            dev=job.dev,
        )
    cells.save(record, Path(job.result))


@lru_cache(maxsize=1)
def _data(place: str) -> tuple[IntArray, IntArray, int]:
    try:
        with np.load(place, allow_pickle=False) as found:
            return found["labels"], found["test"], int(found["classes"])
    except (OSError, ValueError, KeyError) as fault:
        raise ArtifactError(
            f"{place} cannot be read: {fault}", do="delete it and run the same command again"
        ) from fault


_opened = lru_cache(maxsize=1)(opened)


@lru_cache(maxsize=1)
def _regions(folder: str, data: str, held: float, seed: int) -> tuple[split.Part, IntArray, int]:
    """A seed's part, the spot of each text and how many spots there are; found on the pool, once."""
    labels, test, _ = _data(data)
    part = split.split(labels, test, share=held, seed=seed)
    embeddings = _opened(Path(folder)).embeddings
    centroids = spots.partition(np.asarray(embeddings[part.pool]), rng=np.random.default_rng([seed, 4]))
    return part, spots.assign(embeddings, centroids), len(centroids)


def _stage(job: Job, seed: int, noise: float) -> Stage:
    labels, _, classes = _data(job.data)
    part, regions, count = _regions(job.frozen, job.data, job.held, seed)
    answers = split.answers(labels, classes=classes, noise=noise, seed=seed)
    texts = _opened(Path(job.frozen))
    if job.labels is not None:
        texts = replace(texts, labels=label_list.opened(job.labels))
    return Stage(texts, labels, answers, classes, part, regions, count)


def _of_whole(accuracy: float, seconds: float, *, pool: int) -> Record:
    """A record of a single round, in which all was asked."""
    nothing = np.array([np.nan])
    return Record(
        asked=np.array([pool]),
        accuracy=np.array([accuracy]),
        macro_f1=nothing,
        picking_s=np.zeros(1),
        fitting_s=np.array([seconds]),
        doubt=nothing,
        changed=nothing,
        guesses=np.zeros((1, 0), dtype=np.int16),
        asked_in=np.zeros(0, dtype=np.int16),
        upper=nothing,
        little_gain=nothing,
    )


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)

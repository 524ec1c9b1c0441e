"""What is computed once for the whole project and never again: tokens, frozen embeddings, regions, label texts.

pool ─► encoder ─► embeddings/<fingerprint of encoder and pool> ─► partition: centroids, regions, names, map
names, descriptions, phrases of the labels ─► base model ─► label_texts/<fingerprint of base and texts>
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from loop.artifact_names import PARTITION, POOL
from loop.ledger import lives, progress
from loop.project import Project
from loop.protocols import EmbeddedLabels, Progress
from loop.records import FloatArray, IntArray, LabelTexts, Split
from loop.rounds.context import StepContext
from loop.selection import layout, spots
from loop.step_files import read_array
from loop.step_folders import load_fingerprint, load_regions, load_spots, save_fingerprint, save_regions, save_spots

ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class EmbeddedPool:
    """The frozen encoder's view of n examples, memory-mapped; row i belongs to ids[i]."""

    ids: tuple[str, ...]
    embeddings: FloatArray
    """(n, d) float32, rows of length 1."""
    fingerprint: str
    """Of the encoder."""

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Example id → row."""
        return {id_: row for row, id_ in enumerate(self.ids)}

    def rows(self, ids: Sequence[str]) -> FloatArray:
        """(len(ids), d) embeddings of these examples."""
        return self.embeddings[[self.row_of[id_] for id_ in ids]]


@dataclass(frozen=True)
class Clustering:
    """The lasting regions, as people merged them."""

    regions: IntArray
    """(n,) the spot of each example, in the row order of EmbeddedPool; a merged spot has none."""
    names: tuple[str, ...]
    """(s,) name of each spot."""
    terms: tuple[tuple[str, ...], ...]
    """(s,) telling terms of each spot."""

    def size(self) -> int:
        """How many spots there are."""
        return len(self.names)


def embeddings(work: StepContext) -> EmbeddedPool:
    """The frozen embeddings of every example; made at the first call, read ever after."""
    project = work.project
    # A revision is that of the base model: an embedder of its own is taken as it is.
    base = work.config.model.embedder or work.config.model.base
    revision = None if work.config.model.embedder else work.config.model.revision
    name = f"embeddings/{_digest(base, revision, project.artifacts.digest(POOL))}"
    if _is_lacking(project, name, work.say):
        work.say(f"Embedding {project.pool.rows:,} texts once with {base}")
        with project.artifacts.writing(name) as folder:
            _embed(project, base, revision, folder=folder, progress=work.progress)
    folder = project.artifacts.open(name)
    ids = project.pool.ids()
    return EmbeddedPool(ids, read_array(folder / "embeddings.npy", len(ids), None), load_fingerprint(folder))


def label_rows(work: StepContext, texts: LabelTexts) -> EmbeddedLabels:
    """The label texts as the base model sees them; made for the first model that learns them, read ever after."""
    from loop.models import TuningSettings, load_encoder
    from loop.models.embeddings import of_layers

    artifacts, model = work.project.artifacts, work.config.model
    length = int(model.options.get("max_length", TuningSettings().max_length))
    name = f"label_texts/{_digest(model.base, model.revision, str(length), *texts.texts)}"
    if _is_lacking(work.project, name, work.say):
        encoder = load_encoder(model.base, revision=model.revision, max_length=length)
        with artifacts.writing(name) as folder:
            np.save(folder / "layers.npy", encoder.layers(texts.texts))
            save_fingerprint(folder, base=model.base, fingerprint=encoder.fingerprint)
    folder = artifacts.open(name)
    layers = read_array(folder / "layers.npy", len(texts.texts), None, None)
    return of_layers(texts, np.array(layers), load_fingerprint(folder))


def partition(work: StepContext, frozen: EmbeddedPool) -> Clustering:
    """The regions; made at the first call from pool and seed, read ever after.

    A merge by a person holds from the next round on, like a change of the config: within a round nothing moves.
    """
    project = work.project
    if _is_lacking(project, PARTITION, work.say):
        with project.artifacts.writing(PARTITION) as folder:
            _divide(work, frozen, folder)
    folder = project.artifacts.open(PARTITION)
    regions = load_regions(folder, project.pool.rows)
    names, terms = load_spots(folder)
    return Clustering(regions=_merged(regions, parts_of(work)), names=names, terms=terms)


def parts_of(work: StepContext) -> dict[int, int]:
    """Spot → the spot it is part of in this round, by what people had merged when the round began."""
    with work.project.ledger.read() as connection:
        began = {row.round: row.started_at for row in progress.rounds(connection)}
        return lives.merged(lives.edits(connection, before=began.get(work.round)))


def tokens(project: Project, base: Any, progress: Progress) -> Any:
    """The token numbers of every example for the tokenizer of `base`; made at the first call, read ever after."""
    from loop.models import build_tokens, open_tokens

    name = f"tokens/{_digest(base.token_fingerprint, project.artifacts.digest(POOL))}"
    if _is_lacking(project, name, lambda _: None):
        with project.artifacts.writing(name) as folder:
            build_tokens(_texts(project), base, folder / "tokens", progress=progress)
    return open_tokens(project.artifacts.open(name) / "tokens")


def _is_lacking(project: Project, name: str, say: Callable[[str], None]) -> bool:
    """Whether a folder that is made once must be made: for the first time, or again because it is damaged."""
    if not project.artifacts.has(name):
        return True
    problem = project.artifacts.problem(name)
    if problem:
        say(f"{name} is damaged ({problem}): it is made again")
    return bool(problem)


def _texts(project: Project) -> Iterator[str]:
    ids = project.pool.ids()
    for start in range(0, len(ids), ROWS_AT_ONCE):
        yield from project.pool.texts(ids[start : start + ROWS_AT_ONCE])


def _merged(regions: IntArray, parts: Mapping[int, int]) -> IntArray:
    if not parts:
        return regions
    owner = np.arange(max(int(regions.max(initial=0)), *parts, *parts.values()) + 1)
    owner[list(parts)] = list(parts.values())
    return np.asarray(owner[regions])


def _digest(*parts: str | None) -> str:
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()


def _embed(project: Project, base: str, revision: str | None, *, folder: Path, progress: Progress) -> None:
    from loop.models import load_encoder

    encoder = load_encoder(base, revision=revision)
    numbers = tokens(project, encoder.base, progress)
    rows = np.arange(project.pool.rows)
    # Written, not mapped: a full disk ends a process that writes into a map, without a word.
    with (folder / "embeddings.npy").open("wb") as file:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            told = _shifted(progress, start, len(rows))
            block = encoder.embed_tokens(numbers, rows[start : start + ROWS_AT_ONCE], progress=told)
            if start == 0:
                header = {"descr": "<f4", "fortran_order": False, "shape": (len(rows), block.shape[1])}
                np.lib.format.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call]
            file.write(np.ascontiguousarray(block, dtype="<f4").tobytes())
    save_fingerprint(folder, base=base, fingerprint=encoder.fingerprint)


def _shifted(progress: Progress, start: int, total: int) -> Progress:
    def tell(done: int, _: int) -> None:
        progress(start + done, total)

    return tell


def _divide(work: StepContext, frozen: EmbeddedPool, folder: Path) -> None:
    """Regions are found on pool and seed alone; gold examples only join the nearest one, for reading."""
    pool = work.project.pool
    steering = np.array([frozen.row_of[id_] for id_ in pool.ids(Split.POOL, Split.SEED)])
    # Of round 0 whatever the round: a partition that was lost is found again as it was.
    centroids = spots.partition(frozen.embeddings[steering], rng=replace(work, round=0).rng("map"))
    regions = spots.assign(frozen.embeddings, centroids)
    texts = pool.texts(tuple(frozen.ids[row] for row in steering))
    names, terms = spots.name_spots(texts, regions[steering], count=len(centroids), centroids=centroids)
    np.save(folder / "centroids.npy", centroids)
    save_regions(folder, regions, layout.plane(frozen.embeddings, seed=work.config.seed))
    save_spots(folder, names, terms)

"""The grid at work: cells in parallel processes, each finished one a small file, so that a killed run goes on.

    spec ─► data, embeddings ─► cells ─► those without a file ─► processes ─► cells/<key>.npz ─► Summary

Each process keeps the stage of one encoder, seed and noise; cells are handed out encoder by encoder, seed by seed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from itertools import product
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

from loop import children, registry
from loop.errors import ArtifactError, ConfigError, ModelError
from loop.protocols import Progress
from loop.records import LabelSet
from loop.simulation import cells, embeddings, label_list, split, worker
from loop.simulation.cells import WHOLE, Cell, Record
from loop.simulation.data import Labelled, read
from loop.simulation.label_list import LabelFolder
from loop.simulation.name_evidence import NameEvidence, evidence
from loop.simulation.replay import READING_NAMES
from loop.simulation.spec import DEFAULT_ROUNDS, MANY_CLASSES, SimulationSpec, checked
from loop.simulation.summary import Size, Summary, summarised
from loop.simulation.worker import Job, work

LEAST_HELD = 10
FORMAT = 1
"""Of a cell's file and its key."""
Told = Callable[[int, int, int, str], None]
"""Called with (done, total, done earlier, what was finished)."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how far it is."""

    say: Callable[[str], None]
    embedding: Progress
    cell: Told


def simulate(spec: SimulationSpec, watch: Watch) -> Summary:
    """Everything the spec names, from files of an earlier run where they are there.

    Raises ConfigError and DataError for what cannot be simulated, before anything long begins; KeyboardInterrupt leaves
    all finished cells.
    """
    spec = checked(spec)
    data = read(spec)
    for sentence in data.said:
        watch.say(sentence)
    spec = _sized(spec, data)
    part = _part(spec, data)
    for batch in spec.batches:
        rounds = _rounds(spec, batch, len(part.pool))
        watch.say(f"Batches of {batch:,}: {rounds} rounds, {rounds * batch:,} of {len(part.pool):,} labels.")
    labels = _labels(spec, data, watch)
    embeddings.require(spec.bases)
    _make(spec.out)
    jobs: list[Job] = []
    names: list[NameEvidence] = []
    for base in spec.bases:
        if len(spec.bases) > 1:
            watch.say(f"Encoder {base}.")
        place, fingerprint = embeddings.embedded(
            data.texts, base=base, recipes=spec.recipes, folder=spec.out, progress=watch.embedding
        )
        known = _embedded(spec, labels, base, watch)
        jobs += _jobs(spec, data, base, place, fingerprint, known)
        names += _evidence(spec, data, labels, base, place, known)
    records = _finished(jobs, spec, watch)
    return summarised(records, spec, Size(len(part.pool), len(part.held), len(data.names)), names)


def _evidence(
    spec: SimulationSpec, data: Labelled, labels: LabelSet, base: str, place: Path, known: LabelFolder | None
) -> tuple[NameEvidence, ...]:
    """How informative what is known of the labels is to this encoder; nothing where no recipe reads it."""
    reading = [recipe for recipe in spec.recipes if recipe in READING_NAMES]
    if not spec.use_names or not reading:
        return ()
    return evidence(data, labels, place, known, base=base, recipe=reading[0])


def _labels(spec: SimulationSpec, data: Labelled, watch: Watch) -> LabelSet:
    """Names of the file, with descriptions and phrases where recipes read them; says what was left out."""
    given = spec.label_set if spec.use_names and not READING_NAMES.isdisjoint(spec.recipes) else None
    measuring = [data.texts[row] for row in data.test] if len(data.test) else data.texts
    labels, sentences = label_list.label_set(data.names, given, measuring, where=spec.label_list)
    for sentence in sentences:
        watch.say(sentence)
    return labels


def _embedded(spec: SimulationSpec, labels: LabelSet, base: str, watch: Watch) -> LabelFolder | None:
    """What the labels mean to this encoder; None where that is not used, or names are codes without more."""
    if not spec.use_names:
        return None
    folder = spec.out / "names"
    return label_list.embedded(labels, base=base, recipes=spec.recipes, folder=folder, progress=watch.embedding)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise ConfigError(
            f"--out {folder} cannot be made: {fault.strerror}",
            wanted="a folder for the results",
            do="name another --out",
        ) from fault


def _sized(spec: SimulationSpec, data: Labelled) -> SimulationSpec:
    """Batches and rounds filled in. Raises ConfigError when there is too little to measure on or to pick from."""
    part, classes = _part(spec, data), len(data.names)
    pool = len(part.pool)
    if len(part.held) < LEAST_HELD:
        raise ConfigError(
            f"{len(part.held)} texts to measure on",
            wanted=f"{LEAST_HELD} or more; hundreds tell strategies apart",
            do="a larger --held, a larger file, or one to measure on with --test",
        )
    batches = spec.batches or ((75 if classes > MANY_CLASSES else 25),)
    for batch in batches:
        if 2 * batch > pool:
            raise ConfigError(
                f"batches of {batch:,} with a pool of {pool:,} texts",
                wanted="a pool that holds two batches or more",
                do=f"--batch {max(pool // DEFAULT_ROUNDS, 2)}, or a larger file",
            )
        if spec.labels is not None and spec.labels < 2 * batch:
            raise ConfigError(
                f"--labels {spec.labels:,} with batches of {batch:,}",
                wanted="labels for two batches or more",
                do=f"--labels {10 * batch:,}, or a smaller --batch",
            )
        if round(spec.audit * batch) + round(spec.dev * batch) >= batch:
            raise ConfigError(
                f"--audit {spec.audit:g} and --dev {spec.dev:g} take all of a batch of {batch}",
                wanted="at least one pick in each batch",
                do="use larger batches or smaller shares",
            )
    spec = replace(spec, batches=batches)
    ends = [_rounds(spec, batch, pool) * batch for batch in batches]
    if max(batches) >= min(ends):
        raise ConfigError(
            f"{min(ends):,} answers in the smallest batches and {max(batches):,} in the first large one",
            wanted="some numbers of answers that all batches reach",
            do="use --labels in place of --rounds, or batches that are more alike",
        )
    return spec


def _rounds(spec: SimulationSpec, batch: int, pool: int) -> int:
    wanted = spec.labels // batch if spec.labels is not None else spec.rounds or DEFAULT_ROUNDS
    return min(wanted, pool // batch)


def _part(spec: SimulationSpec, data: Labelled) -> split.Part:
    return split.split(data.labels, data.test, share=spec.held, seed=0)


def _jobs(
    spec: SimulationSpec, data: Labelled, base: str, place: Path, fingerprint: str, known: LabelFolder | None
) -> list[Job]:
    """All cells of an encoder, seed by seed and noise by noise: a process keeps what it made for the last one."""
    homes = [registry.home("strategy", name) for name in spec.strategies]
    homes += [registry.home("recipe", name) for name in spec.recipes]
    code, pool, digest = cells.code_digest(homes), len(_part(spec, data).pool), data.digest()
    kept = str(worker.kept(data, place))
    folder = spec.out / "cells"
    folder.mkdir(exist_ok=True)
    found = []
    grid = [*product((0,), spec.noise, spec.recipes, (WHOLE,))]
    grid += [*product(spec.batches, spec.noise, spec.recipes, spec.strategies)]
    for seed in range(spec.seeds):
        for batch, noise, recipe, strategy in sorted(grid, key=lambda one: (one[1], one[0])):
            cell = Cell(seed=seed, batch=batch, noise=noise, recipe=recipe, strategy=strategy, base=base)
            rounds = _rounds(spec, batch, pool) if batch else 1
            shares = (spec.audit, spec.dev) if batch else (0.0, 0.0)
            settings: dict[str, Any] = {
                **{"format": FORMAT, "data": digest, "encoder": fingerprint, "held": spec.held},
                **{"labels": known and known.key(), "rounds": rounds, "audit": shares[0], "dev": shares[1]},
            }
            key = cells.key(cell, settings, code)
            found.append(
                Job(
                    cell=cell,
                    rounds=rounds,
                    audit=shares[0],
                    dev=shares[1],
                    held=spec.held,
                    frozen=str(place),
                    labels=known,
                    data=kept,
                    result=str(folder / f"{key}.npz"),
                )
            )
    return found


def _finished(jobs: Sequence[Job], spec: SimulationSpec, watch: Watch) -> dict[Cell, Record]:
    """Every cell's record; the missing ones are made."""
    records = {job.cell: record for job in jobs if (record := cells.load(Path(job.result))) is not None}
    missing = [job for job in jobs if job.cell not in records]
    earlier = len(records)
    watch.cell(earlier, len(jobs), earlier, "")
    if missing:
        with closing(_made(missing, spec.processes or os.cpu_count() or 1)) as made:
            for job in made:
                record = cells.load(Path(job.result))
                if record is None:
                    raise ArtifactError(f"{job.result} vanished or is damaged", do="run the same command again")
                records[job.cell] = record
                watch.cell(len(records), len(jobs), earlier, job.cell.words(with_base=len(spec.bases) > 1))
    for left in (spec.out / "cells").glob(".*.partial"):  # by processes that were killed
        left.unlink(missing_ok=True)
    return records


def _made(jobs: Sequence[Job], processes: int) -> Generator[Job]:
    """The jobs as they are done; at an error or an interrupt all processes end."""
    if processes == 1:
        for job in jobs:
            work(job)
            yield job
        return
    with _one_thread():
        pool = ProcessPoolExecutor(min(processes, len(jobs)), mp_context=get_context("spawn"), initializer=worker.begin)
        try:
            running: dict[Future[None], Job] = {pool.submit(work, job): job for job in jobs}
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    job = running.pop(future)
                    future.result()
                    yield job
        except BrokenProcessPool as fault:
            raise ModelError(
                "a process of the simulation was ended from outside",
                wanted="enough memory for every process",
                do="run the same command again with fewer --processes: it goes on where it stopped",
            ) from fault
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in active_children():
                child.terminate()


def _one_thread() -> AbstractContextManager[None]:
    """Processes begun inside compute with one thread each, since there is one process per core already.

    They import nothing from the working folder, where Python looks first for a process that multiprocessing starts.
    """
    return children.safe_environment(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

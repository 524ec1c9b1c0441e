"""`weakspot init`: a person's files → a project folder, ready for the first round.

recognise ─► guess columns ─► build splits, leak guard ─► weakspot.yaml ─► pool artifact ─► ledger with seed labels
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from loop.artifacts import Artifacts
from loop.config import Config, artifacts_url, ledger_url, parse, template
from loop.errors import ConfigError, DataError
from loop.ledger import Ledger, people, progress
from loop.pool import Built, Guess, Source, build, guess, recognise, write_table
from loop.pool.store import Pool
from loop.project import CONFIG, KEY, POOL, POOL_FILE
from loop.records import Label
from loop.roles import assign_roles


@dataclass(frozen=True)
class Request:
    """What the person gave on the command line; None where it is to be guessed."""

    folder: Path
    data: str
    gold: str | None = None
    text: str | None = None
    label: str | None = None
    id: str | None = None
    metadata: str | None = None
    labels: str | None = None
    seed_labels: int | None = None
    experts: str = "people"
    base: str = "minilm"
    batch: int = 100
    seed: int = 0
    encoding: str | None = None
    delimiter: str | None = None
    max_characters: int | None = 100_000


@dataclass(frozen=True)
class Created:
    """What was made, for the person."""

    config: str
    guesses: tuple[str, ...]
    summary: str
    warnings: tuple[str, ...]
    labels: tuple[str, ...]
    next: tuple[str, ...]
    """Commands."""


def create(request: Request) -> Created:
    """Makes the project. Raises ConfigError when one is there already, DataError for every fault of the data."""
    if (request.folder / CONFIG).exists():
        raise ConfigError(
            f"{request.folder} already holds a project",
            wanted="a new folder",
            do=f"name another folder, or go on with `weakspot run --project {request.folder}`",
        )
    source = recognise(request.data, encoding=request.encoding, delimiter=request.delimiter)
    guessed = _guess(source, request)
    wanted = _labels(request.labels)
    built = _build(source, guessed, request, wanted)
    described = _described(built, wanted)
    config, text = _config(request, guessed, described)
    _write(request.folder, config, text, built)
    return Created(
        config=str(request.folder / CONFIG),
        guesses=guessed.sentences,
        summary=built.summary.sentence(),
        warnings=built.summary.warnings(),
        labels=tuple(described),
        next=_next(request),
    )


def _guess(source: Source, request: Request) -> Guess:
    metadata = [name.strip() for name in request.metadata.split(",") if name.strip()] if request.metadata else None
    return guess(source, text=request.text, label=request.label, id=request.id, metadata=metadata)


def _build(source: Source, guessed: Guess, request: Request, wanted: Mapping[str, str] | None) -> Built:
    gold = recognise(request.gold, encoding=request.encoding) if request.gold else None
    return build(
        source,
        guessed.columns,
        rng=np.random.default_rng(request.seed),
        labels=list(wanted) if wanted else None,
        gold=gold,
        seed_labels=request.seed_labels,
        max_characters=request.max_characters,
    )


def _labels(given: str | None) -> Mapping[str, str] | None:
    """A YAML file (list, or name: description), a text file with a name a line, or names with commas."""
    if given is None:
        return None
    path = Path(given)
    if not path.suffix and not path.is_file():
        return {name.strip(): "" for name in given.split(",") if name.strip()}
    try:
        text = path.read_text(encoding="utf-8")
        found = yaml.safe_load(text) if path.suffix in (".yaml", ".yml") else text.split("\n")
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        raise DataError(
            f"--labels {given} cannot be read: {str(fault).splitlines()[0]}",
            wanted="a YAML file with label: description, a text file with a label a line, or names with commas",
        ) from fault
    if isinstance(found, Mapping):
        return {str(name): str(about or "") for name, about in found.items()}
    return {str(name).strip(): "" for name in found if str(name).strip()}


def _described(built: Built, wanted: Mapping[str, str] | None) -> Mapping[str, str]:
    if wanted:
        return wanted
    if not built.labels:
        raise DataError(
            "no labels are known: the data has no label column",
            wanted="the labels people should choose from",
            do="--labels refund,delivery,other, or a file with one a line",
        )
    return dict.fromkeys(sorted(built.labels), "")


def _config(request: Request, guessed: Guess, labels: Mapping[str, str]) -> tuple[Config, str]:
    text = template(
        name=_name(request.folder),
        file=_relative(request.data, request.folder),
        text=guessed.columns.text,
        labels=labels if any(labels.values()) else list(labels),
        label=guessed.columns.label,
        id=guessed.columns.id,
        metadata=guessed.columns.metadata,
        gold=_relative(request.gold, request.folder) if request.gold else None,
        seed=request.seed,
        base=request.base,
        batch=request.batch,
        experts=request.experts,
        guesses=guessed.sentences,
    )
    return parse(text), text


def _write(folder: Path, config: Config, text: str, built: Built) -> None:
    """The config comes last: a folder without it is no project, and init may be called again."""
    folder.mkdir(parents=True, exist_ok=True)
    artifacts = Artifacts(Path(artifacts_url(config, folder=folder)))
    with artifacts.writing(POOL) as place:
        write_table(built.table, place / POOL_FILE)
    pool = Pool.open(artifacts.open(POOL) / POOL_FILE)
    with Ledger.open(ledger_url(config, folder=folder, environ=os.environ)) as ledger, ledger.begin() as connection:
        progress.put(connection, KEY, uuid.uuid4().hex)
        people.put_labels(connection, _seed(pool, share=config.dev.share))
    draft = folder / f".{CONFIG}.partial"
    draft.write_text(text, encoding="utf-8")
    draft.rename(folder / CONFIG)


def _seed(pool: Pool, *, share: float) -> Sequence[Label]:
    labels = pool.seed_labels()
    roles = assign_roles(labels, known=(), share=share)
    return [
        Label(id_, label, roles[id_], source="seed", round=None, annotations=0, agreement=None)
        for id_, label in sorted(labels.items())
    ]


def _name(folder: Path) -> str:
    return re.sub(r"[^\w-]+", "-", folder.resolve().name).strip("-") or "project"


def _relative(file: str, folder: Path) -> str:
    """The file as seen from the project's folder, so that both can be moved together."""
    return file if "://" in file else os.path.relpath(Path(file).resolve(), folder.resolve())


def _next(request: Request) -> tuple[str, ...]:
    where = f"--project {request.folder}"
    return (f"weakspot run {where}", f"weakspot dashboard {where}")

"""`weakspot init`: a person's files → a project folder, ready for the first round.

recognise ─► guess columns ─► build splits, leak guard ─► text of weakspot.yaml ─► everything on disk

request.py           what was asked, and what of it means nothing for the task
project_files.py     pool, ledger and weakspot.yaml, never over another project
writing_settings.py  generation's options → keys of weakspot.yaml
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from loop.config import Config, parse, template
from loop.config.label_files import labels_of
from loop.config.labels import Entry, plain
from loop.errors import ConfigError, DataError
from loop.pool import Built, Guess, Source, build, guess, guess_prompts, holds_chats, recognise, retained
from loop.project import CONFIG
from loop.rounds.project_files import write_project
from loop.rounds.retention import trained_on_as_well
from loop.scaffold.request import Request, refuse_strangers, settings_of
from loop.scaffold.settings import base_of, checks_of, columns_checked, keys_of, relative

PACKAGED = "minilm"


@dataclass(frozen=True)
class Created:
    """What was made, for the person."""

    config: str
    task: str
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
    task = request.task or _task(source, request)
    refuse_strangers(request, task)
    return (_create_generation if task == "generation" else _create_classification)(source, request)


def _create_classification(source: Source, request: Request) -> Created:
    guessed = _guess(source, request)
    wanted = None if request.labels is None else labels_of(request.labels, option="--labels")
    built = _build(source, guessed, request, wanted)
    described = _described(built, wanted)
    labels = {name: plain(entry) for name, entry in described.items()}
    given = {"labels": labels if any(labels.values()) else list(labels), "base": request.base or PACKAGED}
    kept, again = _kept(request, guessed, built)
    config, text = _config(request, guessed, given)
    leaking = write_project(request.folder, config, text, built, kept=kept)
    return _created(request, config, guessed, built, warnings=(*again, *leaking))


def _create_generation(source: Source, request: Request) -> Created:
    given = {"task": "generation", "labels": (), "base": base_of(request), "more": keys_of(request)}
    guessed = _guess_prompts(source, request)
    built = _build(source, guessed, request, None)
    _require_a_measure(request, built)
    kept, again = _kept(request, guessed, built)
    config, text = _config(request, guessed, {**given, "context": guessed.columns.context})
    leaking = write_project(request.folder, config, text, built, kept=kept)
    return _created(request, config, guessed, built, warnings=(*again, *leaking))


def _kept(request: Request, guessed: Guess, built: Built) -> tuple[Any, tuple[str, ...]]:
    """The retention table, None without a file, and what is to be said of it."""
    if not request.retention:
        return None, ()
    file = recognise(request.retention, encoding=request.encoding)
    kept = retained(file, guessed.columns, labels=built.labels, max_characters=request.max_characters)
    again = trained_on_as_well(kept, built.table)
    noun = "prompts" if guessed.columns.writing else "texts"
    told = f"{again:,} {noun} stand in {request.retention} too, or nearly: forgetting may look smaller."
    return kept, (told,) if again else ()


def _created(request: Request, config: Config, guessed: Guess, built: Built, *, warnings: Sequence[str]) -> Created:
    return Created(
        config=str(request.folder / CONFIG),
        task=config.task,
        guesses=guessed.sentences,
        summary=built.summary.sentence(),
        warnings=(*built.summary.warnings(), *warnings),
        labels=tuple(config.labels),
        next=_next(request),
    )


def _task(source: Source, request: Request) -> str:
    """Generation when the texts are chats and no labels are named, else classification."""
    chats = request.labels is None and holds_chats(source, text=request.text)
    return "generation" if chats else "classification"


def _metadata(request: Request) -> list[str] | None:
    return [name.strip() for name in request.metadata.split(",") if name.strip()] if request.metadata else None


def _guess(source: Source, request: Request) -> Guess:
    return guess(source, text=request.text, label=request.label, id=request.id, metadata=_metadata(request))


def _guess_prompts(source: Source, request: Request) -> Guess:
    """The columns; those that checks speak of are kept as well."""
    checked = columns_checked(checks_of(request), source.columns)
    given = {"text": request.text, "label": request.label, "context": request.context, "id": request.id}
    guessed = guess_prompts(source, **given, metadata=_metadata(request))
    more = [name for name in checked if name not in guessed.columns.metadata]
    if not more:
        return guessed
    columns = replace(guessed.columns, metadata=(*guessed.columns.metadata, *more))
    return Guess(columns, (*guessed.sentences, f"Kept for checks: {', '.join(more)}."))


def _require_a_measure(request: Request, built: Built) -> None:
    if request.experts == "simulated" and not request.rubric and not built.summary.referenced:
        raise DataError(
            "simulated experts have nothing to judge answers by: the data has no references",
            wanted="references, or a rubric",
            do="name the column with --label, or give --rubric FILE.py:function",
        )


def _build(source: Source, guessed: Guess, request: Request, wanted: Mapping[str, Entry] | None) -> Built:
    gold = recognise(request.gold, encoding=request.encoding) if request.gold else None
    return build(
        source,
        guessed.columns,
        rng=np.random.default_rng(request.seed),
        labels=list(wanted) if wanted else None,
        gold=gold,
        gold_share=request.gold_share,
        seed_labels=request.seed_labels,
        max_characters=request.max_characters,
    )


def _described(built: Built, wanted: Mapping[str, Entry] | None) -> Mapping[str, Entry]:
    if wanted:
        return wanted
    if not built.labels:
        raise DataError(
            "no labels are known: the data has no label column",
            wanted="the labels people should choose from",
            do="--labels refund,delivery,other, or a file with one a line; --task generation when a model is to write",
        )
    return dict.fromkeys(sorted(built.labels), "")


def _config(request: Request, guessed: Guess, given: Mapping[str, Any]) -> tuple[Config, str]:
    kept = {"data.retention": relative(request.retention, request.folder)} if request.retention else {}
    more = {**given.get("more", {}), **kept, **settings_of(request)}
    text = template(
        name=_name(request.folder),
        file=relative(request.data, request.folder),
        text=guessed.columns.text,
        label=guessed.columns.label,
        id=guessed.columns.id,
        metadata=guessed.columns.metadata,
        gold=relative(request.gold, request.folder) if request.gold else None,
        seed=request.seed,
        batch=request.batch,
        experts=request.experts,
        guesses=guessed.sentences,
        **{**given, "more": more},
    )
    return parse(text), text


def _name(folder: Path) -> str:
    return re.sub(r"[^\w-]+", "-", folder.resolve().name).strip("-") or "project"


def _next(request: Request) -> tuple[str, ...]:
    where = f"--project {request.folder}"
    return (f"weakspot run {where}", f"weakspot dashboard {where}")

"""Step `train`: the labels so far, but for those whose text measures the model → a tuned model, calibrated on dev.

    train ─────► first fit ─► dev probabilities, steps, calibration ─┐
    train + dev ─────────────────────────────────────────────────────┴─► refit: the model

What is said of dev examples is by the first fit, which has not seen them; with dev.refit false it is the model.
With model.final_every k > 1 only each k-th model is tuned as model.tuning says, the others by the cheap PROXY. Beside
a tuned one the proxy is made too, from the same labels, so that `evaluate` can tell how far both agree.

    train/model  the round's model      train/model.held_out.npy  the first fit's probabilities of dev
    train/proxy  beside a tuned one     train/proxy.held_out.npy
    train/labels.json  what both learned from
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from loop import registry
from loop.label_texts import label_texts
from loop.ledger import figures, people
from loop.ledger.figures import ModelRow
from loop.models.recipes.self_training import taken
from loop.protocols import Chosen, TrainingReport, TrainingSet, Unlabelled
from loop.records import FloatArray, Label, LabelTexts, Role, Split
from loop.rounds.context import StepContext, StepResult, now
from loop.rounds.embeddings import EmbeddedPool, embeddings, label_rows
from loop.rounds.leaks import kept_out, phrases_kept_out
from loop.step_files import read_array
from loop.step_folders import load_training_set, save_training_set

PROXY = "head"
"""The cheap tuning method: a head on the frozen encoder, seconds instead of minutes."""
MODEL, BESIDE = "model", "proxy"
"""The folders of the round's model and of the proxy beside a tuned one."""


def train(work: StepContext) -> StepResult:
    """Tunes the base model on the labels with role train that do not leak, and on what the labels mean.

    Labels of fewer than two classes: a head made from names and phrases of the labels, or no model where names are
    codes and there are no phrases.
    """
    with work.project.ledger.read() as connection:
        labels = people.labels(connection, roles=[Role.TRAIN, Role.DEV])
    leaking = kept_out(work)
    training = [label for label in labels if label.role is Role.TRAIN and label.example_id not in leaking]
    refit = work.config.dev.refit
    # What leaks is not trained on, so that the model itself may say what dev would have said of it.
    dev = [label for label in labels if label.role is Role.DEV and not (refit and label.example_id in leaking)]
    classes = {label.label for label in training}
    texts = label_texts(work.config.label_set, without=phrases_kept_out(work))
    tuning = tuning_of(work)
    if len(classes) < 2:
        why = "there are no labels yet" if not training else "all labels so far are of one class"
        why += f"; {len(leaking):,} are kept out of training, for they measure" if leaking else ""
        if texts is None or len(classes | {work.config.label_set.names[column] for column in texts.columns}) < 2:
            work.say(f"No model in this round: {why}")
            return StepResult({"skipped": why, "labels": len(training)})
        work.say(f"A model from {_kinds(texts)}: {why}")
        tuning = PROXY
    frozen = embeddings(work)
    seed = int(work.rng("train").integers(2**31))
    report = _tune(work, frozen, training, dev, texts=texts, tuning=tuning, seed=seed)
    if report.chosen:
        tuning = report.chosen.method
        work.say(_said(report.chosen))
    if report.guessed:
        work.say(f"While labels are few, its surest guesses for {report.guessed:,} unlabelled texts count a little too")
    row = ModelRow(
        round=work.round,
        artifact=work.name("train"),
        base=work.config.model.base,
        tuning=tuning,
        seed=seed,
        train_n=len(training) + refit * len(dev),
        dev_n=len(dev),
        labels_digest=labels_digest([*training, *dev]),
        temperature=report.temperature,
        training=asdict(report),
        created_at=now(),
    )

    def record(connection: Connection) -> None:
        figures.add_model(connection, row)

    return StepResult({"train": len(training), "dev": len(dev), "classes": len(classes), "steps": report.steps}, record)


def tuning_of(work: StepContext) -> str:
    """How this round's model is made: by model.tuning when it is the k-th, 2k-th, ... with labels, else by PROXY."""
    with work.project.ledger.read() as connection:
        before = sum(row.round < work.round and row.train_n > 0 for row in figures.models(connection))
    model = work.config.model
    return model.tuning if (before + 1) % model.final_every == 0 else PROXY


def proxied(work: StepContext) -> bool:
    """Whether a proxy stands beside this round's model, once it is made."""
    with work.project.ledger.read() as connection:
        return any(row.round == work.round and _wants_proxy(work, row.tuning) for row in figures.models(connection))


def _wants_proxy(work: StepContext, tuning: str) -> bool:
    model = work.config.model
    return model.final_every > 1 and tuning != PROXY


def labels_digest(labels: Sequence[Label]) -> str:
    """A hash of who is labelled how and for which role."""
    rows = sorted([label.example_id, label.label, label.role.value] for label in labels)
    return hashlib.blake2b(json.dumps(rows).encode(), digest_size=16).hexdigest()


def held_out_file(name: str) -> str:
    """The file beside a model's folder with the first fit's probabilities of dev; there when it was fitted twice."""
    return f"{name}.held_out.npy"


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What the first fit of a model says of dev, which it was not trained on."""

    ids: tuple[str, ...]
    """(d,) dev examples."""
    probabilities: FloatArray
    """(d, k) calibrated, columns in the order of the label set."""


def held_out(folder: Path, name: str) -> HeldOut | None:
    """Of the model `name`, MODEL or BESIDE, in the folder of the step `train`; None: it was not trained on dev."""
    file = folder / held_out_file(name)
    if not file.exists():
        return None
    ids = tuple(id_ for id_, _, role in load_training_set(folder) if role == Role.DEV)
    return HeldOut(ids, read_array(file, len(ids), None))


def _tune(
    work: StepContext,
    frozen: EmbeddedPool,
    training: Sequence[Label],
    dev: Sequence[Label],
    *,
    texts: LabelTexts | None,
    tuning: str,
    seed: int,
) -> TrainingReport:
    train = _training_set(work, frozen, training)
    if texts is not None:
        # An embedder of its own sees the pool otherwise than the base model that is trained.
        pool = _unlabelled(work, frozen) if work.config.model.embedder is None else None
        train = replace(train, label_texts=texts, label_rows=label_rows(work, texts), unlabelled=pool)
    parts = (train, _training_set(work, frozen, dev))

    def make(method: str, folder: Path, name: str) -> TrainingReport:
        model = work.config.model
        settings = registry.settings(method)(**model.options)
        trainer = registry.load("tuning", method)(settings, base=model.base, revision=model.revision)
        (folder / name).mkdir()
        made: TrainingReport = trainer(
            *parts,
            labels=work.config.label_set.names,
            out=folder / name,
            seed=seed,
            held_out=folder / held_out_file(name) if work.config.dev.refit else None,
            progress=work.progress,
        )
        return made

    with work.project.artifacts.writing(work.name("train")) as folder:
        report = make(tuning, folder, MODEL)
        if _wants_proxy(work, report.chosen.method if report.chosen else tuning):
            make(PROXY, folder, BESIDE)
        rows = [(label.example_id, label.label, label.role.value) for label in (*training, *dev)]
        save_training_set(folder, rows)
    return report


def _unlabelled(work: StepContext, frozen: EmbeddedPool) -> Unlabelled:
    ids = unlabelled(work)
    return Unlabelled(tuple(work.project.pool.texts(ids)), np.asarray(frozen.rows(ids)))


def unlabelled(work: StepContext) -> list[str]:
    """At most MOST examples of the pool, evenly spaced, that nobody was asked about and that measure nothing."""
    with work.project.ledger.read() as connection:
        asked = {row.pick.example_id for row in people.picks(connection)}
        asked |= {label.example_id for label in people.labels(connection)}
    apart = asked | kept_out(work)
    free = [id_ for id_ in work.project.pool.ids(Split.POOL) if id_ not in apart]
    return [free[place] for place in taken(len(free)).tolist()]


def _training_set(work: StepContext, frozen: EmbeddedPool, labels: Sequence[Label]) -> TrainingSet:
    ids = [label.example_id for label in labels]
    column = work.config.label_set.index()
    return TrainingSet(
        texts=tuple(work.project.pool.texts(ids)),
        labels=np.array([column[label.label] for label in labels], dtype=np.int64),
        embeddings=np.asarray(frozen.rows(ids)),
    )


def _said(chosen: Chosen) -> str:
    """Which method was chosen, and why, in words."""
    method = f"model.tuning auto takes {chosen.method}"
    if not chosen.wrong:
        return f"{method}: there are few labels so far"
    counts = ", ".join(f"{name} {wrong:,}" for name, wrong in sorted(chosen.wrong.items()))
    return f"{method}; mistakes on {chosen.held_out:,} held-out labels: {counts}"


def _kinds(texts: LabelTexts) -> str:
    """What a model without labels is made from, in words."""
    named = ["label names"] if len(texts.texts) > texts.phrases else []
    return " and ".join([*named, *(["phrases"] if texts.phrases else [])])

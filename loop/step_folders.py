"""What steps keep in their folders: which file holds what, and how it is written and read.

evaluate, score   probabilities.npy, rows.json   Predictions of a classifier
                  outcomes.json                  what a generative model wrote, and whether it was right
train             labels.json                    the training set: (example, label, role)
select            chances.npy, reserve.json      example → its probability of having been drawn for the audit
partition         regions.npy, layout.npy, spots.json
embeddings, label_texts   encoder.json           the fingerprint of the encoder
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from loop.records import FloatArray, IntArray, Predictions
from loop.step_files import misfit, read_array, read_json

PROBABILITIES, ROWS = "probabilities.npy", "rows.json"
OUTCOMES = "outcomes.json"
TRAINING_SET = "labels.json"
_INCLUSION, _RESERVE = "chances.npy", "reserve.json"
_REGIONS, _LAYOUT, _SPOTS = "regions.npy", "layout.npy", "spots.json"
_ENCODER = "encoder.json"

TrainingSet = list[tuple[str, str, str]]
"""(example id, label, role) of everything a model was made from."""


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """What a generative model wrote to one prompt."""

    id: str
    guess: str
    """The greedy answer."""
    confidence: float | None
    """0..1; None when the model does not tell."""
    wrong: bool | None
    """None: not known."""


@dataclass(frozen=True, slots=True)
class _Rows:
    ids: list[str]
    labels: list[str]


@dataclass(frozen=True, slots=True)
class _Spots:
    names: list[str]
    terms: list[list[str]]


@dataclass(frozen=True, slots=True)
class _Encoder:
    fingerprint: str


def save_predictions(folder: Path, predictions: Predictions) -> None:
    """Writes predictions as plain arrays."""
    np.save(folder / PROBABILITIES, predictions.probabilities)
    (folder / ROWS).write_text(json.dumps({"ids": predictions.ids, "labels": predictions.labels}))


def has_predictions(folder: Path) -> bool:
    """Whether the folder is one of a classifier."""
    return (folder / PROBABILITIES).exists()


def load_predictions(folder: Path) -> Predictions:
    """What `save_predictions` wrote, the probabilities memory-mapped. Raises ArtifactError."""
    rows = read_json(folder / ROWS, _Rows)
    if rows.ids and not rows.labels:
        raise misfit(folder / ROWS, "it names no labels")
    probabilities = read_array(folder / PROBABILITIES, len(rows.ids), len(rows.labels))
    return Predictions(ids=tuple(rows.ids), labels=tuple(rows.labels), probabilities=probabilities)


def save_outcomes(folder: Path, rows: Sequence[OutcomeRow]) -> None:
    """Writes the outcome of each prompt."""
    (folder / OUTCOMES).write_text(json.dumps([asdict(row) for row in rows], ensure_ascii=False), encoding="utf-8")


def has_outcomes(folder: Path) -> bool:
    """Whether the folder is one of a generative model."""
    return (folder / OUTCOMES).exists()


def load_outcomes(folder: Path) -> list[OutcomeRow]:
    """What `save_outcomes` wrote. Raises ArtifactError."""
    return read_json(folder / OUTCOMES, list[OutcomeRow])


def save_training_set(folder: Path, rows: Sequence[tuple[str, str, str]]) -> None:
    """Writes what a model was made from."""
    (folder / TRAINING_SET).write_text(json.dumps(rows))


def load_training_set(folder: Path) -> TrainingSet:
    """What `save_training_set` wrote. Raises ArtifactError."""
    return read_json(folder / TRAINING_SET, TrainingSet)


def save_inclusion(folder: Path, ids: Sequence[str], probabilities: FloatArray) -> None:
    """Writes (N,) ids and the probability of each of having been drawn so far, 0..1."""
    np.save(folder / _INCLUSION, probabilities)
    (folder / _RESERVE).write_text(json.dumps(ids))


def load_inclusion(folder: Path) -> dict[str, float]:
    """Example → its probability of having been drawn so far. Raises ArtifactError."""
    ids = read_json(folder / _RESERVE, list[str])
    return dict(zip(ids, read_array(folder / _INCLUSION, len(ids)).tolist(), strict=True))


def save_fingerprint(folder: Path, *, base: str, fingerprint: str) -> None:
    """Writes which encoder made the embeddings of the folder."""
    (folder / _ENCODER).write_text(json.dumps({"base": base, "fingerprint": fingerprint}))


def load_fingerprint(folder: Path) -> str:
    """What `save_fingerprint` wrote. Raises ArtifactError."""
    return read_json(folder / _ENCODER, _Encoder).fingerprint


def save_spots(folder: Path, names: Sequence[str], terms: Sequence[Sequence[str]]) -> None:
    """Writes the name and the terms of each region."""
    (folder / _SPOTS).write_text(json.dumps({"names": names, "terms": terms}))


def load_spots(folder: Path) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The name and the terms of each region. Raises ArtifactError."""
    found = read_json(folder / _SPOTS, _Spots)
    if len(found.names) != len(found.terms):
        raise misfit(folder / _SPOTS, f"it has {len(found.names)} names and the terms of {len(found.terms)} spots")
    return tuple(found.names), tuple(tuple(terms) for terms in found.terms)


def save_regions(folder: Path, regions: IntArray, layout: FloatArray) -> None:
    """Writes (n,) the region of each example of the pool and (n, 2) its place on the map."""
    np.save(folder / _REGIONS, regions)
    np.save(folder / _LAYOUT, layout)


def load_regions(folder: Path, examples: int) -> IntArray:
    """(n,) the region of each of so many examples, memory-mapped. Raises ArtifactError."""
    regions = read_array(folder / _REGIONS, examples)
    count = len(load_spots(folder)[0])
    if regions.dtype.kind not in "iu" or (examples and not (regions.min() >= 0 and regions.max() < count)):
        raise misfit(folder / _REGIONS, f"it holds other numbers than those of {count} regions")
    return regions


def load_layout(folder: Path, examples: int) -> FloatArray:
    """(n, 2) the place of each example on the map. Raises ArtifactError."""
    return read_array(folder / _LAYOUT, examples, 2)

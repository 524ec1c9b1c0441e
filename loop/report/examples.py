"""Everything about one example, and what changed between two rounds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from loop.artifacts import Artifacts
from loop.errors import DataError
from loop.ledger import figures, people, progress
from loop.ledger.people import PickRow
from loop.records import Annotation, Example, Label
from loop.registry import suggestion
from loop.report.outcomes import outcomes, wrong
from loop.report.view import View


@dataclass(frozen=True, slots=True)
class Guess:
    """What a round's model said of an example."""

    round: int
    label: str
    """Or the answer that was written."""
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Story:
    """One example from reading to label."""

    example: Example
    guesses: tuple[Guess, ...]
    """By round; only rounds whose model saw it."""
    picks: tuple[PickRow, ...]
    answers: tuple[Annotation, ...]
    label: Label | None
    spot: str | None
    """Name of the weak spot it lies in."""
    trained: tuple[int, ...]
    """Rounds whose model was trained on it."""


@dataclass(frozen=True, slots=True)
class Change:
    """A measured example whose outcome differs between two rounds."""

    id: str
    text: str
    truth: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed between two rounds."""

    before: int
    after: int
    settings: Mapping[str, tuple[Any, Any]]
    """Dotted key → (before, after); only what differs."""
    labels_added: int
    labels_changed: int
    labels_removed: int
    fixed: tuple[Change, ...]
    broken: tuple[Change, ...]
    both_wrong: int
    shared: int
    """How many gold and audit examples both models were measured on."""


def explain(view: View, word: str) -> Story:
    """The story of the example with this id, its owner's id, or a unique beginning of the id. Raises DataError."""
    example = _find(view, word)
    with view.project.ledger.read() as connection:
        picks = people.picks(connection, example_id=example.id)
        answers = people.answers(connection, ext_ids=[pick.ext_id for pick in picks])
        label = next((row for row in people.labels(connection) if row.example_id == example.id), None)
        models = figures.models(connection)
        names = {row.spot.id: row.spot.name for row in figures.spots(connection)}
        rounds = [row.round for row in models]
    spot = _spot(view, example.id)
    trained = tuple(round_ for round_ in rounds if example.id in _training_ids(view.project.artifacts, round_))
    return Story(
        example=example,
        guesses=_guesses(view.project.artifacts, example.id),
        picks=picks,
        answers=answers,
        label=label,
        spot=names.get(spot) if spot is not None else None,
        trained=trained,
    )


def diff(view: View, before: int, after: int) -> Difference:
    """Settings, labels and outcomes of two rounds. Raises DataError when a round has no model."""
    artifacts = view.project.artifacts
    with view.project.ledger.read() as connection:
        configs = {row.round: row.config for row in progress.rounds(connection)}
        audit = {label.example_id: label.label for label in people.labels(connection)}
        models = [row.round for row in figures.models(connection)]
    for round_ in (before, after):
        if round_ not in models:
            raise DataError(
                f"round {round_} has no model",
                wanted=f"a round with one: {', '.join(map(str, models))}" if models else "two rounds with a model each",
                do="`weakspot report` lists them"
                if models
                else "`weakspot run` trains one as soon as there are labels",
            )
    old, new = (outcomes(artifacts.open(f"rounds/{round_:03d}/evaluate")) for round_ in (before, after))
    truth = {**audit, **view.project.pool.truth()}
    dev = {id_ for id_, _, role in (*_labels(artifacts, before), *_labels(artifacts, after)) if role != "audit"}
    was = {id_: wrong(id_, one, truth, free=view.free) for id_, one in old.items() if id_ not in dev}
    now = {id_: wrong(id_, one, truth, free=view.free) for id_, one in new.items() if id_ not in dev}
    shared = [id_ for id_ in was if was[id_] is not None and now.get(id_) is not None]
    texts = dict(zip(shared, view.project.pool.texts(shared), strict=True))

    def change(id_: str) -> Change:
        return Change(id_, texts[id_], truth.get(id_, ""), old[id_].guess, new[id_].guess)

    labels_before = {id_: label for id_, label, _ in _labels(artifacts, before)}
    labels_after = {id_: label for id_, label, _ in _labels(artifacts, after)}
    return Difference(
        before=before,
        after=after,
        settings=_settings(configs[before], configs[after]),
        labels_added=len(labels_after.keys() - labels_before.keys()),
        labels_changed=sum(labels_after[id_] != labels_before[id_] for id_ in labels_after.keys() & labels_before),
        labels_removed=len(labels_before.keys() - labels_after.keys()),
        fixed=tuple(change(id_) for id_ in shared if was[id_] and not now[id_]),
        broken=tuple(change(id_) for id_ in shared if now[id_] and not was[id_]),
        both_wrong=sum(bool(was[id_] and now[id_]) for id_ in shared),
        shared=len(shared),
    )


def _find(view: View, word: str) -> Example:
    found = view.project.pool.find(word)
    if len(found) == 1:
        return found[0]
    if not found:
        near = suggestion(word, view.project.pool.ids()[:100_000])
        raise DataError(f"no example {word!r}", wanted="an id from the queue, or your own id", do=near)
    raise DataError(
        f"{word!r} fits {len(found)} examples", wanted="one", do=f"write more of it, for example {found[0].id}"
    )


def _spot(view: View, example_id: str) -> int | None:
    if not view.project.artifacts.has("partition"):
        return None
    regions = np.load(view.project.artifacts.open("partition") / "regions.npy", mmap_mode="r")
    return int(regions[view.project.pool.ids().index(example_id)])


def _guesses(artifacts: Artifacts, example_id: str) -> tuple[Guess, ...]:
    found: dict[int, Guess] = {}
    for name in artifacts.names():
        if name.startswith("rounds/") and name.endswith(("/score", "/evaluate")):
            said = outcomes(artifacts.open(name)).get(example_id)
            if said is not None:
                round_ = int(name.split("/")[1])
                found[round_] = Guess(round_, said.guess, said.confidence)
    return tuple(found[round_] for round_ in sorted(found))


def _labels(artifacts: Artifacts, round_: int) -> list[tuple[str, str, str]]:
    rows = json.loads((artifacts.open(f"rounds/{round_:03d}/train") / "labels.json").read_text())
    return [(id_, label, role) for id_, label, role in rows]


def _training_ids(artifacts: Artifacts, round_: int) -> set[str]:
    return {id_ for id_, _, role in _labels(artifacts, round_) if role == "train"}


def _settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    old, new = _flat(before), _flat(after)
    keys = sorted(old.keys() | new.keys())
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in config.items():
        path = f"{prefix}{key}"
        found.update(_flat(value, f"{path}.") if isinstance(value, Mapping) else {path: value})
    return found

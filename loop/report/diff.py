"""What changed between two rounds: settings, labels, and which measured examples were fixed or broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loop.artifact_names import artifact
from loop.errors import DataError
from loop.ledger import figures, people, progress
from loop.report.examples import labels_of
from loop.report.outcomes import outcomes
from loop.report.side_by_side import side_by_side
from loop.report.view import View


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
    measured = _written(view, before, after) if view.free else _labelled(view, before, after, audit)
    labels_before = {id_: label for id_, label, _ in labels_of(artifacts, before)}
    labels_after = {id_: label for id_, label, _ in labels_of(artifacts, after)}
    return Difference(
        before=before,
        after=after,
        settings=_settings(configs[before], configs[after]),
        labels_added=len(labels_after.keys() - labels_before.keys()),
        labels_changed=sum(labels_after[id_] != labels_before[id_] for id_ in labels_after.keys() & labels_before),
        labels_removed=len(labels_before.keys() - labels_after.keys()),
        fixed=tuple(change for change, was, now in measured if was and not now),
        broken=tuple(change for change, was, now in measured if now and not was),
        both_wrong=sum(was and now for _, was, now in measured),
        shared=len(measured),
    )


def _labelled(view: View, before: int, after: int, audit: Mapping[str, str]) -> list[tuple[Change, bool, bool]]:
    """Gold and audit examples that both models were measured on, and whether each was wrong."""
    artifacts = view.project.artifacts
    old, new = (outcomes(artifacts.open(artifact(round_, "evaluate"))) for round_ in (before, after))
    truth = {**audit, **view.project.pool.truth()}
    dev = {id_ for id_, _, role in (*labels_of(artifacts, before), *labels_of(artifacts, after)) if role != "audit"}
    shared = [id_ for id_ in old if id_ in new and id_ in truth and id_ not in dev]
    texts = dict(zip(shared, view.project.pool.texts(shared), strict=True))

    def change(id_: str) -> tuple[Change, bool, bool]:
        was, now = old[id_].guess, new[id_].guess
        return Change(id_, texts[id_], truth[id_], was, now), was != truth[id_], now != truth[id_]

    return [change(id_) for id_ in shared]


def _written(view: View, before: int, after: int) -> list[tuple[Change, bool, bool]]:
    """Prompts whose answers were judged both times: the comparison that the dashboard shows."""
    judged = {
        "fixed": (True, False),
        "broken": (False, True),
        "still wrong": (True, True),
        "still right": (False, False),
    }
    return [
        (
            Change(one.id, one.prompt, one.references[0] if one.references else "", one.before, one.after),
            *judged[one.outcome],
        )
        for one in side_by_side(view, before, after)
        if one.outcome in judged
    ]


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

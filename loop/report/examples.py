"""Everything about one example, from reading to label, and what it changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loop.artifact_names import PARTITION, artifact, is_of_step
from loop.artifacts import Artifacts
from loop.errors import DataError
from loop.ledger import figures, guards, leaks, people, progress
from loop.ledger.people import PickRow
from loop.records import Annotation, Example, Label, Leak, Preference, Split
from loop.registry import suggestion
from loop.report.outcomes import outcomes, wrong
from loop.report.view import View
from loop.step_folders import load_regions, load_training_set


@dataclass(frozen=True, slots=True)
class Guess:
    """What a model said of an example in one round."""

    round: int
    label: str
    """Or the answer that was written."""
    confidence: float | None
    model: int
    """The round whose model said it: the champion where the pool was scored, else the round's own."""
    wrong: bool | None
    """As far as is known today; None when its label is not known."""


@dataclass(frozen=True, slots=True)
class ExampleHistory:
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
    promoted: tuple[int, ...]
    """Those of them that became the champion."""
    file: str
    """Where it was read from."""
    started: Mapping[int, str]
    """Round → when it began."""
    leak: Leak | None
    """Why it is kept out of training: a twin of it measures the model."""
    twins: tuple[Leak, ...]
    """Examples that are kept out of training because of this one."""
    preferences: tuple[Preference, ...]
    """What is believed of answers to it."""
    mended_in: int | None
    """The round whose champion mended it: it must stay so. None: not of the regression set."""


def explain(view: View, word: str) -> ExampleHistory:
    """The story of the example with this id, its owner's id, or a unique beginning of the id. Raises DataError."""
    example = _find(view, word)
    with view.project.ledger.read() as connection:
        picks = people.picks(connection, example_id=example.id)
        answers = people.answers(connection, ext_ids=[pick.ext_id for pick in picks])
        label = next((row for row in people.labels(connection) if row.example_id == example.id), None)
        names = {row.spot.id: row.spot.name for row in figures.spots(connection)}
        rounds = [row.round for row in figures.models(connection)]
        moved = {row.model_round for row in figures.decisions(connection) if row.action != "hold"}
        started = {row.round: row.started_at for row in progress.rounds(connection)}
        scored_by = {row.round: row.outcome for row in progress.steps(connection) if row.step == "score"}
        found = leaks.leaks(connection)
        preferred = tuple(row for row in people.preferences(connection) if row.example_id == example.id)
        mended = guards.regression(connection).get(example.id)
    spot = _spot(view, example.id)
    trained = tuple(round_ for round_ in rounds if example.id in _training_ids(view.project.artifacts, round_))
    truth = view.project.pool.truth() | ({label.example_id: label.label} if label else {})
    asked_of = {round_: int((outcome or {}).get("model", round_)) for round_, outcome in scored_by.items()}
    return ExampleHistory(
        example=example,
        guesses=_guesses(view, example.id, truth, asked_of),
        picks=picks,
        answers=answers,
        label=label,
        spot=names.get(spot) if spot is not None else None,
        trained=trained,
        promoted=tuple(round_ for round_ in trained if round_ in moved),
        file=_file(view, example),
        started=started,
        leak=next((row for row in found if row.example_id == example.id), None),
        twins=tuple(row for row in found if row.twin_id == example.id),
        preferences=preferred,
        mended_in=mended,
    )


def _file(view: View, example: Example) -> str:
    data = view.project.config.data
    return data.gold if data.gold and example.split is Split.GOLD else data.file


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
    if not view.project.artifacts.has(PARTITION):
        return None
    ids = view.project.pool.ids()
    return int(load_regions(view.project.artifacts.open(PARTITION), len(ids))[ids.index(example_id)])


def _guesses(view: View, example_id: str, truth: Mapping[str, str], scored_by: Mapping[int, int]) -> tuple[Guess, ...]:
    """What each model said, by round; a model that said it twice in one round stands once."""
    artifacts = view.project.artifacts
    found: dict[tuple[int, int], Guess] = {}
    for name in artifacts.names():
        if is_of_step(name, "score", "evaluate"):
            said = outcomes(artifacts.open(name)).get(example_id)
            if said is not None:
                round_ = int(name.split("/")[1])
                model = scored_by.get(round_, round_) if name.endswith("/score") else round_
                is_wrong = wrong(example_id, said, truth, free=view.free)
                found[round_, model] = Guess(round_, said.guess, said.confidence, model, is_wrong)
    return tuple(found[key] for key in sorted(found))


def labels_of(artifacts: Artifacts, round_: int) -> list[tuple[str, str, str]]:
    """Example id, label and role of everything a round's model was made from."""
    return load_training_set(artifacts.open(artifact(round_, "train")))


def _training_ids(artifacts: Artifacts, round_: int) -> set[str]:
    """What the model learned from; dev examples too, where a first fit without them was kept to measure on them."""
    refit = (artifacts.open(artifact(round_, "train")) / "model.held_out.npy").exists()
    roles = {"train", "dev"} if refit else {"train"}
    return {id_ for id_, _, role in labels_of(artifacts, round_) if role in roles}

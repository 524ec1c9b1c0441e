"""Step `settle`: several answers become one label with a role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from loop.consensus.majority import Settlement, SettlementState, last_words
from loop.consensus.majority import settle as settle_answers
from loop.ledger import people
from loop.ledger.people import PickRow
from loop.records import Annotation, Label, Role
from loop.records.vocabulary import ROLES
from loop.rounds import settings
from loop.rounds.context import StepContext, StepResult
from loop.rounds.leaks import LeakCheck, guard


@dataclass(frozen=True, slots=True)
class _Settled:
    """What the answers there are come to."""

    picks: tuple[PickRow, ...]
    outcomes: Mapping[str, Settlement]
    """By example."""
    fresh: tuple[Label, ...]
    """New or changed."""
    withdrawn: tuple[str, ...]
    """Examples whose label is one no more."""
    labels: Mapping[str, Label]
    """Example → label of all that have one then."""


def settle(work: StepContext) -> StepResult:
    """Answers of all rounds become labels: new ones get a role, changed ones are replaced, withdrawn ones leave."""
    now = _settled(work)
    guarded = _guarded(work, list(now.labels.values()), now.picks, now.outcomes)

    def record(connection: Connection) -> None:
        people.put_labels(connection, now.fresh)
        people.drop_labels(connection, now.withdrawn)
        guarded.record(connection)

    asked_now = {row.pick.example_id for row in now.picks if row.round == work.round}
    states = [outcome.state for id_, outcome in now.outcomes.items() if id_ in asked_now]
    counts: dict[str, Any] = {state: states.count(state) for state in sorted(set(states))}
    counts |= {"changed": len(now.fresh), "withdrawn": len(now.withdrawn), "leaks": len(guarded.leaks)}
    return StepResult(counts, record)


def labels_so_far(work: StepContext) -> Mapping[str, Label]:
    """Example → its label if the round were settled now, with the answers there are."""
    return _settled(work).labels


def _settled(work: StepContext) -> _Settled:
    with work.project.ledger.read() as connection:
        picks = people.picks(connection)
        answers = people.answers(connection)
        known = {label.example_id: label for label in people.labels(connection)}
        needed = settings.overlaps(connection)
    outcomes = _settlements(picks, answers, needed=needed)
    fresh = _labels(picks, outcomes, known)
    withdrawn = sorted(
        id_ for id_, label in known.items() if label.source == "people" and id_ in outcomes and not outcomes[id_].label
    )
    labels = {**known, **{label.example_id: label for label in fresh}}
    for id_ in withdrawn:
        del labels[id_]
    return _Settled(picks, outcomes, fresh, tuple(withdrawn), labels)


def _guarded(
    work: StepContext, labels: Sequence[Label], picks: Sequence[PickRow], outcomes: Mapping[str, Settlement]
) -> LeakCheck:
    """A text drawn at random that people skipped measures nothing; one they have not answered yet will."""
    skipped = {id_ for id_, outcome in outcomes.items() if outcome.state is SettlementState.SKIPPED}
    by_role = {role: {label.example_id for label in labels if label.role is role} for role in Role}
    refit = frozenset(by_role[Role.DEV]) if work.config.dev.refit else frozenset()
    for row in picks:
        role = ROLES.get(row.pick.kind)
        if role is not None and row.pick.example_id not in skipped:
            by_role[role].add(row.pick.example_id)
    return guard(work, trained=by_role[Role.TRAIN], audit=by_role[Role.AUDIT], dev=by_role[Role.DEV], refit=refit)


def _settlements(
    picks: Sequence[PickRow], answers: Sequence[Annotation], *, needed: Mapping[int, int]
) -> dict[str, Settlement]:
    """needed: round → answers that each of its questions was to get, whatever later rounds ask for."""
    example_of = {row.ext_id: row.pick.example_id for row in picks}
    round_of = {row.pick.example_id: row.round for row in picks}
    by_example: dict[str, list[Annotation]] = {}
    for answer in answers:
        by_example.setdefault(example_of[answer.ext_id], []).append(answer)
    # An example may have been asked again, as another question: its last answer replaces what a person said before.
    votes = {id_: last_words(rows, per_question=False) for id_, rows in sorted(by_example.items())}
    return {id_: settle_answers(rows, needed=needed[round_of[id_]]) for id_, rows in votes.items()}


def _labels(picks: Sequence[PickRow], outcomes: dict[str, Settlement], known: dict[str, Label]) -> tuple[Label, ...]:
    """The labels that are new or changed; a role, once given, stays."""
    newest = {row.pick.example_id: row for row in picks}
    settled = {id_: (outcome, outcome.label) for id_, outcome in outcomes.items() if outcome.label is not None}
    fresh = []
    for id_, (outcome, name) in settled.items():
        role = known[id_].role if id_ in known else ROLES.get(newest[id_].pick.kind, Role.TRAIN)
        label = Label(
            example_id=id_,
            label=name,
            role=role,
            source="people",
            round=known[id_].round if id_ in known else newest[id_].round,
            annotations=outcome.votes,
            agreement=outcome.agreement,
        )
        if known.get(id_) != label:
            fresh.append(label)
    return tuple(fresh)

"""Step `settle`: several answers become one label with a role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def settle(work: StepContext) -> StepResult:
    """Answers of all rounds become labels: new ones get a role, changed ones are replaced, withdrawn ones leave."""
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
    standing = known | {label.example_id: label for label in fresh}
    guarded = _guarded(work, [label for id_, label in standing.items() if id_ not in set(withdrawn)], picks, outcomes)

    def record(connection: Connection) -> None:
        people.put_labels(connection, fresh)
        people.drop_labels(connection, withdrawn)
        guarded.record(connection)

    asked_now = {row.pick.example_id for row in picks if row.round == work.round}
    states = [outcome.state for id_, outcome in outcomes.items() if id_ in asked_now]
    counts: dict[str, Any] = {state: states.count(state) for state in sorted(set(states))}
    counts |= {"changed": len(fresh), "withdrawn": len(withdrawn), "leaks": len(guarded.leaks)}
    return StepResult(counts, record)


def labels_so_far(work: StepContext) -> dict[str, Label]:
    """Example → its label as it would be settled now; the answers of this round count as far as they are there."""
    with work.project.ledger.read() as connection:
        picks = people.picks(connection)
        answers = people.answers(connection)
        known = {label.example_id: label for label in people.labels(connection)}
        needed = settings.overlaps(connection)
    fresh = _labels(picks, _settlements(picks, answers, needed=needed), known)
    return known | {label.example_id: label for label in fresh}


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

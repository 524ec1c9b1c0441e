"""Step `settle`: what people said of answers becomes preferences, demonstrations and win rates.

pairs, rankings ─► judgements ─► consensus ─► preferences with a certainty, for tuning
                              └─► reliability of everyone who answered, position bias, agreement
corrections     ─► demonstrations, and (mended, original) as a preference
ratings         ─► answers with full marks are demonstrations
audit questions ─► win rates, mean marks, share mended: measured, never trained on
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import mean

from sqlalchemy import Connection

from loop.consensus import Consensus, Judgement, consensus, from_ranking, to_pairs
from loop.consensus.majority import last_words
from loop.ledger import figures, people
from loop.ledger.people import PickRow
from loop.records import Annotation, AnswerState, Label, Measurement, Preference, Role
from loop.records.vocabulary import ROLES, is_automatic
from loop.rounds.context import StepContext, StepResult
from loop.rounds.leaks import LeakCheck, guard
from loop.tasks.generation.win_rate import measured

MENDED = 0.95
"""How sure we are that a person's own words are better than what they mended."""
FULL = 4.5
"""Mean marks, of 5, from which an answer is one to learn from."""
SETS_ASIDE = frozenset({"bad prompt", "facts unclear"})
"""Flags that take the vote from an answer."""


def settle(work: StepContext) -> StepResult:
    """Answers of all rounds are weighed together anew: each may change what is believed of an earlier one."""
    with work.project.ledger.read() as connection:
        picks = {row.ext_id: row for row in people.picks(connection)}
        answers = [one for one in last_words(people.answers(connection)) if _votes(one)]
        known = {label.example_id: label for label in people.labels(connection)}
        before = {one.id for one in people.preferences(connection)}
    judgements = [said for one in answers for said in _judgements(picks[one.ext_id], one)]
    settled = consensus(judgements, people={one.annotator for one in judgements if not is_automatic(one.annotator)})
    preferences = [*_preferences(settled, picks.values(), answers), *_mended(picks, answers)]
    labels = demonstrations(picks, answers, known)
    withdrawn = sorted(
        id_
        for id_, label in known.items()
        if label.source == "people" and id_ not in {one.example_id for one in labels}
    )
    gone = sorted(before - {one.id for one in preferences})
    standing = [*(label for id_, label in known.items() if id_ not in withdrawn), *labels]
    guarded = _guarded(work, [*standing, *preferences], picks.values())
    found = [*_people(settled), *measured(work, picks, answers)]

    def record(connection: Connection) -> None:
        people.put_preferences(connection, preferences)
        people.drop_preferences(connection, gone)
        people.put_labels(connection, labels)
        people.drop_labels(connection, withdrawn)
        guarded.record(connection)
        figures.add_measurements(connection, work.round, found)

    roles = Counter(one.role for one in preferences)
    counts = {"preferences": roles[Role.TRAIN], "demonstrations": len(labels), "withdrawn": len(gone)}
    return StepResult(counts | {"leaks": len(guarded.leaks)}, record)


def _guarded(work: StepContext, learned: Sequence[Label | Preference], picks: Iterable[PickRow]) -> LeakCheck:
    """Every prompt drawn at random measures, whatever people said: all models answer it."""
    by_role = {role: {one.example_id for one in learned if one.role is role} for role in Role}
    for row in picks:
        if row.pick.kind in ROLES:
            by_role[ROLES[row.pick.kind]].add(row.pick.example_id)
    return guard(work, trained=by_role[Role.TRAIN], audit=by_role[Role.AUDIT], dev=by_role[Role.DEV])


def key(text: str) -> str:
    """A candidate's name in the consensus: 12 hex digits of its text."""
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _votes(answer: Annotation) -> bool:
    return answer.state is AnswerState.ANSWERED and not SETS_ASIDE.intersection(answer.flags)


def _judgements(row: PickRow, answer: Annotation) -> tuple[Judgement, ...]:
    pick = row.pick
    names = [key(one.text) for one in pick.candidates]
    if len(set(names)) < len(names) or answer.label is None:
        return ()
    if pick.form == "pair":
        return (
            Judgement(row.ext_id, pick.example_id, names[0], names[1], answer.label, answer.annotator),  # type: ignore[arg-type]
        )
    if pick.form == "ranking":
        return from_ranking(
            names,
            json.loads(answer.label),
            question=row.ext_id,
            prompt=pick.example_id,
            annotator=answer.annotator,
        )
    return ()


def _preferences(settled: Consensus, picks: Iterable[PickRow], answers: Sequence[Annotation]) -> list[Preference]:
    said = {one.ext_id for one in answers}
    text: dict[tuple[str, str], str] = {}
    first: dict[str, PickRow] = {}
    for row in picks:
        if row.ext_id in said and row.pick.form in ("pair", "ranking"):
            first.setdefault(row.pick.example_id, row)
            text.update({(row.pick.example_id, key(one.text)): one.text for one in row.pick.candidates})
    return [
        Preference(
            id=f"{pair.prompt}:{'-'.join(sorted((pair.chosen, pair.rejected)))}",
            example_id=pair.prompt,
            chosen=text[pair.prompt, pair.chosen],
            rejected=text[pair.prompt, pair.rejected],
            certainty=pair.certainty,
            role=ROLES.get(first[pair.prompt].pick.kind, Role.TRAIN),
            source="people",
            round=first[pair.prompt].round,
            annotations=pair.n,
        )
        for pair in to_pairs(settled)
    ]


def _mended(picks: Mapping[str, PickRow], answers: Sequence[Annotation]) -> list[Preference]:
    """The newest correction of each answer beats what it mends."""
    found: dict[str, Preference] = {}
    for answer in sorted(answers, key=lambda one: (one.updated_at, one.id)):
        row = picks[answer.ext_id]
        original = row.pick.candidates[0].text if row.pick.form == "correction" else None
        if original is None or not answer.label or answer.label.strip() == original.strip():
            continue
        id_ = f"{row.pick.example_id}:mended"
        found[id_] = Preference(
            id=id_,
            example_id=row.pick.example_id,
            chosen=answer.label,
            rejected=original,
            certainty=MENDED,
            role=ROLES.get(row.pick.kind, Role.TRAIN),
            source="correction",
            round=row.round,
            annotations=1,
        )
    return list(found.values())


def demonstrations(
    picks: Mapping[str, PickRow], answers: Sequence[Annotation], known: Mapping[str, Label]
) -> list[Label]:
    """Corrected answers, answers people left as they are, and answers with full marks; a judge's word makes none."""
    said: dict[str, list[Annotation]] = {}
    by_people = (one for one in answers if not is_automatic(one.annotator))
    for answer in sorted(by_people, key=lambda one: (one.updated_at, one.id)):
        said.setdefault(answer.ext_id, []).append(answer)
    labels = []
    for ext_id, rows in said.items():
        row = picks[ext_id]
        text = _worth_learning(row, rows)
        if text is not None:
            label = Label(
                example_id=row.pick.example_id,
                label=text,
                role=ROLES.get(row.pick.kind, Role.TRAIN),
                source="people",
                round=row.round,
                annotations=len(rows),
                agreement=None,
            )
            if label.example_id not in known or known[label.example_id].source == "people":
                labels.append(label)
    return labels


def _worth_learning(row: PickRow, answers: Sequence[Annotation]) -> str | None:
    if row.pick.form == "correction":
        return answers[-1].label
    if row.pick.form == "rating":
        marks = [mark for answer in answers for mark in json.loads(answer.label or "{}").values()]
        return row.pick.candidates[0].text if marks and mean(marks) >= FULL else None
    return None


def _people(settled: Consensus) -> list[Measurement]:
    """How far everyone who answered can be trusted, and whether the place on the page decides."""
    rows = [
        Measurement(
            "reliability",
            one.reliability,
            one.low,
            one.high,
            one.n,
            "people",
            f"annotator={one.name}"[:255],
            "consensus",
        )
        for one in settled.annotators
    ]
    bias = settled.position_bias
    if bias is not None:
        rows.append(Measurement("first_place", bias.first, bias.low, bias.high, bias.n, "people", "", "wilson"))
    if settled.agreement.raw is not None:
        n = settled.agreement.n
        rows.append(Measurement("agreement", settled.agreement.raw, None, None, n, "people", "", "raw"))
        if settled.agreement.alpha is not None:
            rows.append(Measurement("alpha", settled.agreement.alpha, None, None, n, "people", "", "krippendorff"))
    rows.append(Measurement("cycles", float(len(settled.cycles)), None, None, len(settled.preferences), "people"))
    return rows

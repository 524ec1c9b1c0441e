"""What audit questions measure: win rates, marks, how many answers people mend.

people's word on random prompts ─► win rate with interval, against the champion before and against the first model
a judge's word on more of them  ─► the same, corrected by what people say where both spoke
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from statistics import mean

import numpy as np

from loop.evaluation.intervals import bootstrap
from loop.evaluation.measure import rate
from loop.evaluation.texts.win_rate import clustered_win_rate, corrected_win_rate
from loop.ledger.people import PickRow
from loop.records import Annotation, Candidate, Measurement, PickKind
from loop.records.vocabulary import CHALLENGER, SAME_ANSWER, is_automatic
from loop.rounds.context import StepContext
from loop.tasks.generation import reward_scores

LEAST_SHARED = 10
"""A judge is corrected by at least so many prompts that people answered too."""


def measured(work: StepContext, picks: Mapping[str, PickRow], answers: Sequence[Annotation]) -> list[Measurement]:
    """Figures of this round's audit questions."""
    mine = [
        (picks[one.ext_id], one)
        for one in answers
        if picks[one.ext_id].round == work.round and picks[one.ext_id].pick.kind is PickKind.AUDIT
    ]
    thought = reward_scores.formed(work)
    rows = [row for source in ("champion", "first") for row in _wins(mine, source, thought.get(source, {}))]
    by_people = [(row, one) for row, one in mine if not is_automatic(one.annotator)]
    return [*rows, *_marks(work, by_people), *_mends(by_people)]


def score(candidates: Sequence[Candidate], label: str) -> float:
    """1: this round's answer won, 0.5: a tie or both bad, 0: it lost. label: of a pair, or of a ranking of two."""
    best = {"first": 0, "second": 1, "[1, 2]": 0, "[2, 1]": 1}.get(label)
    if best is None or len({one.text for one in candidates}) == 1:
        return 0.5
    return 1.0 if candidates[best].source == CHALLENGER else 0.0


def _wins(mine: Sequence[tuple[PickRow, Annotation]], source: str, thought: Mapping[str, float]) -> list[Measurement]:
    people: dict[str, list[float]] = {}
    judge: dict[str, list[float]] = {}
    for row, answer in mine:
        pick = row.pick
        if len(pick.candidates) != 2 or {one.source for one in pick.candidates} != {CHALLENGER, source}:
            continue
        by_judge = is_automatic(answer.annotator) and answer.annotator != SAME_ANSWER
        told = judge if by_judge else people
        told.setdefault(pick.example_id, []).append(score(pick.candidates, answer.label or ""))
    found = clustered_win_rate(people)
    if found is None:
        return []
    where = f"against={source}"
    rows = [Measurement("win_rate", *found, len(people), "people", where, "tango")]
    judged = {id_: mean(scores) for id_, scores in judge.items()}
    return [*rows, *_corrected(people, judged, "judge", where), *_corrected(people, thought, "reward", where)]


def _corrected(
    people: Mapping[str, Sequence[float]], other: Mapping[str, float], on: str, where: str
) -> list[Measurement]:
    """The win rate told by people and by somebody else on more prompts, and how far the two agree."""
    pairs = [(other[id_], mean(people[id_])) for id_ in sorted(set(people) & set(other))]
    if len(pairs) < LEAST_SHARED:
        return []
    found = corrected_win_rate(pairs, [score for id_, score in other.items() if id_ not in people])
    if found is None:
        return []
    n = found.n + found.judged
    agreed = (found.agreement, found.agreement_low, found.agreement_high)
    return [
        Measurement("win_rate", found.value, found.low, found.high, n, on, where, "ppi++"),
        Measurement("agreement", *agreed, found.n, on, where, "wilson"),
    ]


def _marks(work: StepContext, mine: Sequence[tuple[PickRow, Annotation]]) -> list[Measurement]:
    """Mean marks by criterion, 1..5."""
    given: dict[str, list[float]] = {}
    for row, answer in mine:
        if row.pick.form == "rating":
            for name, mark in json.loads(answer.label or "{}").items():
                given.setdefault(name, []).append(float(mark))
    rows = []
    for name, marks in sorted(given.items()):
        values = np.array(marks)
        low, high = bootstrap(lambda drawn: float(drawn.mean()), (values,), rng=work.rng("settle"))
        rows.append(
            Measurement(
                "mark",
                float(values.mean()),
                float(low),
                float(high),
                len(marks),
                "people",
                f"criterion={name}"[:255],
                "bootstrap",
            )
        )
    return rows


def _mends(mine: Sequence[tuple[PickRow, Annotation]]) -> list[Measurement]:
    """Share of random answers that people mended: the error rate, told by them."""
    changed = [
        (answer.label or "").strip() != row.pick.candidates[0].text.strip()
        for row, answer in mine
        if row.pick.form == "correction"
    ]
    return [rate("error_rate", sum(changed), len(changed), on="audit")] if changed else []

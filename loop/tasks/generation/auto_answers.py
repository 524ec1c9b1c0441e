"""Answers that need no person: a tie where both models wrote the same, and the word of a judge on a share.

two equal answers         ─► a tie, said by nobody
share of the questions    ─► judge ─┬─► sure of it: enough, unless drawn for the overlap
                                    └─► not sure: people answer as well
of random audit questions ─► judge ─► enough, unless drawn for the overlap: its doubt must not decide who is asked
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from loop.endpoint import EndpointGenerator
from loop.judge import Judge, doubtful, overlap, share
from loop.ledger.people import PickRow
from loop.records import Annotation, AnswerState, PickKind
from loop.records.vocabulary import JUDGE_ID_PREFIX, SAME_ANSWER, SUFFICES
from loop.rounds.context import StepContext, now
from loop.tasks.generation.questions import questions


def answers(work: StepContext, rows: Sequence[PickRow]) -> tuple[Annotation, ...]:
    """Of those rows that can be answered without a person. Raises ServerDown, ServerRefused of the judge's address."""
    same = [row for row in rows if _alike(row)]
    rest = [row for row in rows if not _alike(row)]
    return (*(_tie(row) for row in same), *_judged(work, rest))


def _alike(row: PickRow) -> bool:
    texts = {" ".join(one.text.split()) for one in row.pick.candidates}
    return row.pick.form in ("pair", "ranking") and len(row.pick.candidates) == 2 and len(texts) == 1


def _tie(row: PickRow) -> Annotation:
    moment = now()
    return Annotation(
        id=f"{JUDGE_ID_PREFIX}{row.ext_id}",
        ext_id=row.ext_id,
        annotator=SAME_ANSWER,
        state=AnswerState.ANSWERED,
        label="tie" if row.pick.form == "pair" else "[1, 2]",
        flags=(),
        note="",
        suggestion=None,
        lead_time_s=None,
        created_at=moment,
        updated_at=moment,
        raw={SUFFICES: True},
    )


def _judged(work: StepContext, rows: Sequence[PickRow]) -> tuple[Annotation, ...]:
    judge = work.config.judge
    form = work.config.form
    asked = [row for row in rows if len(row.pick.candidates) == form.candidates and row.pick.form == form.kind]
    if judge.url is None or form.kind == "correction" or not asked:
        return ()
    chosen = set(share([row.ext_id for row in asked], judge.share, seed=work.config.seed))
    asked = [row for row in asked if row.ext_id in chosen]
    if not asked:
        return ()
    endpoint = EndpointGenerator(
        judge.url, str(judge.model), os.environ.get(judge.token_env), price_per_million=judge.price_per_million
    )
    expert = Judge(
        endpoint,
        guidance=form.guidance,
        form=form,
        model=str(judge.model),
        max_new_tokens=judge.max_new_tokens,
        usage_of=endpoint.usage_of,
        now=now,
    )
    found = expert.annotations(questions(work, asked), progress=work.progress)
    random = {row.ext_id for row in asked if row.pick.kind is PickKind.AUDIT}
    unsure = set(doubtful(found, judge.certainty)) - random
    unread = {one.ext_id for one in found if one.state is not AnswerState.ANSWERED}
    people_too = set(overlap([one.ext_id for one in found], judge.overlap, seed=work.config.seed)) | unsure | unread
    return tuple(replace(one, raw={**one.raw, SUFFICES: one.ext_id not in people_too}) for one in found)

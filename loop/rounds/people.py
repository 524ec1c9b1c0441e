"""Steps `send`, `await` and `collect`: questions go to people, answers come back.

    picks ─► questions ─► labeling tool ─► (people) ─► annotations

Polling is the truth: `await` reads what has changed until every question of the round is answered, `collect` reads
everything once more and notices tasks that were removed.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection

from loop import registry
from loop.config import Config
from loop.errors import PeopleNeeded, ProjectChanged, ServerDown
from loop.ledger import people, progress
from loop.ledger.people import PickRow
from loop.project import Project, only_worker
from loop.protocols import Experts, Labeler
from loop.records import AnswerState, Collected
from loop.rounds.task import task_of
from loop.rounds.work import Done, Work, now

PROJECT_ID = "labeler_project"
PROJECT_URL = "labeler_url"
WATERMARK = "labeler_watermark"
PATIENCE_S = 600.0
"""How long a server that was there may be away while we wait for people."""
LOOK_CLOSELY_S = 30.0
"""How often the open questions are read one by one: a server that was killed may hold an answer it does not tell of."""
JUDGE = "judge:"
"""How the names of annotators begin that are no people."""
SUFFICES = "suffices"
"""Key of `Annotation.raw`: with this answer no person needs to be asked."""
AT_ONCE = 20
"""So many questions a judge is asked before its answers are kept."""
FINAL = (AnswerState.ANSWERED, AnswerState.SKIPPED, AnswerState.EMPTY)
"""States that end a question; a quarantined answer does not."""


def send(work: Work) -> Done:
    """Every pick of the round that lacks an answer lies in the labeling tool exactly once."""
    _ask_others_first(work)
    lacking = _lacking(work)
    rows = [row for row in _picks(work) if row.ext_id in lacking]
    if not rows:
        return Done({"sent": 0})
    receipt = labeler(work).send(task_of(work.config).questions(work, rows), progress=work.progress)

    def record(connection: Connection) -> None:
        progress.put(connection, PROJECT_ID, receipt.project_id)
        progress.put(connection, PROJECT_URL, receipt.project_url)
        people.add_tasks(connection, receipt.tasks, project_id=receipt.project_id, at=now())

    work.say(f"{len(receipt.tasks)} questions lie at {receipt.project_url}")
    return Done({"sent": len(receipt.tasks), "created": receipt.created, "url": receipt.project_url}, record)


def wait(work: Work) -> Done:
    """Until every question of the round has its answers, or was removed."""
    rows = _picks(work)
    if not rows:
        return Done({"answered": 0})
    tool, crowd = labeler(work), experts(work)
    away_since: float | None = None
    looked_closely = -LOOK_CLOSELY_S
    while True:
        try:
            due = time.monotonic() - looked_closely >= LOOK_CLOSELY_S
            _take_over(work, tool, closely=_open(work) if due else ())
            looked_closely = time.monotonic() if due else looked_closely
            away_since = None
            open_ids = _open(work)
            given = crowd.work(open_ids) if open_ids else 0
        except ServerDown as fault:
            away_since = _still_patient(work, fault, away_since)
            open_ids, given = _open(work), 0
        work.progress(len(rows) - len(open_ids), len(rows))
        if not open_ids or work.early:
            return Done({"answered": len(rows) - len(open_ids), "open": len(open_ids)})
        if not given:
            _or_leave(work, open_ids)
            time.sleep(work.config.labeler.poll_seconds)


def collect(work: Work) -> Done:
    """Everything once more: edits, deletions, removed tasks; answers outside the label set stay in quarantine."""
    rows = _picks(work)
    if not rows:
        return Done({"annotations": 0})
    removed = _take_over(work, labeler(work), whole=True)
    with work.project.ledger.read() as connection:
        found = people.answers(connection, ext_ids=[row.ext_id for row in rows])
    states = [row.state.value for row in found]
    counts = {state: states.count(state) for state in sorted(set(states))}
    return Done({"annotations": len(found), **counts, "removed_tasks": removed})


def labeler(work: Work) -> Labeler:
    """The labeling tool of the config, bound to this project's page there."""
    tool: Labeler = _tool(work.project, work.config, work.say)
    return tool


def restore_page(project: Project) -> None:
    """Puts our page and labels back; when the labeling project was removed, the open questions go to a new one.

    Raises LabelerError.
    """
    with only_worker(project):
        tool = _tool(project, project.config, silent)
        project_id = tool.restore_page()
        present = tool.collect(whole=True).present
        with project.ledger.begin() as connection:
            progress.put(connection, PROJECT_ID, project_id)
            open_round = next((row.round for row in progress.rounds(connection) if row.finished_at is None), None)
            sent = [row.ext_id for row in people.picks(connection, round_=open_round) if row.task is not None]
            if open_round is not None and sent and present.isdisjoint(sent):
                progress.put(connection, WATERMARK, "")
                progress.begin_step(connection, open_round, "send", at=now())


def experts(work: Work) -> Experts:
    """Who answers: real people need nothing from us."""
    config = work.config
    build = registry.load("experts", config.experts.kind)
    if config.experts.kind == "people":
        crowd: Experts = build()
        return crowd
    crowd = build(
        state_dir=work.project.state / config.labeler.kind,
        url=config.labeler.url,
        token=os.environ.get(config.labeler.token_env),
        project_key=work.project.key,
        form=config.form,
        count=config.experts.count,
        error_rate=config.experts.error_rate,
        seconds_per_answer=config.experts.seconds_per_answer,
        overlap=config.labeler.overlap,
        seed=config.seed,
        **task_of(config).experts(work),
    )
    return crowd


def silent(_: str) -> None:
    """Progress for nobody."""


def _tool(project: Project, config: Config, tell: Callable[[str], None]) -> Any:
    with project.ledger.read() as connection:
        project_id = progress.get(connection, PROJECT_ID)
    return registry.load("labeler", config.labeler.kind)(
        form=config.form,
        project_key=project.key,
        title=config.project.title or config.project.name,
        state_dir=project.state / config.labeler.kind,
        url=config.labeler.url,
        token=os.environ.get(config.labeler.token_env),
        project_id=project_id,
        overlap=config.labeler.overlap,
        tell=tell,
    )


def _ask_others_first(work: Work) -> None:
    """Answers that need no person, each kept as soon as it is there: a run that is killed asks nobody twice."""
    with work.project.ledger.read() as connection:
        known = {answer.ext_id for answer in people.answers(connection) if answer.annotator.startswith(JUDGE)}
    open_rows = [row for row in _picks(work) if row.ext_id not in known]
    for start in range(0, len(open_rows), AT_ONCE):
        answers = task_of(work.config).answers(work, open_rows[start : start + AT_ONCE])
        with work.project.ledger.begin() as connection:
            people.add_answers(connection, answers)


def _picks(work: Work) -> tuple[PickRow, ...]:
    with work.project.ledger.read() as connection:
        return people.picks(connection, round_=work.round)


def _take_over(work: Work, tool: Labeler, *, whole: bool = False, closely: Sequence[str] = ()) -> int:
    """Brings the ledger up to what the tool holds now; returns how many tasks were newly found removed."""
    with work.project.ledger.read() as connection:
        since = progress.get(connection, WATERMARK)
    found: Collected = tool.collect(since=None if whole else since or None, whole=whole, closely=closely)
    removed: tuple[str, ...] = ()
    with work.project.ledger.begin() as connection:
        people.replace_annotations(connection, found.annotations)
        if found.watermark is not None:
            progress.put(connection, WATERMARK, found.watermark)
        if found.present is not None:
            removed = people.mark_deleted(connection, found.present)
    if removed:
        work.say(f"{len(removed)} tasks were removed in the labeling tool; they count as not asked")
    if found.problem:
        raise ProjectChanged(
            found.problem,
            wanted="the page that weakspot.yaml asks for",
            do="`weakspot label-studio restore` puts the page back; answers so far are kept",
        )
    return len(removed)


def _open(work: Work) -> list[str]:
    """Questions of this round that lie in the labeling tool and still lack answers."""
    lacking = _lacking(work)
    return [row.ext_id for row in _picks(work) if row.task_state == "sent" and row.ext_id in lacking]


def _lacking(work: Work) -> set[str]:
    """Questions of this round with fewer final answers than people are to give, and no other answer that is enough."""
    with work.project.ledger.read() as connection:
        ext_ids = [row.ext_id for row in people.picks(connection, round_=work.round)]
        answers = people.answers(connection, ext_ids=ext_ids)
    count = Counter(one.ext_id for one in answers if one.state in FINAL and not one.annotator.startswith(JUDGE))
    ext_ids = [one for one in ext_ids if one not in {a.ext_id for a in answers if a.raw.get(SUFFICES)}]
    return {ext_id for ext_id in ext_ids if count[ext_id] < work.config.labeler.overlap}


def _still_patient(work: Work, fault: ServerDown, away_since: float | None) -> float:
    if away_since is None:
        work.say(f"Waiting for the labeling tool: {fault.found}")
        return time.monotonic()
    if time.monotonic() - away_since > PATIENCE_S:
        raise fault
    return away_since


def _or_leave(work: Work, open_ids: Sequence[str]) -> None:
    if not work.wait:
        with work.project.ledger.read() as connection:
            url = progress.get(connection, PROJECT_URL) or ""
        raise PeopleNeeded(
            f"{len(open_ids)} questions of round {work.round} wait for an answer",
            do=f"answer them at {url}, then `weakspot run`",
        )

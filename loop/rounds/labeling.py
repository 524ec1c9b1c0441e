"""Steps `send`, `await` and `collect`: questions go to people, answers come back.

    picks ─► questions ─► labeling tool ─► (people) ─► annotations
      └──────────── the next portion ◄── nearly all answered

Polling is the truth: `await` reads what has changed until every question of the round is answered or removed,
`collect` reads everything once more. Whoever looks first asks whether the server is still the one the ledger knows
(loop.rounds.histories): one that was set back gets the open questions again, and what people said before stays.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection

from loop.consensus.majority import last_words
from loop.errors import PeopleNeeded, ServerDown
from loop.ledger import people, progress
from loop.ledger.people import PickRow
from loop.project import Project, only_worker
from loop.records import Receipt
from loop.records.vocabulary import FINAL_STATES, SUFFICES, is_automatic
from loop.rounds import settings
from loop.rounds.collection import take_over
from loop.rounds.context import StepContext, StepResult, now, portions
from loop.rounds.histories import PROJECT_URL, follow, history, note_project
from loop.rounds.holders import note_root
from loop.rounds.task import task_of
from loop.rounds.tools import experts, labeler, silent, tool_of

PATIENCE_S = 600.0
"""How long a server that was there may be away while we wait for people."""
LOOK_CLOSELY_S = 30.0
"""How often the open questions are read one by one: a server that was killed may hold an answer it does not tell of."""
AT_ONCE = 20
"""So many questions a judge is asked before its answers are kept."""
OPEN_SHARE = 5
"""The next portion is chosen when a fifth of one is left open: people have something to answer meanwhile."""


def send(work: StepContext) -> StepResult:
    """Every pick of the round that lacks an answer lies in the labeling tool exactly once."""
    _ask_others_first(work)
    if not _lacking_rows(work):
        return StepResult({"sent": 0})
    # Before anything is written there: a server that was set back shows it now, and may not be taken for the old one.
    take_over(work, labeler(work))
    rows = _lacking_rows(work)
    if not rows:
        return StepResult({"sent": 0})
    receipt = labeler(work).send(task_of(work.config).questions(work, rows), progress=work.progress)
    work.say(f"{len(receipt.tasks)} questions lie at {receipt.project_url}")
    outcome = {"sent": len(receipt.tasks), "created": receipt.created, "url": receipt.project_url}
    return StepResult(outcome, partial(_note_sent, project=work.project, receipt=receipt))


def wait(work: StepContext) -> StepResult:
    """Until every question of the round has its answers, or was removed."""
    if not _picks(work):
        return StepResult({"answered": 0})
    tool, crowd = labeler(work), experts(work)
    whole = work.early
    away_since: float | None = None
    looked_closely = -LOOK_CLOSELY_S
    while True:
        try:
            due = time.monotonic() - looked_closely >= LOOK_CLOSELY_S
            if take_over(work, tool, closely=_open(work) if due else ()).began:
                _send_again(work)
                tool = labeler(work)
            looked_closely = time.monotonic() if due else looked_closely
            open_ids = _open(work)
            if not whole and len(open_ids) <= _few(work):
                whole = not _ask_more(work)
                crowd, open_ids = experts(work), _open(work)
            given = crowd.work(open_ids) if open_ids else 0
            away_since = None
        except ServerDown as fault:
            away_since = _still_patient(work, fault, away_since)
            open_ids, given = _open(work), 0
        asked, left = len(_picks(work)), 0 if whole else task_of(work.config).left(work)
        work.progress(asked - len(open_ids), asked + left)
        if work.early or (whole and not open_ids):
            return StepResult({"answered": asked - len(open_ids), "open": len(open_ids), **_portions(work)})
        if not given:
            _or_leave(work, open_ids)
            time.sleep(work.config.labeler.poll_seconds)


def collect(work: StepContext) -> StepResult:
    """Everything once more: edits, deletions, removed tasks; answers outside the label set stay in quarantine."""
    rows = _picks(work)
    if not rows:
        return StepResult({"annotations": 0})
    removed = take_over(work, labeler(work), whole=True).removed
    with work.project.ledger.read() as connection:
        found = people.answers(connection, ext_ids=[row.ext_id for row in rows])
    states = [row.state.value for row in found]
    counts = {state: states.count(state) for state in sorted(set(states))}
    return StepResult({"annotations": len(found), **counts, "removed_tasks": removed})


def restore_page(project: Project) -> None:
    """Puts our page and labels back; when the labeling project is gone, the open questions go to a new one.

    What people said before stays, whatever has become of the old project.

    Raises LabelerError.
    """
    with only_worker(project, "label-studio restore"):
        receipt: Receipt = tool_of(project, settings.present(project), silent).restore_page()
        with project.ledger.begin() as connection:
            began = follow(connection, receipt)
            note_project(connection, receipt)
            note_root(connection, project)
            open_round = next((row.round for row in progress.rounds(connection) if row.finished_at is None), None)
            if began and open_round is not None and _waits(connection, open_round):
                progress.begin_step(connection, open_round, "send", at=now())


def _portions(work: StepContext) -> dict[str, int]:
    """In how many portions the batch was chosen; nothing when it was chosen at once."""
    with work.project.ledger.read() as connection:
        later = len(portions(connection, work.project.artifacts.names(), work.round))
    return {"portions": 1 + later} if later else {}


def _few(work: StepContext) -> int:
    """So few open questions are left when the next portion is chosen."""
    return (work.config.selection.portion or 0) // OPEN_SHARE


def _ask_more(work: StepContext) -> bool:
    """The next portion lies in the labeling tool exactly once; False: the batch is whole.

    Picks are in the ledger before they are sent: a run that is killed in between sends those, and chooses no others.
    """
    unsent = _never_sent(work)
    if not unsent:
        picks = task_of(work.config).more(work, None)
        with work.project.ledger.begin() as connection:
            people.add_picks(connection, work.round, picks, first=len(people.picks(connection, round_=work.round)))
        unsent = _never_sent(work)
    if unsent:
        receipt = labeler(work).send(task_of(work.config).questions(work, unsent))
        with work.project.ledger.begin() as connection:
            _note_sent(connection, work.project, receipt)
    return bool(unsent)


def _never_sent(work: StepContext) -> list[PickRow]:
    lacking = _lacking(work)
    return [row for row in _picks(work) if row.task is None and row.ext_id in lacking]


def _ask_others_first(work: StepContext) -> None:
    """Answers that need no person, each kept as soon as it is there: a run that is killed asks nobody twice."""
    with work.project.ledger.read() as connection:
        known = {answer.ext_id for answer in people.answers(connection) if is_automatic(answer.annotator)}
    open_rows = [row for row in _picks(work) if row.ext_id not in known]
    for start in range(0, len(open_rows), AT_ONCE):
        answers = task_of(work.config).answers(work, open_rows[start : start + AT_ONCE])
        with work.project.ledger.begin() as connection:
            people.add_answers(connection, answers)


def _picks(work: StepContext) -> tuple[PickRow, ...]:
    with work.project.ledger.read() as connection:
        return people.picks(connection, round_=work.round)


def _lacking_rows(work: StepContext) -> list[PickRow]:
    lacking = _lacking(work)
    return [row for row in _picks(work) if row.ext_id in lacking]


def _note_sent(connection: Connection, project: Project, receipt: Receipt) -> None:
    follow(connection, receipt)
    note_project(connection, receipt)
    note_root(connection, project)
    present = history(connection)
    people.add_tasks(connection, receipt.tasks, project_id=receipt.project_id, at=now(), history=present)


def _send_again(work: StepContext) -> None:
    """The server was set back while people were at work: what is still open goes there once more."""
    rows = _lacking_rows(work)
    receipt = labeler(work).send(task_of(work.config).questions(work, rows))
    with work.project.ledger.begin() as connection:
        _note_sent(connection, work.project, receipt)


def _waits(connection: Connection, round_: int) -> bool:
    """Whether questions of the round were sent and are still waited for."""
    done = {row.step for row in progress.steps(connection, round_) if row.state == "done"}
    return "send" in done and "await" not in done


def _open(work: StepContext) -> list[str]:
    """Questions of this round that lie in the labeling tool and still lack answers."""
    lacking = _lacking(work)
    return [row.ext_id for row in _picks(work) if row.task_state == "sent" and row.ext_id in lacking]


def _lacking(work: StepContext) -> set[str]:
    """Questions of this round with fewer final answers than people are to give, and no other answer that is enough."""
    with work.project.ledger.read() as connection:
        ext_ids = [row.ext_id for row in people.picks(connection, round_=work.round)]
        answers = people.answers(connection, ext_ids=ext_ids)
    by_people = [one for one in last_words(answers) if not is_automatic(one.annotator)]
    count = Counter(one.ext_id for one in by_people if one.state in FINAL_STATES)
    ext_ids = [one for one in ext_ids if one not in {a.ext_id for a in answers if a.raw.get(SUFFICES)}]
    return {ext_id for ext_id in ext_ids if count[ext_id] < work.config.labeler.overlap}


def _still_patient(work: StepContext, fault: ServerDown, away_since: float | None) -> float:
    if away_since is None:
        work.say(f"Waiting for the labeling tool: {fault.found}")
        return time.monotonic()
    if time.monotonic() - away_since > PATIENCE_S:
        raise fault
    return away_since


def _or_leave(work: StepContext, open_ids: Sequence[str]) -> None:
    if not work.wait:
        with work.project.ledger.read() as connection:
            url = progress.get(connection, PROJECT_URL) or ""
        raise PeopleNeeded(
            f"{len(open_ids)} questions of round {work.round} wait for an answer",
            do=f"answer them at {url}, then `weakspot run`",
        )

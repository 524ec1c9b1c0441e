"""Which history of the labeling project the ledger follows, and what to conclude from what is missing there.

    read or sent ─► the same project, further on ─► the same history: what is missing was removed by people
                 ├► another instance ────────────┐
                 └► set back to an earlier state ┴► a new history: what is missing was not removed by anyone

A server may be emptied, replaced, or restored from a backup, and counts its ids from an earlier number again. The
labeling tool says whether its project continues the one the ledger knows; answers that vanish from tasks that have
not changed since say the same, for a backup between two sends.
"""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import Connection

from loop.ledger import answers, progress, tasks
from loop.records import Collected, Receipt

PROJECT_ID = "labeler_project"
PROJECT_URL = "labeler_url"
WATERMARK = "labeler_watermark"
INSTANCE = "labeler_instance"
SENDS = "labeler_sends"
HISTORY = "labeler_history"


def history(connection: Connection) -> str | None:
    """The present history; None before the first look at the labeling tool, and in ledgers of older versions."""
    return progress.get(connection, HISTORY)


def follow(connection: Connection, found: Collected | Receipt) -> bool:
    """Takes note of the project that was read or sent to; returns whether a new history has begun with it."""
    known, present = progress.get(connection, INSTANCE) or "", history(connection)
    another = bool(known and found.instance and found.instance != known)
    began = not found.continues or another or (isinstance(found, Collected) and _lacks(connection, found))
    if found.instance:
        progress.put(connection, INSTANCE, found.instance)
    if began or present is None:
        _begin(connection, adopting=not began)
    return began


def note_project(connection: Connection, receipt: Receipt) -> None:
    """Where the questions of this project lie from now on."""
    progress.put(connection, PROJECT_ID, receipt.project_id)
    progress.put(connection, PROJECT_URL, receipt.project_url)
    progress.put(connection, SENDS, str(receipt.sends))


def _begin(connection: Connection, *, adopting: bool) -> None:
    new = uuid4().hex
    progress.put(connection, HISTORY, new)
    if adopting:
        tasks.adopt(connection, new)
        answers.adopt(connection, new)
    else:
        # The next look reads everything: the tool's clock of changes has gone back.
        progress.put(connection, WATERMARK, "")


def _lacks(connection: Connection, found: Collected) -> bool:
    missing = answers.unexplained(connection, found.annotations, found.changed_at, history=history(connection))
    return bool(missing)

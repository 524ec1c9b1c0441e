"""Steps and events → the timeline of the newest rounds, seconds per step, the log people read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from dashboard.safe import plain
from loop.ledger.progress import Event, StepRow
from loop.report import Report

WAITING = "await"
"""The step in which people work and the machine waits."""


def timeline(steps: Sequence[StepRow], *, now: datetime, alive: bool) -> pd.DataFrame:
    """One row a step: round, step, kind, start and end in seconds since its round began, seconds.

    A step that runs lasts until `now`; one that was interrupted has no length of its own and is marked.
    """
    begins: dict[int, datetime] = {}
    rows = []
    for row in steps:
        started = datetime.fromisoformat(row.started_at)
        begin = begins.setdefault(row.round, started)
        ended = datetime.fromisoformat(row.finished_at) if row.finished_at else now if alive else started
        kind = _kind(row, alive=alive)
        rows.append(
            {
                "round": row.round,
                "step": row.step,
                "kind": kind,
                "start": (started - begin).total_seconds(),
                "end": max((ended - begin).total_seconds(), (started - begin).total_seconds()),
                "seconds": row.seconds if row.seconds is not None else (ended - started).total_seconds(),
            }
        )
    return pd.DataFrame(rows, columns=["round", "step", "kind", "start", "end", "seconds"])


def seconds(report: Report) -> pd.DataFrame:
    """One row a round and finished step: round, step, seconds."""
    rows = [
        {"round": line.round, "step": step, "seconds": took}
        for line in report.rounds
        for step, took in line.seconds.items()
    ]
    return pd.DataFrame(rows, columns=["round", "step", "seconds"])


def events(found: Sequence[Event]) -> pd.DataFrame:
    """One row an event, newest first."""
    rows = [
        {
            "Time": pd.Timestamp(event.at).tz_convert("UTC"),
            "Level": [event.level],
            "Round": event.round,
            "Step": event.step or "",
            "Message": plain(event.message),
        }
        for event in found
    ]
    return pd.DataFrame(rows, columns=["Time", "Level", "Round", "Step", "Message"])


def _kind(row: StepRow, *, alive: bool) -> str:
    if row.finished_at is None:
        return "running" if alive else "stopped here"
    return "people answer" if row.step == WAITING else "done"

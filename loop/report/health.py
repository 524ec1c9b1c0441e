"""Whether the project is in good order: who works now, the steps of the newest rounds, how much room there is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime

from loop.config import ledger_url
from loop.ledger import people, progress
from loop.ledger.progress import Heartbeat, StepRow
from loop.report.status import SILENCE_S
from loop.report.view import View


@dataclass(frozen=True, slots=True)
class Liveness:
    """The last sign of life of the loop."""

    heartbeat: Heartbeat | None
    """None: no worker is at work, and the last one ended in good order."""
    silent_s: float | None
    """Seconds since the heartbeat."""
    alive: bool
    """The heartbeat is younger than SILENCE_S."""


@dataclass(frozen=True, slots=True)
class Health:
    """What the loop stands on."""

    ledger: str
    """"SQLite" or "PostgreSQL"."""
    ledger_mb: float | None
    """Size of its file; None when it is no file."""
    artifacts_mb: float
    free_mb: float
    peak_mb: float | None
    """Peak resident memory of all rounds; None when no step has ended yet."""
    labeler: str
    """The kind of labeling tool in the config."""
    url: str | None
    """The labeling project; None before the first sending."""
    answered_at: str | None
    """When the newest answer was given or changed."""


def pulse(view: View) -> Liveness:
    """The last sign of life; cheap enough to be asked every two seconds."""
    with view.project.ledger.read() as connection:
        beats = progress.heartbeats(connection)
    if not beats:
        return Liveness(None, None, alive=False)
    silent = max((datetime.now(UTC) - datetime.fromisoformat(beats[0].at)).total_seconds(), 0.0)
    return Liveness(beats[0], silent, alive=silent < SILENCE_S)


def health(view: View) -> Health:
    """Sizes, room and the newest answer; asks no server."""
    project = view.project
    with project.ledger.read() as connection:
        url = progress.get(connection, "labeler_url")
        peaks = [row.peak_mb for row in progress.steps(connection) if row.peak_mb is not None]
        answers = people.answers(connection)
    address = ledger_url(project.config, folder=project.root, environ=os.environ)
    return Health(
        ledger="SQLite" if address.startswith("sqlite") else "PostgreSQL",
        ledger_mb=_file_mb(address),
        artifacts_mb=project.artifacts.used_mb(),
        free_mb=project.artifacts.free_mb(),
        peak_mb=max(peaks) if peaks else None,
        labeler=project.config.labeler.kind,
        url=url,
        answered_at=max((row.updated_at for row in answers), default=None),
    )


def timeline(view: View, *, rounds: int | None = None) -> tuple[StepRow, ...]:
    """Steps of the newest `rounds` rounds, or of all, in the order they began."""
    with view.project.ledger.read() as connection:
        steps = progress.steps(connection)
    known = sorted({row.round for row in steps})
    kept = set(known if rounds is None else known[-rounds:])
    return tuple(row for row in steps if row.round in kept)


def _file_mb(address: str) -> float | None:
    prefix, _, file = address.partition(":///")
    return os.stat(file).st_size / 2**20 if prefix == "sqlite" else None  # noqa: PTH116 (a path out of a URL)

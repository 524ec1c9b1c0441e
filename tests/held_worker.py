"""A worker of `weakspot simulate` that makes a few cells and then waits: whoever stops the run finds it unfinished.

The command's process names `work` in place of the product's own; its worker processes import it from here.
"""

from __future__ import annotations

import threading
from pathlib import Path

from loop.simulation import worker
from loop.simulation.worker import Job

CELLS = 4
"""Each worker begins no further cell once so many are there."""


def work(job: Job) -> None:
    """The cell, or a wait without end."""
    if len(list(Path(job.result).parent.glob("*.npz"))) >= CELLS:
        threading.Event().wait()
    worker.work(job)

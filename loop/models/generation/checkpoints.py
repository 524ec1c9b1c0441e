"""Checkpoints of a tuning run: which one to go on from after a kill.

scratch/<method>-<hash of the call>/checkpoint-<step>/     weights, optimizer, random state, trainer_state.json last
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

STATE = "trainer_state.json"


def run_folder(scratch: Path, method: str, *told: object) -> Path:
    """The folder of this very call: another recipe, seed or data set never goes on from its checkpoints.

    told: what decides the outcome; its repr is hashed.
    """
    digest = hashlib.sha256("\0".join(repr(part) for part in told).encode()).hexdigest()[:16]
    return scratch / f"{method}-{digest}"


def newest_complete(folder: Path) -> Path | None:
    """The checkpoint with the most steps whose last file is whole; None when there is none.

    A kill can leave a half-written folder behind, which transformers would take for the newest.
    """
    found = [(step, path) for path in folder.glob("checkpoint-*") if (step := _steps(path)) is not None]
    return max(found)[1] if found else None


def _steps(path: Path) -> int | None:
    try:
        state = json.loads((path / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    step = state.get("global_step") if isinstance(state, dict) else None
    return step if isinstance(step, int) and path.name == f"checkpoint-{step}" else None

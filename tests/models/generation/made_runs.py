"""Small tuning runs: six prompts whose answers should end in thanks; and a run that kills itself.

python made_runs.py BASE FOLDER STEP METHOD: a run with its checkpoints in FOLDER, ended by SIGKILL in its STEPth step.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from loop.models.generation.settings import WritingSettings
from loop.models.generation.tuning import WritingTuning
from loop.protocols import Demonstration, Pair, Progress, WritingData, WritingReport
from loop.records import Chat, Message

sys.path.insert(0, str(Path(__file__).parents[2]))
from made_writer import ANSWERS, PROMPTS

CHATS: tuple[Chat, ...] = tuple((Message("user", prompt),) for prompt in PROMPTS)
THANKS = " Thank you."
PAIRS = tuple(Pair(chat, answer + THANKS, answer) for chat, answer in zip(CHATS, ANSWERS, strict=True))
SHOWN = tuple(Demonstration(chat, answer + THANKS) for chat, answer in zip(CHATS, ANSWERS, strict=True))
DATA = WritingData(demonstrations=(), pairs=PAIRS, prompts=CHATS, guard=CHATS)
QUICK = WritingSettings(
    steps=12, epochs=1, batch_size=6, looks=4, guard_tokens=32, learning_rate=3e-3, answer_tokens=16, rank=8, alpha=16
)
SHORT = replace(QUICK, steps=4, batch_size=8, looks=4, answer_tokens=8)
"""For what writes while it learns, which takes longer."""


def run(
    base: Path,
    scratch: Path,
    *,
    method: str = "dpo",
    data: WritingData = DATA,
    settings: WritingSettings = QUICK,
    start: Path | None = None,
    out: Path | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[WritingReport, Path]:
    """A run and the folder it left."""
    out = out or scratch / "out"
    out.mkdir(parents=True, exist_ok=True)
    tuning = WritingTuning(method, settings, str(base), None)
    report = tuning(data, start=start, out=out, scratch=scratch / "checkpoints", seed=seed, progress=progress)
    return report, out


def pairs_of_certainty(certainty: float) -> WritingData:
    return replace(DATA, pairs=tuple(replace(pair, certainty=certainty) for pair in PAIRS))


def killing(at: int) -> Progress:
    """A progress callback that ends this process as `kill -9` does when it is called so many times."""
    calls = itertools.count(1)

    def progress(_done: int, _total: int) -> None:
        if next(calls) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    return progress


if __name__ == "__main__":
    base, folder, step, method = sys.argv[1:]
    settings = SHORT if method in ("rloo", "grpo") else QUICK
    run(Path(base), Path(folder), method=method, settings=settings, progress=killing(int(step)))

"""What the reward model thinks of random duels, so that people's win rate can be told from more prompts than they saw.

audit duels that people are asked ─┐
as many more, asked of nobody ─────┴─► reward model ─► scores ─► (settle) corrected by what people said
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from loop.artifact_names import artifact
from loop.ledger import figures
from loop.records import Candidate
from loop.rounds.context import StepContext
from loop.step_files import read_json
from loop.tasks.generation.models import marker

FILE = "opinions.json"
MORE = 100
"""So many further prompts of the audit reserve are answered by both models and marked."""
INDIFFERENT = 1e-6
"""Marks nearer than this are the same."""

Opinions = Mapping[str, Mapping[str, float]]
"""Rival → example id → 1 when the reward model prefers this round's answer, 0 the rival's, 0.5 neither."""


def form(work: StepContext, duels: Mapping[str, Mapping[str, Sequence[Candidate]]]) -> None:
    """Marks duels, rival → example id → (mine, the rival's), and keeps the opinions; without a reward model nothing.

    The reward model is the one of the champion before: the new one was trained beside the model it would judge.
    """
    with work.project.ledger.read() as connection:
        rounds = [row.round for row in figures.models(connection)]
    marks = marker(work, max((one for one in rounds if one < work.round), default=-1))
    if marks is None:
        return
    found: dict[str, dict[str, float]] = {}
    for rival, shown in duels.items():
        chats = [one.chat for one in work.project.pool.examples(list(shown))]
        mine, other = (
            marks.rewards(chats, [pair[place].text for pair in shown.values()]).mean(axis=1) for place in (0, 1)
        )
        gaps = (mine - other).tolist()
        found[rival] = {
            id_: 0.5 if abs(gap) < INDIFFERENT else float(gap > 0) for id_, gap in zip(shown, gaps, strict=True)
        }
    with work.project.artifacts.writing(work.name("select")) as folder:
        (folder / FILE).write_text(json.dumps(found))


def formed(work: StepContext) -> Opinions:
    """This round's opinions; empty without a reward model."""
    name = artifact(work.round, "select")
    if not work.project.artifacts.has(name):
        return {}
    return read_json(work.project.artifacts.open(name) / FILE, dict[str, dict[str, float]])

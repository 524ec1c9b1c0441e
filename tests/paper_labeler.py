"""A labeling tool of a third party: questions and answers in one file, for tests that need people but no server.

labeler.kind: paper ─► build(...) ─► send, collect          answer(root, n) ─► a person answered n more questions
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from loop import registry
from loop.protocols import Progress
from loop.records import Annotation, AnswerState, Collected, Question, Receipt, SentTask

NAME = "paper"
URL = "paper://desk"


class Paper:
    """A Labeler on a JSON file: ext_id → answer or None."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def send(self, questions: Sequence[Question], *, progress: Progress | None = None) -> Receipt:
        sheet = self.sheet()
        new = [question.ext_id for question in questions if question.ext_id not in sheet]
        self.write({**sheet, **dict.fromkeys(new)})
        tasks = tuple(SentTask(question.ext_id, question.ext_id, URL) for question in questions)
        return Receipt(project_id="1", project_url=URL, tasks=tasks, created=len(new))

    def collect(self, *, since: str | None = None, whole: bool = False, closely: Sequence[str] = ()) -> Collected:
        found = {id_: (_annotation(id_, label),) if label else () for id_, label in self.sheet().items()}
        return Collected(found, watermark=None, present=frozenset(found) if whole else None)

    def sheet(self) -> dict[str, str | None]:
        return dict(json.loads(self._file.read_text())) if self._file.exists() else {}

    def write(self, sheet: dict[str, str | None]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(sheet))


def build(*, state_dir: Path, **_: Any) -> Paper:
    return Paper(state_dir / "sheet.json")


def answer(root: Path, count: int, label: str) -> None:
    """A person writes the same label under the next `count` open questions."""
    paper = Paper(root / ".weakspot" / NAME / "sheet.json")
    sheet = paper.sheet()
    todo = [ext_id for ext_id, given in sheet.items() if given is None][:count]
    paper.write({**sheet, **dict.fromkeys(todo, label)})


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> str:
    """Puts it on the menu; returns its name there."""
    monkeypatch.setitem(registry.MENU["labeler"], NAME, "paper_labeler:build")
    return NAME


def _annotation(ext_id: str, label: str) -> Annotation:
    return Annotation(
        id=f"a-{ext_id}",
        ext_id=ext_id,
        annotator="ann@example.com",
        state=AnswerState.ANSWERED,
        label=label,
        flags=(),
        note="",
        suggestion=None,
        lead_time_s=3.0,
        created_at="2026-03-01T10:00:00+00:00",
        updated_at="2026-03-01T10:00:00+00:00",
        raw={},
    )

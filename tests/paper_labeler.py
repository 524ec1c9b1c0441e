"""A labeling tool of a third party: questions and answers in one file, for tests that need people but no server.

labeler.kind: paper ─► build(...) ─► send, collect          answer(root, n) ─► a person answered n more questions
experts.kind: paper ─► build_experts(...) ─► work             simulated experts, by the taste of those on a real server
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from labeling.simulated.crowd import Expert, assigned, crew, reply
from labeling.simulated.preferences import Marks, judgement
from loop import durable, registry
from loop.protocols import Progress
from loop.records import Annotation, AnswerState, Collected, Form, Question, Receipt, SentTask

NAME = "paper"
URL = "paper://desk"
SKIPPED = "(skipped)"
"""What stands under a question that was read and not answered."""
AT_ONCE = 5
"""So many questions the experts answer before weakspot looks again."""


class Paper:
    """A Labeler on a JSON file: ext_id → answer or None, and another one: ext_id → the answers shown."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._shown = file.with_name("shown.json")

    def send(self, questions: Sequence[Question], *, progress: Progress | None = None) -> Receipt:
        sheet = self.sheet()
        new = [question.ext_id for question in questions if question.ext_id not in sheet]
        self.write({**sheet, **dict.fromkeys(new)})
        shown = {**self.shown(), **{one.ext_id: one.candidates for one in questions}}
        durable.write(self._shown, json.dumps(shown))
        tasks = tuple(SentTask(question.ext_id, question.ext_id, URL) for question in questions)
        return Receipt(project_id="1", project_url=URL, tasks=tasks, created=len(new))

    def collect(self, *, since: str | None = None, whole: bool = False, closely: Sequence[str] = ()) -> Collected:
        found = {id_: (_annotation(id_, label),) if label else () for id_, label in self.sheet().items()}
        return Collected(found, watermark=None, present=frozenset(found) if whole else None)

    def sheet(self) -> dict[str, str | None]:
        return dict(json.loads(self._file.read_text())) if self._file.exists() else {}

    def shown(self) -> dict[str, list[str]]:
        return dict(json.loads(self._shown.read_text())) if self._shown.exists() else {}

    def write(self, sheet: dict[str, str | None]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        durable.write(self._file, json.dumps(sheet))


class Crowd:
    """Experts: each question is answered by the one it is assigned to, a few at a time."""

    def __init__(
        self,
        paper: Paper,
        experts: Sequence[Expert],
        *,
        form: Form,
        truth: Callable[[str], str | None],
        marks: Marks | None,
        seed: int,
    ) -> None:
        self._paper, self._experts, self._form, self._seed = paper, experts, form, seed
        self._truth, self._marks = truth, marks

    def work(self, ext_ids: Sequence[str]) -> int:
        given = {ext_id: self._said(ext_id) for ext_id in ext_ids[:AT_ONCE]}
        self._paper.write({**self._paper.sheet(), **given})
        return len(given)

    def _said(self, ext_id: str) -> str | None:
        (expert,) = assigned(ext_id, self._experts, overlap=1, seed=self._seed)
        if self._form.kind == "label":
            known = reply(
                expert, ext_id, truth=self._truth(ext_id), likely=(), labels=self._form.labels, seed=self._seed
            )
            return SKIPPED if known.label is None else known.label
        said = judgement(
            expert,
            ext_id,
            self._paper.shown()[ext_id],
            form=self._form,
            truth=self._truth(ext_id),
            marks=self._marks,
            seed=self._seed,
        )
        assert said.label is not None, "what an expert would need to know is in the data of the tests"
        return said.label


def build(*, state_dir: Path, **_: Any) -> Paper:
    return Paper(state_dir / "sheet.json")


def build_experts(
    *,
    state_dir: Path,
    form: Form,
    truth: Callable[[str], str | None],
    count: int,
    error_rate: float,
    seed: int,
    marks: Marks | None = None,
    **_: Any,
) -> Crowd:
    experts = crew(count, error_rate=error_rate, seconds=0.0, seed=seed)
    return Crowd(Paper(state_dir / "sheet.json"), experts, form=form, truth=truth, marks=marks, seed=seed)


def answer(root: Path, count: int, label: str) -> None:
    """A person writes the same label under the next `count` open questions."""
    paper = Paper(root / ".weakspot" / NAME / "sheet.json")
    sheet = paper.sheet()
    todo = [ext_id for ext_id, given in sheet.items() if given is None][:count]
    paper.write({**sheet, **dict.fromkeys(todo, label)})


def put_on_menu(menu: dict[str, dict[str, str]]) -> None:
    """The labeler and the experts, both under NAME."""
    menu["labeler"][NAME] = "paper_labeler:build"
    menu["experts"][NAME] = "paper_labeler:build_experts"


def patched(patch: pytest.MonkeyPatch) -> str:
    """Both on the menu until the patch ends; returns their name there."""
    for kind in ("labeler", "experts"):
        patch.setitem(registry.MENU, kind, dict(registry.MENU[kind]))
    put_on_menu(registry.MENU)
    return NAME


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> str:
    """Puts them on the menu; returns their name there."""
    return patched(monkeypatch)


def _annotation(ext_id: str, label: str) -> Annotation:
    return Annotation(
        id=f"a-{ext_id}",
        ext_id=ext_id,
        annotator="ann@example.com",
        state=AnswerState.SKIPPED if label == SKIPPED else AnswerState.ANSWERED,
        label=None if label == SKIPPED else label,
        flags=(),
        note="",
        suggestion=None,
        lead_time_s=3.0,
        created_at="2026-03-01T10:00:00+00:00",
        updated_at="2026-03-01T10:00:00+00:00",
        raw={},
    )

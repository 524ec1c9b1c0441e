"""One file per kind of form: what an expert sees, and what an expert's answer means. Pure: no network, no clock.

    Form.kind ─► page_of ─► classification │ pair │ ranking │ rating │ correction

    Form ─► page (XML), instruction      Question ─► task (JSON)      answer (JSON) ─► Answer

results    what their answers have in common      cards    what they look like in common
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from labeling.label_studio.pages import cards, classification, correction, pair, ranking, rating
from labeling.label_studio.pages.results import Answer
from loop.errors import LabelerError
from loop.records import Form, Question


class Page(Protocol):
    """What each file here gives; modules, not objects."""

    def page(self, form: Form) -> str:
        """The project's labelling configuration in Label Studio's XML."""

    def instruction(self, form: Form) -> str:
        """What the page's button Instructions shows (HTML)."""

    def changes(self, config: str, form: Form) -> str:
        """What differs between a project's configuration and our page, in words; "" when answers mean what we think."""

    def says_something_untouched(self) -> bool:
        """Whether people may submit it without having done anything."""

    def hidden(self) -> tuple[str, ...]:
        """Columns of the task's data that would be noise in Label Studio's list of tasks."""

    def task(self, question: Question, form: Form, *, model_version: str) -> dict[str, Any]:
        """The question as Label Studio's import wants it."""

    def shown(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        """What a task's data offers, in the order of showing: labels by the model's probability (none when blind), or
        the texts of the answers.
        """

    def read(self, result: object, form: Form, *, data: Mapping[str, Any], skipped: bool) -> Answer:
        """What the `result` of one annotation to a task with this data says. `skipped` is its `was_cancelled`."""

    def result(self, label: str | None, flags: Sequence[str] = ()) -> list[dict[str, Any]]:
        """An answer as the page would send it, label as in records.Annotation; None: without one."""

    def suggested(self, prediction: object) -> str | None:
        """The label a person saw pre-selected, from the annotation's snapshot of the prediction; None: none."""


PAGES: Mapping[str, Page] = {
    "label": classification,
    "pair": pair,
    "ranking": ranking,
    "rating": rating,
    "correction": correction,
}


def page_of(kind: str) -> Page:
    """The page for a kind of form. Raises LabelerError for one that Label Studio is not asked for."""
    if kind not in PAGES:
        raise LabelerError(f"Label Studio has no page for the form {kind!r}", wanted="one of " + ", ".join(PAGES))
    return PAGES[kind]


def page_for(data: Mapping[str, Any], form: Form) -> Page:
    """The page that a task with this data was made for: the one it names, else that of the project's form."""
    return PAGES.get(str(data.get("form")), page_of(form.kind))


def is_ours(config: str) -> bool:
    """This labelling page was once drawn by us."""
    return cards.MARK in config

"""What the rest of the loop needs to know of a task type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from loop.records import Annotation


@dataclass(frozen=True, slots=True)
class Task:
    """A task type, as an entry of the menu."""

    name: str
    """Also the name of the page people see in the labeling tool."""
    headline: str
    """The metric leads watch, by its name in the menu."""
    corrected: Callable[[Annotation, str | None], bool | None]
    """(answer, the model's guess) → did the person correct it? None when there is nothing to compare."""

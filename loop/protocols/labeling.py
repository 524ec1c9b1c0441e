"""The labeling tool and who answers in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from loop.protocols.models import Progress
from loop.records import Collected, Question, Receipt


class Labeler(Protocol):
    """A labeling tool. Both calls may be repeated after any crash with the same effect as once."""

    def send(self, questions: Sequence[Question], *, progress: Progress | None = None) -> Receipt:
        """Makes sure each question lies in the tool exactly once, and creates or checks the project.

        Raises ServerDown, ServerRefused, ProjectGone, ProjectChanged.
        """

    def collect(self, *, since: str | None = None, whole: bool = False, closely: Sequence[str] = ()) -> Collected:
        """The answers changed since the watermark `since` (all when None); whole=True also lists every task.

        closely: ext_ids to read even when the tool tells of no change: one that was killed may hold an answer that
        it does not count. whole=True reads every task in this way.
        Raises ServerDown, ServerRefused, ProjectGone; a changed page is told in Collected.problem.
        """


class Experts(Protocol):
    """Who answers. Real people do so by themselves; simulated ones need a push.

    >>> class People:
    ...     def work(self, ext_ids):
    ...         return 0
    """

    def work(self, ext_ids: Sequence[str]) -> int:
        """Gives the open questions `ext_ids` a chance to be answered; returns how many answers it gave just now."""

"""The gate as it ruled: every decision on the champion, what it rests on, and where a step back would lead."""

from __future__ import annotations

from dataclasses import dataclass

from loop.ledger import estimates, figures
from loop.ledger.estimates import EstimateRow
from loop.ledger.figures import Decision
from loop.report.view import View


@dataclass(frozen=True, slots=True)
class Gate:
    """Policy and decisions."""

    policy: str
    """"not_worse" or "better"."""
    margin: float
    """The error rate may be higher by so much overall, 0..1."""
    slice_margin: float
    """The same for classes, slices, spots and the regression set."""
    alpha: float
    """The chance of calling any model better when none is, over all looks."""
    decisions: tuple[Decision, ...]
    """In the order they were made: the gate's, and moves by hand."""
    champion: int | None
    before: int | None
    """The champion a rollback leads to; None: there was none before."""


def gate(view: View) -> Gate:
    """Everything that was decided on models."""
    config = view.project.config.gate
    with view.project.ledger.read() as connection:
        decided = figures.decisions(connection)
        line = figures.succession(connection)
    return Gate(
        policy=config.policy,
        margin=config.margin,
        slice_margin=config.slice_margin,
        alpha=config.alpha,
        decisions=decided,
        champion=line[-1] if line else None,
        before=line[-2] if len(line) > 1 else None,
    )


def measured_anew(view: View) -> tuple[EstimateRow, ...]:
    """Every model's error rate on all answers there were at the newest measuring, by round; all estimators."""
    with view.project.ledger.read() as connection:
        return estimates.estimates(connection)

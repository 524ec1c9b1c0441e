"""The list of pages: each is a folder in `views`, with its page, its tables and its charts.

A new page is such a folder and one entry here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from loop.report import View


def always(_view: View | None) -> bool:
    """For every project, and without one."""
    return True


def generates(view: View | None) -> bool:
    """For projects whose model writes free text."""
    return view is not None and view.free


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the window."""

    name: str
    """The folder in `views`."""
    title: str
    icon: str
    """Of Material Symbols."""
    group: str
    """The heading it stands under in the navigation."""
    path: str
    """Its address; "" for the first page."""
    shown_for: Callable[[View | None], bool] = always

    @property
    def file(self) -> str:
        """The script that Streamlit runs, relative to app.py."""
        return f"views/{self.name}/page.py"


OVERVIEW = Page("overview", "Overview", "monitoring", "Monitor", "")
GATE = Page("gate", "Gate", "gavel", "Monitor", "gate")
PLAN = Page("plan", "Plan", "route", "Monitor", "plan")
SPOTS = Page("weak_spots", "Weak spots", "bubble_chart", "Diagnose", "weak-spots")
CALIBRATION = Page("calibration", "Calibration", "speed", "Diagnose", "calibration")
GENERATION = Page("generation", "Generation", "compare_arrows", "Diagnose", "generation", generates)
QUEUE = Page("queue", "Label queue", "checklist", "Label", "label-queue")
RUNS = Page("runs", "Runs & health", "vital_signs", "System", "runs")

PAGES = (OVERVIEW, GATE, PLAN, SPOTS, CALIBRATION, GENERATION, QUEUE, RUNS)
"""In the order of the navigation."""

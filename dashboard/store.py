"""The project the window shows, opened once, its figures cached until the ledger's revision changes.

--project DIR ─► project() ─► opened(root) ─► Reader ─► report, spots, map, questions, annotators, standing
                                                     ├─► gate, anew, lives, slices, calibration, plan, story
                                                     └─► of models that write: wins, trends, pairs, duels, ...
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from loop import report
from loop.ledger.estimates import EstimateRow
from loop.ledger.lives import LifeRound, SpotEdit
from loop.records import FoundSlice
from loop.report import (
    Annotator,
    Calibration,
    Difference,
    Doubts,
    Duel,
    Gate,
    Health,
    Learnt,
    MapPoints,
    Pulse,
    QuestionRow,
    Raters,
    Report,
    SpotTrend,
    Standing,
    Story,
    Trend,
    View,
    WinRate,
    Written,
)
from loop.report import plan as planning
from loop.report.plan import Plan, Point

CONFIG = "weakspot.yaml"


@dataclass(frozen=True)
class Reader:
    """A project in figures. Every method raises LedgerError, ArtifactError or DataError when it cannot be read."""

    view: View
    root: Path

    def report(self) -> Report:
        """Every round's figures."""
        return self._kept(report.report)  # type: ignore[no-any-return]

    def spots(self) -> tuple[SpotTrend, ...]:
        """Weak spots, the most expected errors first."""
        return self._kept(report.spot_trends)  # type: ignore[no-any-return]

    def lives(self) -> tuple[LifeRound, ...]:
        """Where every spot stood in its life, round by round."""
        return self._kept(report.life_rounds)  # type: ignore[no-any-return]

    def edits(self) -> tuple[SpotEdit, ...]:
        """What people did to spots, oldest first."""
        return self._kept(report.spot_edits)  # type: ignore[no-any-return]

    def slices(self) -> tuple[FoundSlice, ...]:
        """Metadata slices where the model errs more than elsewhere."""
        return self._kept(report.found_slices)  # type: ignore[no-any-return]

    def gate(self) -> Gate:
        """Every decision on the champion."""
        return self._kept(report.gate)  # type: ignore[no-any-return]

    def anew(self) -> tuple[EstimateRow, ...]:
        """All models measured on the same answers."""
        return self._kept(report.measured_anew)  # type: ignore[no-any-return]

    def plan(self) -> Plan | None:
        """What the next answers would bring; None before the first measured model."""
        return self._kept(planning.plan)  # type: ignore[no-any-return]

    def series(self) -> tuple[Point, ...]:
        """The points of the learning curve, oldest first."""
        return self._kept(planning.series)  # type: ignore[no-any-return]

    def calibration(self, round_: int | None) -> Calibration | None:
        """How far a round's confidences can be trusted, the champion's for None; None when nothing is known."""

        def calibrated(view: View) -> Calibration | None:
            return report.calibration(view, round_)

        return self._kept(calibrated, round_)  # type: ignore[no-any-return]

    def difference(self, before: int, after: int) -> Difference:
        """What changed between two rounds."""

        def differing(view: View) -> Difference:
            return report.diff(view, before, after)

        return self._kept(differing, before, after)  # type: ignore[no-any-return]

    def story(self, example: str) -> Story:
        """Everything about one example."""

        def told(view: View) -> Story:
            return report.explain(view, example)

        return self._kept(told, example)  # type: ignore[no-any-return]

    def map(self) -> MapPoints | None:
        """Every example's place; None before the first map."""
        return self._kept(report.map_points)  # type: ignore[no-any-return]

    def questions(self) -> tuple[QuestionRow, ...]:
        """Every question, newest round first."""
        return self._kept(report.questions)  # type: ignore[no-any-return]

    def annotators(self) -> tuple[Annotator, ...]:
        """Everybody who answered."""
        return self._kept(report.annotators)  # type: ignore[no-any-return]

    def health(self) -> Health:
        """Sizes and room."""
        return self._kept(report.health)  # type: ignore[no-any-return]

    def standing(self) -> Standing:
        """Where the project stands; depends on whether the worker is alive, so that is part of the key."""
        return self._kept(report.standing, self.pulse().alive)  # type: ignore[no-any-return]

    def pulse(self) -> Pulse:
        """The last sign of life, now."""
        return report.pulse(self.view)

    def wins(self) -> tuple[WinRate, ...]:
        """How often answers were preferred, oldest round first."""
        return self._kept(report.win_rates)  # type: ignore[no-any-return]

    def trends(self) -> tuple[Trend, ...]:
        """Every figure that was measured overall, over rounds."""
        return self._kept(report.trends)  # type: ignore[no-any-return]

    def raters(self) -> Raters:
        """Who compared answers, and how far they can be trusted."""
        return self._kept(report.raters)  # type: ignore[no-any-return]

    def doubts(self) -> Doubts | None:
        """How well doubt tells wrong answers; None while it cannot be told."""
        return self._kept(report.doubts)  # type: ignore[no-any-return]

    def learnt(self) -> Learnt:
        """What answers gave the model to learn from."""
        return self._kept(report.learnt)  # type: ignore[no-any-return]

    def duels(self) -> tuple[Duel, ...]:
        """Every question about answers, newest round first."""
        return self._kept(report.duels)  # type: ignore[no-any-return]

    def pairs(self, before: int, after: int) -> tuple[Written, ...]:
        """What two rounds' models wrote to the measured prompts."""

        def side_by_side(view: View) -> tuple[Written, ...]:
            return report.side_by_side(view, before, after)

        return self._kept(side_by_side, before, after)  # type: ignore[no-any-return]

    def texts(self, ids: Sequence[str]) -> tuple[str, ...]:
        """The texts of these examples."""
        return self.view.project.pool.texts(ids)

    def _kept(self, read: Callable[[View], Any], *more: object) -> Any:
        return _figures(read.__name__, str(self.root), (*self.view.revision(), *more, id(self.view)), self.view, read)


def project() -> Path | None:
    """The folder given after `--project`; None when none was given or it holds no project."""
    words = sys.argv[1:]
    given = words[words.index("--project") + 1] if "--project" in words[:-1] else None
    return Path(given) if given and (Path(given) / CONFIG).is_file() else None


def opened(root: Path) -> Reader:
    """The project in `root`, opened once for all viewers. Raises ConfigError, LedgerError."""
    # The config or the data may be made anew under a window that stays open.
    view: View = _open(str(root), report.stamp(root))
    return Reader(view, root)


def _open_view(root: str, stamp: tuple[float, ...]) -> View:
    del stamp
    return report.view(Path(root))


def _read(name: str, root: str, revision: tuple[Any, ...], _view: View, _do: Callable[[View], Any]) -> Any:
    """Computes figures; the arguments with an underscore are not part of the cache's key."""
    del name, root, revision
    return _do(_view)


_open = st.cache_resource(max_entries=4, show_spinner=False)(_open_view)
_figures = st.cache_resource(max_entries=96, show_spinner=False)(_read)

"""What a replay writes down after each round: how good the model is, how unsure, how much it changed.

probabilities of a round ─► held-out accuracy │ guesses on the stop set │ doubt and changes on open rows
                         └─► the planner's word, had it measured what is measured here
"""

from __future__ import annotations

import numpy as np

from loop import registry
from loop.evaluation.intervals import wilson
from loop.planning import curve, stopping
from loop.planning.curve import Point
from loop.records import FloatArray, IntArray
from loop.simulation.cells import Record
from loop.simulation.split import Part

LEAST_GAIN = 0.002
"""Points of error rate per 100 answers, as plan.least_gain is by default."""
_FIGURES = ("asked", "accuracy", "macro_f1", "picking_s", "fitting_s", "doubt", "changed", "upper", "little_gain")


class Logbook:
    """Collects a Record, a round at a time."""

    def __init__(self, *, part: Part, labels: IntArray) -> None:
        self._part, self._labels = part, labels
        self._rows: dict[str, list[float]] = {name: [] for name in _FIGURES}
        self._guesses: list[IntArray] = []
        self._asked_in = np.full(len(part.stop), -1, dtype=np.int16)
        self._points: list[Point] = []
        self._asked: list[int] = []
        self._before: IntArray | None = None

    def add(
        self,
        found: FloatArray,
        *,
        is_model: bool,
        asked: IntArray,
        trained: int,
        left: IntArray,
        seconds: tuple[float, float],
    ) -> None:
        """A round is over.

        found: (n, k) what its model says; not is_model: the one class there is for all, which no stopping rule may
        judge by. asked: all rows asked so far, of which it was trained on `trained`; left: rows that were not asked.
        seconds: of picking and of fitting.
        """
        guess, held, stop, before = found.argmax(axis=1), self._part.held, self._part.stop, self._before
        wrong = int((guess[held] != self._labels[held]).sum())
        self._asked_in[(self._asked_in < 0) & np.isin(stop, asked)] = len(self._guesses)
        self._guesses.append(guess[stop].astype(np.int16))
        figures = {
            "asked": len(asked),
            "accuracy": 1 - wrong / len(held),
            "macro_f1": registry.load("metric", "macro_f1")(found[held], self._labels[held]),
            "picking_s": seconds[0],
            "fitting_s": seconds[1],
            "doubt": _doubt(found[left]) if is_model else np.nan,
            "changed": np.nan if before is None or not len(left) else (guess[left] != before[left]).mean(),
            "upper": np.nan,
            "little_gain": np.nan,
        }
        if is_model:
            figures |= self._planned(wrong, len(held), trained=trained, asked=len(asked))
        for name in _FIGURES:
            self._rows[name].append(float(figures[name]))
        self._before = guess if is_model else None

    def record(self) -> Record:
        """Of all rounds so far."""
        figures = {name: np.array(values) for name, values in self._rows.items()}
        asked = figures.pop("asked").astype(np.int64)
        return Record(asked=asked, guesses=np.array(self._guesses), asked_in=self._asked_in, **figures)

    def _planned(self, wrong: int, n: int, *, trained: int, asked: int) -> dict[str, float]:
        """What the planner would say, had it measured what is measured here; nothing before it has enough rounds."""
        low, high = wilson(wrong, n) or (0.0, 1.0)
        self._points.append(Point(labels=trained, error=wrong / n, low=low, high=high, n=n))
        self._asked.append(asked)
        if len(self._points) < curve.LEAST_POINTS:
            return {}
        drawn = curve.fitted(self._points)
        # Answers that are not trained on, those of audit and dev, are asked and paid all the same.
        batch, answers = trained - self._points[-2].labels, asked - self._asked[-2]
        now, after = curve.curve(drawn, trained), curve.curve(drawn, trained + batch)
        return {
            "upper": float(np.quantile(curve.present(drawn), stopping.SURE_OF_TARGET)),
            "little_gain": stopping.gain(now, after, answers=answers, least=LEAST_GAIN).figures["certainty"],
        }


def _doubt(probabilities: FloatArray) -> float:
    """Mean entropy in 0..1 of the highest possible; 0 for no row."""
    if not len(probabilities):
        return 0.0
    logs = np.log(np.clip(probabilities, 1e-12, 1.0))
    return float(-(probabilities * logs).sum(axis=1).mean() / np.log(probabilities.shape[1]))

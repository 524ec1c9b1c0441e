"""When simulated projects would have stopped: the planner's rules and published ones, and what stopping cost.

    a Record ─► each rule, round by round, from what it had seen until then ─► the round it stops in
    that round against the end of the run ─► answers wasted, error missed

Every rule speaks of what a live project can see: models' guesses on texts without labels, or a measured error rate.
Each stands with its usual threshold; none was set on the data at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loop.planning import stopping
from loop.records import IntArray
from loop.simulation.cells import Record

Array = NDArray[np.integer]
WINDOW = 3
KAPPA = 0.99
UNCERTAINTY = 0.05
CHANGED = 0.0
DELTA_F = 0.05
LEFT = 0.01
"""The best possible round to stop in is the first after which the error rate falls by no more than this."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One rule on one simulated project."""

    rule: str
    round: int | None
    """It stops after, from 0; None: it never held."""
    wasted: int | None
    """Answers given after the best possible round; 0 when it stopped before; None when it never stopped."""
    missed: float | None
    """Error rate where it stopped, less that at the end of the run; None when it never stopped."""


def kappa_stability(guesses: Array, open_: NDArray[np.bool_]) -> bool:
    """The mean kappa of the last WINDOW pairs of successive models is KAPPA or more.

    guesses: (r, s) columns by the models so far, oldest first; open_: (s,) rows nobody was asked about. Bloodgood and
    Vijay-Shanker 2009, A method for stopping active learning based on stabilizing predictions.
    """
    if len(guesses) <= WINDOW or not open_.any():
        return False
    rows = guesses[-WINDOW - 1 :, open_]
    return bool(np.mean([agreement(rows[at], rows[at + 1]) for at in range(WINDOW)]) >= KAPPA)


def agreement(one: Array, other: Array) -> float:
    """Cohen's kappa of two (s,) lists of columns, s ≥ 1; 1 when both are one column throughout (Cohen 1960)."""
    width = int(max(one.max(), other.max())) + 1
    first, second = np.bincount(one, minlength=width), np.bincount(other, minlength=width)
    chance = float(first @ second) / len(one) ** 2
    return 1.0 if chance >= 1 else (float((one == other).mean()) - chance) / (1 - chance)


def overall_uncertainty(doubt: float) -> bool:
    """The mean entropy over the rows nobody was asked about, 0..1 of the highest, is below UNCERTAINTY; NaN: no model.

    Zhu, Wang, Hovy and Ma 2010, Confidence-based stopping criteria for active learning for data annotation.
    """
    return doubt < UNCERTAINTY


def classification_change(changed: float) -> bool:
    """No row without an answer changed its guess with the newest model; NaN: there was none before. Zhu et al. 2010."""
    return changed <= CHANGED


def delta_f(guesses: Array, open_: NDArray[np.bool_]) -> bool:
    """The predicted change of F between successive models stayed below DELTA_F in the last WINDOW pairs.

    guesses, open_: as above. Altschuler and Bloodgood 2019, Stopping active learning based on predicted change of F
    measure for text classification; theirs is for two classes, this is the mean over the classes either model names.
    """
    if len(guesses) <= WINDOW or not open_.any():
        return False
    rows = guesses[-WINDOW - 1 :, open_]
    return all(change_of_f(rows[at], rows[at + 1]) < DELTA_F for at in range(WINDOW))


def change_of_f(one: Array, other: Array) -> float:
    """1 - 2a / (2a + b + c), the mean over classes: a rows of both models, b and c of one of them only."""
    width = int(max(one.max(), other.max())) + 1
    both = np.bincount(one[one == other], minlength=width)
    named = np.bincount(one, minlength=width) + np.bincount(other, minlength=width)
    present = named > 0
    return float(np.mean(1 - 2 * both[present] / named[present]))


RULES: Mapping[str, Callable[[Record, int, float], bool]] = {
    "target": lambda record, at, wanted: bool(record.upper[at] <= wanted),
    "gain": lambda record, at, _: bool(record.little_gain[at] >= stopping.SURE_OF_GAIN),
    "stability": lambda record, at, _: _stable(record, at),
    "kappa stability": lambda record, at, _: kappa_stability(_guesses(record, at), _open(record, at)),
    "overall uncertainty": lambda record, at, _: overall_uncertainty(float(record.doubt[at])),
    "classification change": lambda record, at, _: classification_change(float(record.changed[at])),
    "delta F": lambda record, at, _: delta_f(_guesses(record, at), _open(record, at)),
}
"""Rule → whether it says "enough" after round `at`; `wanted` is the error rate aimed at."""
PLANNERS = ("target", "gain", "stability")
"""Those that `weakspot plan` knows."""


def stops(record: Record, *, wanted: float) -> tuple[Stop, ...]:
    """Every rule on one simulated project; wanted: the error rate aimed at."""
    error = 1 - record.accuracy
    best = best_round(error)
    found = []
    for name, holds in RULES.items():
        at = next((place for place in range(len(error)) if holds(record, place, wanted)), None)
        wasted = None if at is None else max(int(record.asked[at] - record.asked[best]), 0)
        found.append(Stop(name, at, wasted, None if at is None else float(error[at] - error[-1])))
    return tuple(found)


def best_round(error: Sequence[float] | NDArray[np.floating]) -> int:
    """The first round after which the error rate falls by LEFT at most; error: (r,) by round."""
    rates = np.asarray(error, dtype=np.float64)
    lowest = np.minimum.accumulate(rates[::-1])[::-1]
    return int(np.flatnonzero(rates - lowest <= LEFT)[0])


def _stable(record: Record, at: int) -> bool:
    rows: IntArray = _guesses(record, at)[-stopping.MODELS :, _open(record, at)]
    return stopping.stability([[str(one) for one in row] for row in rows.tolist()]).holds


def _guesses(record: Record, at: int) -> Array:
    """(models, s) of the models up to this round; while all answers are of one class there is none."""
    found: Array = record.guesses[: at + 1][~np.isnan(record.doubt[: at + 1])]
    return found


def _open(record: Record, at: int) -> NDArray[np.bool_]:
    """(s,) rows of the stop set that nobody was asked about up to this round."""
    return (record.asked_in < 0) | (record.asked_in > at)

"""One simulated project: rounds of picks, answers and training, as a live project would run them.

    nothing known ─► a model of the labels' names, or the cold start without one ─► answers ─► recipe ─► measured ─┐
       ┌───────────────────────────────────────────────────────────────────────────────────────────────────────────┘
       └─► PoolView (probabilities, spots, their estimates) ─► strategy picks ─► answers ─► recipe ─► measured ─► ...

Audit and dev shares of a batch are drawn at random first, as in a project. Audit answers are not trained on. How spots
stand is estimated from dev answers, by a first fit without them, and from whether people changed the model's guess; the
model that picks and is measured is a second fit, with them. Until there is a model any strategy starts as a live
project does, by `budget.COLD_START`; only BASELINE, the plain way to compare with, is random from the start.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from loop import registry
from loop.errors import DataError
from loop.models.recipes.names import informative
from loop.protocols import Choice, FrozenTexts, PoolView, Recipe, Strategy
from loop.records import FloatArray, IntArray
from loop.selection import spots
from loop.selection.budget import COLD_START
from loop.simulation.cells import Record
from loop.simulation.history import Logbook
from loop.simulation.spec import BASELINE
from loop.simulation.split import Part

READING_NAMES = frozenset({"head", "lora"})
"""Recipes that are a model before the first answer, where the names of the labels are used."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What a replay happens on; n texts."""

    frozen: FrozenTexts
    labels: IntArray
    """(n,) true columns."""
    answers: IntArray
    """(n,) what people say."""
    classes: int
    part: Part
    spots: IntArray
    """(n,) the spot of each text."""
    spot_count: int


@dataclass(slots=True)
class Known:
    """What a simulated project knows so far; grows by a batch a round."""

    trained: IntArray
    """Rows that the strategy picked."""
    dev: IntArray
    """Rows asked at random to estimate how spots stand."""
    audit: IntArray
    """Rows asked at random to measure."""
    corrected: list[bool] = field(default_factory=list)
    """Of picks made with a model: whether the answer differs from its guess."""
    doubt: list[float] = field(default_factory=list)
    """Of the same: 1 - its confidence."""
    guessed: list[int] = field(default_factory=list)
    """Their rows."""

    def asked(self) -> IntArray:
        """All rows asked."""
        return np.concatenate([self.trained, self.dev, self.audit])


def whole(stage: Stage, *, recipe: str, seed: int) -> tuple[float, float]:
    """Accuracy and seconds of the recipe trained on the answers to the whole pool."""
    fit: Recipe = registry.load("recipe", recipe)
    pool, started = stage.part.pool, time.perf_counter()
    found = fit(stage.frozen, pool, stage.answers[pool], classes=stage.classes, unlabelled=pool[:0], seed=seed)
    held = stage.part.held
    return float((found[held].argmax(axis=1) == stage.labels[held]).mean()), time.perf_counter() - started


def replay(
    stage: Stage,
    *,
    strategy: str,
    recipe: str,
    seed: int,
    batch: int,
    rounds: int,
    audit: float,
    dev: float,
    refit: bool = True,
) -> Record:
    """The record of `rounds` batches. Same stage and arguments, same record but for the seconds.

    refit: whether dev answers are trained on, as dev.refit says in a project.
    Raises DataError when the strategy breaks its contract, and what strategy and recipe raise.
    """
    pick: Strategy = registry.load("strategy", strategy)
    fit: Recipe = registry.load("recipe", recipe)
    rng, none = np.random.default_rng([seed, 2]), stage.part.pool[:0]
    known, logbook = Known(none, none, none), Logbook(part=stage.part, labels=stage.labels)
    probabilities = first_fit = _from_names(stage, fit, recipe, seed=seed)
    for round_ in range(rounds):
        started = time.perf_counter()
        free = np.setdiff1d(stage.part.pool, known.asked())
        drawn = np.random.default_rng([seed, 3, round_]).permutation(free)
        apart = [round(share * batch) for share in (dev, audit)]
        new_dev, new_audit = drawn[: apart[0]], drawn[apart[0] : sum(apart)]
        open_rows = np.setdiff1d(free, drawn[: sum(apart)])
        view = _view(stage, recipe, open_rows, known, probabilities, first_fit)
        picks = open_rows[_picked(pick, view, name=strategy, budget=batch - sum(apart), rng=rng)]
        picking = time.perf_counter() - started
        _remember(known, picks, new_dev, new_audit, stage.answers, probabilities)
        started = time.perf_counter()
        left = np.setdiff1d(free, np.concatenate([picks, new_dev, new_audit]))
        first_fit, found = _fitted(stage, fit, known.trained, unlabelled=left, seed=seed)
        probabilities, taught = first_fit, known.trained
        if refit and len(known.dev):
            taught = np.concatenate([known.trained, known.dev])
            probabilities, found = _fitted(stage, fit, taught, unlabelled=left, seed=seed)
        seconds = (picking, time.perf_counter() - started)
        logbook.add(
            found,
            is_model=probabilities is not None,
            asked=known.asked(),
            trained=len(taught),
            left=left,
            seconds=seconds,
        )
    return logbook.record()


def _picked(pick: Strategy, view: PoolView, *, name: str, budget: int, rng: np.random.Generator) -> IntArray:
    wanted = min(budget, len(view.ids))
    if view.probabilities is None and name != BASELINE:
        name = COLD_START
        pick = registry.load("strategy", COLD_START)
    choice: Choice = pick(view, budget=budget, rng=rng)
    rows = np.asarray(choice.rows)
    if (
        len(rows) != wanted
        or len(np.unique(rows)) != wanted
        or (wanted and not 0 <= rows.min() <= rows.max() < len(view.ids))
    ):
        raise DataError(
            f"the strategy {name!r} gave {len(rows)} rows, {len(np.unique(rows))} of them different",
            wanted=f"{wanted} different rows between 0 and {len(view.ids) - 1}",
            do="mend the strategy, or leave it out",
        )
    return rows


def _fitted(
    stage: Stage, fit: Recipe, rows: IntArray, *, unlabelled: IntArray, seed: int
) -> tuple[FloatArray | None, FloatArray]:
    """What the next batch may be picked with, None while all answers are of one class, and what the model says."""
    labels = stage.answers[rows]
    if len(np.unique(labels)) < 2:
        single: FloatArray = np.zeros((len(stage.labels), stage.classes))
        single[:, labels[0]] = 1.0
        return None, single
    found = fit(stage.frozen, rows, labels, classes=stage.classes, unlabelled=unlabelled, seed=seed)
    return found, found


def _from_names(stage: Stage, fit: Recipe, recipe: str, *, seed: int) -> FloatArray | None:
    """What a model of the labels' names says before the first answer, as in a live project; None: there is none."""
    if stage.frozen.labels is None or recipe not in READING_NAMES:
        return None
    none = stage.part.pool[:0]
    return fit(stage.frozen, none, stage.answers[none], classes=stage.classes, unlabelled=stage.part.pool, seed=seed)


def _uses_label_texts(stage: Stage, recipe: str, rows: IntArray) -> bool:
    """Whether a model of these rows rests on the labels' names too, as the recipe itself finds out."""
    if recipe not in READING_NAMES:
        return False
    return informative(stage.frozen.labels, stage.frozen.embeddings[rows], stage.answers[rows]) is not None


def _remember(
    known: Known, picks: IntArray, dev: IntArray, audit: IntArray, answers: IntArray, probabilities: FloatArray | None
) -> None:
    if probabilities is not None:
        known.corrected += (probabilities[picks].argmax(axis=1) != answers[picks]).tolist()
        known.doubt += (1 - probabilities[picks].max(axis=1)).tolist()
        known.guessed += picks.tolist()
    known.trained = np.concatenate([known.trained, picks])
    known.dev = np.concatenate([known.dev, dev])
    known.audit = np.concatenate([known.audit, audit])


def _view(
    stage: Stage,
    recipe: str,
    rows: IntArray,
    known: Known,
    probabilities: FloatArray | None,
    first_fit: FloatArray | None,
) -> PoolView:
    """first_fit: what a model that was not trained on dev says."""
    steering = np.concatenate([known.trained, known.dev])
    return PoolView(
        ids=tuple(f"{row:08d}" for row in rows.tolist()),
        embeddings=np.asarray(stage.frozen.embeddings[rows]),
        probabilities=None if probabilities is None else probabilities[rows],
        spots=stage.spots[rows],
        spot_estimates=None if probabilities is None else _estimates(stage, rows, known, probabilities, first_fit),
        labelled_embeddings=np.asarray(stage.frozen.embeddings[steering]),
        labelled=stage.answers[steering],
        uses_label_texts=_uses_label_texts(stage, recipe, steering),
    )


def _estimates(
    stage: Stage, free: IntArray, known: Known, probabilities: FloatArray, first_fit: FloatArray | None
) -> FloatArray:
    """(s,) error rates of the spots, as the step `map` of a round estimates them."""
    dev = known.dev if first_fit is not None else known.dev[:0]
    wrong = np.zeros(0, np.bool_) if first_fit is None else first_fit[dev].argmax(axis=1) != stage.answers[dev]
    blank = [""] * stage.spot_count
    found = spots.estimate(
        names=blank,
        terms=[()] * stage.spot_count,
        members=stage.spots[stage.part.pool],
        unlabelled=stage.spots[free],
        confidence=probabilities[free].max(axis=1),
        dev=stage.spots[dev],
        dev_wrong=wrong,
        answered=stage.spots[np.array(known.guessed, dtype=np.int64)],
        corrected=np.array(known.corrected, dtype=np.bool_),
        doubt=np.array(known.doubt, dtype=np.float64),
        mistakes=[("", "")] * int(wrong.sum()),
    )
    return np.array([one.estimate for one in found], dtype=np.float64)

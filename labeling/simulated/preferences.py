"""How simulated experts judge answers that a model wrote: pure functions of the seed and the question.

    hidden marks (0..1) + what is shown first looks better + noise of this expert ─► how good each answer looks to it
                              ─► judgement: preferred, put in order, rated or mended

The noise of one answer is normal with standard deviation s. A clear pair is one whose marks differ by CLEAR; an expert
fails to name its better answer when the looks differ by less than TIE, or the other way round. The looks' difference
has the deviation s·√2, so that this happens with the expert's error rate e when

    s = (CLEAR - TIE) / (√2 · z),  z the standard normal's quantile of 1 - e;

e is cut at 0.4, where z is still far from 0. Not in this rule are the lean towards the first answer, which falls evenly
to 0 for the last one, and that two answers may look bad by noise. All criteria of a rating rest on the same hidden
mark, each with noise of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np

from labeling.simulated.crowd import Expert, Reply, pace, stream
from loop.records import FloatArray, Form

Marks = Callable[[str, str], float]
"""(ext_id, text of an answer) → how good it is, 0 (useless) to 1 (perfect)."""

CLEAR, TIE = 0.5, 0.1
"""In marks: a difference that a careful person does not miss; one that is called a tie."""
BAD, GOOD = 0.25, 0.75
"""Answers that look worse than BAD are "both bad"; one that looks better than GOOD is left as it is."""
TOP = 5
"""Ratings go from 1 to this."""
_WORST = 0.4


def judgement(
    expert: Expert,
    ext_id: str,
    answers: Sequence[str],
    *,
    form: Form,
    truth: str | None,
    marks: Marks | None,
    seed: int,
) -> Reply:
    """What the expert says to a question that shows these answers, in the order of showing.

    truth: the reference answer, for corrections. Skips where what it would need to know is None.
    """
    rng = stream(seed, ext_id, f"expert {expert.number}")
    seconds = pace(expert, rng)
    if form.kind == "correction":
        known = 1.0 if answers[0] == truth else 0.0
        mark = marks(ext_id, answers[0]) if marks else known
        is_good = _looks(expert, [mark], rng)[0] >= GOOD
        return Reply(answers[0] if is_good else truth, (), seconds)
    if marks is None:
        return Reply(None, (), seconds)
    found = [marks(ext_id, answer) for answer in answers]
    if form.kind == "rating":
        looks = _looks(expert, found * len(form.criteria), rng)
        return Reply(_rated(looks, tuple(form.criteria)), (), seconds)
    lean = expert.lean * np.linspace(1.0, 0.0, len(answers))
    looks = _looks(expert, found, rng) + lean
    return Reply(_ordered(looks) if form.kind == "ranking" else _preferred(looks), (), seconds)


def noise(error_rate: float) -> float:
    """The standard deviation of an expert's noise, in marks; 0 for an expert without errors."""
    if error_rate <= 0:
        return 0.0
    return float((CLEAR - TIE) / (2**0.5 * NormalDist().inv_cdf(1 - min(error_rate, _WORST))))


def _looks(expert: Expert, marks: Sequence[float], rng: np.random.Generator) -> FloatArray:
    """(k,) how good each of k marks looks to the expert, wherever it is shown."""
    return np.array([mark + noise(expert.error_rate) * float(rng.normal()) for mark in marks])


def _preferred(looks: FloatArray) -> str:
    first, second = looks
    if max(first, second) < BAD:
        return "both_bad"
    if abs(first - second) < TIE:
        return "tie"
    return "first" if first > second else "second"


def _ordered(looks: FloatArray) -> str:
    """Places best first; of equals the one shown first."""
    return json.dumps([int(place) + 1 for place in np.argsort(-looks, kind="stable")])


def _rated(looks: FloatArray, criteria: Sequence[str]) -> str:
    """One look per criterion: 0 → 1, 1 → TOP."""
    given = np.clip(np.rint(1 + (TOP - 1) * looks), 1, TOP)
    return json.dumps({name: int(value) for name, value in zip(criteria, given, strict=True)})

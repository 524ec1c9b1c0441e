"""What a seed decides, the same for every strategy and recipe: held-out part, pool, stop set, people's answers (pure).

labels, seed ─► split ─► held-out rows │ pool rows │ stop set (some pool rows, to see how much models still change)
labels, seed, noise ─► answers: what simulated people say of each row
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loop.pool.draws import to_measure
from loop.records import IntArray

MOST_HELD = 2000
"""More to measure on costs time and tells hardly more."""
STOP_SET = 1000


@dataclass(frozen=True, slots=True)
class Part:
    """One seed's rows; none stands in two of `held` and `pool`."""

    held: IntArray
    """(h,) rows that are measured on."""
    pool: IntArray
    """(p,) rows that may be asked, ascending."""
    stop: IntArray
    """(s,) rows of the pool whose guesses are kept round by round."""


def split(labels: IntArray, test: IntArray, *, share: float, seed: int) -> Part:
    """The test rows are held out where there are any, else `share` of all, in the proportions of the labels.

    A label that stands once stays in the pool.
    """
    rng = np.random.default_rng([seed, 0])
    if len(test):
        held = np.sort(rng.permutation(test)[:MOST_HELD])
        pool = np.setdiff1d(np.arange(len(labels)), test)
    else:
        held = to_measure(labels.astype(np.int64), min(round(share * len(labels)), MOST_HELD), rng=rng)
        pool = np.setdiff1d(np.arange(len(labels)), held)
    return Part(held=held, pool=pool, stop=np.sort(rng.permutation(pool)[:STOP_SET]))


def answers(labels: IntArray, *, classes: int, noise: float, seed: int) -> IntArray:
    """(n,) what people answer: the label, or with the chance `noise` any other one, each as likely.

    Same example and seed, same answer, whatever is asked in which order; an answer that is wrong at some noise is the
    same wrong one at every higher noise.
    """
    rng = np.random.default_rng([seed, 1])
    slips, steps = rng.random(len(labels)), rng.integers(1, classes, size=len(labels))
    found: IntArray = np.where(slips < noise, (labels + steps) % classes, labels)
    return found

"""How often the model errs in each region, from little and biased evidence.

    confidence of unlabelled rows ─► prior ─┐
    dev errors and people's corrections ────┴─► Beta posterior per region ─► estimate, interval, error mass

Evidence is of chosen, hard examples. So not the share of errors is counted but the surprise: wrong (0 or 1) less the
error the model itself expected of that example (1 - confidence). A region full of hard picks that went as badly as
expected keeps the estimate of its unlabelled rows; only mistakes beyond expectation raise it.

    c     mean surprise of all evidence, GLOBAL_PRIOR examples without surprise added
    m_s   prior mean of a region: mean expected error of its open rows and of POOLED rows of the overall mean, plus c
    r_s   the region's evidence as a rate: m_s + mean surprise of the region less c, clipped to 0..1
    n_s   its weight: dev examples count 1 each, corrections AGED
    posterior: Beta(PRIOR m_s + n_s r_s, PRIOR (1 - m_s) + n_s (1 - r_s)); estimate: its mean, interval: 2.5 to 97.5 %

Beta-Binomial shrinkage: Gelman et al. 2013, Bayesian Data Analysis, chapter 5.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loop.records import FloatArray, IntArray, Spot

PRIOR = 10.0
"""A region's prior weighs as much as so many dev examples."""
POOLED = 10.0
"""So many rows with the global rate are added to a region's own before their mean is taken."""
GLOBAL_PRIOR = 20.0
"""So many examples without surprise are added before the global surprise is taken."""
AGED = 0.5
"""A correction counts half a dev example: the model has been trained on the answer since."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen of the model's errors; arrays (m,)."""

    spots: IntArray
    surprise: FloatArray
    """Wrong (0 or 1) less expected error, -1..1."""
    weight: FloatArray
    """In dev examples, above 0."""


def estimate(
    *,
    names: Sequence[str],
    terms: Sequence[Sequence[str]],
    members: IntArray,
    unlabelled: IntArray,
    confidence: FloatArray | None,
    dev: IntArray,
    dev_wrong: NDArray[np.bool_],
    answered: IntArray,
    corrected: NDArray[np.bool_],
    doubt: FloatArray,
    mistakes: Sequence[tuple[str, str]],
    dev_doubt: FloatArray | None = None,
) -> tuple[Spot, ...]:
    """One Spot per name; every array holds the spot of each example, or speaks of the array before it.

    members: all of pool, dev and labelled. unlabelled: still open ones, with their calibrated `confidence`, None before
    the first model. dev and dev_wrong: dev examples and whether the present model errs; dev_doubt: 1 - its confidence
    there, or None: they are expected to be as hard as the open rows of their region, as fits a random dev set.
    answered, corrected, doubt: answers to picks, whether people changed the guess, and 1 - the confidence when it was
    asked. mistakes: (true label, guess) of each wrong dev example, in that order.
    """
    s = len(names)
    pairs = _confused(dev[dev_wrong], mistakes)
    parts = (members, unlabelled, dev, dev[dev_wrong], answered, answered[corrected])
    counts = np.stack([np.bincount(part, minlength=s) for part in parts], axis=1).tolist()
    rates: list[_Rates] = [(None, None, None, None)] * s
    if confidence is not None:
        expected = 1.0 - np.asarray(confidence, dtype=np.float64)
        own = pooled(unlabelled, expected, count=s)
        evidence = Evidence(
            spots=np.concatenate([dev, answered]),
            surprise=np.concatenate([dev_wrong - (own[dev] if dev_doubt is None else dev_doubt), corrected - doubt]),
            weight=np.concatenate([np.ones(len(dev)), np.full(len(answered), AGED)]),
        )
        rates = _rates(unlabelled, expected, posterior(unlabelled, expected, evidence, count=s))
    return tuple(_spot(spot, names[spot], terms[spot], counts[spot], rates[spot], pairs.get(spot)) for spot in range(s))


_Rates = tuple[float | None, float | None, float | None, float | None]
"""Expected error, estimate, low, high."""


def _rates(unlabelled: IntArray, expected: FloatArray, found: FloatArray) -> list[_Rates]:
    s = found.shape[1]
    rows = np.bincount(unlabelled, minlength=s)
    sums = np.bincount(unlabelled, weights=expected, minlength=s)
    own = [float(sums[spot] / rows[spot]) if rows[spot] else None for spot in range(s)]
    return [(own[spot], *(float(part) for part in found[:, spot])) for spot in range(s)]  # type: ignore[misc]


def _spot(
    id_: int, name: str, terms: Sequence[str], counts: Sequence[int], rates: _Rates, pair: tuple[str, str] | None
) -> Spot:
    size, pool, dev_n, dev_errors, asked, corrections = counts
    expected, estimated, low, high = rates
    return Spot(
        id=id_,
        name=name,
        size=size,
        pool=pool,
        dev_n=dev_n,
        dev_errors=dev_errors,
        asked=asked,
        corrections=corrections,
        expected_error=expected,
        estimate=estimated,
        low=low,
        high=high,
        error_mass=None if estimated is None else estimated * pool,
        terms=tuple(terms),
        confused=pair,
    )


def pooled(spots: IntArray, expected: FloatArray, *, count: int) -> FloatArray:
    """(count,) mean expected error of each region, with POOLED rows of the overall mean added; 0.5 without any row."""
    overall = float(expected.mean()) if len(expected) else 0.5
    rows = np.bincount(spots, minlength=count)
    found: FloatArray = (np.bincount(spots, weights=expected, minlength=count) + POOLED * overall) / (rows + POOLED)
    return found


def posterior(unlabelled: IntArray, expected: FloatArray, evidence: Evidence, *, count: int) -> FloatArray:
    """(3, count): mean, 2.5 % and 97.5 % point of each region's error rate, by the formulas above.

    unlabelled, expected: (u,) region and expected error of the open rows; with none, the global rate starts from 0.5.
    """
    from scipy.stats import beta

    total = float(evidence.weight.sum())
    surprise = float((evidence.weight * evidence.surprise).sum()) / (total + GLOBAL_PRIOR)
    prior = np.clip(pooled(unlabelled, expected, count=count) + surprise, 0.001, 0.999)
    n = np.bincount(evidence.spots, weights=evidence.weight, minlength=count)
    residual = evidence.weight * (evidence.surprise - surprise)
    extra = np.bincount(evidence.spots, weights=residual, minlength=count) / np.maximum(n, 1e-9)
    rate = np.clip(prior + np.where(n > 0, extra, 0.0), 0.0, 1.0)
    wrong, right = PRIOR * prior + n * rate, PRIOR * (1 - prior) + n * (1 - rate)
    return np.stack([wrong / (wrong + right), beta.ppf(0.025, wrong, right), beta.ppf(0.975, wrong, right)])


def _confused(spots: IntArray, mistakes: Sequence[tuple[str, str]]) -> dict[int, tuple[str, str]]:
    """Spot → the two labels most often taken for each other, whichever was true; alphabetical on ties."""
    counts: dict[int, Counter[tuple[str, str]]] = {}
    for spot, (truth, guess) in zip(spots.tolist(), mistakes, strict=True):
        first, second = sorted((truth, guess))
        counts.setdefault(spot, Counter())[first, second] += 1
    return {spot: min(pairs, key=lambda pair: (-pairs[pair], pair)) for spot, pairs in counts.items()}

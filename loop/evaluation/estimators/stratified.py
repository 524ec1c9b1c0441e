"""The default: the share of wrong ones in strata of equal doubt, put together by the strata's sizes.

    doubt of the population ─► strata (cut) ─► sizes W_h ─┐
    answers ─► merged where thin ─► Hájek's share p_h ────┴─► sum of W_h p_h ─► Wilson at the effective n

Where a model doubts it errs more, so that within a stratum the answers differ less than overall. The variance is taken
from smoothed shares, (n_h p_h + PRIOR m_h) / (n_h + PRIOR) with m_h the doubt there, corrected for a model that doubts
too much or too little: a stratum without a single error is not without variance.
"""

from __future__ import annotations

import numpy as np

from loop.evaluation.estimators.effective import estimate, kish
from loop.evaluation.estimators.plain import plain
from loop.records import Audited, Estimate, FloatArray, IntArray

STRATA = 6
THIN = 5
"""A stratum with fewer answers is put together with its neighbour."""
PRIOR = 4.0
"""A stratum's expected share counts as so many answers when its variance is taken."""
LEAST = 0.01
"""No doubt counts less when strata are cut: else all sure examples would be one stratum."""


def stratified(audited: Audited) -> Estimate | None:
    """None without any answer; `plain` when there are too few answers or differences in doubt for two strata.

    Post-stratified Hájek estimate: Särndal, Swensson and Wretman 1992, Model Assisted Survey Sampling, chapter 7.
    The variance has two parts: within strata from the answers, between them from the population, which is a sample too.
    """
    edges = _merged(cut(audited.population), audited.doubt)
    whole = plain(audited)
    if whole is None or not len(edges):
        return None if whole is None else _renamed(whole)
    own: IntArray = np.searchsorted(edges, audited.doubt, side="left")
    everyone: IntArray = np.searchsorted(edges, audited.population, side="left")
    strata = len(edges) + 1
    sizes = np.bincount(everyone, minlength=strata) / len(everyone)
    weights = 1.0 / audited.inclusion
    shares = _means(own, audited.wrong.astype(float), weights, strata)
    smooth = _smoothed(audited, own, everyone, shares)
    answers = np.array([kish(weights[own == stratum]) for stratum in range(strata)])
    rate = float(sizes @ smooth)
    within = float(sizes**2 @ (smooth * (1.0 - smooth) / answers))
    between = float(sizes @ (smooth - rate) ** 2) / len(everyone)
    return estimate(
        float(sizes @ shares),
        rate * (1.0 - rate) / (within + between),
        n=len(audited.wrong),
        estimator="stratified",
    )


def cut(doubt: FloatArray, strata: int = STRATA) -> FloatArray:
    """Upper edges of all strata but the last, rising; (0 to strata - 1,). doubt: (N,) 0..1; equal doubts stay together.

    Each stratum holds the same sum of the root of doubt, so that all take about as many answers: the rule of the
    cumulated root, Dalenius and Hodges 1959, on the spread the model expects.
    """
    ordered = np.sort(np.asarray(doubt, dtype=np.float64))
    if not len(ordered) or ordered[0] == ordered[-1]:
        return np.zeros(0)
    summed = np.cumsum(np.sqrt(np.maximum(ordered, LEAST)))
    places = np.searchsorted(summed, summed[-1] * np.arange(1, strata) / strata)
    edges: FloatArray = np.unique(ordered[places])
    return edges[:-1] if edges[-1] == ordered[-1] else edges


def _merged(edges: FloatArray, doubt: FloatArray) -> FloatArray:
    """The edges that leave at least THIN answers in every stratum, from the doubtful end down."""
    kept: list[float] = []
    above = np.sort(doubt)
    for edge in edges[::-1].tolist():
        below = int(np.searchsorted(above, edge, side="right"))
        if len(above) - below >= THIN and below >= THIN:
            kept.append(edge)
            above = above[:below]
    return np.array(kept[::-1])


def _means(rows: IntArray, values: FloatArray, weights: FloatArray, strata: int) -> FloatArray:
    """(strata,) weighted mean of the values in each."""
    sums = np.bincount(rows, weights=weights * values, minlength=strata)
    means: FloatArray = sums / np.bincount(rows, weights=weights, minlength=strata)
    return means


def _smoothed(audited: Audited, own: IntArray, everyone: IntArray, shares: FloatArray) -> FloatArray:
    strata = len(shares)
    n = np.bincount(own, minlength=strata)
    expected = np.bincount(everyone, weights=audited.population, minlength=strata) / np.bincount(everyone)
    honest = (float(audited.wrong.sum()) + 1.0) / (float(audited.doubt.sum()) + 1.0)
    prior = np.clip(expected * honest, 0.005, 0.995)
    found: FloatArray = (n * shares + PRIOR * prior) / (n + PRIOR)
    return found


def _renamed(whole: Estimate) -> Estimate:
    return Estimate(
        value=whole.value,
        low=whole.low,
        high=whole.high,
        n=whole.n,
        effective_n=whole.effective_n,
        estimator="stratified",
        on=whole.on,
    )

"""Scores of a prompt's candidates, so that A over B and B over C say something of A and C.

Davidson 1970, Bradley–Terry with ties. With d the difference of two scores:

    left : tie : right  =  exp(d/2) : v : exp(-d/2)        v = 2 t / (1 - t): two equal candidates tie with share t

The scores have a normal prior around 0. What is known of a pair is evidence, not a count (log likelihoods of the three
truths), so the fit maximises the sum over pairs of log sum_truth P(truth | d) L(truth), less the prior; each step goes
uphill, because the curvature is never more than a quarter per pair (Böhning and Lindsay 1988).
"""

from __future__ import annotations

import numpy as np

from loop.consensus.annotators import posterior
from loop.records import FloatArray, IntArray

SPREAD = 2.0
"""Standard deviation of a score before anything is known: of two random candidates the better wins 83 in 100."""
STEPS, ENOUGH = 500, 1e-9


def scores(
    evidence: FloatArray, pairs: IntArray, *, candidates: int, used: FloatArray, ties: float, spread: float = SPREAD
) -> FloatArray:
    """(f, candidates) scores of f fits, each from the pairs it may use.

    evidence: (p, 3) log likelihoods of left, tie, right. pairs: (p, 2) columns left and right, repeats allowed.
    used: (f, p) 0 or 1. ties: 0..1.
    """
    incidence = np.zeros((len(pairs), candidates))
    incidence[np.arange(len(pairs)), pairs[:, 0]] = 1.0
    incidence[np.arange(len(pairs)), pairs[:, 1]] = -1.0
    curvature = np.einsum("fp,pi,pj->fij", used / 4, incidence, incidence) + np.eye(candidates) / spread**2
    uphill = np.linalg.inv(curvature)
    found = np.zeros((len(used), candidates))
    for _ in range(STEPS):
        expected = _davidson(found @ incidence.T, ties=ties)
        seen = expected * np.exp(evidence - evidence.max(axis=1, keepdims=True))
        seen /= seen.sum(axis=2, keepdims=True)
        pull = ((seen - expected)[..., 0] - (seen - expected)[..., 2]) / 2
        step = np.einsum("fij,fj->fi", uphill, (used * pull) @ incidence - found / spread**2)
        found = found + step
        if np.abs(step).max(initial=0.0) < ENOUGH:
            break
    return found


def beliefs(evidence: FloatArray, pairs: IntArray, *, candidates: int, judged: FloatArray, ties: float) -> FloatArray:
    """(p, 3) probability of left, tie, right of every pair of one prompt.

    A pair's own answers, times what the scores fitted to the prompt's OTHER pairs expect of it, so that no answer
    counts twice. With two candidates that is the posterior of the pair alone. judged: (p,) 1 where anybody answered.
    """
    if candidates == 2:
        return posterior(evidence, ties=ties)
    others = judged * (1 - np.eye(len(pairs)))
    found = scores(evidence, pairs, candidates=candidates, used=others, ties=ties)
    left = np.take_along_axis(found, pairs[:, :1], axis=1)[:, 0]
    right = np.take_along_axis(found, pairs[:, 1:], axis=1)[:, 0]
    both = _davidson(left - right, ties=ties) * np.exp(evidence - evidence.max(axis=1, keepdims=True))
    return np.asarray(both / both.sum(axis=1, keepdims=True))


def _davidson(difference: FloatArray, *, ties: float) -> FloatArray:
    """(..., 3) probability of left, tie, right."""
    raw = np.stack((difference / 2, np.full_like(difference, np.log(2 * ties / (1 - ties))), -difference / 2), axis=-1)
    shares = np.exp(raw - raw.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))

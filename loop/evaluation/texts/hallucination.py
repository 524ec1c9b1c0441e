"""How far an answer is backed by its source or by the model's other answers, and how well that tells wrong ones.

answer + source ──► unsupported    share of sentences that the source does not entail; needs a model of entailment
answer + samples ─► inconsistency  how far other answers to the same prompt contradict it, or are worded otherwise
answer ───────────► length         the baseline: in some data it tells as much as all of these
signal + wrong ───► auroc          how well a signal tells, with its interval
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from math import exp, log, sqrt
from typing import Protocol

import numpy as np

from loop.errors import DataError
from loop.evaluation.intervals import Z, wilson
from loop.evaluation.texts.metrics import chrf
from loop.evaluation.texts.win_rate import Rate
from loop.records import FloatArray, IntArray

END = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+(?=[\"'“‘«(\[]*[^\W_a-z])|(?<=[。！？])|\s*\n+\s*")
"""After . ! ? … and white space before a capital, a digit or a script without cases; after 。！？; at a line's end."""
NOT_AN_END = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|Nr|vs|etc|e\.g|i\.e|z\.B|bzw|ca)|\b[A-Z])\.$")
"""What a full stop ends without ending a sentence."""
BULLET = re.compile(r"^(?:[-*•]|\d{1,2}[.)])\s+")
WINDOW = 150
"""Words of source that are read at once: with the sentence they fit into 512 tokens of most languages."""


class Entailment(Protocol):
    """A model of entailment; `loop.models.generation.entailment` loads one.

    >>> class Never:
    ...     def probabilities(self, premises, hypotheses):
    ...         return np.tile([0.0, 1.0, 0.0], (len(premises), 1))
    """

    def probabilities(self, premises: Sequence[str], hypotheses: Sequence[str]) -> FloatArray:
        """(n, 3) entailment, neutral, contradiction; rows sum to 1."""


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, bullets taken off; by signs alone, so "at 5 p.m. Monday" becomes two."""
    found: list[str] = []
    for part in END.split(text):
        if found and NOT_AN_END.search(found[-1]) and part.strip():
            found[-1] += f" {part.strip()}"
        elif BULLET.sub("", part.strip()):
            found.append(BULLET.sub("", part.strip()))
    return tuple(one for one in found if re.search(r"\w", one))


def unsupported(answer: str, source: str, entail: Entailment) -> float | None:
    """Share of the answer's sentences that no part of the source entails (probability below 1/2), 0..1, 0 is good.

    A long source is read in overlapping windows of about 150 words and the most favourable one counts: Laban and
    others 2022, SummaC. None when the answer has no sentence or there is no source.
    """
    claims, parts = sentences(answer), _windows(source)
    if not claims or not parts:
        return None
    told = entail.probabilities(list(parts) * len(claims), [claim for claim in claims for _ in parts])
    best = np.asarray(told)[:, 0].reshape(len(claims), len(parts)).max(axis=1)
    return float((best < 0.5).mean())


def inconsistency(answer: str, samples: Sequence[str], entail: Entailment | None) -> float | None:
    """How far the model's other answers to the prompt speak against this one, 0..1, 0 is good; None without any.

    With a model: mean over sentences and samples of contradiction / (contradiction + entailment), as in Manakul, Liusie
    and Gales 2023, SelfCheckGPT (NLI). Without: 1 - mean chrF of the samples against the answer, which sees other words
    and not other meanings.
    """
    if not samples:
        return None
    if entail is None:
        return float(1 - chrf(samples, [(answer,)] * len(samples)).mean())
    claims = sentences(answer)
    if not claims:
        return None
    told = entail.probabilities(list(samples) * len(claims), [claim for claim in claims for _ in samples])
    both = told[:, 0] + told[:, 2]
    # Where the model is sure of "neutral" alone the two others say nothing: half.
    against = np.divide(told[:, 2], both, out=np.full(len(both), 0.5), where=both > 0)
    return float(against.mean())


def length(answer: str) -> float:
    """Words of the answer."""
    return float(len(answer.split()))


def auroc(signal: FloatArray, wrong: Sequence[bool] | IntArray, *, groups: Sequence[Hashable] | None = None) -> Rate:
    """Probability that a wrong answer has the larger signal than a right one, a tie as half: (value, low, high).

    signal, wrong: (n,). 1 tells all, 0.5 tells nothing. groups: (n,), answers of one group (a document) resemble each
    other; None: all are independent. The 95 % interval is that of DeLong, DeLong and Clarke-Pearson 1988, on the logit
    scale, by group as in Obuchowski 1997. A perfect separation has no variance: then it is Wilson's, of as many
    comparisons as the smaller of the two classes has answers. Raises DataError unless some are wrong and some right.
    """
    values, is_wrong = np.asarray(signal, dtype=np.float64), np.asarray(wrong, dtype=bool)
    bad, good = int(is_wrong.sum()), int((~is_wrong).sum())
    if bad == 0 or good == 0:
        raise DataError(f"{bad} wrong answers and {good} right ones", wanted="at least one of both")
    if np.isnan(values).any():
        raise DataError("a signal is not known for every answer", do="leave out the answers without it")
    placed = np.where(is_wrong, _above(values, values[~is_wrong]), 1 - _above(values, values[is_wrong]))
    value = float(placed[is_wrong].mean())
    if value in (0.0, 1.0):
        few = min(bad, good)
        low, high = wilson(few if value else 0, few) or (0.0, 1.0)
        return value, low, high
    error = _standard_error(placed - value, is_wrong, range(len(values)) if groups is None else groups)
    half = Z * error / (value * (1 - value))
    return value, _logistic(_logit(value) - half), _logistic(_logit(value) + half)


def _above(values: FloatArray, others: FloatArray) -> FloatArray:
    """(n,) share of `others` that each value is above, ties as half."""
    ranked = np.sort(others)
    below = np.searchsorted(ranked, values, side="left") + np.searchsorted(ranked, values, side="right")
    found: FloatArray = below / (2 * len(ranked))
    return found


def _standard_error(surplus: FloatArray, is_wrong: FloatArray | IntArray, groups: Sequence[Hashable]) -> float:
    """Of the mean, from each answer's share in it, summed by group."""
    shares = np.empty(len(surplus))
    for side in (True, False):
        rows = is_wrong == side
        n = int(rows.sum())
        shares[rows] = surplus[rows] / sqrt(n * max(n - 1, 1))
    names = {name: number for number, name in enumerate(dict.fromkeys(groups))}
    sums = np.bincount([names[name] for name in groups], weights=shares)
    return float(sqrt(float((sums**2).sum())))


def _windows(source: str) -> tuple[str, ...]:
    """Runs of whole sentences of about WINDOW words, each beginning halfway through the one before."""
    parts = sentences(source)
    sizes = [len(part.split()) for part in parts]
    found, start = [], 0
    while start < len(parts):
        end, total = start + 1, sizes[start]
        while end < len(parts) and total + sizes[end] <= WINDOW:
            total += sizes[end]
            end += 1
        found.append(" ".join(parts[start:end]))
        if end == len(parts):
            break
        start += max(1, (end - start) // 2)
    return tuple(found)


def _logit(share: float) -> float:
    return log(share / (1 - share))


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-value))

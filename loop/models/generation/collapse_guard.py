"""Whether answers have decayed: looks at what a model writes, never at training accuracy.

answers of the starting model ─► Vitals ─┐
answers of the model now      ─► Vitals ─┴─► judge ─► health 0..1, and what is wrong, in words

A preference run can reach a training accuracy of 1.0 while its texts fall apart, as only the difference between two
likelihoods is trained (Rafailov et al. 2024, From r to Q*; Pal et al. 2024, Smaug). So the texts are looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

NGRAM = 4
"""Tokens in a run that should not come back within an answer."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer to a prompt of the guard."""

    text: str
    tokens: tuple[int, ...]
    """As written, end token included when there is one; never empty."""
    ended: bool
    """It ended by itself."""
    logprob: float
    """Mean log probability of its tokens by the model that tuning started from, in nats."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """Signs of life of a set of answers, each 0..1, larger is better."""

    ended: float
    """Share of answers that end by themselves."""
    filled: float
    """Share of answers that are not blank."""
    varied: float
    """1 minus the mean share of repeated runs of four tokens within an answer."""
    likely: float
    """How far the tokens lie above chance for the starting model: 0 as unlikely as random tokens, 1 certain."""


WORDS = {
    "ended": "{now:.0%} of the answers end by themselves, {then:.0%} did before tuning",
    "filled": "{now:.0%} of the answers are not blank, {then:.0%} were before tuning",
    "varied": "{now:.0%} of the text is not repetition, {then:.0%} was before tuning",
    "likely": "the answers are no language to the model before tuning ({now:.0%} above chance, its own {then:.0%})",
}


def vitals(answers: Sequence[Answered], *, vocabulary: int) -> Vitals:
    """The signs of life of at least one answer. vocabulary: tokens there are; a random one costs log(vocabulary)."""
    logprob = float(np.mean([answer.logprob for answer in answers]))
    return Vitals(
        ended=float(np.mean([answer.ended for answer in answers])),
        filled=float(np.mean([bool(answer.text.strip()) for answer in answers])),
        varied=1.0 - float(np.mean([repeated(answer.tokens) for answer in answers])),
        likely=min(1.0, max(0.0, 1.0 + logprob / math.log(vocabulary))) if math.isfinite(logprob) else 0.0,
    )


def repeated(tokens: Sequence[int], *, n: int = NGRAM) -> float:
    """Share of the runs of n tokens that stood in the answer before, 0..1; 0 for an answer shorter than two runs."""
    runs = [tuple(tokens[first : first + n]) for first in range(len(tokens) - n + 1)]
    return 1.0 - len(set(runs)) / len(runs) if len(runs) > 1 else 0.0


def judge(now: Vitals, start: Vitals) -> tuple[float, str]:
    """Health 0..1 of a model beside the one tuning started from, and its weakest sign in words.

    The smallest ratio of a sign now to the same sign at the start, at most 1: a base model that never ended an answer
    need not do so now, and what is 0 at the start says nothing.
    """
    ratios = {
        field.name: min(1.0, getattr(now, field.name) / getattr(start, field.name))
        for field in fields(Vitals)
        if getattr(start, field.name) > 0
    }
    if not ratios:
        return 1.0, ""
    weakest = min(ratios, key=lambda name: ratios[name])
    words = WORDS[weakest].format(now=getattr(now, weakest), then=getattr(start, weakest))
    return ratios[weakest], words

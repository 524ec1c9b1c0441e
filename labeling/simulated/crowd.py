"""How simulated experts behave: pure functions of the seed and the question.

    crew ─► who is there      assigned ─► who gets a question      reply ─► what this expert says to it (a label)
                                                                   tastes.* ─► the same about answers

A simulated expert knows the true label, errs at a rate of its own, and confuses a label rather with those the model
finds likely too. Nothing depends on order or time, so a run that was killed gives the same answers when resumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from loop.records import LabelSet

SPREAD = 0.5
"""Experts' error rates and paces lie evenly within this share of the mean, around it."""
LEAN = 0.08
"""Experts' leans lie evenly between 0 and this: people favour a little what they read first."""
SHY_SHARE, DOUBTING_SHARE = 0.1, 0.2
"""Of the answers that would be wrong: skipped instead, and flagged "ambiguous"."""
UNTIMED_S = 8.0
"""The mean lead time told to the server when no pace is set."""
_SIGMA = 0.4
"""Of the log-normal lead times; their mean stays that of the expert."""


@dataclass(frozen=True, slots=True)
class Expert:
    """One simulated person."""

    number: int
    """1, 2, ..."""
    error_rate: float
    """0..1."""
    seconds: float
    """Mean time per answer; 0: as fast as the server takes them."""
    lean: float = 0.0
    """How much better an answer looks to it for being shown first, in marks of 0..1."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What an expert says to one question."""

    label: str | None
    """As in records.Annotation; None: skipped."""
    flags: tuple[str, ...]
    seconds: float
    """How long it took."""


def crew(count: int, *, error_rate: float, seconds: float, seed: int) -> tuple[Expert, ...]:
    """`count` experts whose error rates and paces differ and average to the given ones; rates are cut at 1."""
    rng = np.random.default_rng([seed, count])
    spread = np.linspace(1 - SPREAD, 1 + SPREAD, count) if count > 1 else np.ones(1)
    rates, paces = rng.permutation(spread), rng.permutation(spread)
    leans = rng.permutation(np.linspace(0.0, LEAN, count)) if count > 1 else np.zeros(1)
    return tuple(
        Expert(
            place + 1,
            error_rate=min(1.0, error_rate * float(rates[place])),
            seconds=seconds * float(paces[place]),
            lean=float(leans[place]),
        )
        for place in range(count)
    )


def assigned(ext_id: str, experts: Sequence[Expert], *, overlap: int, seed: int) -> tuple[Expert, ...]:
    """Who gets the question: min(overlap, number of experts) different ones."""
    order = stream(seed, ext_id, "who").permutation(len(experts))
    return tuple(experts[place] for place in order[:overlap])


def reply(
    expert: Expert, ext_id: str, *, truth: str | None, likely: Sequence[str], labels: LabelSet, seed: int
) -> Reply:
    """What the expert says. truth None: not known, it skips. likely: labels by the model's probability, most probable
    first; empty when the question shows none, and then all wrong labels are equally near.
    """
    rng = stream(seed, ext_id, f"expert {expert.number}")
    errs, shy, doubts, which = rng.random(4)
    seconds = pace(expert, rng)
    is_wrong = bool(errs < expert.error_rate)
    if truth is None or (is_wrong and shy < SHY_SHARE):
        return Reply(None, (), seconds)
    wrong = [name for name in (likely or labels.names) if name != truth]
    if not is_wrong or not wrong:
        return Reply(truth, (), seconds)
    flags = ("ambiguous",) if doubts < DOUBTING_SHARE else ()
    return Reply(_confused(wrong, float(which), steep=bool(likely)), flags, seconds)


def _confused(wrong: Sequence[str], which: float, *, steep: bool) -> str:
    """One of the wrong labels, by a number in 0..1; steep: the first ones far rather than the last."""
    ranks = np.arange(1, len(wrong) + 1)
    weights = ranks**-1.5 if steep else np.ones(len(wrong))
    place = int(np.searchsorted(np.cumsum(weights) / weights.sum(), which))
    return wrong[min(place, len(wrong) - 1)]


def pace(expert: Expert, rng: np.random.Generator) -> float:
    """How long one answer takes, in seconds."""
    return (expert.seconds or UNTIMED_S) * float(rng.lognormal(-(_SIGMA**2) / 2, _SIGMA))


def stream(seed: int, ext_id: str, purpose: str) -> np.random.Generator:
    """Random numbers that depend on these three alone."""
    digest = blake2b(f"{seed}/{ext_id}/{purpose}".encode(), digest_size=16).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))

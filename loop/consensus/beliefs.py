"""All judgements in, what is believed of each pair out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from loop.consensus.agreement import Agreement, agreement
from loop.consensus.annotators import JUDGES, PEOPLE, Annotator, Prior, fit
from loop.consensus.cycles import Cycle, cycles
from loop.consensus.judgements import OF_LEFT, OF_RIGHT, OF_TIE, Judgement, Tally, tally
from loop.consensus.position import PositionBias, position_bias
from loop.consensus.scores import beliefs
from loop.records import FloatArray

EVEN = 0.5 + 1e-9
"""At most so certain is no preference: rounding must not invent one."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed of two candidates of one prompt."""

    prompt: str
    preferred: str
    """The earlier key when the certainty is 0.5."""
    other: str
    certainty: float
    """Probability that people prefer `preferred`, 0.5..1; no difference counts half for both."""
    tie: float
    """Share of the answers that are "tie" or "both bad", 0..1; 0 without answers."""
    both_bad: float
    """Share of the answers that are "both bad"."""
    n: int
    """Answers on this very pair; 0: believed from the prompt's other pairs alone."""


@dataclass(frozen=True, slots=True)
class Consensus:
    """What the judgements come to."""

    preferences: tuple[Belief, ...]
    """Every two candidates of every prompt, by prompt and keys."""
    annotators: tuple[Annotator, ...]
    """By name."""
    cycles: tuple[Cycle, ...]
    """Prompts whose majorities go in a circle."""
    position_bias: PositionBias | None
    agreement: Agreement
    """Among people."""


@dataclass(frozen=True, slots=True)
class PreferencePair:
    """A row to tune on."""

    prompt: str
    chosen: str
    rejected: str
    certainty: float
    """0.5..1."""
    n: int


def consensus(
    judgements: Sequence[Judgement],
    *,
    people: Collection[str] | None = None,
    prior: Prior = PEOPLE,
    judges: Prior = JUDGES,
) -> Consensus:
    """What people prefer, with certainty, whatever the order of the judgements; none at all give empty tuples.

    people: the annotators who are people, None: all; the others are judges, believed less at first (`judges`) and left
    out of `agreement`. prior: belief in a person before the first answer. Raises DataError for an unknown outcome or a
    candidate compared with itself.
    """
    answers = tally(judgements)
    crowd = frozenset(answers.annotators if people is None else people)
    found = fit(answers, people=crowd, prior=prior, judges=judges)
    return Consensus(
        preferences=_beliefs(answers, found.evidence, ties=found.ties),
        annotators=found.annotators,
        cycles=cycles(answers),
        position_bias=position_bias(answers),
        agreement=agreement(answers, people=crowd),
    )


def to_pairs(settled: Consensus, *, least: float = 0.5) -> tuple[PreferencePair, ...]:
    """Pairs that somebody answered and that have a preferred side with at least this certainty."""
    return tuple(
        PreferencePair(belief.prompt, belief.preferred, belief.other, belief.certainty, belief.n)
        for belief in settled.preferences
        if belief.n and belief.certainty > EVEN and belief.certainty >= least
    )


def _beliefs(answers: Tally, evidence: FloatArray, *, ties: float) -> tuple[Belief, ...]:
    row_of = {pair: row for row, pair in enumerate(answers.pairs)}
    said = _said(answers)
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for prompt, left, right in answers.pairs:
        keys[prompt] |= {left, right}
    settled: list[Belief] = []
    for prompt, names in sorted(keys.items()):
        couples = list(combinations(sorted(names), 2))
        rows = [row_of.get((prompt, left, right)) for left, right in couples]
        shares = beliefs(
            np.array([np.zeros(3) if row is None else evidence[row] for row in rows]),
            np.array(list(combinations(range(len(names)), 2))),
            candidates=len(names),
            judged=np.array([float(row is not None) for row in rows]),
            ties=ties,
        )
        counts = [np.zeros(4) if row is None else said[row] for row in rows]
        settled += [_belief(prompt, *each) for each in zip(couples, shares, counts, strict=True)]
    return tuple(settled)


def _belief(prompt: str, pair: tuple[str, str], shares: FloatArray, said: FloatArray) -> Belief:
    # The half of a tie from both sides: so that mirrored shares give exactly the mirrored belief.
    for_left = 0.5 + (shares[OF_LEFT] - shares[OF_RIGHT]) / 2
    left_ahead = for_left >= 1 - EVEN
    n = said[:3].sum()
    return Belief(
        prompt=prompt,
        preferred=pair[0] if left_ahead else pair[1],
        other=pair[1] if left_ahead else pair[0],
        certainty=float(max(for_left, 1 - for_left)),
        tie=float(said[OF_TIE] / n) if n else 0.0,
        both_bad=float(said[3] / n) if n else 0.0,
        n=int(n),
    )


def _said(answers: Tally) -> FloatArray:
    """(p, 4) how many answers say left, tie, right; and how many of the ties are "both bad"."""
    row_of = {pair: row for row, pair in enumerate(answers.pairs)}
    said = np.zeros((len(answers.pairs), 4))
    for judgement in answers.judgements:
        said[row_of[judgement.pair], judgement.says] += 1
        said[row_of[judgement.pair], 3] += judgement.outcome == "both_bad"
    return said

"""How far each annotator can be trusted, found together with what the crowd believes of each pair.

    says, by whom ─► evidence of each pair ─► posterior of left, tie, right
          ▲                                            │
          └──── right, tie, wrong of each annotator ◄──┘        until nothing changes

Dawid and Skene 1979 over three truths of a pair (left is better, no difference, right is better), with errors that are
the same on both sides, so that naming the answers the other way round mirrors the result:

    truth says a side   right a, tie t, wrong o; a + t + o = 1      truth says tie   tie u, each side (1 - u) / 2

each with pseudo-counts (`Prior`), so that an annotator who gave one answer is neither perfect nor useless. The EM ends
at the largest posterior. Pairs that only one annotator saw tell nothing of the annotator, and the model knows it.
Weights (see Tally) scale what an answer teaches of its annotator and, at the end, of its pair; inside the EM they must
not temper the answers, or an annotator alone with rankings would drift towards chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from loop.consensus.judgements import OF_LEFT, OF_RIGHT, OF_TIE, Tally
from loop.records import FloatArray, IntArray

ROUNDS, ENOUGH = 2000, 1e-7
"""The EM ends after so many rounds, or when no figure moved by more."""
GRID = 401
"""Points on 0..1 at which the posterior of a reliability is drawn."""
CHANCE = 0.5
TOLD = 0.3
"""An interval around chance that is narrower than this tells of a spammer; a wider one of too few answers."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of an annotator before the first answer, in pseudo-answers, all above 0."""

    right: float
    tie: float
    wrong: float
    tie_as_tie: float = 30.0
    """Where the truth is a tie. Many: with few, disagreement of two people about clear pairs passes for ties that
    nobody named."""
    tie_as_side: float = 20.0


PEOPLE = Prior(right=6.0, tie=1.0, wrong=1.0)
"""Somebody who cares: 86 % of the sides taken are right."""
JUDGES = Prior(right=3.0, tie=0.75, wrong=1.5)
"""A model that judges: two in three, until its answers are seen beside people's."""
TRUE_TIES, TRUE_SIDES = 2.0, 8.0
"""Pseudo-pairs: a fifth of the pairs has no better side, until the answers tell otherwise."""


@dataclass(frozen=True, slots=True)
class Annotator:
    """How one annotator answers."""

    name: str
    reliability: float
    """0..1: where the consensus and the annotator both take a side, the probability that it is the same; 0.5 is chance,
    below it the annotator says the opposite of what is meant."""
    low: float
    high: float
    """95 % credible interval of the reliability, given what the others said."""
    n: int
    """Pairs answered that somebody else answered too: what the reliability rests on."""
    answers: int
    tie_rate: float
    """Share of the answers that are "tie" or "both bad"."""

    @property
    def standing(self) -> str:
        """ "reliable", "chance" (a spammer's), "adverse", or "unclear" while the interval is too wide to tell."""
        if self.low > CHANCE:
            return "reliable"
        if self.high < CHANCE:
            return "adverse"
        return "chance" if self.high - self.low < TOLD else "unclear"


@dataclass(frozen=True, slots=True)
class Fit:
    """What the EM found."""

    evidence: FloatArray
    """(p, 3) weighted log probability of all answers on a pair, given that left is better, neither, right."""
    ties: float
    """Share of pairs without a better side, 0..1."""
    annotators: tuple[Annotator, ...]


def fit(answers: Tally, *, people: Collection[str], prior: Prior = PEOPLE, judges: Prior = JUDGES) -> Fit:
    """Reliabilities and evidence. `judges` is the prior of annotators that are not among `people`."""
    start: FloatArray = np.array(
        [
            (each.right, each.tie, each.wrong, each.tie_as_tie, each.tie_as_side)
            for each in (prior if name in people else judges for name in answers.annotators)
        ]
    ).reshape(-1, 5)
    counts, ties = start, TRUE_TIES / (TRUE_TIES + TRUE_SIDES)
    for _ in range(ROUNDS):
        truth = posterior(_evidence(answers, counts), ties=ties)
        found = start + _counts(answers, truth)
        shared = (TRUE_TIES + truth[:, OF_TIE].sum()) / (TRUE_TIES + TRUE_SIDES + len(truth))
        moved = max(np.abs(_rates(found) - _rates(counts)).max(initial=0.0), abs(shared - ties))
        counts, ties = found, float(shared)
        if moved < ENOUGH:
            break
    weighted = _summed(answers.pair, answers.weight[:, None] * _by_answer(answers, counts), len(answers.pairs))
    return Fit(weighted, ties, _figures(answers, counts, start, ties=ties))


def posterior(evidence: FloatArray, *, ties: float) -> FloatArray:
    """(p, 3) probability of left, tie, right from the evidence of each pair alone; rows sum to 1."""
    log = evidence + np.log([(1 - ties) / 2, ties, (1 - ties) / 2])
    shares = np.exp(log - log.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _rates(counts: FloatArray) -> FloatArray:
    """(a, 4): right, tie, wrong given a side; tie given a tie."""
    sides, tied = counts[:, :3], counts[:, 3:]
    return np.hstack((sides / sides.sum(axis=1, keepdims=True), tied[:, :1] / tied.sum(axis=1, keepdims=True)))


def _errors(counts: FloatArray) -> FloatArray:
    """(a, 3, 3) probability of an answer, by annotator, truth and answer."""
    right, tie, wrong, tie_as_tie = _rates(counts).T
    side = (1 - tie_as_tie) / 2
    return np.stack(
        [np.stack(row, axis=1) for row in ((right, tie, wrong), (side, tie_as_tie, side), (wrong, tie, right))], axis=1
    )


def _evidence(answers: Tally, counts: FloatArray) -> FloatArray:
    """(p, 3) sum of the log probabilities of the answers."""
    return _summed(answers.pair, _by_answer(answers, counts), len(answers.pairs))


def _by_answer(answers: Tally, counts: FloatArray) -> FloatArray:
    """(v, 3) log probability of each answer under the three truths."""
    return np.asarray(np.log(_errors(counts))[answers.annotator, :, answers.says])


def _counts(answers: Tally, truth: FloatArray) -> FloatArray:
    """(a, 5) expected answers: right, tie, wrong given a side; tie, side given a tie."""
    of_pair = truth[answers.pair]
    agreed, opposed = _sides(answers.says, of_pair)
    tied = answers.says == OF_TIE
    side, no_side = 1 - of_pair[:, OF_TIE], of_pair[:, OF_TIE]
    each = np.stack((agreed, tied * side, opposed, tied * no_side, ~tied * no_side), axis=1)
    return _summed(answers.annotator, answers.weight[:, None] * each, len(answers.annotators))


def _sides(says: IntArray, truth: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(v,) probability that the truth is the side taken, and that it is the other; 0 where a tie was said."""
    left, right = says == OF_LEFT, says == OF_RIGHT
    return (
        left * truth[:, OF_LEFT] + right * truth[:, OF_RIGHT],
        left * truth[:, OF_RIGHT] + right * truth[:, OF_LEFT],
    )


def _summed(rows: IntArray, values: FloatArray, n: int) -> FloatArray:
    """(n, c) sums of the values' rows by number."""
    return np.stack([np.bincount(rows, column, minlength=n) for column in values.T], axis=1)


def _figures(answers: Tally, counts: FloatArray, start: FloatArray, *, ties: float) -> tuple[Annotator, ...]:
    evidence, own, rates = _evidence(answers, counts), _by_answer(answers, counts), _rates(counts)
    shared = np.bincount(answers.pair, minlength=len(answers.pairs)) > 1
    said = Counter(judgement.annotator for judgement in answers.judgements)
    tied = Counter(judgement.annotator for judgement in answers.judgements if judgement.says == OF_TIE)
    figures = []
    for row, name in enumerate(answers.annotators):
        mine = answers.annotator == row
        pairs = answers.pair[mine]
        low, high = _interval(
            answers.says[mine],
            posterior(evidence[pairs] - own[mine], ties=ties),
            answers.weight[mine],
            rates=rates[row],
            prior=start[row],
        )
        reliability = float(rates[row, 0] / (rates[row, 0] + rates[row, 2]))
        figures.append(
            Annotator(
                name=name,
                reliability=reliability,
                # With few answers and a figure near 1 the largest posterior can lie just outside the middle 95 %.
                low=min(low, reliability),
                high=max(high, reliability),
                n=int(shared[pairs].sum()),
                answers=said[name],
                tie_rate=tied[name] / said[name],
            )
        )
    return tuple(figures)


def _interval(
    says: IntArray, others: FloatArray, weight: FloatArray, *, rates: FloatArray, prior: FloatArray
) -> tuple[float, float]:
    """2.5 and 97.5 % points of a reliability's posterior, drawn on a grid, given what the others say of the pairs."""
    grid = (np.arange(GRID) + 0.5) / GRID
    took = says != OF_TIE
    agreed, opposed = _sides(says[took], others[took])
    takes_side, on_ties = 1 - rates[1], (1 - rates[3]) / 2
    chance = np.log(
        takes_side * (agreed[:, None] * grid + opposed[:, None] * (1 - grid))
        + (others[took, OF_TIE] * on_ties)[:, None]
    )
    log = weight[took] @ chance + prior[0] * np.log(grid) + prior[2] * np.log(1 - grid)
    mass = np.cumsum(np.exp(log - log.max()))
    low, high = np.searchsorted(mass / mass[-1], (0.025, 0.975))
    return float(grid[low]), float(grid[min(high, GRID - 1)])

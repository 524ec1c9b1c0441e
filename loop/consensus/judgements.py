"""One person's word on two answers, by place on the page; rankings and ratings are turned into such words.

pair ────────────────────┐
ranking ─► from_ranking ─┼─► Judgement ─► tally: pairs in canonical order, numbers for the arithmetic
ratings ─► from_ratings ─┘
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import combinations
from typing import Literal, get_args

import numpy as np

from loop.errors import DataError
from loop.records import FloatArray, IntArray

Outcome = Literal["first", "second", "tie", "both_bad"]

OF_LEFT, OF_TIE, OF_RIGHT = 0, 1, 2
"""What an answer says of a pair whose two keys stand in alphabetical order: left is the earlier key."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one annotator said of two candidates."""

    question: str
    prompt: str
    first: str
    """Key of the candidate in the first place on the page."""
    second: str
    outcome: Outcome
    """"both_bad" is a tie as far as preference goes, and is counted apart."""
    annotator: str

    @property
    def pair(self) -> tuple[str, str, str]:
        """The prompt and the two candidates, whatever their places."""
        left, right = sorted((self.first, self.second))
        return self.prompt, left, right

    @property
    def says(self) -> int:
        """OF_LEFT, OF_TIE or OF_RIGHT."""
        if self.outcome in ("tie", "both_bad"):
            return OF_TIE
        preferred = self.first if self.outcome == "first" else self.second
        return OF_LEFT if preferred == self.pair[1] else OF_RIGHT


def from_ranking(
    candidates: Sequence[str], order: Sequence[int], *, question: str, prompt: str, annotator: str
) -> tuple[Judgement, ...]:
    """A ranking as judgements of all its pairs.

    candidates: keys by place on the page. order: the places from 1, best first, as an Annotation's label holds them.
    Raises DataError when `order` is not those places, each once.
    """
    places = range(1, len(candidates) + 1)
    if sorted(order) != list(places):
        raise DataError(
            f"the ranking {list(order)} of question {question!r} by {annotator!r}",
            wanted=f"the places 1 to {len(candidates)}, each once",
            do="look at this answer in the labeling tool",
        )
    rank = {place: position for position, place in enumerate(order)}
    return tuple(
        Judgement(
            question=question,
            prompt=prompt,
            first=candidates[one - 1],
            second=candidates[other - 1],
            outcome="first" if rank[one] < rank[other] else "second",
            annotator=annotator,
        )
        for one, other in combinations(places, 2)
    )


def from_ratings(
    first: tuple[str, Mapping[str, float]],
    second: tuple[str, Mapping[str, float]],
    *,
    question: str,
    prompt: str,
    annotator: str,
    margin: float = 0.0,
) -> Judgement:
    """One annotator's marks of two candidates (key, criterion → mark) as a comparison of their means.

    Only criteria that both were marked by count. A difference of at most `margin` is a tie. Raises DataError when no
    criterion is shared.
    """
    shared = sorted(first[1].keys() & second[1].keys())
    if not shared:
        raise DataError(
            f"the ratings of {first[0]!r} and {second[0]!r} by {annotator!r} share no criterion",
            wanted="two answers marked by the same criteria",
            do="rate both answers by one of them",
        )
    ahead = sum(first[1][name] - second[1][name] for name in shared) / len(shared)
    outcome: Outcome = "tie" if abs(ahead) <= margin else "first" if ahead > 0 else "second"
    return Judgement(question, prompt, first[0], second[0], outcome, annotator)


@dataclass(frozen=True, slots=True)
class Tally:
    """j judgements by a annotators of p pairs as numbers: v voices, one for each pair and annotator.

    Somebody who answered a pair more than once has one voice: the side said more often, a tie when both were said
    alike, so that "the first" in both orders says nothing (Zheng et al. 2023, arXiv 2306.05685, §3.4).
    """

    judgements: tuple[Judgement, ...]
    """(j,) sorted, as they came."""
    pairs: tuple[tuple[str, str, str], ...]
    """(p,) prompt, left, right; sorted."""
    annotators: tuple[str, ...]
    """(a,) sorted."""
    pair: IntArray
    """(v,) row of `pairs`."""
    annotator: IntArray
    """(v,) row of `annotators`."""
    says: IntArray
    """(v,) OF_LEFT, OF_TIE or OF_RIGHT."""
    weight: FloatArray
    """(v,) above 0, at most 1. The m(m-1)/2 pairs of a ranking of m are not so many independent answers but m-1, so
    each weighs 2/m (a composite likelihood: Varin, Reid and Firth 2011)."""


def tally(judgements: Sequence[Judgement]) -> Tally:
    """The judgements as numbers, in an order of their own. Raises DataError for one that cannot be."""
    ordered = tuple(sorted((_checked(judgement) for judgement in judgements), key=astuple))
    pairs = tuple(sorted({judgement.pair for judgement in ordered}))
    annotators = tuple(sorted({judgement.annotator for judgement in ordered}))
    row_of_pair = {pair: row for row, pair in enumerate(pairs)}
    row_of_annotator = {name: row for row, name in enumerate(annotators)}
    shares = _shares(ordered)
    voices: defaultdict[tuple[int, int], list[tuple[int, float]]] = defaultdict(list)
    for judgement, share in zip(ordered, shares, strict=True):
        voice = row_of_pair[judgement.pair], row_of_annotator[judgement.annotator]
        voices[voice].append((judgement.says, share))
    return Tally(
        judgements=ordered,
        pairs=pairs,
        annotators=annotators,
        pair=np.array([pair for pair, _ in voices], dtype=np.int64),
        annotator=np.array([annotator for _, annotator in voices], dtype=np.int64),
        says=np.array([_settled([says for says, _ in said]) for said in voices.values()], dtype=np.int64),
        weight=np.array([max(share for _, share in said) for said in voices.values()], dtype=np.float64),
    )


def _settled(says: Sequence[int]) -> int:
    """What one annotator says of a pair, from all answers."""
    to_the_right = sum(each - OF_TIE for each in says)
    return OF_TIE + (to_the_right > 0) - (to_the_right < 0)


def _shares(judgements: Sequence[Judgement]) -> list[float]:
    """How many independent answers each judgement stands for: those of its question shared out evenly."""
    shown: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    pairs: defaultdict[tuple[str, str], set[tuple[str, str, str]]] = defaultdict(set)
    asked = [(judgement.question, judgement.annotator) for judgement in judgements]
    for key, judgement in zip(asked, judgements, strict=True):
        shown[key] |= {judgement.first, judgement.second}
        pairs[key].add(judgement.pair)
    return [min(1.0, (len(shown[key]) - 1) / len(pairs[key])) for key in asked]


def _checked(judgement: Judgement) -> Judgement:
    if judgement.outcome not in get_args(Outcome):
        raise DataError(
            f"the outcome {judgement.outcome!r} of question {judgement.question!r}",
            wanted="one of " + ", ".join(get_args(Outcome)),
        )
    if judgement.first == judgement.second:
        raise DataError(
            f"question {judgement.question!r} compares {judgement.first!r} with itself", wanted="two candidates"
        )
    return judgement

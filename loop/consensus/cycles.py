"""Prompts whose preferences go in a circle: A over B, B over C, C over A. No score can hold them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from loop.consensus.judgements import OF_LEFT, OF_RIGHT, Tally


@dataclass(frozen=True, slots=True)
class Cycle:
    """A shortest circle of one prompt."""

    prompt: str
    candidates: tuple[str, ...]
    """Each is preferred by more annotators than not to the next, and the last to the first; starts at the first key."""


def cycles(answers: Tally) -> tuple[Cycle, ...]:
    """One circle of each prompt that has any, by prompt. Majorities are plain counts; ties take no side."""
    beats: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    ahead = np.bincount(answers.pair, (answers.says == OF_LEFT) * 1.0 - (answers.says == OF_RIGHT))
    for (prompt, left, right), lead in zip(answers.pairs, ahead, strict=True):
        if lead:
            winner, loser = (left, right) if lead > 0 else (right, left)
            beats[prompt][winner].add(loser)
    found = ((prompt, _shortest(better)) for prompt, better in sorted(beats.items()))
    return tuple(Cycle(prompt, circle) for prompt, circle in found if circle)


def _shortest(beats: Mapping[str, set[str]]) -> tuple[str, ...]:
    """() without a circle; of several shortest ones the first by key."""
    circles = [circle for start in sorted(beats) if (circle := _back_to(start, beats))]
    return min(circles, key=lambda circle: (len(circle), circle), default=())


def _back_to(start: str, beats: Mapping[str, set[str]]) -> tuple[str, ...]:
    """The shortest way from a candidate back to itself, breadth first."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    while ways:
        further: list[tuple[str, ...]] = []
        for way in ways:
            for after in sorted(beats.get(way[-1], ())):
                if after == start:
                    return way
                if after not in seen:
                    seen.add(after)
                    further.append((*way, after))
        ways = further
    return ()

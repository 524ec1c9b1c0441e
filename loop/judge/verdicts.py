"""The words of all askings of one question → one verdict. Pure.

pair     the same answer wins in both orders ─► it, else a tie that nobody is sure of (Zheng et al. 2023,
         https://arxiv.org/abs/2306.05685, count a mind changed by the order as a tie)
ranking  mean places; agreement is the share of pairs that both orders put alike
rating   marks of the first asking; agreement is the share of criteria with the same mark in both
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from loop.judge.certainty import mean_order, same_order
from loop.judge.reading import Read, read_pair, read_ranking, read_rating

LABELS = {"1": "first", "2": "second", "tie": "tie", "both bad": "both_bad"}
SWAPPED = {"1": "2", "2": "1"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said of a question."""

    label: str
    """As Annotation.label has it for the form."""
    agreement: float
    """0..1, of the askings; 1 for a single one."""
    bare: tuple[bool, ...]
    """For each asking whether it held the verdict and nothing else."""


def pair(words: Sequence[str]) -> Verdict | None:
    """words: of the order shown, and of the swapped one. None when one cannot be read."""
    shown, swapped = (read_pair(one) for one in words)
    if shown is None or swapped is None:
        return None
    same = shown.value == SWAPPED.get(swapped.value, swapped.value)
    return Verdict(LABELS[shown.value if same else "tie"], float(same), (shown.bare, swapped.bare))


def ranking(words: Sequence[str], *, k: int) -> Verdict | None:
    """words: of the order shown, and of the reversed one. None when one cannot be read."""
    shown, turned = (read_ranking(one, k=k) for one in words)
    if shown is None or turned is None:
        return None
    back = tuple(k + 1 - place for place in turned.value)
    label = json.dumps(list(mean_order(shown.value, back)))
    return Verdict(label, same_order(shown.value, back), (shown.bare, turned.bare))


def rating(words: Sequence[str], *, criteria: Sequence[str]) -> Verdict | None:
    """words: of one asking or more. None when one cannot be read."""
    read: list[Read[dict[str, int]]] = [
        found for one in words if (found := read_rating(one, criteria=criteria)) is not None
    ]
    if len(read) < len(words):
        return None
    marks = [found.value for found in read]
    same = [all(other[name] == marks[0][name] for other in marks) for name in criteria]
    label = json.dumps(marks[0], ensure_ascii=False)
    return Verdict(label, sum(same) / len(same), tuple(found.bare for found in read))

"""Answers too alike to be worth a person's comparison."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

NEAR = 0.95
"""Share of characters in common, of both texts together, from which two answers are near-identical."""


def near_identical(texts: Sequence[str], *, threshold: float = NEAR) -> tuple[tuple[int, ...], ...]:
    """The texts as groups of near-identical ones, by position; keep the first of each group and drop the rest.

    Two texts are near-identical when they are the same without regard to case and white space, or share at least
    `threshold` of their characters in order (difflib's ratio, 0..1) and hold the same numbers: one digit in a long
    answer may be all that is wrong with it. A text joins the first group whose first text it is near to, so likeness is
    not handed on along a chain. Every position is in exactly one group; groups stand in order of their first text.
    """
    folded = [" ".join(text.casefold().split()) for text in texts]
    groups: list[list[int]] = []
    for position, text in enumerate(folded):
        home = next((group for group in groups if _near(folded[group[0]], text, threshold)), None)
        if home is None:
            groups.append([position])
        else:
            home.append(position)
    return tuple(tuple(group) for group in groups)


def _near(one: str, other: str, threshold: float) -> bool:
    if one == other:
        return True
    if re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return False
    # difflib's ratio depends on the order of its two texts, and its guess at junk on their length.
    matcher = SequenceMatcher(None, min(one, other), max(one, other), autojunk=False)
    return all(ratio() >= threshold for ratio in (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio))

"""Two texts → their words, each marked as shared or not; white space never counts as a difference.

before, after ─► words ─► difflib.SequenceMatcher ─► (pieces of before, pieces of after)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

WORD = re.compile(r"\s*(?:\w+|[^\w\s])|\s+$")
"""A word or a sign, with the white space before it."""
LEAST_SHARED = 0.3
"""Where less of the shorter text's words stand in the other, the marks would cover nearly all and tell nothing."""
MOST = 1500
"""Texts of more words are not compared: it would take seconds."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words."""

    text: str
    own: bool
    """Only this text has it."""


@dataclass(frozen=True, slots=True)
class WordDiff:
    """Two texts in pieces; joined they give the texts back, character by character."""

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    why_not: str = ""
    """Why nothing is marked, in words; "" when the words were compared."""


def word_diff(before: str, after: str) -> WordDiff:
    """Marks what either text has of its own, for example a changed date. Equal texts have nothing marked."""
    old, new = WORD.findall(before), WORD.findall(after)
    if len(old) > MOST or len(new) > MOST:
        return _unmarked(before, after, "too long to mark words")
    matcher = SequenceMatcher(None, [word.strip() for word in old], [word.strip() for word in new], autojunk=False)
    if _shared(matcher, old, new) < LEAST_SHARED:
        return _unmarked(before, after, "hardly a word in common")
    blocks = matcher.get_opcodes()
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for place, (kind, a, b, c, d) in enumerate(blocks):
        own = kind != "equal" or (b - a == 1 and _between_replaced(blocks, place))
        left += [(word, own and not word.isspace()) for word in old[a:b]]
        right += [(word, own and not word.isspace()) for word in new[c:d]]
    return WordDiff(_joined(left), _joined(right))


def _shared(matcher: SequenceMatcher[str], old: Sequence[str], new: Sequence[str]) -> float:
    """The share of the shorter text's words, signs left out, that both have in this order; 1.0 if neither has one."""
    counts = [sum(map(_is_word, text)) for text in (old, new)]
    least = min(counts)
    both = sum(
        _is_word(word) for block in matcher.get_matching_blocks() for word in old[block.a : block.a + block.size]
    )
    return both / least if least else float(not any(counts))


def _is_word(word: str) -> bool:
    return any(sign.isalnum() for sign in word)


def _between_replaced(blocks: Sequence[tuple[str, int, int, int, int]], place: int) -> bool:
    """A single shared word there is a coincidence that would only make the marks restless."""
    beside = [*blocks[max(place - 1, 0) : place], *blocks[place + 1 : place + 2]]
    return [block[0] for block in beside] == ["replace", "replace"]


def _joined(words: list[tuple[str, bool]]) -> tuple[Piece, ...]:
    return tuple(Piece("".join(word for word, _ in run), own) for own, run in groupby(words, key=lambda one: one[1]))


def _unmarked(before: str, after: str, why: str) -> WordDiff:
    return WordDiff((Piece(before, own=False),), (Piece(after, own=False),), why)

"""Where two texts differ, word by word, as HTML that is safe to show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from labeling.label_studio.pages.cards import as_html

ALIKE = 0.35
"""Texts that share a smaller part of their words are shown unmarked: everything would be marked."""
LONGEST = 800
"""Words; a longer text is shown unmarked, comparing takes time that grows with the square."""
_PIECE = re.compile(r"\S+\s*|^\s+")
"""A word with the space after it; space at the beginning stands alone."""


def marked(first: str, second: str) -> tuple[str, str]:
    """Both texts as HTML; words that the other one lacks at that place stand in <span class="ws-only">."""
    left, right = _PIECE.findall(first), _PIECE.findall(second)
    if max(len(left), len(right)) > LONGEST:
        return as_html(first), as_html(second)
    match = SequenceMatcher(None, [piece.strip() for piece in left], [piece.strip() for piece in right], autojunk=False)
    if match.ratio() < ALIKE:
        return as_html(first), as_html(second)
    spans = [(tag != "equal", left[i:j], right[k:m]) for tag, i, j, k, m in match.get_opcodes()]
    return (
        "".join(_span(pieces, only=only) for only, pieces, _ in spans),
        "".join(_span(pieces, only=only) for only, _, pieces in spans),
    )


def _span(pieces: Sequence[str], *, only: bool) -> str:
    text = "".join(pieces)
    words = text.rstrip()
    if not only or not words:
        return as_html(text)
    return f'<span class="ws-only">{as_html(words)}</span>{as_html(text[len(words) :])}'

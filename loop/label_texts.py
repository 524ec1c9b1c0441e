"""What labels mean, as texts a sentence encoder can read: the name in words and the description.

"refundStatus", "Waits for money back." ─► "refund status", "Waits for money back."
"""

from __future__ import annotations

import re

from loop.records import LabelSet, LabelTexts

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_JOINT = re.compile(r"[\s_\-./:]+")
_WORD = re.compile(r"[^\W\d_]{3,}")


def in_words(name: str) -> str:
    """The name with blanks where underscores, hyphens, dots or a capital inside part it, in small letters."""
    return _JOINT.sub(" ", _HUMP.sub(" ", name)).strip().lower() or name


def label_texts(labels: LabelSet) -> LabelTexts:
    """One text for each name and each description. `informative` is False where most labels are codes such as "L01"."""
    pairs = [
        (text, column)
        for column, name in enumerate(labels.names)
        for text in (in_words(name), labels.descriptions.get(name, ""))
        if text
    ]
    with_words = {column for text, column in pairs if _WORD.search(text)}
    return LabelTexts(
        texts=tuple(text for text, _ in pairs),
        columns=tuple(column for _, column in pairs),
        informative=2 * len(with_words) > len(labels.names),
    )

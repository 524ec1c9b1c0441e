"""What labels mean, as texts a sentence encoder can read: name in words, description, example phrases.

"refundStatus", "Waits for money back.", ["where is it"] ─► "refund status", "Waits for money back.", "where is it"
"""

from __future__ import annotations

import re
from collections.abc import Collection

from loop.records import LabelSet, LabelTexts

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_JOINT = re.compile(r"[\s_\-./:]+")
_WORD = re.compile(r"[^\W\d_]{3,}")


def in_words(name: str) -> str:
    """The name with blanks where underscores, hyphens, dots or a capital inside part it, in small letters."""
    return _JOINT.sub(" ", _HUMP.sub(" ", name)).strip().lower() or name


def label_texts(labels: LabelSet, *, without: Collection[str] = ()) -> LabelTexts | None:
    """One text for each name, description and phrase: names and descriptions first. None without any.

    Names and descriptions are left out where most labels are codes. without: phrases that are left out.
    """
    named = [(text, column) for column, name in enumerate(labels.names) for text in _said(labels, name)]
    if not informative(labels):
        named = []
    phrases = [
        (phrase, column)
        for column, name in enumerate(labels.names)
        for phrase in labels.phrases.get(name, ())
        if phrase not in without
    ]
    pairs = [*named, *phrases]
    return LabelTexts(tuple(t for t, _ in pairs), tuple(c for _, c in pairs), len(phrases)) if pairs else None


def informative(labels: LabelSet) -> bool:
    """Whether most labels have a word in name or description; codes such as "L01" have none."""
    return 2 * sum(has_words(labels, name) for name in labels.names) > len(labels.names)


def has_words(labels: LabelSet, name: str) -> bool:
    """Whether the name or the description of a label holds a word of three letters."""
    return any(_WORD.search(text) for text in _said(labels, name))


def _said(labels: LabelSet, name: str) -> list[str]:
    return [text for text in (in_words(name), labels.descriptions.get(name, "")) if text]

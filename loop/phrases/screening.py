"""Lines that a model wrote → phrases that may stand in weakspot.yaml.

lines ─► cleaned ─► too long? there already? like a text that measures? ─► Suggestion: phrases, dropped with reasons
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from loop.config.labels import MOST_PHRASES, key_of
from loop.label_texts import in_words
from loop.phrases.leaks import MeasuringTexts
from loop.printable import storable, without_acting
from loop.records import LabelSet

LONGEST = 300
"""Characters of a suggested phrase; it was asked to be short."""
EMPTY, TOO_LONG, KNOWN = "empty", "too long", "there already"
NAME, MEASURES, TOO_MANY = "the name of a label", "like a text that measures the model", "more than asked for"
UNREADABLE = "a reply that is no list of messages"

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)?|\x9b[0-?]*[ -/]*[@-~]")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a model wrote for one label."""

    label: str
    phrases: tuple[str, ...]
    """Those that may be written into weakspot.yaml."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Reason → how many others there were."""


def screened(
    label: str, lines: Iterable[str], labels: LabelSet, *, count: int, measuring: MeasuringTexts
) -> Suggestion:
    """At most `count` new phrases for a label. labels: with the phrases that there are of all of them."""
    taken = {key_of(phrase) for phrases in labels.phrases.values() for phrase in phrases}
    names = {key_of(text) for name in labels.names for text in (name, in_words(name))}
    room = min(count, MOST_PHRASES - len(labels.phrases.get(label, ())))
    kept: list[str] = []
    dropped: Counter[str] = Counter()
    for phrase in map(cleaned, lines):
        reason = _reason(phrase, taken=taken, names=names)
        if reason is None and measuring.leaking([(label, phrase)]):
            reason = MEASURES
        if reason is None and len(kept) == room:
            reason = TOO_MANY
        if reason is not None:
            dropped[reason] += 1
            continue
        taken.add(key_of(phrase))
        kept.append(phrase)
    if not kept and not dropped:
        dropped[UNREADABLE] = 1
    return Suggestion(label, tuple(kept), dict(dropped))


def cleaned(line: str) -> str:
    """One line without escape sequences and signs that act instead of being seen."""
    return " ".join(without_acting(_ESCAPE.sub("", storable(line))).split())


def _reason(phrase: str, *, taken: set[str], names: set[str]) -> str | None:
    if not phrase:
        return EMPTY
    if len(phrase) > LONGEST:
        return TOO_LONG
    if key_of(phrase) in names:
        return NAME
    return KNOWN if key_of(phrase) in taken else None

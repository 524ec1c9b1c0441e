"""The section `labels`: names, each with a description and example phrases where there are some.

    [refund, other]                                            names
    {refund: Wants money back., other: }                       name: description
    {refund: {description: …, phrases: [where is it]}, …}      name: {description, phrases}

All forms become a mapping name → description, or → LabelMeaning where the label has phrases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from loop.config.checks import wrong
from loop.config.section import Section
from loop.label_names import fault
from loop.printable import MARKS, acting
from loop.records import LabelSet
from loop.registry import suggestion

MOST_PHRASES = 100
"""Of one label."""
LONGEST_PHRASE = 1000
"""Characters; an encoder reads about as many of a text."""
KEYS = ("description", "phrases")
WANTED = "two texts or more, all different; each may have a description, or {description, phrases: [different texts]}"


class LabelMeaning(Section):
    """What a label with example phrases means."""

    description: str = ""
    phrases: tuple[str, ...] = ()


Entry = str | LabelMeaning
"""A description, or description and phrases."""


def labels(value: Any) -> Any:
    """List of names, or name → description or {description, phrases}, as a mapping; names trimmed, all different."""
    if isinstance(value, Mapping):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [(name, "") for name in value]
    else:
        return value
    found, mistakes = entries(pairs)
    if len(pairs) == 1:
        mistakes.append(f"found {len(pairs)}")
    if mistakes:
        raise wrong("; ".join(mistakes), wanted=WANTED)
    return found


def entries(pairs: Iterable[tuple[Any, Any]]) -> tuple[dict[str, Entry], list[str]]:
    """Name → entry of all labels that can be read, and what is wrong with the others."""
    found: dict[str, Entry] = {}
    mistakes: list[str] = []
    for place, (name, about) in enumerate(pairs, start=1):
        wrong_in = _wrong_in_name(name, place, known=found)
        if wrong_in:
            mistakes.append(wrong_in)
            continue
        found[name.strip()], more = _entry(name.strip(), about)
        mistakes += more
    return found, mistakes + _twice(found)


def label_set(entries: Mapping[str, Entry]) -> LabelSet:
    """The labels as the rest of the loop knows them."""
    described = {name: about if isinstance(about, str) else about.description for name, about in entries.items()}
    phrases = {name: about.phrases for name, about in entries.items() if isinstance(about, LabelMeaning)}
    return LabelSet(tuple(entries), {name: text for name, text in described.items() if text}, phrases)


def plain(entry: Entry) -> str | dict[str, Any]:
    """The entry as YAML has it."""
    if isinstance(entry, str):
        return entry
    described = {"description": entry.description} if entry.description else {}
    return {**described, "phrases": list(entry.phrases)}


def key_of(phrase: str) -> str:
    """What two phrases have in common that are the same but for case and blanks."""
    return " ".join(phrase.split()).casefold()


def wrong_in_phrase(phrase: object) -> str | None:
    """What is wrong with a phrase, in words that follow it; None when nothing is."""
    if not isinstance(phrase, str):
        return "is not a text (put quotes around it)"
    if not phrase.strip():
        return "is empty"
    if len(phrase) > LONGEST_PHRASE:
        return f"has {len(phrase):,} characters, more than {LONGEST_PHRASE:,}"
    code = acting("".join(sign for sign in phrase if sign not in MARKS and sign not in "\n\t"))
    return f"holds the control character {code}" if code else None


def _wrong_in_name(name: Any, place: int, *, known: Mapping[str, Entry]) -> str | None:
    if not isinstance(name, str):
        return f"label {place} is {name!r}, not a text (put quotes around it: yes, no, on, off and numbers)"
    if not name.strip():
        return f"label {place} is empty"
    if wrong_in := fault(name.strip()):
        return f"label {place}, {name.strip()[:60]!r}, {wrong_in}"
    return f"label {name.strip()!r} stands twice" if name.strip() in known else None


def _entry(name: str, about: Any) -> tuple[Entry, list[str]]:
    """What stands beside a name: an entry, and mistakes."""
    if isinstance(about, LabelMeaning):
        return about, []
    if not isinstance(about, Mapping):
        return _description(name, about)
    description, mistakes = _description(name, about.get("description"))
    phrases, more = _phrases(name, about.get("phrases"))
    unknown = [
        f"{name!r} has the unknown key {str(key)!r}, {suggestion(str(key), KEYS) or 'wanted: ' + ', '.join(KEYS)}"
        for key in about
        if key not in KEYS
    ]
    entry = LabelMeaning(description=description, phrases=phrases) if phrases else description
    return entry, [*unknown, *mistakes, *more]


def _description(name: str, text: Any) -> tuple[str, list[str]]:
    if not isinstance(text, str | None):
        return "", [f"the description of {name!r} is {text!r}, not a text"]
    return (text or "").strip(), []


def _phrases(name: str, given: Any) -> tuple[tuple[str, ...], list[str]]:
    if given is None:
        return (), []
    if not isinstance(given, list | tuple):
        return (), [f"the phrases of {name!r} are {given!r}, not a list of texts"]
    mistakes = [
        f"phrase {place} of {name!r}, {str(phrase)[:60]!r}, {wrong_in}"
        for place, phrase in enumerate(given, start=1)
        if (wrong_in := wrong_in_phrase(phrase))
    ]
    if len(given) > MOST_PHRASES:
        mistakes.append(f"{name!r} has {len(given):,} phrases, more than {MOST_PHRASES}")
    return tuple(phrase.strip() for phrase in given if isinstance(phrase, str)), mistakes


def _twice(found: Mapping[str, Entry]) -> list[str]:
    """Phrases that stand twice, under one label or two."""
    owners: dict[str, list[str]] = {}
    for name, phrases in label_set(found).phrases.items():
        for phrase in filter(None, map(key_of, phrases)):
            owners.setdefault(phrase, []).append(name)
    return [_repeated(phrase, names) for phrase, names in owners.items() if len(names) > 1]


def _repeated(phrase: str, names: Sequence[str]) -> str:
    under = " and ".join(repr(name) for name in dict.fromkeys(names))
    return f"the phrase {phrase[:60]!r} stands " + (f"twice under {under}" if len({*names}) == 1 else f"under {under}")

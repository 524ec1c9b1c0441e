"""A judge's words → what they say, read leniently but never guessed: None when they can be read in two ways. Pure.

    "**Answer: 1**" ─► "1"      "2 > 1 > 3" ─► (2, 1, 3)      '```json {"tone": 4}```' ─► {"tone": 4}
    "1. Both are kind" ─► None  "1 or 2" ─► None               '{"tone": 7}' ─► None

Either the whole text is a verdict, or some of its lines are, and all of these say the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from loop.json_reading import parse

PAIR_WORDS = {
    "1": ("1", "one", "first"),
    "2": ("2", "two", "second"),
    "tie": ("tie", "a tie", "tied", "equal", "equally good", "both good", "both are equally good"),
    "both bad": ("both bad", "both_bad", "both are bad", "neither", "equally bad"),
}
"""What is asked for → how else it is said."""
MARKS = (1, 2, 3, 4, 5)

_MEANING = {said: word for word, ways in PAIR_WORDS.items() for said in ways}
_VERDICT = "(?P<verdict>" + "|".join(sorted(map(re.escape, _MEANING), key=len, reverse=True)) + ")"
_NOUN = r"(?:(?:the )?(?:answer|response|candidate|option|number)[ _#]*)?"
_LEAD = r"(?:(?:my |the )?(?:final |better |best )?(?:answer|verdict|choice|ranking|order)(?: is:?|:) *)"
_WHOLE_PAIR = re.compile(rf"{_LEAD}?{_NOUN}{_VERDICT}(?: answer)?(?: is better| wins)?")
# A line "Answer 1" among others may be a heading.
_PAIR_LINE = re.compile(rf"(?:{_LEAD}{_NOUN})?{_VERDICT}")
_PLACES = rf"(?P<places>{_NOUN}[0-9]{{1,2}}(?: *[,>;] *{_NOUN}[0-9]{{1,2}})+)"
_RANKING = re.compile(rf"{_LEAD}?{_PLACES}")
_THOUGHTS = re.compile(r"^\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)

Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class Read(Generic[Said]):
    """What words say."""

    value: Said
    bare: bool
    """They hold the verdict and nothing else, so that their probability is its own."""


def read_pair(words: str) -> Read[str] | None:
    """One of "1", "2", "tie", "both bad"."""

    def verdict(line: str, pattern: re.Pattern[str]) -> str | None:
        found = pattern.fullmatch(_plain(line))
        return _MEANING[found["verdict"]] if found else None

    return _read(words, whole=lambda text: verdict(text, _WHOLE_PAIR), line=lambda text: verdict(text, _PAIR_LINE))


def read_ranking(words: str, *, k: int) -> Read[tuple[int, ...]] | None:
    """All of 1..k, best first; k is below 100."""

    def order(line: str) -> tuple[int, ...] | None:
        found = _RANKING.fullmatch(_plain(line))
        places = tuple(int(place) for place in re.findall(r"[0-9]+", found["places"])) if found else ()
        return places if sorted(places) == list(range(1, k + 1)) else None

    return _read(words, whole=order, line=order)


def read_rating(words: str, *, criteria: Sequence[str]) -> Read[dict[str, int]] | None:
    """A mark 1..5 for every criterion; what stands there besides is passed over."""
    text = re.sub(r"```(?:json)?", "", _THOUGHTS.sub("", words)).strip()
    objects = re.findall(r"\{[^{}]*\}", text)
    found = [marks for one in objects if (marks := _marks(one, criteria)) is not None]
    if not found or any(marks != found[0] for marks in found):
        return None
    return Read(found[0], bare=objects == [text])


def _read(words: str, *, whole: Callable[[str], Said | None], line: Callable[[str], Said | None]) -> Read[Said] | None:
    text = _THOUGHTS.sub("", words).strip()
    all_of_it = whole(text)
    if all_of_it is not None:
        return Read(all_of_it, bare=text == words.strip())
    said = [one for part in text.splitlines() if (one := line(part)) is not None]
    return Read(said[0], bare=False) if said and all(one == said[0] for one in said) else None


def _plain(line: str) -> str:
    """Without emphasis, quotes and brackets, in small letters."""
    return " ".join(re.sub(r"[*`\"'()\[\]]", "", line).casefold().split()).rstrip(" .!")


def _marks(text: str, criteria: Sequence[str]) -> dict[str, int] | None:
    try:
        told = {str(name).strip().casefold(): _mark(value) for name, value in parse(text).items()}
    except ValueError:
        return None
    marks = {name: told.get(name.strip().casefold()) for name in criteria}
    whole = {name: mark for name, mark in marks.items() if mark is not None}
    return whole if len(whole) == len(criteria) else None


def _mark(value: object) -> int | None:
    """4, 4.0, "4" and "4/5" are a mark of 4."""
    found = re.fullmatch(r"([1-5])(?:\.0)?(?: ?/ ?5)?", str(value).strip())
    return int(found[1]) if found else None

"""Names of weak spots: what goes wrong there or what it holds, the slice that stands out, at most two words.

"refund status ↔ explain charge · de-en: konto"     two labels taken for each other, mostly in this slice
"roaming: abroad, data"                             one label, and words that set it apart from spots of that label
"refund status + charged twice"                     two labels it holds
"account login ↔ others: app, button"               many labels, and one that is confused with several others
"mixed: wall, left"                                 many labels
"de-en: rechnung, konto"                            without labels: slice and words
"engineer visit · missed"                           words alone, as loop/selection/naming.py makes them

traits of each spot ─► candidates, best first ─► the first that fits into LONGEST and that no other spot has
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, count

from loop.printable import one_line
from loop.selection.stop_words import STOP_WORDS

LONGEST = 50
"""Characters of a name."""
SLICE = 16
"""Characters of a slice in a name."""
TAIL = 12
"""Labels are shortened for words of so many characters at most, the sign before them counted."""
ELLIPSIS = "…"
BEGUN = 6
"""What the beginning of a label is worth when it is shortened, in characters."""
CONFUSED = " ↔ "
"""Between two labels that are taken for each other."""
BESIDE = " + "
"""Between two labels that a spot holds."""
PART = " · "
"""Before the slice."""
WORDS = ": "
"""Before the words."""
OTHERS = "others"
"""What a single label is taken for."""
MIXED = "mixed"
"""In place of labels where there are too many."""
PLAIN = frozenset({"true", "false", "yes", "no", "none", "null", "unknown", "other"})
"""Values that say nothing without the name of their column."""


@dataclass(frozen=True, slots=True)
class SpotTraits:
    """What a name can be made of."""

    words: str
    """A name of words alone, for a spot with neither labels nor slice."""
    terms: tuple[str, ...] = ()
    """Words and pairs of words, most distinctive first."""
    confused: tuple[str, ...] = ()
    """Two labels taken for each other, which go before `labels`, or one taken for several, which goes after them."""
    labels: tuple[str, ...] = ()
    """One or two labels the spot holds."""
    mixed: bool = False
    """Its labels are known, and they are too many for a name."""
    slice: tuple[str, str] | None = None
    """(column, value) that stands out."""


def name_by_traits(
    traits: Sequence[SpotTraits], *, labels: Sequence[str] = (), fixed: Mapping[int, str] | None = None
) -> tuple[str, ...]:
    """(s,) names, none of them twice (small and capital letters alike), each at most LONGEST characters.

    labels: all labels there are, so that a shortened one cannot be read as another. fixed: spot → a name that stays as
    it is, whatever its length; no other spot gets it. Spots with the same labels and slice are set apart by words, at
    last by their number. The same traits give the same names.
    """
    kept = dict(fixed or {})
    heads = [_Head.of(one, labels) for one in traits]
    same = Counter(head for spot, head in enumerate(map(_Head.key, heads)) if spot not in kept)
    taken = {name.casefold() for name in kept.values()}
    names = []
    for spot, (one, head) in enumerate(zip(traits, heads, strict=True)):
        if spot in kept:
            names.append(kept[spot])
            continue
        alone = same[head.key()] == 1
        wanted = _candidates(one, head, spot, alone=alone)
        name = next(name for name in wanted if name.casefold() not in taken and not name.isdigit())
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def shorten(label: str, width: int, labels: Sequence[str]) -> str:
    """At most `width` characters of a label: whole words of its beginning, its end or both, an ellipsis for the rest.

    The best piece that fits no other of `labels` is taken: the longest, where a beginning counts as BEGUN characters
    and a stop word before the ellipsis takes as many away. Without such a piece the longest beginning. A first word
    that is too long is cut.
    """
    if len(label) <= width:
        return label
    words, others = label.split(" "), [other.split(" ") for other in labels if other != label]
    cuts = [(first, last) for first in range(len(words) + 1) for last in range(len(words) - first) if first + last]
    fitting = [cut for cut in cuts if len(_piece(words, cut)) <= width]
    clear = [cut for cut in fitting if not any(_reads_as(words, cut, other) for other in others)]
    chosen = clear or [cut for cut in fitting if cut[1] == 0]
    if not chosen:
        return _cut(label, width)
    return _piece(words, max(chosen, key=lambda cut: (_worth(words, cut), cut)))


@dataclass(frozen=True, slots=True)
class _Head:
    """The part of a name before the words."""

    parts: tuple[str, ...]
    """Labels as they are shown."""
    joint: str
    slice: str
    """As it is shown; "" for none."""
    known: tuple[str, ...]
    """All labels as they are shown."""

    @classmethod
    def of(cls, traits: SpotTraits, labels: Sequence[str]) -> _Head:
        confused = tuple(filter(None, map(_label, traits.confused)))
        held = tuple(filter(None, map(_label, traits.labels[:2])))
        is_wrong = len(confused) == 2 or (len(confused) == 1 and not held)
        parts = ((*confused, OTHERS)[:2] if is_wrong else held) or ((MIXED,) if traits.mixed else ())
        joint = CONFUSED if is_wrong else BESIDE
        return cls(parts, joint, _slice(traits.slice), tuple(map(_label, labels)))

    def key(self) -> tuple[str, ...]:
        """The same for heads that say the same: two labels in either order."""
        return (*sorted(part.casefold() for part in self.parts), self.joint, self.slice.casefold())

    def text(self, width: int) -> str:
        """At most `width` characters, 20 or more; "" without labels and slice."""
        tail = self.slice if not self.parts else PART + self.slice if self.slice else ""
        if not self.parts:
            return tail
        room = width - len(tail) - len(self.joint) * (len(self.parts) - 1)
        return self.joint.join(_fitted(self.parts, room, self.known)) + tail


def _fitted(parts: Sequence[str], room: int, labels: Sequence[str]) -> tuple[str, ...]:
    """Each label in its half of the room; what a short one leaves goes to the other."""
    if len(parts) == 1:
        return (shorten(parts[0], room, labels),)
    one, other = parts
    half = room // 2
    first = shorten(one, max(half, room - len(other)), labels)
    return first, shorten(other, max(room - len(first), 1), labels)


def _candidates(traits: SpotTraits, head: _Head, spot: int, *, alone: bool) -> Iterator[str]:
    """Possible names without end, best first. alone: no other spot has this head."""
    if not head.parts and not head.slice:
        yield from _of_words(traits, spot)
        return
    whole, tails = head.text(LONGEST), list(_tails(traits.terms, head))
    yield from (whole + tail for tail in tails if len(whole) + len(tail) <= LONGEST)
    if alone:
        yield whole
    yield from (head.text(LONGEST - len(tail)) + tail for tail in tails if len(tail) <= TAIL)
    yield from (head.text(LONGEST - len(number)) + number for number in _numbers(f" #{spot}"))


def _of_words(traits: SpotTraits, spot: int) -> Iterator[str]:
    if words := _clean(traits.words):
        yield _cut(words, LONGEST)
    terms = [term for term in map(_clean, traits.terms) if term]
    yield from (_cut(PART.join(pair), LONGEST) for pair in combinations(terms, 2))
    yield from _numbers(f"region {spot}")


def _numbers(text: str) -> Iterator[str]:
    """The text, then ever other ones: a person may have given the first name to another spot."""
    yield text
    yield from (f"{text}-{number}" for number in count(2))


def _tails(terms: Sequence[str], head: _Head) -> Iterator[str]:
    """ ": lost, abroad": two words first, then one; distinctive terms first, none that repeats the head."""
    text = " ".join((*head.parts, head.slice)).casefold()
    fresh = [term for term in map(_clean, terms) if term and not _repeats(term, text)]
    single = [term for term in fresh if " " not in term]
    if fresh and " " in fresh[0]:
        yield WORDS + fresh[0]
    pairs = [pair for pair in combinations(range(len(single)), 2) if not _repeats(single[pair[1]], single[pair[0]])]
    for one, other in sorted(pairs, key=lambda pair: (sum(pair), pair)):
        yield f"{WORDS}{single[one]}, {single[other]}"
    yield from (WORDS + term for term in fresh)


def _repeats(term: str, text: str) -> bool:
    """Whether a word of the term begins like a word of the text: "refunds" or "refunded" after "refund status"."""
    before = [word[:5] for word in text.casefold().replace("-", " ").split()]
    words = [word[:5] for word in term.casefold().split()]
    return any(
        one == other or (one.startswith(other) and len(other) > 2) or (other.startswith(one) and len(one) > 2)
        for one in words
        for other in before
    )


def _label(text: str) -> str:
    """A label as it is shown; a bare number would be taken for the number of a spot."""
    clean = _clean(text)
    return f"label {clean}" if clean.isdigit() else clean


def _slice(slice_: tuple[str, str] | None) -> str:
    if slice_ is None:
        return ""
    column, value = map(_clean, slice_)
    bare = value.casefold() in PLAIN or len(value) < 2 or not any(sign.isalpha() for sign in value)
    return _cut(f"{column}={value}" if bare else value, SLICE)


def _piece(words: Sequence[str], cut: tuple[int, int]) -> str:
    """The first and the last so many words."""
    first, last = cut
    return " ".join(words[:first]) + ELLIPSIS + " ".join(words[len(words) - last :])


def _worth(words: Sequence[str], cut: tuple[int, int]) -> int:
    first, _ = cut
    broken = first > 0 and words[first - 1] in STOP_WORDS
    return len(_piece(words, cut)) + BEGUN * (first > 0) - BEGUN * broken


def _reads_as(words: Sequence[str], cut: tuple[int, int], other: Sequence[str]) -> bool:
    """Whether another label has the same first and last words."""
    first, last = cut
    ends = [*words[:first], *words[len(words) - last :]]
    return len(other) >= first + last and [*other[:first], *other[len(other) - last :]] == ends


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 1, 0)].rstrip() + ELLIPSIS


def _clean(text: str) -> str:
    """One line without a sign that acts, single blanks between words."""
    return " ".join(one_line(text).split())

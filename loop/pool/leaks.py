"""Texts against gold texts → which of them are the same, or nearly: the leak guard.

Three grades: the same text; the same but for case, punctuation and spaces; and near, by the Jaccard similarity of
character 4-grams of the folded texts. Near pairs are found exactly, not approximately, by prefix filtering: two sets
of similarity t or more share one of the rarest elements of each (Chaudhuri, Ganti and Kaushik 2006; Bayardo, Ma and
Srikant 2007, "Scaling up all pairs similarity search").

A prompt with a context is near another only when text, context and both together are: neither two questions about
one long source nor one instruction for two sources are the same prompt.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import repeat

from loop.pool.ids import folded

NEAR = 0.85
"""Similarity from which a text counts as a near-duplicate: above it a short word or an ending differs in a sentence of
ten words, or a whole word in one of twenty (docs/leaks.md has what it finds)."""
GRAM = 4
SLACK = 1e-9
"""Keeps 0.85 * 20 = 17.000000000000004 from counting as 18."""

Parts = tuple[frozenset[str], ...]
"""Grams of text and context; empty where there are no contexts."""


class Grade(StrEnum):
    """How alike a text is to a gold text."""

    SAME = "same"
    FOLDED = "folded"
    """The same but for case, punctuation and spaces."""
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class Leak:
    """A text that stands in gold as well."""

    row: int
    """Place in `texts`."""
    gold_row: int
    """Place in the gold texts; the most similar one, of equals the first."""
    grade: Grade
    similarity: float
    """1.0 for the same and the folded, else NEAR..1."""

    @property
    def reason(self) -> str:
        """Why it is set aside, in words."""
        if self.grade is Grade.SAME:
            return "the same text is in gold"
        if self.grade is Grade.FOLDED:
            return "in gold but for case, punctuation or spaces"
        return f"near a gold text (similarity {self.similarity:.2f})"


class LeakGuard:
    """An index over gold texts; `find` asks it about any number of other texts."""

    def __init__(self, gold: Sequence[str], contexts: Sequence[str] | None = None, *, near: float = NEAR) -> None:
        """contexts: (n,) what each gold prompt is about, "" for nothing; None where texts have none."""
        self._near = near
        self._same: dict[str, int] = {}
        self._folded: dict[str, int] = {}
        self._grams: list[frozenset[str]] = []
        self._parts = [_part_grams(*pair) for pair in zip(gold, contexts or (), strict=False)]
        for row, text in enumerate(_whole(gold, contexts)):
            plain = folded(text)
            self._same.setdefault(text.strip(), row)
            self._folded.setdefault(plain, row)
            self._grams.append(_grams(plain))
        frequency = Counter(gram for grams in self._grams for gram in grams)
        ordered = sorted(frequency, key=lambda gram: (frequency[gram], gram))
        self._rank = {gram: rank for rank, gram in enumerate(ordered)}
        self._known = frozenset(self._rank)
        self._postings: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for row, grams in sorted(enumerate(self._grams), key=lambda one: len(one[1])):
            for rank in self._prefix(grams):
                self._postings[rank].append((len(grams), row))

    def find(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[Leak]:
        """The leaking ones among `texts`, in their order; each with its most similar gold text.

        contexts: (n,) as for the gold texts, and there exactly when these have some.
        """
        pairs = zip(texts, contexts, strict=True) if contexts is not None else repeat(None)
        whole = enumerate(zip(_whole(texts, contexts), pairs, strict=False))
        leaks = (self._leak(row, text, pair) for row, (text, pair) in whole)
        return [leak for leak in leaks if leak is not None]

    def _leak(self, row: int, text: str, pair: tuple[str, str] | None) -> Leak | None:
        if (gold := self._same.get(text.strip())) is not None:
            return Leak(row, gold, Grade.SAME, 1.0)
        plain = folded(text)
        if (gold := self._folded.get(plain)) is not None:
            return Leak(row, gold, Grade.FOLDED, 1.0)
        grams = _grams(plain)
        near = [one for one in self._candidates(grams) if self._near_to(grams, self._grams[one])]
        if near and pair is not None:
            parts = _part_grams(*pair)
            near = [one for one in near if all(map(self._near_to, parts, self._parts[one]))]
        similarity, gold = max(((_jaccard(grams, self._grams[one]), -one) for one in near), default=(0.0, 1))
        return Leak(row, -gold, Grade.NEAR, similarity) if near else None

    def _candidates(self, grams: frozenset[str]) -> set[int]:
        """Gold rows that share one of the rarest grams; no two sets are more alike than their sizes are."""
        least, most = (math.ceil(self._near * len(grams) - SLACK), math.floor(len(grams) / self._near + SLACK))
        found: set[int] = set()
        for rank in self._prefix(grams):
            rows = self._postings.get(rank, ())
            if rows and rows[0][0] <= most and rows[-1][0] >= least:
                found.update(row for size, row in rows if least <= size <= most)
        return found

    def _near_to(self, one: frozenset[str], other: frozenset[str]) -> bool:
        return _jaccard(one, other) >= self._near

    def _prefix(self, grams: frozenset[str]) -> list[int]:
        """The rarest grams that gold knows, enough of them that any set as similar as asked has one in common."""
        enough = len(grams) - math.ceil(self._near * len(grams) - SLACK) + 1
        known = grams & self._known
        # Grams that gold does not know are the rarest of all and lead nowhere: most texts end here, unsorted.
        enough -= len(grams) - len(known)
        return sorted(map(self._rank.__getitem__, known))[:enough] if enough > 0 else []


def _whole(texts: Sequence[str], contexts: Sequence[str] | None) -> Sequence[str]:
    if contexts is None:
        return texts
    return [f"{context}\n\n{text}" for text, context in zip(texts, contexts, strict=True)]


def _part_grams(text: str, context: str) -> Parts:
    return _grams(folded(text)), _grams(folded(context))


def _grams(plain: str) -> frozenset[str]:
    padded = f" {plain} "
    return frozenset([padded[start : start + GRAM] for start in range(max(1, len(padded) - GRAM + 1))])


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)

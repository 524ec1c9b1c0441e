"""Texts against gold texts → which of them are the same, or nearly: the leak guard.

Three grades: the same text; the same but for case, punctuation and spaces; and near, by the Jaccard similarity of
character 4-grams of the folded texts. Near pairs are found exactly, not approximately, by prefix filtering: two sets
of similarity t or more share one of the rarest elements of each (Chaudhuri, Ganti and Kaushik 2006; Bayardo, Ma and
Srikant 2007, "Scaling up all pairs similarity search").
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from loop.pool.ids import folded

NEAR = 0.85
"""Similarity from which a text counts as a near-duplicate: above it a word or two differ in a sentence of ten."""
GRAM = 4


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
    """Place in the gold texts; the most similar one."""
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

    def __init__(self, gold: Sequence[str], *, near: float = NEAR) -> None:
        self._near = near
        self._same: dict[str, int] = {}
        self._folded: dict[str, int] = {}
        self._grams: list[frozenset[str]] = []
        for row, text in enumerate(gold):
            plain = folded(text)
            self._same.setdefault(text.strip(), row)
            self._folded.setdefault(plain, row)
            self._grams.append(_grams(plain))
        self._frequency = Counter(gram for grams in self._grams for gram in grams)
        self._postings: dict[str, list[int]] = defaultdict(list)
        for row, grams in enumerate(self._grams):
            for gram in self._prefix(grams):
                self._postings[gram].append(row)

    def find(self, texts: Sequence[str]) -> list[Leak]:
        """The leaking ones among `texts`, in their order; each with its most similar gold text."""
        return [leak for row, text in enumerate(texts) if (leak := self._leak(row, text)) is not None]

    def _leak(self, row: int, text: str) -> Leak | None:
        if (gold := self._same.get(text.strip())) is not None:
            return Leak(row, gold, Grade.SAME, 1.0)
        plain = folded(text)
        if (gold := self._folded.get(plain)) is not None:
            return Leak(row, gold, Grade.FOLDED, 1.0)
        grams = _grams(plain)
        candidates = {gold for gram in self._prefix(grams) for gold in self._postings.get(gram, ())}
        similarity, gold = max(((_jaccard(grams, self._grams[one]), one) for one in candidates), default=(0.0, -1))
        return Leak(row, gold, Grade.NEAR, similarity) if similarity >= self._near else None

    def _prefix(self, grams: frozenset[str]) -> list[str]:
        """The rarest grams that gold knows, enough of them that any set as similar as asked has one in common."""
        known = [gram for gram in grams if gram in self._frequency]
        # The small number keeps 0.85 * 20 = 17.000000000000004 from shortening the prefix by one.
        enough = len(grams) - math.ceil(self._near * len(grams) - 1e-9) + 1
        # Grams that gold does not know are the rarest of all and lead nowhere: most texts end here, unsorted.
        enough -= len(grams) - len(known)
        return sorted(known, key=lambda gram: (self._frequency[gram], gram))[:enough] if enough > 0 else []


def _grams(plain: str) -> frozenset[str]:
    padded = f" {plain} "
    return frozenset(padded[start : start + GRAM] for start in range(max(1, len(padded) - GRAM + 1)))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)

"""How near answers are to their references: n answers, each with at least one reference → (n,), 0..1, 1 is the same.

With several references the nearest counts. No answers give (0,). Every metric raises DataError for an answer without
a reference, and when answers and references are not of the same number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from loop.errors import DataError
from loop.records import FloatArray
from loop.wording import folded

References = Sequence[tuple[str, ...]]


def exact_match(answers: Sequence[str], references: References) -> FloatArray:
    """1 where the answer has the words of a reference, else 0; the rule is that of `loop.wording.folded`."""
    return _each(answers, references, lambda answer, known: float(folded(answer) in {folded(text) for text in known}))


def bleu(answers: Sequence[str], references: References) -> FloatArray:
    """BLEU of each answer by itself, smoothed ("exp"), with the orders that a short answer has.

    Papineni and others 2002; by sacrebleu (Post 2018) with its tokenizer 13a, which does not split Chinese, Japanese
    or Thai: read chrf there. The mean over answers is not the BLEU of papers: that is `corpus_bleu`.
    """
    scorer = _bleu()
    return _each(answers, references, lambda answer, known: scorer.sentence_score(answer, list(known)).score / 100)


def chrf(answers: Sequence[str], references: References) -> FloatArray:
    """F2 of character n-grams of length 1..6, white space left out. Popović 2015; by sacrebleu."""
    from sacrebleu.metrics.chrf import CHRF

    scorer = CHRF()
    return _each(answers, references, lambda answer, known: scorer.sentence_score(answer, list(known)).score / 100)


def rouge_l(answers: Sequence[str], references: References) -> FloatArray:
    """F1 of the longest common subsequence of words. Lin 2004; by rouge-score, without stemming.

    Words are those of Unicode: rouge-score's own rule knows the letters a to z alone and drops all others.
    """
    from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]  # it has no types

    scorer = RougeScorer(["rougeL"], tokenizer=_UnicodeWords())
    return _each(
        answers,
        references,
        lambda answer, known: max(float(scorer.score(text, answer)["rougeL"].fmeasure) for text in known),
    )


def bleu_counts(answers: Sequence[str], references: References) -> FloatArray:
    """(n, 10) what corpus BLEU adds up: lengths of answer and nearest reference, 4 matches, 4 n-gram totals."""
    scorer = _bleu()
    _check(answers, references)
    rows = [scorer.sentence_score(answer, list(known)) for answer, known in zip(answers, references, strict=True)]
    found = [[row.sys_len, row.ref_len, *row.counts, *row.totals] for row in rows]
    return np.array(found, dtype=np.float64).reshape(len(rows), 10)


def corpus_bleu(counts: FloatArray) -> float | None:
    """BLEU of all answers together, 0..1, from the rows of `bleu_counts`; None without answers."""
    if len(counts) == 0:
        return None
    sums = [int(number) for number in counts.sum(axis=0)]
    score = _bleu().compute_bleu(sums[2:6], sums[6:10], sums[0], sums[1], smooth_method="exp").score
    return min(float(score) / 100, 1.0)


class _UnicodeWords:
    """The tokenizer that rouge-score asks for."""

    def tokenize(self, text: str) -> list[str]:
        return re.findall(r"\w+", text.casefold())


@lru_cache(maxsize=1)
def _bleu() -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(effective_order=True)


def _each(answers: Sequence[str], references: References, score: Callable[[str, tuple[str, ...]], float]) -> FloatArray:
    _check(answers, references)
    found = [score(answer, known) for answer, known in zip(answers, references, strict=True)]
    return np.clip(np.array(found, dtype=np.float64), 0.0, 1.0)  # sacrebleu gives 100.00000000000004 for the same text


def _check(answers: Sequence[str], references: References) -> None:
    if len(answers) != len(references):
        raise DataError(f"{len(answers):,} answers and {len(references):,} references", wanted="as many of both")
    lacking = [row for row, known in enumerate(references) if not known]
    if lacking:
        raise DataError(
            f"{len(lacking):,} of {len(answers):,} answers have no reference, first number {lacking[0]}",
            wanted="at least one for each",
            do="measure only the answers that have one",
        )

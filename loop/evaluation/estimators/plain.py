"""The share of wrong ones, each counted as often as it stands for others: weights alone, no model."""

from __future__ import annotations

from loop.evaluation.estimators.effective import estimate, kish
from loop.records import Audited, Estimate, FloatArray

STEADY = 2.0
"""The variance seen weighs half when so many answers disagree with the rest; below, equal spread is supposed."""


def plain(audited: Audited) -> Estimate | None:
    """Hájek's weighted share with weights 1 / inclusion; equals Wilson's interval on n when all chances are equal.

    Horvitz and Thompson 1952; Hájek 1971. None without any answer.
    """
    n = len(audited.wrong)
    if n == 0:
        return None
    weights = 1.0 / audited.inclusion
    return estimate(
        float(audited.wrong @ weights / weights.sum()),
        effective_answers(audited.wrong.astype(float), weights),
        n=n,
        estimator="plain",
    )


def effective_answers(wrong: FloatArray, weights: FloatArray) -> float:
    """So many equal answers tell as much as these weighted ones. wrong: (n,) 0 or 1; weights: (n,) above 0.

    With all wrong, all right or equal weights it is Kish's number. Else it leans to what was seen, as far as there
    are answers of the rarer kind: where errors carry small weights, the share is known better than Kish's number says.
    """
    rate = float(wrong @ weights / weights.sum())
    share = weights / weights.sum()
    equal = rate * (1.0 - rate)
    rarer = float(min(wrong.sum(), len(wrong) - wrong.sum()))
    if rarer == 0:
        return kish(weights)
    seen = float(share**2 @ (wrong - rate) ** 2)
    supposed = float((share**2).sum()) * equal
    trust = rarer / (rarer + STEADY)
    return equal / (trust * seen + (1.0 - trust) * supposed)

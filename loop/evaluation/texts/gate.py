"""Promote or hold a model that writes: it becomes the champion unless it is worse in one of four ways, or broke down.

wrong answers on the same prompts ─► compare_wrong ──┐
each check on the same prompts ────► compare_wrong ──┤
retention prompts before and after ► retention_loss ─┼► decide_texts ─► Verdict
answers preferred to the champion's ► win rate ──────┤
what the guard saw while tuning ─────────────────────┘
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np

from loop.errors import DataError
from loop.evaluation.gate import numbers, points
from loop.evaluation.texts.winning import Rate
from loop.records import Comparison, Verdict


@dataclass(frozen=True, slots=True)
class Loss:
    """What was forgotten: how much lower the challenger's marks on the retention prompts are."""

    n: int
    value: float
    """Mean of (champion's mark - challenger's), -1..1; above 0 is forgetting."""
    low: float
    high: float
    """Its 95 % interval."""
    p_value: float
    """Two-sided: that nothing was lost or won; 1.0 when nothing changed, or on one prompt."""


def retention_loss(before: Mapping[str, float], after: Mapping[str, float]) -> Loss:
    """Marks 0..1 of champion (before) and challenger (after) by prompt, on the prompts that both answered.

    Student's interval and test of the paired differences. One prompt tells nothing: -1..1. Raises DataError when they
    share no prompt.
    """
    from scipy.stats import t

    shared = sorted(set(before) & set(after))
    if not shared:
        raise DataError("champion and challenger share no retention prompt", do="let both answer the same prompts")
    lost = np.array([before[id_] - after[id_] for id_ in shared])
    n, mean = len(lost), float(lost.mean())
    if n == 1:
        return Loss(1, mean, -1.0, 1.0, 1.0)
    error = float(lost.std(ddof=1)) / sqrt(n)
    half = float(t.isf(0.025, n - 1)) * error
    if error == 0:
        return Loss(n, mean, mean, mean, float(mean == 0))
    p_value = 2 * float(t.sf(abs(mean) / error, n - 1))
    return Loss(n, mean, max(mean - half, -1.0), min(mean + half, 1.0), p_value)


def decide_texts(
    comparison: Comparison | None,
    *,
    alpha: float,
    forgetting: float,
    checks: Mapping[str, Comparison],
    retention: Loss | None,
    wins: Rate | None,
    collapsed: str = "",
    first: bool = False,
) -> Verdict:
    """Held when it is worse at `alpha` in any of these, promoted else; the reason names every one that held it.

    comparison: wrong answers; worse as for a classifier, by the exact McNemar test. checks: the same of each check, by
    name. retention: the loss is above `forgetting` and no chance (p <= alpha). wins: share of its answers preferred to
    the champion's, with an interval made at the same alpha; worse when all of that lies below one half. Each is None,
    or empty, where it was not measured. collapsed: what the guard saw while tuning; "" when all was well.

    Each of k tests may hold a model that is no worse, with probability alpha / 2: a project with many checks holds
    more often than one with few, which errs on the side of the model people know.

    first: no model was tuned before; it is promoted unless it broke down.
    """
    faults = [] if first else _faults(comparison, checks, retention, wins, alpha=alpha, forgetting=forgetting)
    if collapsed:
        faults.insert(0, f"Tuning broke down: {collapsed.rstrip('.')}.")
    if faults:
        return Verdict(promote=False, reason=" ".join(faults), comparison=comparison)
    if first:
        return Verdict(promote=True, reason="The first model: there is none to compare it with.", comparison=comparison)
    return Verdict(promote=True, reason=_praise(comparison, wins, alpha=alpha), comparison=comparison)


def _faults(
    comparison: Comparison | None,
    checks: Mapping[str, Comparison],
    retention: Loss | None,
    wins: Rate | None,
    *,
    alpha: float,
    forgetting: float,
) -> list[str]:
    found = []
    if comparison is not None and _worse(comparison, alpha):
        found.append(f"Worse than the model in use. {numbers(comparison)}")
    found += [
        f'Fails the check "{name}" more often. {numbers(checks[name])}'
        for name in sorted(checks)
        if _worse(checks[name], alpha)
    ]
    if retention is not None and retention.value > forgetting and retention.p_value <= alpha:
        found.append(
            f"It forgot: {points(retention.value)} points lost on the {retention.n} retention prompts "
            f"({points(retention.low)} to {points(retention.high)}); {points(forgetting)} are allowed."
        )
    if wins is not None and wins[2] < 0.5:
        found.append(f"Its answers are preferred less often than those of the model in use: {_share(wins)}.")
    return found


def _praise(comparison: Comparison | None, wins: Rate | None, *, alpha: float) -> str:
    if comparison is None and wins is None:
        return (
            "Unproven: nothing tells how it compares with the model in use; it learned from more of people's answers."
        )
    fewer = comparison is not None and comparison.difference < 0 and comparison.p_value <= alpha
    preferred = wins is not None and wins[0] > 0.5 and wins[1] > 0.5
    said = [
        "Better than the model in use."
        if fewer or preferred
        else "No proven difference to the model in use, so the one that learned from more answers is taken."
    ]
    if comparison is not None:
        said.append(numbers(comparison))
    if wins is not None:
        said.append(f"Its answers are preferred in {_share(wins)}.")
    return " ".join(said)


def _worse(comparison: Comparison, alpha: float) -> bool:
    return comparison.difference > 0 and comparison.p_value <= alpha


def _share(rate: Rate) -> str:
    """For example "61.0 % (52.3 to 69.0)"."""
    value, low, high = (100 * part for part in rate)
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"

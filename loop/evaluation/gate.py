"""Promote or hold: one rule for every task.

overall, at the part of alpha spent on this look ─► told: better, worse, cannot tell ┐
    policy not_worse: held when worse, or above the margin ──────────────────────────┤
    policy better:    held unless better ────────────────────────────────────────────┤
the best champion so far: held when worse than it, or above the margin ──────────────┼─► vetoes ─► Verdict
classes, slices, spots, checks, regression, retention: held when one is worse for ───┤
    sure (Holm) and by more than its margin ─────────────────────────────────────────┤
text that collapsed while tuning ────────────────────────────────────────────────────┘

"Better" is a promise and costs alpha, which all looks of a project share (alpha_spending.py). "Worse" protects: it may
use all of alpha at every look, since a good model that is held for once costs a round and a bad one in use costs
more. docs/gate.md tells the rules in words, and what they were measured to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from loop.evaluation import gate_messages
from loop.evaluation.alpha_spending import spent
from loop.evaluation.power import needed
from loop.records import Comparison, Evidence, SliceComparison, Verdict, Veto

Policy = Literal["not_worse", "better"]
BETTER, WORSE, CANNOT_TELL = "better", "worse", "cannot tell"


def decide(evidence: Evidence, *, policy: Policy, alpha: float, margin: float) -> Verdict:
    """Whether the challenger becomes the champion.

    alpha: the chance of calling any model of the project better when none is; also the level of every "worse". margin:
    the error rate may be higher by so much, 0..1, overall and than the best champion's. The margins of the parts are
    their own. The first model is promoted whatever it is like, unless its text collapsed. Without enough examples
    (`overall` None) a model is promoted as unproven, unless the policy wants proof.
    """
    overall = None if evidence.first else _looked(evidence, alpha)
    told = "" if overall is None else tell(overall, alpha)
    vetoes = tuple(_vetoes(evidence, overall, told, policy=policy, alpha=alpha, margin=margin))
    if vetoes:
        reason = gate_messages.held(vetoes, overall, told)
    elif evidence.first:
        reason = gate_messages.FIRST
    else:
        reason = gate_messages.promoted(overall, told)
    return Verdict(promote=not vetoes, reason=reason, comparison=overall, told=told, vetoes=vetoes)


def tell(comparison: Comparison, alpha: float) -> str:
    """ "better" at the part of alpha that this look may spend, "worse" at all of alpha, else "cannot tell"."""
    if comparison.difference < 0 and comparison.p_value <= (alpha if comparison.alpha is None else comparison.alpha):
        return BETTER
    return WORSE if _worse(comparison, alpha) else CANNOT_TELL


def _looked(evidence: Evidence, alpha: float) -> Comparison | None:
    """The comparison with the level of this look, and how many answers it would take to tell at the next one."""
    if evidence.overall is None:
        return None
    seen = replace(evidence.overall, alpha=spent(alpha, evidence.look))
    if tell(seen, alpha) != CANNOT_TELL:
        return seen
    level = spent(alpha, evidence.look + 1) if seen.difference < 0 else alpha
    return replace(seen, needed=needed(seen, level=level, most=evidence.answerable))


def _vetoes(
    evidence: Evidence, overall: Comparison | None, told: str, *, policy: Policy, alpha: float, margin: float
) -> Iterator[Veto]:
    if evidence.collapsed:
        yield Veto("collapsed", "", gate_messages.collapsed(evidence.collapsed))
    if evidence.first:
        return
    if overall is None and policy == "better":
        yield Veto("overall", "", gate_messages.NO_PROOF)
    elif overall is not None and told == WORSE:
        yield Veto("overall", "", gate_messages.worse(overall))
    elif overall is not None and policy == "not_worse" and overall.difference > margin:
        yield Veto("overall", "", gate_messages.above(overall, margin))
    elif overall is not None and policy == "better" and told != BETTER:
        yield Veto("overall", "", gate_messages.not_better(overall))
    best = evidence.best
    if best is not None and (_worse(best, alpha) or best.difference > margin):
        name = f"round {evidence.best_round}"
        yield Veto("best", name, gate_messages.below_the_best(best, name, margin))
    for one in evidence.slices:
        if _harmed(one, alpha):
            yield Veto(one.kind, one.name, gate_messages.harmed(one))


def _worse(comparison: Comparison, alpha: float) -> bool:
    return comparison.difference > 0 and comparison.p_value <= alpha


def _harmed(one: SliceComparison, alpha: float) -> bool:
    return one.p_worse <= alpha and one.comparison.difference > one.margin

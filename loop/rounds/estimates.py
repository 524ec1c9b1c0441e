"""Every model's error rate, measured anew on all the answers there are now.

    gold test ─────────────────────────────► Wilson ──────────┐
    audit answers, their chances, doubt of the population ─► estimator ─┴─► headline

All rounds' models are measured on the same examples, so that their curve compares like with like; the gold version
says which examples and answers these were. A gold file of the person's own is taken as it is; a gold test that was
drawn from the data measures the same rate as the audit, and both are pooled unless they contradict each other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loop import registry
from loop.evaluation.estimators import combine
from loop.evaluation.intervals import wilson
from loop.ledger.estimates import EstimateRow
from loop.protocols import Estimator
from loop.records import Audited, Estimate
from loop.rounds.context import StepContext

ENOUGH = 30
"""A gold file with fewer examples does not stand alone."""
CONTRADICT = 0.01
"""Gold and audit are not pooled when they differ at this level."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What one round's model did."""

    wrong: Mapping[str, bool]
    """Gold or audit example → whether it errs; only where the answer is known."""
    doubt: Mapping[str, float]
    """Example → 1 - its confidence, 0..1: of everything it was asked. Empty when it has no confidence."""


@dataclass(frozen=True, slots=True)
class EvalSets:
    """The examples whose answer is known, with what is known, and the population they speak for."""

    gold: Mapping[str, str]
    audit: Mapping[str, str]
    chances: Mapping[str, float]
    """Audit example → running chance of having been drawn."""
    population: Sequence[str] = ()

    @property
    def version(self) -> str:
        """A hash of the examples and answers."""
        rows = [sorted(known.items()) for known in (self.gold, self.audit)]
        return hashlib.blake2b(json.dumps(rows).encode(), digest_size=8).hexdigest()


def measure_anew(work: StepContext, models: Mapping[int, Outcomes], grounds: EvalSets) -> tuple[EstimateRow, ...]:
    """One headline per model; of this round's model every estimator of the menu as well."""
    found: list[EstimateRow] = []
    for round_, judged in models.items():
        gold, audit = _on_gold(judged, grounds), _audited(judged, grounds)
        chosen = _audit_estimate(work.config.evaluation.estimator, audit)
        headline, warning = _headline(gold, chosen, own_file=work.config.data.gold is not None)
        others = registry.names("estimator") if round_ == work.round else ()
        rows = [headline, gold, chosen, *(_audit_estimate(name, audit) for name in others)]
        if warning and round_ == work.round:
            work.say(warning)
        unique = {(one.on, one.estimator): one for one in rows if one is not None}
        found += [EstimateRow(work.round, round_, one, one == headline, grounds.version) for one in unique.values()]
    return tuple(found)


def _on_gold(judged: Outcomes, grounds: EvalSets) -> Estimate | None:
    wrong = [judged.wrong[id_] for id_ in grounds.gold if id_ in judged.wrong]
    ends = wilson(sum(wrong), len(wrong))
    if ends is None:
        return None
    return Estimate(sum(wrong) / len(wrong), *ends, n=len(wrong), effective_n=len(wrong), estimator="wilson", on="gold")


def _audited(judged: Outcomes, grounds: EvalSets) -> Audited | None:
    ids = [id_ for id_ in grounds.audit if id_ in judged.wrong and id_ in grounds.chances]
    if not ids:
        return None
    known = [id_ for id_ in grounds.population if id_ in judged.doubt]
    seen = known if set(ids) <= set(known) else ids
    return Audited(
        wrong=np.array([judged.wrong[id_] for id_ in ids], dtype=np.bool_),
        doubt=np.array([judged.doubt.get(id_, 0.5) for id_ in ids]),
        inclusion=np.array([grounds.chances[id_] for id_ in ids]),
        population=np.array([judged.doubt.get(id_, 0.5) for id_ in seen]),
    )


def _audit_estimate(name: str, audited: Audited | None) -> Estimate | None:
    estimator: Estimator = registry.load("estimator", name)
    return estimator(audited) if audited is not None else None


def _headline(gold: Estimate | None, audit: Estimate | None, *, own_file: bool) -> tuple[Estimate | None, str]:
    """The estimate people are shown, and what must be said of it."""
    if gold is None or audit is None:
        return gold or audit, ""
    pooled, agree = combine(gold, audit)
    ends = f"{100 * gold.value:.1f} % of gold, {100 * audit.value:.1f} % of the audit"
    if own_file:
        differs = f"The gold file seems easier or harder than the pool: wrong are {ends}." if agree < CONTRADICT else ""
        return (gold if gold.n >= ENOUGH else audit), differs
    if agree < CONTRADICT:
        return gold, f"Gold and audit contradict each other and are not pooled: wrong are {ends}."
    return pooled, ""

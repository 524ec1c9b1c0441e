"""Beside a tuned model: how far the cheap proxy, which picked in the rounds before, agrees with it.

tuned model, proxy from the same labels ─► unlabelled texts ─► share of equal labels       proxy_agreement on "pool"
                                       └─► gold, audit      ─► the proxy's own error rate   proxy_error_rate
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from loop.evaluation import measure
from loop.evaluation.intervals import wilson
from loop.ledger import people
from loop.records import Measurement, Predictions, Split
from loop.rounds import audit_design
from loop.rounds.context import StepContext
from loop.tasks.classification.train import proxied

MOST = 1000
"""So many unlabelled texts are looked at where no audit reserve is predicted anyhow."""
STREAM = 11
MEASURED = ("gold", "audit")


def unlabelled(work: StepContext) -> tuple[str, ...]:
    """What a tuned model and its proxy are compared on: a random part of the pool that nobody was asked about.

    The audit's population where there is one; () in a round without a proxy.
    """
    if not proxied(work):
        return ()
    with work.project.ledger.read() as connection:
        known = people.asked(connection) | {row.example_id for row in people.labels(connection)}
    reserve = [id_ for id_ in audit_design.population(work) if id_ not in known]
    if reserve:
        return tuple(reserve)
    free = [id_ for id_ in work.project.pool.ids(Split.POOL) if id_ not in known]
    rows = work.rng("evaluate", STREAM).permutation(len(free))[:MOST]
    return tuple(free[row] for row in sorted(rows.tolist()))


def compared(
    tuned: Predictions,
    proxy: Predictions,
    ids: Sequence[str],
    *,
    truth: Mapping[str, Mapping[str, str]],
    chances: Mapping[str, float],
    rng: np.random.Generator,
) -> tuple[Measurement, ...]:
    """Agreement on `ids`, with its Wilson interval, and the proxy's error rate on gold and audit, as for every model.

    truth: ground → (example id → true label). chances: of the audit examples.
    """
    return (*_agreement(tuned, proxy, ids), *_errors(proxy, truth, chances, rng))


def _agreement(tuned: Predictions, proxy: Predictions, ids: Sequence[str]) -> tuple[Measurement, ...]:
    said = [dict(zip(one.ids, one.guesses(), strict=True)) for one in (tuned, proxy)]
    equal = sum(said[0][id_] == said[1][id_] for id_ in ids)
    ends = wilson(equal, len(ids))
    if ends is None:
        return ()
    return (Measurement("proxy_agreement", equal / len(ids), *ends, n=len(ids), on="pool", estimator="wilson"),)


def _errors(
    proxy: Predictions, truth: Mapping[str, Mapping[str, str]], chances: Mapping[str, float], rng: np.random.Generator
) -> tuple[Measurement, ...]:
    found: list[Measurement] = []
    for ground in MEASURED:
        drawn = chances if ground == "audit" else None
        known = {id_: label for id_, label in truth[ground].items() if drawn is None or id_ in drawn}
        if known:
            rows = measure.measure(proxy, known, on=ground, slices={}, rng=rng, chances=drawn)
            found += [replace(row, metric="proxy_error_rate") for row in rows if _whole_error(row)]
    return tuple(found)


def _whole_error(row: Measurement) -> bool:
    return row.metric == "error_rate" and not row.slice

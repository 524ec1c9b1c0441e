"""Figures of hallucination: how much of what was written nothing backs, and how well that tells wrong answers.

answers + sources + model of entailment ─► hallucination_rate, unsupported ┐
answers + samples (with or without it) ──► inconsistency                    ┴► auroc of each, beside the length
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from loop.evaluation.measure import rate
from loop.evaluation.texts import hallucination
from loop.evaluation.texts.hallucination import Entailment, auroc
from loop.evaluation.texts.measure import mean_of
from loop.records import Generation, Measurement


def measure_backing(
    answers: Mapping[str, Generation],
    sources: Mapping[str, str],
    samples: Mapping[str, Sequence[Generation]],
    wrong: Mapping[str, bool | None],
    *,
    entail: Entailment | None,
    on: str,
    rng: np.random.Generator,
) -> tuple[Measurement, ...]:
    """Every figure that can be told; what cannot has no row. Ids may be missing from all but `answers`.

    hallucination_rate: share of answers with at least one sentence that their source does not entail; unsupported: mean
    share of such sentences; both need a model and sources. inconsistency: how far other answers to the prompt speak
    against it. auroc, slice "signal=NAME": how well each tells the answers that are wrong; "signal=words" is the
    baseline, and a figure that does not beat it is worth no model.
    """
    ids = sorted(answers)
    texts = {id_: answers[id_].text for id_ in ids}
    others = {id_: [one.text for one in samples.get(id_, ())] for id_ in ids}
    backed = (
        {}
        if entail is None
        else {id_: hallucination.unsupported(texts[id_], sources.get(id_, ""), entail) for id_ in ids}
    )
    signals: dict[str, dict[str, float]] = {
        "unsupported": _known(backed),
        "inconsistency": _known({id_: hallucination.inconsistency(texts[id_], others[id_], entail) for id_ in ids}),
    }
    found: list[Measurement] = []
    if signals["unsupported"]:
        hits = sum(share > 0 for share in signals["unsupported"].values())
        found.append(rate("hallucination_rate", hits, len(signals["unsupported"]), on=on))
    for name, values in signals.items():
        found += mean_of(name, list(values.values()), on=on, rng=rng, share=False)
    if found:
        signals["words"] = {id_: hallucination.length(texts[id_]) for id_ in ids}
        found += [row for name, values in signals.items() for row in _told(name, values, wrong, on=on)]
    return tuple(found)


def _told(name: str, values: Mapping[str, float], wrong: Mapping[str, bool | None], *, on: str) -> list[Measurement]:
    judged = [id_ for id_ in values if wrong.get(id_) is not None]
    truth = [bool(wrong[id_]) for id_ in judged]
    if not any(truth) or all(truth):
        return []
    area = auroc(np.array([values[id_] for id_ in judged]), truth)
    return [Measurement("auroc", *area, len(judged), on, f"signal={name}", "delong")]


def _known(values: Mapping[str, float | None]) -> dict[str, float]:
    return {id_: value for id_, value in values.items() if value is not None}

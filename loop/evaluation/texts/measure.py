"""Written answers → every figure, with its n and its interval.

overall     error rate, every check, every text metric and corpus BLEU, length, share unfinished
per slice   the error rate

An answer is wrong when it fails at least one check; in a project without checks, when it is not a reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from loop import registry
from loop.errors import DataError
from loop.evaluation.intervals import bootstrap
from loop.evaluation.measure import RESAMPLED, rate
from loop.evaluation.texts.checks import PASSED, Check
from loop.evaluation.texts.metrics import bleu_counts, corpus_bleu, exact_match
from loop.protocols import Likelihoods
from loop.records import FloatArray, Generation, IntArray, Measurement

Columns = Mapping[str, str]


def measure_texts(
    answers: Mapping[str, Generation],
    examples: Mapping[str, dict[str, str]],
    references: Mapping[str, tuple[str, ...]],
    checks: Sequence[Check],
    *,
    on: str,
    slices: Mapping[str, Sequence[str]],
    rng: np.random.Generator,
) -> tuple[Measurement, ...]:
    """Every figure that can be told of `answers` (id → answer); what cannot has no row.

    examples: id → columns, one for each answer, as checks read them. references: id → texts; an id may be missing.
    slices: name → ids; those whose error is not known are left out of the slice's n. Shares have Wilson intervals,
    the others bootstrap percentiles. "words" is the mean length of an answer in words, the only figure above 1.
    Raises DataError when an answer has no example or a check cannot read one.
    """
    if not answers:
        return ()
    ids = sorted(answers)
    known = {id_: is_ for id_, is_ in wrong(answers, examples, references, checks).items() if is_ is not None}
    found = [rate("error_rate", sum(known.values()), len(known), on=on)] if known else []
    for check in checks:
        values = [value for value in marks(answers, examples, check).values() if value is not None]
        found += mean_of(f"check:{check.name}", values, on=on, rng=rng)
    found += _likeness(answers, references, on=on, rng=rng)
    found += mean_of("words", [float(len(answers[id_].text.split())) for id_ in ids], on=on, rng=rng, share=False)
    found.append(rate("unfinished", sum(not answers[id_].finished for id_ in ids), len(ids), on=on))
    for name in sorted(slices) if known else ():
        members = [known[id_] for id_ in slices[name] if id_ in known]
        found.append(rate("error_rate", sum(members), len(members), on=on, slice_=name))
    return tuple(found)


def wrong(
    answers: Mapping[str, Generation],
    examples: Mapping[str, dict[str, str]],
    references: Mapping[str, tuple[str, ...]],
    checks: Sequence[Check],
) -> dict[str, bool | None]:
    """Id → whether the answer is wrong, by id; None when nothing can tell.

    With checks it is wrong that fails at least one of those that can be told, and references do not count. Raises
    DataError as `measure_texts`.
    """
    ids = sorted(answers)
    if not checks:
        told = [id_ for id_ in ids if references.get(id_)]
        same = exact_match([answers[id_].text for id_ in told], [references[id_] for id_ in told])
        by_id = dict(zip(told, (same == 0).tolist(), strict=True))
        return {id_: by_id.get(id_) for id_ in ids}
    failing = [failed(answers, examples, check) for check in checks]
    return {id_: _any_known([one[id_] for one in failing]) for id_ in ids}


def failed(
    answers: Mapping[str, Generation], examples: Mapping[str, dict[str, str]], check: Check
) -> dict[str, bool | None]:
    """Id → whether the answer fails this check (a value below 0.5); None when it cannot be told."""
    return {id_: None if value is None else value < PASSED for id_, value in marks(answers, examples, check).items()}


def marks(
    answers: Mapping[str, Generation], examples: Mapping[str, dict[str, str]], check: Check
) -> dict[str, float | None]:
    """Id → value of the check 0..1, by id. Raises DataError when an answer has no example."""
    missing = sorted(set(answers) - set(examples))
    if missing:
        raise DataError(
            f"{len(missing):,} of {len(answers):,} answers have no example, first {missing[0]}",
            wanted="an example for each",
        )
    return {id_: check(answers[id_].text, examples[id_]) for id_ in sorted(answers)}


def perplexity(references: Likelihoods, *, on: str, rng: np.random.Generator) -> Measurement | None:
    """exp of the mean negative log probability of a token of the references, at least 1, smaller is better.

    Over all tokens together, so long references count more; examples are drawn anew for the interval. None without
    tokens.
    """
    arrays = (np.asarray(references.logprobs, dtype=np.float64), np.asarray(references.tokens))
    value = _perplexity(*arrays)
    if value is None:
        return None
    low, high = bootstrap(_perplexity, arrays, rng=rng)
    return Measurement("perplexity", value, float(low), float(high), len(arrays[0]), on, "", RESAMPLED)


def _likeness(
    answers: Mapping[str, Generation],
    references: Mapping[str, tuple[str, ...]],
    *,
    on: str,
    rng: np.random.Generator,
) -> list[Measurement]:
    """Every text metric of the menu on the answers that have references."""
    told = [id_ for id_ in sorted(answers) if references.get(id_)]
    if not told:
        return []
    texts, known = [answers[id_].text for id_ in told], [references[id_] for id_ in told]
    found: list[Measurement] = []
    for name in registry.names("text_metric"):
        found += mean_of(name, registry.load("text_metric", name)(texts, known).tolist(), on=on, rng=rng)
    counts = bleu_counts(texts, known)
    low, high = bootstrap(corpus_bleu, (counts,), rng=rng)
    value = corpus_bleu(counts)
    found.append(Measurement("corpus_bleu", value, float(low), float(high), len(told), on, "", RESAMPLED))
    return found


def mean_of(
    metric: str, values: Sequence[float], *, on: str, rng: np.random.Generator, share: bool = True
) -> list[Measurement]:
    """The mean as a row, or no row without values.

    Values that are all 0 or 1 get a Wilson interval: when all are the same, the bootstrap would know no doubt.
    """
    if not values:
        return []
    if share and set(values) <= {0.0, 1.0}:
        return [rate(metric, int(sum(values)), len(values), on=on)]
    array = np.array(values)
    low, high = bootstrap(np.mean, (array,), rng=rng)
    return [Measurement(metric, float(array.mean()), float(low), float(high), len(values), on, "", RESAMPLED)]


def _any_known(failures: Sequence[bool | None]) -> bool | None:
    known = [is_ for is_ in failures if is_ is not None]
    return any(known) if known else None


def _perplexity(logprobs: FloatArray, tokens: FloatArray | IntArray) -> float | None:
    total = float(tokens.sum())
    return float(np.exp(-logprobs.sum() / total)) if total else None

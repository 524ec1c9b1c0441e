"""Which answers to a prompt may be compared, and what a pair strategy sees of them.

champion: greedy, drawn ─┐
challenger: greedy ──────┴─► near-identical ones dropped ─► Candidates of a prompt ─► PairView
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from loop.ledger import people
from loop.protocols import LikelihoodScorer, PairView
from loop.records import Candidate, Chat, FloatArray
from loop.rounds.context import StepContext
from loop.selection.near_duplicates import near_identical
from loop.tasks.generation.answers import Answers
from loop.tasks.generation.models import greedy, marker, reader, writer


def candidates(
    work: StepContext, answers: Answers, *, champion: int, challenger: int | None, ids: Sequence[str]
) -> dict[str, tuple[Candidate, ...]]:
    """Example id → its distinct answers, the champion's greedy one first."""
    temperature = work.config.generation.temperature
    rival = _greedy_of(work, challenger, ids) if challenger is not None else {}
    found = {}
    for id_ in ids:
        offered = [Candidate(answers.greedy[id_].text, "champion", champion)]
        offered += [Candidate(rival[id_], "challenger", challenger)] if id_ in rival else []
        offered += [Candidate(one.text, "sample", champion, temperature) for one in answers.samples.get(id_, ())]
        groups = near_identical([one.text for one in offered])
        kept = sorted(min(group) for group in groups)
        found[id_] = tuple(offered[place] for place in kept if offered[place].text.strip())
    return found


def duels(
    work: StepContext, ids: Sequence[str], *, mine: int, against: int, source: str
) -> dict[str, tuple[Candidate, ...]]:
    """Example id → the greedy answers of two rounds' models, alike or not."""
    one, other = _greedy_of(work, mine, ids), _greedy_of(work, against, ids)
    return {id_: (Candidate(one[id_], "challenger", mine), Candidate(other[id_], source, against)) for id_ in ids}


def pair_view(
    work: StepContext,
    offered: Mapping[str, Sequence[Candidate]],
    *,
    champion: int,
    doubt: Mapping[str, float],
    weigh: bool,
) -> PairView:
    """The arrays of these prompts; weigh=False leaves out what costs a pass of the model over every candidate."""
    ids = tuple(offered)
    k = max((len(texts) for texts in offered.values()), default=2)
    chats = {one.id: one.chat for one in work.project.pool.examples(ids)}
    flat = [(row, column) for row, id_ in enumerate(ids) for column in range(len(offered[id_]))]
    asked = [chats[ids[row]] for row, _ in flat]
    texts = [offered[ids[row]][column].text for row, column in flat]
    weigher = reader(work, champion, with_base=True) if weigh else None
    likely = weigher.likelihoods(asked, texts, progress=work.progress) if weigher and flat else None
    marks = marker(work, champion) if weigh and flat else None

    def spread(values: FloatArray | None) -> FloatArray:
        table = np.full((len(ids), k), np.nan)
        for (row, column), value in zip(flat, () if values is None else values, strict=values is not None):
            table[row, column] = value
        return table

    implicit = None if likely is None or likely.base_logprobs is None else likely.logprobs - likely.base_logprobs
    valid = np.zeros((len(ids), k))
    for row, column in flat:
        valid[row, column] = 1
    d = likely.features.shape[1] if likely is not None else 0
    features = np.zeros((len(ids), k, d), dtype=np.float32)
    for place, (row, column) in enumerate(flat if likely is not None else ()):
        features[row, column] = likely.features[place] if likely is not None else 0
    return PairView(
        ids=ids,
        valid=valid,
        logprobs=spread(None if likely is None else likely.logprobs / np.maximum(likely.tokens, 1)),
        implicit=spread(implicit),
        rewards=spread(None if marks is None else marks.rewards(asked, texts).mean(axis=1)),
        doubt=np.array([doubt.get(id_, 0.0) for id_ in ids]),
        features=features,
        asked=_asked_features(work, weigher, d),
    )


def _greedy_of(work: StepContext, round_: int, ids: Sequence[str]) -> dict[str, str]:
    if not ids:
        return {}
    chats: list[Chat] = [one.chat for one in work.project.pool.examples(ids)]
    written = writer(work, round_).write(chats, sampling=greedy(work), seed=work.config.seed)
    return {id_: one[0].text for id_, one in zip(ids, written, strict=True)}


def _asked_features(work: StepContext, weigher: LikelihoodScorer | None, d: int) -> FloatArray:
    """(m, d) feature differences of the pairs that were asked in earlier rounds."""
    if weigher is None:
        return np.zeros((0, d), dtype=np.float32)
    with work.project.ledger.read() as connection:
        rows = [row.pick for row in people.picks(connection) if len(row.pick.candidates) == 2]
    if not rows:
        return np.zeros((0, d), dtype=np.float32)
    chats = [one.chat for one in work.project.pool.examples([pick.example_id for pick in rows])]
    first = weigher.likelihoods(chats, [pick.candidates[0].text for pick in rows]).features
    second = weigher.likelihoods(chats, [pick.candidates[1].text for pick in rows]).features
    difference: FloatArray = first - second
    return difference

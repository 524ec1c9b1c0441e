"""Which questions the judge is asked, and which of them people answer as well. Pure.

A question's lot depends on its id and the seed alone: it stays the same whatever else is asked, and after a break.
"""

from __future__ import annotations

from collections.abc import Iterable

from loop.random_keys import random_key
from loop.records import Annotation, AnswerState


def share(ext_ids: Iterable[str], share: float, *, seed: int) -> tuple[str, ...]:
    """About `share` (0..1) of the questions, in their order: those the judge is asked. 0: none, 1: all."""
    return _drawn(ext_ids, share, seed=seed, salt=b"judge")


def overlap(ext_ids: Iterable[str], share: float, *, seed: int) -> tuple[str, ...]:
    """About `share` (0..1) of the judge's questions, in their order: those that people answer too.

    Drawn independently of what the judge says. Its reliability is to be estimated on these alone: those of `doubtful`
    are its hard ones.
    """
    return _drawn(ext_ids, share, seed=seed, salt=b"overlap")


def doubtful(annotations: Iterable[Annotation], certainty: float) -> tuple[str, ...]:
    """ext_ids, in their order, that people must answer as well: the judge is less sure than `certainty` (0.5..1),
    does not know how sure it is, or could not be read."""
    return tuple(one.ext_id for one in annotations if not _sure(one, certainty))


def _sure(annotation: Annotation, certainty: float) -> bool:
    found = annotation.raw.get("certainty")
    return annotation.state is AnswerState.ANSWERED and isinstance(found, int | float) and found >= certainty


def _drawn(ext_ids: Iterable[str], share: float, *, seed: int, salt: bytes) -> tuple[str, ...]:
    return tuple(ext_id for ext_id in ext_ids if _lot(ext_id, seed=seed, salt=salt) < share)


def _lot(ext_id: str, *, seed: int, salt: bytes) -> float:
    return random_key(f"{seed} {ext_id}", salt=salt, size=6)

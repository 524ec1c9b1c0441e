"""All audit questions of all rounds are one simple random sample of the pool, and so are all dev questions."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from loop.records import PickKind
from loop.rounds import holdouts
from loop.rounds.context import StepContext

POOL = tuple(f"{number:016x}" for number in range(1000))


@dataclass
class FakePool:
    asked: list[object] = field(default_factory=list)

    def ids(self, *splits: object) -> tuple[str, ...]:
        self.asked += splits
        return POOL


class FakeLedger:
    """Knows of which kinds the picks of earlier rounds are, and nothing else."""

    def __init__(self, asked: tuple[PickKind, ...]) -> None:
        self._asked = asked

    def read(self) -> Any:
        found = SimpleNamespace(scalars=lambda: [kind.value for kind in self._asked])
        return nullcontext(SimpleNamespace(execute=lambda _: found))


def work(seed: int, *, share: float = 0.1, batch: int = 50, asked: tuple[PickKind, ...] = ()) -> StepContext:
    selection, dev = SimpleNamespace(audit=share, batch=batch), SimpleNamespace(share=share)
    config = SimpleNamespace(seed=seed, selection=selection, dev=dev)
    project = SimpleNamespace(pool=FakePool(), ledger=FakeLedger(asked))
    return cast(StepContext, SimpleNamespace(config=config, project=project, round=1))


def drawn_over_rounds(seed: int, rounds: int, kind: PickKind = PickKind.AUDIT) -> list[tuple[str, float]]:
    one: Any = work(seed)
    free = sorted(holdouts.reserve(one, kind))
    found: list[tuple[str, float]] = []
    for _ in range(rounds):
        new = holdouts.draw(one, kind, free=free, asked=len(found))
        found += new
        free = [id_ for id_ in free if id_ not in {id_ for id_, _ in new}]
    return found


@pytest.mark.parametrize("kind", holdouts.LOTS)
def test_a_reserve_is_about_its_share_and_the_same_every_time(kind: PickKind) -> None:
    low, high = holdouts.LOTS[kind]
    assert holdouts.reserve(work(3), kind) == holdouts.reserve(work(3), kind)
    assert abs(len(holdouts.reserve(work(3), kind)) / len(POOL) - (high - low)) < 0.04
    assert holdouts.reserve(work(3), kind) != holdouts.reserve(work(4), kind)


def test_no_example_is_in_both_reserves() -> None:
    assert not holdouts.reserve(work(3), PickKind.AUDIT) & holdouts.reserve(work(3), PickKind.DEV)


@pytest.mark.parametrize("kind", holdouts.LOTS)
def test_without_a_share_nothing_is_set_apart(kind: PickKind) -> None:
    assert holdouts.reserve(work(3, share=0.0), kind) == frozenset()


@pytest.mark.parametrize("kind", holdouts.LOTS)
def test_a_reserve_that_was_asked_from_stays_set_apart_when_its_share_becomes_0(kind: PickKind) -> None:
    assert holdouts.reserve(work(3, share=0.0, asked=(kind,)), kind) == holdouts.reserve(work(3), kind)
    assert holdouts.wanted(work(3, share=0.0, asked=(kind,)), kind) == 0
    other = next(one for one in holdouts.LOTS if one is not kind)
    assert holdouts.reserve(work(3, share=0.0, asked=(kind,)), other) == frozenset()


def test_no_example_is_drawn_twice_and_the_probability_is_that_of_the_whole_sample() -> None:
    found = drawn_over_rounds(seed=1, rounds=4)
    assert len({id_ for id_, _ in found}) == len(found) == 20
    assert [probability for _, probability in found] == pytest.approx(
        [n / 1000 for n in (5, 10, 15, 20) for _ in range(5)]
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", holdouts.LOTS)
def test_every_example_of_the_pool_is_drawn_equally_often(kind: PickKind) -> None:
    """150 seeds, 15 drawn of 1,000: each half of the pool gets its share within four standard errors."""
    hits = np.zeros(len(POOL))
    place = {id_: row for row, id_ in enumerate(POOL)}
    for seed in range(150):
        for id_, _ in drawn_over_rounds(seed, rounds=3, kind=kind):
            hits[place[id_]] += 1
    total = hits.sum()
    assert total == 150 * 15
    assert abs(hits[:500].sum() / total - 0.5) < 4 * 0.5 / np.sqrt(total)
    assert hits.max() <= 14, "a Poisson count of mean 2.25 goes beyond 14 about once in a million"


def test_the_reserve_empties_and_then_gives_what_is_left() -> None:
    found = drawn_over_rounds(seed=2, rounds=60)
    assert len(found) == len(holdouts.reserve(work(2), PickKind.AUDIT))

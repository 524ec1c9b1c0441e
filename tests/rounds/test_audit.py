"""All audit questions of all rounds together are one simple random sample of the pool, whatever was picked."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from loop.rounds import audit
from loop.rounds.work import Work

POOL = tuple(f"{number:016x}" for number in range(1000))


@dataclass
class FakePool:
    asked: list[object] = field(default_factory=list)

    def ids(self, *splits: object) -> tuple[str, ...]:
        self.asked += splits
        return POOL


def work(seed: int, *, share: float = 0.1, batch: int = 50) -> Work:
    config = SimpleNamespace(seed=seed, selection=SimpleNamespace(audit=share, batch=batch))
    return cast(Work, SimpleNamespace(config=config, project=SimpleNamespace(pool=FakePool())))


def drawn_over_rounds(seed: int, rounds: int) -> list[tuple[str, float]]:
    one: Any = work(seed)
    free = sorted(audit.reserve(one))
    found: list[tuple[str, float]] = []
    for _ in range(rounds):
        new = audit.draw(one, free, asked=len(found))
        found += new
        free = [id_ for id_ in free if id_ not in {id_ for id_, _ in new}]
    return found


def test_the_reserve_is_about_its_share_and_the_same_every_time() -> None:
    assert audit.reserve(work(3)) == audit.reserve(work(3))
    assert abs(len(audit.reserve(work(3))) / len(POOL) - audit.RESERVE) < 0.04
    assert audit.reserve(work(3)) != audit.reserve(work(4))


def test_without_an_audit_share_nothing_is_set_apart() -> None:
    assert audit.reserve(work(3, share=0.0)) == frozenset()


def test_no_example_is_drawn_twice_and_the_probability_is_that_of_the_whole_sample() -> None:
    found = drawn_over_rounds(seed=1, rounds=4)
    assert len({id_ for id_, _ in found}) == len(found) == 20
    assert [probability for _, probability in found] == pytest.approx(
        [n / 1000 for n in (5, 10, 15, 20) for _ in range(5)]
    )


def test_every_example_of_the_pool_is_drawn_equally_often() -> None:
    """150 seeds, 15 drawn of 1,000: each half of the pool gets its share within four standard errors."""
    hits = np.zeros(len(POOL))
    place = {id_: row for row, id_ in enumerate(POOL)}
    for seed in range(150):
        for id_, _ in drawn_over_rounds(seed, rounds=3):
            hits[place[id_]] += 1
    total = hits.sum()
    assert total == 150 * 15
    assert abs(hits[:500].sum() / total - 0.5) < 4 * 0.5 / np.sqrt(total)
    assert hits.max() <= 14, "a Poisson count of mean 2.25 goes beyond 14 about once in a million"


def test_the_reserve_empties_and_then_gives_what_is_left() -> None:
    found = drawn_over_rounds(seed=2, rounds=60)
    assert len(found) == len(audit.reserve(work(2)))

"""Laws of what a seed decides."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loop.simulation.split import answers, split

LABELS = np.repeat([0, 1, 2], [200, 80, 20])


@given(st.integers(0, 200))
def test_no_row_is_measured_on_and_asked(seed: int) -> None:
    part = split(LABELS, np.arange(0), share=0.2, seed=seed)
    assert not set(part.held) & set(part.pool)
    assert set(part.held) | set(part.pool) == set(range(300))
    assert set(part.stop) <= set(part.pool)


def test_the_held_out_part_has_every_class_in_its_share() -> None:
    part = split(LABELS, np.arange(0), share=0.2, seed=1)
    assert np.bincount(LABELS[part.held]).tolist() == [40, 16, 4]


def test_test_rows_are_held_out_whatever_the_seed() -> None:
    test = np.arange(250, 300)
    first, second = (split(LABELS, test, share=0.2, seed=seed) for seed in (0, 1))
    assert first.held.tolist() == second.held.tolist() == test.tolist()
    assert first.pool.tolist() == list(range(250))


def test_without_noise_people_say_the_label() -> None:
    assert (answers(LABELS, classes=3, noise=0.0, seed=4) == LABELS).all()


def test_noise_is_a_share_of_wrong_answers_and_grows_in_place() -> None:
    many = np.tile(LABELS, 20)
    few, more = (answers(many, classes=3, noise=noise, seed=4) for noise in (0.1, 0.3))
    assert abs((few != many).mean() - 0.1) < 0.02
    assert abs((more != many).mean() - 0.3) < 0.02
    wrong = few != many
    assert (more[wrong] == few[wrong]).all()
    assert few.min() >= 0
    assert few.max() < 3


def test_a_label_that_stands_once_is_never_measured_on() -> None:
    labels = np.array([*([0, 1] * 30), *range(2, 14)])
    for seed in range(5):
        part = split(labels, labels[:0], share=0.3, seed=seed)
        assert set(labels[part.held]) == {0, 1}
        assert len(part.held) == round(0.3 * len(labels))

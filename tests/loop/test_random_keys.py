"""Permanent random numbers, and the ids made of hashes: a project of today must find them again tomorrow."""

from __future__ import annotations

import numpy as np
from scipy.stats import kstest

from loop.random_keys import random_key
from loop.records import question_id


def test_a_text_keeps_its_number() -> None:
    keys = random_key("3/00000000000000ff"), random_key("00000000000000ff", salt=b"role")
    assert keys == (
        0.4028956874893682,
        0.7892302239826261,
    )
    assert random_key("7 0a1b", salt=b"share", size=6) == 0.03341382800627102


def test_numbers_are_uniform_and_another_salt_gives_others() -> None:
    keys = np.array([[random_key(f"{n:016x}", salt=salt) for n in range(4000)] for salt in (b"", b"other")])
    assert all(kstest(row, "uniform").pvalue > 0.001 for row in keys)
    assert abs(np.corrcoef(keys)[0, 1]) < 0.06


def test_a_question_keeps_its_id_and_the_second_one_has_another() -> None:
    assert question_id("9f", 3, "00000000000000ff") == "d8360dd15035893ec6ab"
    assert question_id("9f", 3, "00000000000000ff", repeat=True) == "0fdef571c1c74ff8862d"

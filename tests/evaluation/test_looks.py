"""Alpha spending."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from loop.errors import DataError
from loop.evaluation.alpha_spending import spent
from loop.evaluation.paired import mcnemar


def test_all_looks_together_never_spend_more_than_alpha() -> None:
    parts = [spent(0.05, look) for look in range(1, 5001)]
    assert 0.049 < sum(parts) < 0.05
    assert parts == sorted(parts, reverse=True)


def test_the_first_look_may_spend_this_much_and_the_tenth_that() -> None:
    assert spent(0.05, 1) == pytest.approx(0.05 * (1 - 1 / 2**0.5))
    assert spent(0.05, 10) == pytest.approx(0.000735, abs=1e-6)


def test_there_is_no_look_before_the_first() -> None:
    with pytest.raises(DataError, match="look 0 of the gate"):
        spent(0.05, 0)


def test_ten_looks_at_one_gold_set_cry_better_seldom_where_naive_ones_do_often() -> None:
    """Models that err alike, none better than the other, each against the last on the same 300 examples."""
    rng = np.random.default_rng(0)
    cried, naive = 0, 0
    for _ in range(400):
        hard = rng.random(300) < 0.2
        models = [(rng.random(300) < np.where(hard, 0.5, 0.0)) for _ in range(11)]
        better = [(int((old & ~new).sum()), int((new & ~old).sum())) for old, new in pairwise(models)]
        cried += any(
            fixed > broken and mcnemar(fixed, broken) <= spent(0.05, k + 1) for k, (fixed, broken) in enumerate(better)
        )
        naive += any(fixed > broken and mcnemar(fixed, broken) <= 0.05 for fixed, broken in better)
    assert cried / 400 <= 0.05
    assert naive / 400 > 0.08

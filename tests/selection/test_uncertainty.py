"""Uncertainties by hand, and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy as shannon

from loop.selection import uncertainty

ROWS = np.array([[0.7, 0.2, 0.1], [0.5, 0.5, 0.0]])


def test_least_confidence_by_hand() -> None:
    assert uncertainty.least_confidence(ROWS).tolist() == pytest.approx([0.3, 0.5])


def test_margin_by_hand() -> None:
    assert uncertainty.margin(ROWS).tolist() == pytest.approx([0.5, 1.0])


def test_entropy_by_hand_and_against_scipy() -> None:
    assert uncertainty.entropy(ROWS).tolist() == pytest.approx(shannon(ROWS, base=3, axis=1).tolist())
    assert uncertainty.entropy(ROWS)[1] == pytest.approx(np.log(2) / np.log(3))

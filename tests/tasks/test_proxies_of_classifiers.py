"""A tuned model beside its cheap proxy: how often they say the same, and how often the proxy errs."""

from __future__ import annotations

import numpy as np
import pytest

from loop.records import Predictions
from loop.tasks.classification.proxy import compared


def said(*columns: int) -> Predictions:
    return Predictions(
        ids=tuple("abcdefgh"[: len(columns)]), labels=("yes", "no"), probabilities=np.eye(2)[list(columns)]
    )


def test_agreement_counts_unlabelled_texts_and_errors_count_labelled_ones() -> None:
    tuned, proxy = said(0, 0, 1, 1, 0, 1), said(0, 1, 1, 1, 1, 1)
    truth = {"gold": {"e": "yes", "f": "no"}, "audit": {}, "dev": {"a": "no"}}
    found = compared(tuned, proxy, "abcd", truth=truth, chances={}, rng=np.random.default_rng(0))
    assert [(row.metric, row.on, row.value, row.n) for row in found] == [
        ("proxy_agreement", "pool", 0.75, 4),
        ("proxy_error_rate", "gold", 0.5, 2),
    ]
    assert found[0].low is not None
    assert found[0].low < 0.75


def test_audit_examples_count_by_the_inverse_of_their_chance() -> None:
    proxy = said(0, 1)
    truth = {"gold": {}, "audit": {"a": "yes", "b": "yes", "z": "no"}, "dev": {}}
    found = compared(proxy, proxy, (), truth=truth, chances={"a": 0.5, "b": 0.1}, rng=np.random.default_rng(0))
    assert [(row.metric, row.on, row.n) for row in found] == [("proxy_error_rate", "audit", 2)]
    assert found[0].value == pytest.approx(10 / 12)

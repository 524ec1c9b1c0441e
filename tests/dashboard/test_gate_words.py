"""What the gate's page says of a difference: told, out of reach, or never noted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.views.gate.page import _to_tell
from dashboard.views.gate.tables import verdict
from loop.evaluation.compare import counted
from loop.ledger.figures import Decision

SEEN = counted(12, 9, champion_errors=40, n=240, on="audit")
AT = "2026-11-29T08:00:00+00:00"


def decision(told: str, *, needed: int | None = None) -> Decision:
    comparison = replace(SEEN, needed=needed)
    return Decision(5, 5, 4, "promote", "gate", "because", comparison, AT, told=told)


@pytest.mark.parametrize(
    ("told", "needed", "card", "sentence"),
    [
        ("better", None, ("enough", "better"), "more than chance"),
        ("cannot tell", 700, ("+700", "more labels, about"), "some 700 more labels"),
        ("cannot tell", None, ("out of reach", "too small a difference"), "too small to be worth having"),
        ("", None, ("–", "not noted"), "cannot be told whether it is better or worse than the champion before."),
    ],
    ids=["told", "within reach", "out of reach", "an older ledger"],
)
def test_a_difference_is_told_by_what_it_would_take(
    told: str, needed: int | None, card: tuple[str, str], sentence: str
) -> None:
    one = decision(told, needed=needed)
    assert _to_tell(one) == card
    assert sentence in verdict(one)
    assert told == "cannot tell" or "worth having" not in verdict(one)


def test_without_a_comparison_there_is_nothing() -> None:
    assert _to_tell(None) == ("–", "")

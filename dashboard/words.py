"""Figures → the words people read; "–" where nothing was measured."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

NOTHING = "–"
STEPS = {
    "train": "training",
    "evaluate": "measuring the model",
    "gate": "comparing with the champion",
    "score": "reading the pool",
    "map": "mapping weak spots",
    "select": "picking questions",
    "send": "sending questions",
    "await": "waiting for answers",
    "collect": "collecting answers",
    "settle": "settling labels",
}
"""Step of a round → what it is doing."""
FEW = 200
"""Below so many examples a rate is told without decimals: they would pretend to a precision there is not."""


def percent(rate: float | None, *, n: int | None = None) -> str:
    """0.128 → "12.8 %"; "13 %" when it rests on fewer than FEW examples."""
    if rate is None or math.isnan(rate):
        return NOTHING
    return f"{100 * rate:.0f} %" if n is not None and n < FEW else f"{100 * rate:.1f} %"


def interval(low: float | None, high: float | None, *, n: int | None = None) -> str:
    """(0.11, 0.148) → "11.0–14.8 %"."""
    if low is None or high is None:
        return NOTHING
    return f"{percent(low, n=n).removesuffix(' %')}–{percent(high, n=n)}"


def points(difference: float | None) -> str:
    """-0.01 → "-1.0 pp", with the ASCII sign that st.metric reads the direction from."""
    if difference is None or math.isnan(difference):
        return NOTHING
    rounded = round(100 * difference, 1) + 0.0
    return f"{rounded:+.1f} pp" if rounded else "0.0 pp"


def account(name: str) -> str:
    """The part of an e-mail address that tells people apart: "ana+desk@example.com" → "ana"."""
    return re.split("[@+]", name, maxsplit=1)[0] or name


def p_value(p: float | None) -> str:
    """0.0004 → "< 0.001"."""
    if p is None:
        return NOTHING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def count(n: float | None) -> str:
    """2320 → "2,320"."""
    return NOTHING if n is None else f"{n:,.0f}"


def duration(seconds: float | None) -> str:
    """0.4 → "0.4 s", 23 → "23 s", 6720 → "1 h 52 min"."""
    if seconds is None or math.isnan(seconds):
        return NOTHING
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days"


def size(megabytes: float | None) -> str:
    """0.4 → "0.4 MB", 1260 → "1.2 GB"."""
    if megabytes is None:
        return NOTHING
    if megabytes >= 1000:
        return f"{megabytes / 1024:.1f} GB"
    return f"{megabytes:.1f} MB" if megabytes < 10 else f"{megabytes:.0f} MB"


def ago(at: str | None, *, now: datetime) -> str:
    """When it was, seen from `now`: "12 s ago"."""
    if at is None:
        return NOTHING
    return f"{duration(max((now - datetime.fromisoformat(at)).total_seconds(), 0.0))} ago"


def step(name: str | None) -> str:
    """What a step of a round is doing; "over" when there is none."""
    return "over" if name is None else STEPS.get(name, "at an unknown step")


def clock(at: str | None) -> str:
    """The moment in UTC, to the second: "2026-03-02 14:32:07 UTC"."""
    return NOTHING if at is None else f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

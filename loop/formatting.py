"""Numbers and times as people read them, the same on the command line, the dashboard and in reports."""

from __future__ import annotations

import math
from datetime import UTC, datetime

NOTHING = "–"
"""What was not measured."""
FEW = 200
"""Below so many examples a rate is told without decimals: they would pretend to a precision there is not."""


def percent(rate: float | None, *, n: int | None = None, digits: int | None = None) -> str:
    """0.128 → "12.8 %"; "13 %" when it rests on fewer than FEW examples; a dash when it is not known.

    digits: after the point, whatever it rests on.
    """
    if rate is None or math.isnan(rate):
        return NOTHING
    after = digits if digits is not None else 0 if n is not None and n < FEW else 1
    return f"{100 * rate:.{after}f} %"


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


def spread(low: float | None, high: float | None) -> str:
    """(-0.031, 0.003) → "-3.1 to +0.3 pp"."""
    if low is None or high is None:
        return NOTHING
    return f"{points(low).removesuffix(' pp')} to {points(high)}"


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


def about(hours: float) -> str:
    """A span that is only known roughly: "2 h 10 min", "45 min", "under a minute"; to five minutes from an hour on."""
    minutes = round(hours * 60)
    if minutes < 1:
        return "under a minute"
    if minutes < 60:
        return f"{minutes} min"
    minutes = 5 * round(minutes / 5)
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def amount(money: float, currency: str) -> str:
    """ "65 EUR", "1,250 EUR"; with cents below ten."""
    return f"{money:,.{2 if money < 10 else 0}f} {currency}"


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


def clock(at: str | None) -> str:
    """The moment in UTC, to the second: "2026-03-02 14:32:07 UTC"."""
    return NOTHING if at is None else f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def day(at: str) -> str:
    """An ISO 8601 time as "2 Mar 2026"; as it stands where it is none."""
    then = _time(at)
    return f"{then.day} {then:%b %Y}" if then else at


def moment(at: str) -> str:
    """An ISO 8601 time as "2 Mar 2026, 10:00", in UTC; as it stands where it is none."""
    then = _time(at)
    return f"{day(at)}, {then:%H:%M}" if then else at


def _time(at: str) -> datetime | None:
    try:
        return datetime.fromisoformat(at).astimezone(UTC)
    except ValueError:
        return None

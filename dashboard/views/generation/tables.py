"""Figures of models that write → frames for charts and tables, and the sentences beside them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from dashboard import terms
from dashboard.safe import plain
from loop import formatting
from loop.records import Measurement
from loop.report import AnnotatorQualities, Doubts, PairQuestion, Trend, WinRate, Written

RIVALS = {"First model": "first", "Champion before": "champion"}
"""The switch's choices → WinRate.against."""
FILTERS = ("Fixed", "Broken", "Different", "All")
ASKED = ("All", "Measured", "To learn from", "Asked twice", "Open")
BLURRED = "The order is drawn at random, so win rates are blurred by it, not tilted."
RATES = ("error_rate", "exact_match", "unfinished", "hallucination_rate")
"""Figures that are shares, beside those of checks."""


def wins(rates: Sequence[WinRate], *, against: str, simulated: bool = False) -> pd.DataFrame:
    """One row a round and voice: round, by, value, low, high, n, told, interval, rival; against one rival."""
    voices = {
        "people": "simulated experts" if simulated else "people",
        "judge": "judge, corrected by people",
        "reward": "reward model",
    }
    rows = [
        {
            "round": one.round,
            "by": voices.get(one.by, plain(one.by)),
            "value": one.figure.value,
            "low": one.figure.low,
            "high": one.figure.high,
            "n": one.figure.n,
            "told": formatting.percent(one.figure.value, n=0),
            "interval": formatting.interval(one.figure.low, one.figure.high, n=0),
            "rival": formatting.NOTHING if one.rival_round is None else f"round {one.rival_round}",
        }
        for one in rates
        if one.against == against and one.figure.value is not None
    ]
    return pd.DataFrame(rows, columns=["round", "by", "value", "low", "high", "n", "told", "interval", "rival"])


def win_of(rates: Sequence[WinRate], models: Collection[int], *, against: str) -> WinRate | None:
    """People's newest word on one of these rounds' models against a rival."""
    told = [one for one in rates if one.by == "people" and one.model_round in models and one.against == against]
    return max(told, key=lambda one: one.round, default=None)


def clear(one: WinRate) -> str:
    """What an interval says of 50 %: "better", "worse" or "open"."""
    low, high = one.figure.low, one.figure.high
    if low is not None and low > 0.5:
        return "better"
    return "worse" if high is not None and high < 0.5 else "open"


def apart(one: Measurement, other: Measurement) -> bool:
    """Whether two intervals do not touch: only then is a difference called good or bad by its colour."""
    ends = (one.low, one.high, other.low, other.high)
    if None in ends:
        return False
    return (one.low or 0) > (other.high or 0) or (other.low or 0) > (one.high or 0)


def trend(one: Trend) -> pd.DataFrame:
    """One row a round: round, value, low, high, n, told, interval."""
    rows = [
        {
            "round": round_,
            "value": row.value,
            "low": row.low,
            "high": row.high,
            "n": row.n,
            "told": told(row),
            "interval": f"{told(row, row.low)} to {told(row, row.high)}" if row.low is not None else formatting.NOTHING,
        }
        for round_, row in one.points
    ]
    return pd.DataFrame(rows, columns=["round", "value", "low", "high", "n", "told", "interval"])


def is_share(metric: str) -> bool:
    """Whether a figure of answers is told in percent."""
    return metric in RATES or metric.startswith("check:")


def told(row: Measurement, value: float | None = None) -> str:
    """A figure as people read it; of a row its own value, or another one of its kind, as an end of its interval."""
    value = row.value if value is None else value
    if is_share(row.metric):
        return formatting.percent(value, n=row.n)
    return formatting.NOTHING if value is None else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def kept(pairs: Sequence[Written], wanted: str) -> tuple[Written, ...]:
    """Those that a filter of FILTERS lets through; of those that differ the broken and the fixed ones first."""
    if wanted == "All":
        return tuple(pairs)
    if wanted == "Different":
        first = {"broken": 0, "fixed": 1}
        return tuple(sorted((one for one in pairs if not one.same), key=lambda one: first.get(one.outcome, 2)))
    return tuple(one for one in pairs if one.outcome == wanted.lower())


def counted(pairs: Sequence[Written]) -> str:
    """ "12 fixed · 4 broken · 30 differ in words only · 14 alike"."""
    outcomes = [one.outcome for one in pairs]
    alike = sum(one.same for one in pairs)
    changed = outcomes.count("fixed") + outcomes.count("broken")
    rest = len(pairs) - alike - sum(one.outcome in ("fixed", "broken") and not one.same for one in pairs)
    fixed = f"{outcomes.count('fixed'):,} fixed · {outcomes.count('broken'):,} broken · " if changed else ""
    return f"{fixed}{rest:,} differ in words only · {alike:,} alike" if pairs else ""


def chosen(found: Sequence[PairQuestion], wanted: str) -> tuple[PairQuestion, ...]:
    """Questions that a filter of ASKED lets through; only "Open" shows those that wait for an answer."""
    if wanted == "Open":
        return tuple(one for one in found if one.state == "open")
    rest = [one for one in found if one.state != "open"]
    return tuple(
        one
        for one in rest
        if wanted == "All"
        or (wanted == "Measured" and one.kind == "audit")
        or (wanted == "To learn from" and one.kind not in ("audit", "dev"))
        or (wanted == "Asked twice" and (one.repeat or one.repeated))
    )


def raters(found: AnnotatorQualities) -> pd.DataFrame:
    """One row for everybody who answered."""
    rows = [
        {
            "Name": plain(terms.account(one.name), longest=60),
            "Answers": one.answers,
            "Agrees": None if one.reliability is None else 100 * (one.reliability.value or 0.0),
            "95 % interval": formatting.interval(one.reliability.low, one.reliability.high, n=0)
            if one.reliability
            else "not known yet",
            "Shared": one.reliability.n if one.reliability else 0,
            "Cost": one.cost,
        }
        for one in found.raters
    ]
    return pd.DataFrame(rows)


def fairness(found: AnnotatorQualities) -> str:
    """Whether the place on the page decides, in a sentence."""
    row = found.position
    if row is None or row.value is None:
        return "No pair was answered in both orders yet, so it is not known whether the place on the page decides."
    share = f"{formatting.percent(row.value, n=0)} ({formatting.interval(row.low, row.high, n=0)}, n {row.n:,})"
    if row.low is not None and row.low > 0.5:
        verdict = f"people lean to the left answer. {BLURRED}"
    elif row.high is not None and row.high < 0.5:
        verdict = f"people lean to the right answer. {BLURRED}"
    else:
        verdict = "no sign that the place on the page decides."
    return f"Where pairs were shown in both orders the left answer won {share}: {verdict}"


def agreement(found: AnnotatorQualities) -> str:
    """How far answers agree, in a sentence or more."""
    said = []
    if found.agreement is not None and found.agreement.value is not None:
        alpha = found.alpha.value if found.alpha is not None else None
        beyond = "" if alpha is None else f"; beyond chance: Krippendorff's α {alpha:.2f}"
        share = formatting.percent(found.agreement.value, n=0)
        said.append(f"Two people say the same of a pair in {share} (n {found.agreement.n:,}){beyond}.")
    else:
        said.append("No pair was answered by two people yet, so their agreement is not known.")
    if found.judged is not None and found.judged.value is not None:
        ends = formatting.interval(found.judged.low, found.judged.high, n=0)
        said.append(
            f"Judge and people agree in {formatting.percent(found.judged.value, n=0)} ({ends}, n {found.judged.n:,})."
        )
    if found.cycles:
        said.append(f"Preferences go in a circle for {found.cycles:,} prompt{'s' if found.cycles > 1 else ''}.")
    if found.alike:
        said.append(f"{found.alike:,} pairs were alike: they count as ties, and nobody was asked.")
    return " ".join(said)


def doubts(found: Doubts) -> pd.DataFrame:
    """One row a signal, best first: name, value, low, high, n, told, interval, used."""
    rows = [
        {
            "name": plain(terms.signal(row.slice.partition("=")[2]), longest=40),
            "value": row.value,
            "low": row.low,
            "high": row.high,
            "n": row.n,
            "told": f"{row.value:.2f}",
            "interval": formatting.NOTHING if row.low is None else f"{row.low:.2f}–{row.high:.2f}",
            "used": "used to select" if row.slice == f"signal={found.used}" else "other",
        }
        for row in found.signals
    ]
    return pd.DataFrame(rows, columns=["name", "value", "low", "high", "n", "told", "interval", "used"])


def verdict(found: Doubts) -> str:
    """Whether any signal tells more than the length, in plain words. Not escaped."""
    if not found.signals:
        return "No signal could be measured."
    best = found.signals[0]
    name = terms.signal(best.slice.partition("=")[2]).lower()
    if found.length is None or found.length.value is None:
        return f"The best signal is “{name}” ({best.value:.2f}); the length could not be measured beside it."
    alone = f"the length alone has {found.length.value:.2f}" + (" (shorter is more doubtful)" if found.shorter else "")
    if found.better:
        names = ", ".join(f"“{terms.signal(one).lower()}”" for one in found.better)
        count = "one does" if len(found.better) == 1 else f"{len(found.better)} do"
        return (
            f"Does any signal tell more than the length? Yes, {count}: {names}. The best has {best.value:.2f}; {alone}."
        )
    if (best.value or 0) > found.length.value:
        return (
            f"Does any signal tell more than the length? Not for sure: the best, “{name}”, has {best.value:.2f}, and "
            f"{alone}, but their intervals overlap."
        )
    return f"Does any signal tell more than the length? No: the best, “{name}”, has {best.value:.2f}; {alone}."

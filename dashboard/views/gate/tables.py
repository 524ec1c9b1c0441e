"""Decisions → what the gate said, round by round, part by part, and who moved the champion."""

from __future__ import annotations

import pandas as pd

from dashboard import terms
from dashboard.safe import plain
from loop import formatting
from loop.ledger.figures import Decision
from loop.report import Change, Gate

ACTIONS = {"promote": "promoted", "hold": "held", "promote_by_hand": "promoted by hand", "rollback": "rolled back"}
"""Decision.action → status."""
KINDS = {
    "class": "class",
    "slice": "slice",
    "spot": "weak spot",
    "check": "check",
    "regression": "mended before",
    "retention": "retention",
    "reward": "reward model",
    "overall": "overall",
    "best": "best champion so far",
    "collapsed": "tuning",
}
"""Kind of a part or veto → what people read."""
POLICIES = {
    "not_worse": "A model is let in unless it is worse than the champion, or has more errors by over {margin}",
    "better": "A model is let in only when it is proven better than the champion",
}
DRAWN = 16
"""So many parts are drawn, the worst first; the table has all."""
UNTOLD = "no comparison"
COLUMNS = ("round", "difference", "low", "high", "n", "p", "told", "status", "said", "interval")


def rulings(gate: Gate) -> dict[int, Decision]:
    """Round → what the gate said of its model, newest first."""
    found = {one.round: one for one in gate.decisions if one.by == "gate"}
    return dict(sorted(found.items(), reverse=True))


def differences(gate: Gate) -> pd.DataFrame:
    """One row a compared model, oldest first: COLUMNS; difference, low and high in points of error rate."""
    rows = [
        {
            "round": round_,
            "difference": 100 * seen.difference,
            "low": 100 * seen.low,
            "high": 100 * seen.high,
            "n": seen.n,
            "p": formatting.p_value(seen.p_value),
            "told": one.told or UNTOLD,
            "status": ACTIONS[one.action],
            "said": formatting.points(seen.difference),
            "interval": formatting.spread(seen.low, seen.high),
        }
        for round_, one in sorted(rulings(gate).items())
        if (seen := one.comparison) is not None
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def parts(one: Decision) -> pd.DataFrame:
    """One row a part the gate watched, what held the model first, then the most harmed; figures in points."""
    harmed = {(veto.kind, veto.name) for veto in one.vetoes}
    rows = [
        {
            "part": plain(_named(part.kind, part.name), longest=80),
            "difference": 100 * seen.difference,
            "low": 100 * seen.low,
            "high": 100 * seen.high,
            "margin": 100 * part.margin,
            "n": seen.n,
            "fixed": seen.fixed,
            "broken": seen.broken,
            "p": formatting.p_value(part.p_worse),
            "verdict": "holds it back" if (part.kind, part.name) in harmed else "let pass",
            "said": formatting.points(seen.difference),
            "interval": formatting.spread(seen.low, seen.high),
        }
        for part in one.slices
        for seen in (part.comparison,)
    ]
    frame = pd.DataFrame(
        rows,
        columns=[
            *("part", "difference", "low", "high", "margin", "n", "fixed", "broken"),
            *("p", "verdict", "said", "interval"),
        ],
    )
    order = frame.assign(first=frame["verdict"] != "holds it back", over=frame["margin"] - frame["difference"])
    return order.sort_values(["first", "over", "part"]).drop(columns=["first", "over"]).reset_index(drop=True)


def _named(kind: str, name: str) -> str:
    told = KINDS.get(kind, kind)
    return f"{told}: {name}" if name else told


def counted(margin: float) -> str:
    """0.01 → "1 point", 0.025 → "2.5 points"."""
    return f"{100 * margin:g} point{'' if margin == 0.01 else 's'}"


def verdict(one: Decision) -> str:
    """What can be told of the difference, in one sentence."""
    seen = one.comparison
    if seen is None:
        return "There was nothing to compare: it is the first model, or too few examples have a known answer."
    if one.told == "better":
        return "It is better than the champion before; that is more than chance."
    if one.told == "worse":
        return "It is worse than the champion before; that is more than chance."
    if seen.needed is None and seen.difference and one.told == "cannot tell":
        return (
            "It cannot be told whether it is better or worse than the champion before. The difference seen is too "
            "small to be worth having: showing one of its size would take more answers than the pool holds or people "
            "give in a year."
        )
    if seen.needed is None:
        return "It cannot be told whether it is better or worse than the champion before."
    return (
        f"It cannot be told yet: some {seen.needed:,} more labels with known answers would tell such a difference "
        "in four of five cases."
    )


def policy(gate: Gate) -> str:
    """The rules of the gate, in one sentence or two."""
    first = POLICIES[gate.policy].format(margin=counted(gate.margin))
    return (
        f"{first}; and not when a class, a slice, a weak spot or what was mended before is worse for sure by over "
        f"{counted(gate.slice_margin)}. The chance of calling any model better by luck is {100 * gate.alpha:g} % "
        "over all rounds together."
    )


def log(gate: Gate) -> pd.DataFrame:
    """One row a decision, newest first."""
    rows = [
        {
            "Made in": one.round,
            "Decision": [ACTIONS[one.action]],
            "Model": f"round {one.model_round}",
            "Told": [one.told] if one.told else [],
            "Difference": formatting.NOTHING
            if one.comparison is None
            else formatting.points(one.comparison.difference),
            "95 % interval": formatting.NOTHING if one.comparison is None else _ends(one),
            "By": plain("the gate" if one.by == "gate" else terms.account(one.by), longest=40),
            "Why": plain(one.reason or "no reason given"),
            "n": formatting.NOTHING if one.comparison is None else f"{one.comparison.n:,} {one.comparison.on}",
            "p": formatting.p_value(None if one.comparison is None else one.comparison.p_value),
            "Level": formatting.p_value(None if one.comparison is None else one.comparison.alpha),
            "Champion before": formatting.NOTHING if one.champion_round is None else f"round {one.champion_round}",
            "At": pd.Timestamp(one.at).tz_convert("UTC"),
        }
        for one in reversed(gate.decisions)
    ]
    return pd.DataFrame(rows)


def _ends(one: Decision) -> str:
    return formatting.spread(one.comparison.low, one.comparison.high) if one.comparison else formatting.NOTHING


def changes(rows: tuple[Change, ...]) -> pd.DataFrame:
    """Examples whose outcome differs, as people read them."""
    return pd.DataFrame(
        {
            "Text": [plain(row.text) for row in rows],
            "True label": [plain(row.truth, longest=240) for row in rows],
            "Champion said": [plain(row.before, longest=240) for row in rows],
            "New model says": [plain(row.after, longest=240) for row in rows],
            "Id": [row.id for row in rows],
        }
    )

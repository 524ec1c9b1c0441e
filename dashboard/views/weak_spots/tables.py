"""Weak spots and the map → the spot table, the points that are drawn, the list under the map."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.safe import plain
from dashboard.views.weak_spots import history_tables
from loop import formatting
from loop.records import FloatArray
from loop.report import MapPoints, QuestionRow, SpotTrend
from loop.spreadsheets import cell

DRAWN = 20_000
"""So many points are drawn; more would make the browser slow. Selections hold for all of them."""
GROUPS = {"All": None, "Pool": ("pool",), "Gold": ("gold",), "Asked": ("asked", "labelled")}
"""The filter's choices → splits of loop.report."""
FEW = 10
"""An estimate with less evidence says little yet."""
LONGEST_GUESS = 240
"""So many characters of what the model says are shown: a whole label, the beginning of an answer."""
HIDDEN = "hidden while open"
Box = Mapping[str, Sequence[float]]


def table(trends: Sequence[SpotTrend], *, free: bool = False) -> pd.DataFrame:
    """One row a spot in the order of `trends`; the frame's index is the spot's id. free: no guesses to correct."""
    rows = [
        {
            "No.": trend.spot.id,
            "Spot": plain(trend.spot.name, longest=80),
            "State": _state(trend),
            "Estimate": None if trend.spot.estimate is None else 100 * trend.spot.estimate,
            "95 % interval": formatting.interval(trend.spot.low, trend.spot.high, n=0),
            "Expected errors": trend.spot.error_mass,
            "Trend": [100 * value for value in trend.trend if value is not None],
            "Labels": trend.life.labels if trend.life else None,
            "Removed": trend.life.removed if trend.life else None,
            "Open": trend.spot.pool,
            "Judged" if free else "Dev n": trend.spot.dev_n,
            **({} if free else {"Corrected": f"{trend.spot.corrections} / {trend.spot.asked}"}),
            "Asked": trend.picks,
        }
        for trend in trends
    ]
    return pd.DataFrame(rows, index=[trend.spot.id for trend in trends])


def _state(trend: SpotTrend) -> list[str]:
    """Where it stands in its life, and what people did to it."""
    state = trend.life.state if trend.life else ""
    return [*(["open spot" if state == "open" else state] if state else []), *history_tables.marks(trend)]


def worst(trends: Sequence[SpotTrend], *, most: int = 8) -> pd.DataFrame:
    """The spots with the most expected errors: name, mass, estimate, told, n; empty before the first model."""
    rows = [
        {
            "spot": trend.spot.id,
            "name": plain(trend.spot.name, longest=60),
            "whole": plain(trend.spot.name),
            "mass": trend.spot.error_mass,
            "told": f"{trend.spot.error_mass:.0f}  ·  {formatting.percent(trend.spot.estimate, n=0)}",
            "interval": formatting.interval(trend.spot.low, trend.spot.high, n=0),
            "open": trend.spot.pool,
        }
        for trend in trends
        if trend.spot.error_mass is not None
    ]
    columns = ["spot", "name", "whole", "mass", "told", "interval", "open"]
    return pd.DataFrame(rows[:most], columns=columns)


def weakest(trends: Sequence[SpotTrend]) -> SpotTrend | None:
    """The spot with the highest estimate among those with evidence of at least FEW examples; None without a model."""
    known = [trend for trend in trends if trend.spot.estimate is not None]
    firm = [trend for trend in known if trend.spot.dev_n + trend.spot.asked >= FEW]
    return max(firm or known, key=lambda trend: trend.spot.estimate or 0.0, default=None)


def points(found: MapPoints, trends: Sequence[SpotTrend]) -> pd.DataFrame:
    """Every example on the map: id, x, y, spot, name, split, group, guess, uncertainty, outcome."""
    names = {trend.spot.id: plain(trend.spot.name, longest=60) for trend in trends}
    outcome = {True: "wrong", False: "right", None: "label unknown"}
    group = {split: name for name, splits in GROUPS.items() for split in splits or ()}
    return pd.DataFrame(
        {
            "id": found.ids,
            "x": np.asarray(found.places[:, 0], dtype=float),
            "y": np.asarray(found.places[:, 1], dtype=float),
            "spot": np.asarray(found.spots),
            "name": [names.get(int(spot), f"spot {spot}") for spot in found.spots],
            "split": found.splits,
            "group": [group.get(split, split.capitalize()) for split in found.splits],
            "guess": [None if guess is None else plain(guess, longest=LONGEST_GUESS) for guess in found.guesses],
            "uncertainty": np.asarray(found.uncertainty, dtype=float),
            "outcome": [outcome[wrong] for wrong in found.wrong],
        }
    )


def hide_blind(frame: pd.DataFrame, questions: Sequence[QuestionRow]) -> pd.DataFrame:
    """The map without the model's guess wherever it was asked blind and is not answered: an expert may look here."""
    blind = {row.example_id for row in questions if row.blind and row.state in ("open", "not sent")}
    seen = frame.copy()
    inside = seen["id"].isin(blind)
    seen.loc[inside, "guess"] = HIDDEN
    seen.loc[inside, "uncertainty"] = np.nan
    return seen


def within(frame: pd.DataFrame, *, group: str, spots: Collection[int], box: Box | None) -> NDArray[np.bool_]:
    """(n,) which rows are in the group, in one of the spots (all when none is named) and in the box."""
    kept = np.ones(len(frame), dtype=bool)
    splits = GROUPS[group]
    if splits is not None:
        kept &= frame["split"].isin(splits).to_numpy()
    if spots:
        kept &= frame["spot"].isin(list(spots)).to_numpy()
    for axis in ("x", "y"):
        if box and box.get(axis):
            low, high = min(box[axis]), max(box[axis])
            kept &= frame[axis].between(low, high).to_numpy()
    return kept


def drawn(frame: pd.DataFrame, *, most: int = DRAWN, seed: int = 0) -> pd.DataFrame:
    """At most `most` rows: all wrong and all asked ones, then a sample that keeps the spots' shares."""
    if len(frame) <= most:
        return frame
    first = ((frame["outcome"] == "wrong") | frame["split"].isin(("asked", "labelled"))).to_numpy()
    order = np.lexsort([np.random.default_rng(seed).random(len(frame)), ~first])
    return frame.iloc[np.sort(order[:most])]


def labels(frame: pd.DataFrame, trends: Sequence[SpotTrend], *, most: int = 9) -> pd.DataFrame:
    """Names to write on the map, the weakest spots first: x, y, text; one that would cover another is left out."""
    estimate = {trend.spot.id: trend.spot.estimate for trend in trends}
    placed: list[dict[str, float | str | int]] = []
    for trend in trends[: 2 * most]:
        own = frame[frame["spot"] == trend.spot.id]
        if own.empty or len(placed) >= most:
            continue
        x, y = float(own["x"].median()), float(own["y"].median())
        name = plain(trend.spot.name, longest=32)
        rate = estimate[trend.spot.id]
        text = name if rate is None else f"{name} · {formatting.percent(rate, n=0)}"
        if all(abs(x - float(p["x"])) > 0.5 or abs(y - float(p["y"])) > 0.09 for p in placed):
            placed.append({"spot": trend.spot.id, "x": x, "y": y, "text": text})
    return pd.DataFrame(placed, columns=["spot", "x", "y", "text"])


def listing(frame: pd.DataFrame, texts: Sequence[str]) -> pd.DataFrame:
    """The rows of one page as people read them; `texts` in the order of `frame`."""
    return pd.DataFrame(
        {
            "Text": [plain(text) for text in texts],
            "Model says": frame["guess"].fillna(formatting.NOTHING).to_numpy(),
            "Unsure": 100 * frame["uncertainty"].to_numpy(),
            "Outcome": [[outcome] for outcome in frame["outcome"]],
            "Group": frame["split"].to_numpy(),
            "Spot": frame["name"].to_numpy(),
            "Id": frame["id"].to_numpy(),
        }
    )


def by_doubt(frame: pd.DataFrame) -> pd.DataFrame:
    """Wrong ones first, then the least certain; those that were not scored last."""
    key = frame.assign(wrong=frame["outcome"] == "wrong")
    return key.sort_values(["wrong", "uncertainty", "id"], ascending=[False, False, True]).drop(columns="wrong")


def csv(frame: pd.DataFrame, texts: Sequence[str]) -> str:
    """The selection as CSV, safe to open in a spreadsheet."""
    columns = ["id", "spot", "name", "split", "guess", "uncertainty", "outcome"]
    out = frame[columns].assign(text=list(texts))
    for name in ("name", "guess", "outcome", "text"):
        out[name] = [cell(str(value)) for value in out[name].fillna("")]
    # This line end makes pandas quote a bare carriage return as well.
    return out.to_csv(index=False, lineterminator="\r\n")


def uncertainties(frame: pd.DataFrame) -> FloatArray:
    """(m,) uncertainties that are known."""
    return np.asarray(frame["uncertainty"].dropna().to_numpy(dtype=float))

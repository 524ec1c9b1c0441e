"""Rows of the ledger against a bundle that holds them.

lasting   models, picks, figures, spots of a finished round   the very same rows, none more, none less
          decisions, edits of spots                           the same; new ones only after the last one it has
answers   of every bundle         none gone, none about another question; changed only with a later time of change,
                                  or deleted by people
state     labels, preferences,    the same, until a later round has settled (or, for the regression set, judged)
          leaks, regression set
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from loop.ledger import progress
from loop.records import AnswerState
from loop.rounds import snapshot

KEYS: dict[str, tuple[str, ...]] = {
    "picks": ("ext_id",),
    "measurements": ("on", "metric", "slice"),
    "estimates": ("round", "on", "estimator"),
    "decisions": ("id",),
    "spot_edits": ("id",),
    "spot_rounds": ("spot",),
    "spot_lives": ("spot",),
    "found_slices": ("name",),
    "annotations": ("id",),
    "labels": ("example_id",),
    "preferences": ("id",),
    "leaks": ("example_id",),
    "regression": ("example_id",),
    "steps": ("step",),
}
"""Table → what names a row within a round."""
MAY_DRIFT = ("raw_sha256", "suggestion")
"""Of an answer: what the labeling tool may tell otherwise later, though nobody answered anew."""
Row = Mapping[str, Any]


class Change(NamedTuple):
    """Rows that are not as a bundle has them."""

    table: str
    told: str


def lasting(connection: Connection, round_: int, content: Mapping[str, Any]) -> Iterator[Change]:
    """What may never change. content: file → what of the bundle is undamaged."""
    now = snapshot.lasting(connection, round_)
    if "round.json" in content:
        yield from _round(content["round.json"], now["round.json"])
    for file, table in (
        ("picks.jsonl", "picks"),
        ("measurements.json", "measurements"),
        ("estimates.json", "estimates"),
    ):
        if file in content:
            yield from _same(table, content[file], now[file])
    spots = snapshot.of_spots(connection, round_)
    for part, table in (("rounds", "spot_rounds"), ("lives", "spot_lives"), ("slices", "found_slices")):
        if "spots.json" in content:
            yield from _same(table, content["spots.json"][part], spots[part])
    grown = snapshot.growing(connection)
    for file, table in (("decisions.json", "decisions"), ("edits.json", "spot_edits")):
        if content.get(file):
            last = max(row["id"] for row in content[file])
            yield from _same(table, content[file], [row for row in grown[file] if row["id"] <= last])


def answers(connection: Connection, content: Mapping[str, Any]) -> Iterator[Change]:
    """What people had said when a bundle was written: whatever came later, each of these answers is still there."""
    if "annotations.jsonl" in content:
        yield from _answers(content["annotations.jsonl"], snapshot.answers(connection))


def state(connection: Connection, round_: int, content: Mapping[str, Any]) -> Iterator[Change]:
    """What may change lawfully, against the newest bundle."""
    now = snapshot.state(connection)
    later = {row.step for row in progress.steps(connection) if row.round > round_ and row.state == "done"}
    for file, ends in (
        ("labels.jsonl", {"settle"}),
        ("preferences.jsonl", {"settle"}),
        ("leaks.jsonl", {"settle"}),
        ("regression.jsonl", {"evaluate", "gate", "settle"}),
    ):
        if file in content and later.isdisjoint(ends):
            yield from _same(file.removesuffix(".jsonl"), content[file], now[file])


def _round(was: Row, is_: Row) -> Iterator[Change]:
    for name, table in (("model", "models"), ("machine", "meta"), ("config", "rounds")):
        if _text(was.get(name)) != _text(is_.get(name)):
            yield Change(table, f"the {name} of the round: {_first_difference(was.get(name), is_.get(name))}")
    rest = [name for name in was if name not in ("model", "machine", "config", "steps", "base", "seed")]
    for name in rest:
        if _text(was[name]) != _text(is_.get(name)):
            yield Change("rounds", f"{name} was {was[name]!r} and is {is_.get(name)!r}")
    yield from _same("steps", was["steps"], is_["steps"])


def _same(table: str, was: Sequence[Row], is_: Sequence[Row]) -> Iterator[Change]:
    """The same rows with the same values."""
    old, new = ({_name(table, row): row for row in rows} for rows in (was, is_))
    for name, row in old.items():
        if name not in new:
            yield Change(table, f"{name} was deleted")
        elif _text(row) != _text(new[name]):
            yield Change(table, f"{name}: {_first_difference(row, new[name])}")
    for name in new:
        if name not in old:
            yield Change(table, f"{name} was added")


def _answers(was: Sequence[Row], is_: Sequence[Row]) -> Iterator[Change]:
    new = {row["id"]: row for row in is_}
    for row in was:
        now = new.get(row["id"])
        name = _name("annotations", row)
        if now is None:
            yield Change("annotations", f"{name} was deleted; answers that people delete stay, marked as deleted")
            continue
        if (now["ext_id"], now["annotator"]) != (row["ext_id"], row["annotator"]):
            was_is = f"{row['ext_id']} by {row['annotator']}, now {now['ext_id']} by {now['annotator']}"
            yield Change("annotations", f"{name} is the answer to another question, or of another person: was {was_is}")
            continue
        if _moment(now["updated_at"]) > _moment(row["updated_at"]):
            continue
        may = (*MAY_DRIFT, "state", "label") if now["state"] == AnswerState.DELETED.value else MAY_DRIFT
        old, present = ({key: value for key, value in one.items() if key not in may} for one in (row, now))
        if _text(old) != _text(present):
            told = _first_difference(old, present)
            yield Change("annotations", f"{name}: {told}, without a later time of change")


def _name(table: str, row: Row) -> str:
    return ", ".join(f"{key} {row[key]}" for key in KEYS[table] if row[key] != "")


def _moment(text: str) -> datetime:
    """The earliest moment there is for what is not a time: then nothing counts as later."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return datetime.min.replace(tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _text(value: Any) -> str:
    """As in a bundle's file: a figure that is no number equals itself there."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=repr)


def _first_difference(was: Any, is_: Any) -> str:
    if isinstance(was, Mapping) and isinstance(is_, Mapping):
        keys = [key for key in sorted({*was, *is_}) if _text(was.get(key)) != _text(is_.get(key))]
        if keys:
            return f"{keys[0]}: {_first_difference(was.get(keys[0]), is_.get(keys[0]))}"
    return f"was {_short(was)} and is {_short(is_)}"


def _short(value: Any) -> str:
    text = _text(value)
    return text if len(text) <= 80 else text[:79] + "…"

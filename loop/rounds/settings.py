"""What weakspot.yaml may change between two rounds, held against what the project has fixed and has been asked.

    weakspot.yaml now ─┬─ against what init and the first round fixed ─► ConfigError: all refused keys together
                       ├─ against the config seen last ─► lines for people, each once
                       └─ of an open round ─► its frozen config, with what takes effect at once as it is now

The policy of each key stands in loop.config.policies.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from loop.config import Config
from loop.config.changes import Change, changes, values, whole, with_present
from loop.config.policies import Fixed, Rule
from loop.errors import ConfigError
from loop.ledger import progress
from loop.ledger.progress import RoundRow
from loop.project import Project

SEEN = "config_seen"
"""Key of the single value that holds the config `weakspot init` or `weakspot run` saw last."""

FINAL_EVERY = "model.final_every"


def remember(connection: Connection, config: Config) -> None:
    """Keeps the config as the one seen last: what changes from now on is said or refused."""
    progress.put(connection, SEEN, json.dumps(config.model_dump(mode="json"), ensure_ascii=False))


def present(project: Project) -> Config:
    """The config to deal with the labeling tool by: of the open round, else weakspot.yaml. Raises ConfigError."""
    with project.ledger.read() as connection:
        known = begun(connection, progress.rounds(connection))
        refuse(connection, project.config, known)
    if known and known[-1].finished_at is None:
        return with_present(Config.model_validate(known[-1].config), project.config)
    return project.config


def begun(connection: Connection, rows: Sequence[RoundRow]) -> list[RoundRow]:
    """The rounds of which a step is done: until then a round takes over a changed file."""
    worked = {step.round for step in progress.steps(connection) if step.state == "done"}
    return [row for row in rows if row.round in worked]


def refuse(connection: Connection, config: Config, known: Sequence[RoundRow]) -> None:
    """Raises ConfigError with every refused change. known: the rounds that have begun."""
    first = [one for one in changes(known[-1].config, config) if one.rule is Rule.REFUSED] if known else []
    made = _seen(connection)
    init = [] if made is None else [one for one in changes(made, config) if one.rule is Rule.REFUSED]
    found = {one.key: one for one in (*first, *init) if known or one.policy.fixed is Fixed.INIT}
    if found:
        raise _refusal(list(found.values()))


def news(connection: Connection, config: Config, frozen: Mapping[str, Any] | None, *, round_: int) -> list[str]:
    """What is to be said as round `round_` begins with this config. frozen: the config before; None: there was none."""
    before = _seen(connection) or frozen
    if frozen is None or before is None:
        return []
    taken = _since(connection, frozen, config)
    found = [*taken, *(one for one in changes(before, config) if one.policy.at_once)]
    return [
        f"Round {round_}: weakspot.yaml has changed: {one.sentence}: {one.policy.effect}"
        for one in found
        if one.rule is Rule.SAID
    ]


def news_of_open(connection: Connection, config: Config, frozen: Mapping[str, Any], *, round_: int) -> list[str]:
    """What is to be said in the middle of a round: what takes effect at once, and in one line what has to wait."""
    new = changes(_seen(connection) or frozen, config)
    now = [one for one in new if one.policy.at_once and one.rule is Rule.SAID]
    lines = [f"weakspot.yaml has changed: {one.sentence}: {one.policy.effect}" for one in now]
    waiting = [one.sentence for one in _since(connection, frozen, config)]
    if waiting and any(not one.policy.at_once for one in new):
        told = ", ".join(waiting)
        lines.append(
            f"weakspot.yaml has changed since round {round_} began: {told}; takes effect from round {round_ + 1}"
        )
    return lines


def overlaps(connection: Connection) -> dict[int, int]:
    """Round → how many people were to answer each of its questions."""
    return {row.round: int(values(row.config)["labeler.overlap"]) for row in progress.rounds(connection)}


def _since(connection: Connection, frozen: Mapping[str, Any], config: Config) -> list[Change]:
    """What differs from a round's config and takes effect with a round."""
    new = {one.key for one in changes(_seen(connection) or frozen, config)}
    found = [one for one in changes(frozen, config) if not one.policy.at_once]
    # A round run with --final has 1 in the place of what weakspot.yaml says.
    return [one for one in found if one.key != FINAL_EVERY or one.old != 1 or one.key in new]


def _seen(connection: Connection) -> Mapping[str, Any] | None:
    found = progress.get(connection, SEEN)
    if found is None:
        return None
    seen: Mapping[str, Any] = json.loads(found)
    return seen


def _refusal(found: Sequence[Change]) -> ConfigError:
    lines = [
        f"{one.key} is {one.parts[1]}, and {one.policy.fixed} fixed it as {one.parts[0]}: {one.policy.effect}"
        for one in found
    ]
    told = (
        f"weakspot.yaml: {lines[0]}"
        if len(lines) == 1
        else "\n  ".join([f"weakspot.yaml changes {len(lines)} keys that are fixed:", *lines])
    )
    return ConfigError(
        told,
        wanted=", ".join(f"{one.key}: {whole(one.key, one.old)}" for one in found),
        do="put back what it was, or make a new project with `weakspot init`",
    )

"""The bundle of a finished round: everything it rests on and came to, in files that can be read without weakspot.

    rounds/NNN/bundle/
        round.json         config, seed, code, machine, base model, the model made, the steps
        data.json          hashes of pool, gold and training labels; counts
        picks.jsonl        what was asked, why, with which chance        decisions.json     of all rounds so far
        annotations.jsonl  all answers as they stood                     measurements.json  of this round
        labels.jsonl, preferences.jsonl   all that was believed          estimates.json     made in this round
        leaks.jsonl, regression.jsonl     as they stood                  spots.json, edits.json   lives, slices, names
        artifacts.json     name → hash of every folder made or used      previous.json      the bundle before: a chain

A pure function of ledger and artifacts: whoever is killed while writing it writes the same bytes again. Its hash goes
into the ledger in the transaction that finishes the round. What the labeling tool itself sent of an answer stays in
the ledger: only its hash is told, so a bundle can be handed on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from loop.artifact_names import BUNDLE, POOL, artifact
from loop.ledger import lineage, people, schema
from loop.ledger.lineage import rows
from loop.project import Project
from loop.records import Role
from loop.rounds import environment
from loop.rounds.bundle_files import FILES, OF_THE_TOOL, parsed, to_text
from loop.rounds.estimates import EvalSets


def write(project: Project, round_: int) -> str:
    """Writes the bundle of a round whose steps are all done; returns its hash. Raises ArtifactError."""
    name = artifact(round_, BUNDLE)
    with project.ledger.read() as connection:
        files = {
            **lasting(connection, round_),
            **growing(connection),
            **state(connection),
            "spots.json": {**of_spots(connection, round_), "named": rows(connection, schema.spots)},
            "data.json": _data(project, connection, round_),
            "artifacts.json": _artifacts(project, round_),
            "previous.json": _previous(connection, round_),
        }
    with project.artifacts.writing(name) as folder:
        for file, content in files.items():
            (folder / file).write_text(to_text(file, content), encoding="utf-8")
    return project.artifacts.digest(name)


def read(project: Project, round_: int) -> dict[str, Any] | None:
    """File → content of a round's bundle; None when it has none. Raises ArtifactError when it is damaged."""
    name = artifact(round_, BUNDLE)
    if not project.artifacts.has(name):
        return None
    folder = project.artifacts.open(name)
    return {file: parsed(folder / file) for file in FILES if (folder / file).is_file()}


def lasting(connection: Connection, round_: int) -> dict[str, Any]:
    """What the ledger says of a finished round and may never say otherwise, by file."""
    picks, measured, made = schema.picks, schema.measurements, schema.estimates
    return {
        "round.json": _round(connection, round_),
        "picks.jsonl": sorted(rows(connection, picks, picks.c.round == round_), key=lambda row: row["position"]),
        "measurements.json": rows(connection, measured, measured.c.round == round_),
        "estimates.json": rows(connection, made, made.c.at_round == round_),
    }


def of_spots(connection: Connection, round_: int) -> dict[str, Any]:
    """How the weak spots stood in a round: never changed afterwards, unlike their names."""
    tables = {"rounds": schema.spot_rounds, "lives": schema.spot_lives, "slices": schema.found_slices}
    return {name: rows(connection, table, table.c.round == round_) for name, table in tables.items()}


def growing(connection: Connection) -> dict[str, Any]:
    """What people and the gate decided, in the order they did."""
    return {"decisions.json": rows(connection, schema.decisions), "edits.json": rows(connection, schema.spot_edits)}


def state(connection: Connection) -> dict[str, Any]:
    """How answers and what is believed of them stand."""
    return {
        "annotations.jsonl": answers(connection),
        "labels.jsonl": rows(connection, schema.labels),
        "preferences.jsonl": rows(connection, schema.preferences),
        "leaks.jsonl": rows(connection, schema.leaks),
        "regression.jsonl": rows(connection, schema.regression),
    }


def answers(connection: Connection) -> list[dict[str, Any]]:
    """All answers as they stand, with the hash of what the labeling tool sent."""
    return [_without_raw(row) for row in rows(connection, schema.annotations)]


def _round(connection: Connection, round_: int) -> dict[str, Any]:
    row = rows(connection, schema.rounds, schema.rounds.c.round == round_)[0]
    model = rows(connection, schema.models, schema.models.c.round == round_)
    notes = {step: asdict(found) for step, found in environment.noted(connection, round_).items()}
    config = row["config"]
    steps = rows(connection, schema.steps, schema.steps.c.round == round_)
    return {
        # When it was finished stands in the ledger beside the bundle's hash: it is not known before.
        **{name: value for name, value in row.items() if name != "finished_at"},
        "seed": config.get("seed"),
        "machine": notes,
        "base": {
            "name": config.get("model", {}).get("base"),
            "revision": config.get("model", {}).get("revision"),
            "fingerprint": notes.get("train", {}).get("base"),
        },
        "model": model[0] if model else None,
        "steps": sorted(steps, key=lambda row: row["started_at"]),
    }


def _data(project: Project, connection: Connection, round_: int) -> dict[str, Any]:
    pool = project.pool
    audit = {row.example_id: row.label for row in people.labels(connection, roles=[Role.AUDIT])}
    models = rows(connection, schema.models, schema.models.c.round == round_)
    counts = people.count_labels(connection)
    return {
        "pool": project.artifacts.digest(POOL),
        "examples": {split.value: n for split, n in pool.counts().items()},
        "gold_version": EvalSets(gold=pool.truth(), audit=audit, chances={}).version,
        "labels_digest": models[0]["labels_digest"] if models else None,
        "labels": {role.value: n for role, n in counts.items()},
        "preferences": len(people.preferences(connection)),
    }


def _artifacts(project: Project, round_: int) -> dict[str, str]:
    """This round's folders and those that belong to no round; those of earlier rounds stand in their own bundles."""
    own = artifact(round_, "")
    names = [name for name in project.artifacts.names() if name.startswith(own) or not name.startswith("rounds/")]
    return {name: project.artifacts.digest(name) for name in names if name != artifact(round_, BUNDLE)}


def _previous(connection: Connection, round_: int) -> dict[str, Any]:
    before = [row for row in lineage.bundles(connection) if row.round < round_]
    return {"round": before[-1].round, "digest": before[-1].digest} if before else {"round": None, "digest": None}


def _without_raw(row: Mapping[str, Any]) -> dict[str, Any]:
    raw = json.dumps(row["raw"], sort_keys=True, ensure_ascii=False)
    kept = {name: value for name, value in row.items() if name not in OF_THE_TOOL}
    return {**kept, "raw_sha256": hashlib.sha256(raw.encode()).hexdigest()}

"""All that a project holds, in a form that two runs of it can be compared in: every table, every artifact, every file.

    everything(root) ─► {"table picks": [...], "artifact rounds/000/train": ..., "file weakspot.yaml": ...}
    differences(expected, found) ─► what is not the same, in words; empty when all is

Tables are those of the schema, so a new one is compared from its first day. Left out is what two undisturbed runs
never agree in: VOLATILE, each with its reason.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from loop.artifact_names import BUNDLE
from loop.artifacts import faults
from loop.ledger.schema import metadata
from loop.project import open_project

TIME = "the clock"
NUMBERED = "counts rows: one that was written, rolled back and written again may get another number"
ATTEMPT = "what the last attempt did, which is less after an interruption"
VOLATILE: Mapping[tuple[str, str], str] = {
    ("rounds", "started_at"): TIME,
    ("rounds", "finished_at"): TIME,
    ("steps", "started_at"): TIME,
    ("steps", "finished_at"): TIME,
    ("steps", "seconds"): TIME,
    ("steps", "peak_mb"): "memory of the process, which has done less after an interruption",
    ("models", "created_at"): TIME,
    ("decisions", "id"): NUMBERED,
    ("decisions", "at"): TIME,
    ("tasks", "sent_at"): TIME,
    ("tasks", "task_id"): "given by the labeling tool",
    ("tasks", "project_id"): "given by the labeling tool",
    ("tasks", "url"): "holds the port of the server",
    ("annotations", "id"): "given by the labeling tool",
    ("annotations", "created_at"): TIME,
    ("annotations", "updated_at"): TIME,
    ("annotations", "raw"): "the labeling tool's own record, with its ids and times",
    ("spot_edits", "id"): NUMBERED,
    ("spot_edits", "at"): TIME,
    ("bundles", "digest"): "bundles tell when their round was; their contents are compared instead",
    ("bundles", "at"): TIME,
    ("events", "id"): NUMBERED,
    ("events", "at"): TIME,
    ("heartbeats", "pid"): "the process",
    ("heartbeats", "at"): TIME,
    ("heartbeats", "round"): "where the last sign of life came from",
    ("heartbeats", "step"): "where the last sign of life came from",
    ("heartbeats", "done"): "where the last sign of life came from",
    ("heartbeats", "total"): "where the last sign of life came from",
}
OF_ONE_ATTEMPT = ("send", "await")
"""Steps whose outcome is an ATTEMPT."""
MADE_UP = (
    "project_key",
    "watermark",
    "labeler_url",
    "labeler_project",
    "labeler_instance",
    "labeler_history",
    "created",
)
"""Keys of `meta` drawn by chance, by the clock, or given by the labeling tool."""
PLACE = ("labeler_root",)
"""Keys of `meta` that hold the folder: compared runs lie beside each other."""
OF_ONE_PROCESS = ("worker",)
"""Keys of `meta` that name the process at work: one that ended early is noted there until the next one begins."""
OF_ATTEMPTS = ("labeler_sends",)
"""Keys of `meta` that count attempts, interrupted ones among them."""
MADE_UP_FILES = (".weakspot/artifacts/project.json", ".weakspot/trust-id")
"""Files that hold such a key."""
HISTORY = "labeler_history"
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/projects/\d+")
"""Where questions are: the port is drawn by chance."""
OF_A_SERVER = re.compile("tarting Label Studio|Waiting for the labeling tool")
"""What is said once for each start of a server and each time it was away."""
SEEN_IN = "seen_in"
"""A column of ids of the labeling tool's database, drawn by chance: compared is whether it is that of `meta`."""
DATED = ("at", "created_at", "started_at", "finished_at", "sent_at", "updated_at", "seconds", "peak_mb", "raw_sha256")
"""Keys in the files of a bundle that VOLATILE leaves out of the ledger."""
GIVEN_FILES = {"annotations.jsonl": ("id",)}
"""Keys in the rows of a file of a bundle that the labeling tool gives."""
DATED_FILES = ("manifest.json", "previous.json")
"""Files of a bundle that are hashes of dated ones."""
STATE = ("ledger.db", "ledger.db-wal", "ledger.db-shm", "run.lock")
"""Files that are compared by what is in them."""
SERVERS = (".weakspot/paper", ".weakspot/label_studio")
"""Folders of labeling tools."""


def everything(root: Path, *, chance: bool = False) -> dict[str, Any]:
    """chance: whether what `init` draws by chance must agree too; it does only between copies of one project."""
    with open_project(root, read_only=True) as project:
        with project.ledger.read() as connection:
            found = {f"table {name}": _rows(connection, name, chance) for name in metadata.tables}
        names = project.artifacts.names()
        found |= {f"artifact {name}": _contents(project.artifacts.place(name), name) for name in names}
        found["damaged artifacts"] = {name: bad for name in names if (bad := faults(project.artifacts.place(name)))}
        inside = {path for name in names for path in project.artifacts.place(name).rglob("*")}
    rest = (path for path in sorted(root.rglob("*")) if path.is_file() and path not in inside)
    loose = {path.relative_to(root).as_posix(): path for path in rest if path.name not in STATE}
    made_up = () if chance else MADE_UP_FILES
    kept = {name: path for name, path in loose.items() if not name.startswith((*SERVERS, *made_up))}
    return found | {f"file {name}": path.read_bytes() for name, path in kept.items()}


def files(folder: Path) -> dict[str, str]:
    """Digest of each file below a folder."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): _digest(path) for path in paths}


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """What is not the same: name, expected, found."""
    names = [*expected, *(name for name in found if name not in expected)]
    pairs = [(name, expected.get(name, "nothing"), found.get(name, "nothing")) for name in names]
    return [f"{name}: {_first(one, other)}" for name, one, other in pairs if one != other]


def _rows(connection: Any, name: str, chance: bool) -> list[Any]:
    table = metadata.tables[name]
    keys = [column.name for column in table.columns if (name, column.name) not in VOLATILE]
    rows = connection.execute(select(*(table.c[key] for key in keys)).order_by(*table.primary_key.columns))
    found = [dict(zip(keys, row, strict=True)) for row in rows]
    if name == "meta":
        left_out = (*PLACE, *OF_ONE_PROCESS, *OF_ATTEMPTS, *(MADE_UP[1:] if chance else MADE_UP))
        return [row for row in found if not row["key"].endswith(left_out)]
    if SEEN_IN in keys:
        history = connection.scalar(select(metadata.tables["meta"].c.value).filter_by(key=HISTORY))
        found = [{**row, SEEN_IN: row[SEEN_IN] == history} for row in found]
    if name == "steps":
        return [{**row, "outcome": None} if row["step"] in OF_ONE_ATTEMPT else row for row in found]
    if name == "events":
        # Faults are events themselves, and what is done again is said again.
        lines = {json.dumps(row, sort_keys=True) for row in found if row["level"] == "info"}
        return sorted({ADDRESS.sub("ADDRESS", line) for line in lines if not OF_A_SERVER.search(line)})
    return sorted(found, key=lambda row: json.dumps(row, sort_keys=True))


def _contents(folder: Path, name: str) -> Any:
    if not name.endswith(f"/{BUNDLE}"):
        return files(folder)
    found = {path.name: path for path in sorted(folder.iterdir()) if path.name not in DATED_FILES}
    return {file: _timeless(path) for file, path in found.items()}


def _timeless(path: Path) -> Any:
    if path.suffix != ".jsonl":
        return _without_dates(json.loads(path.read_text()))
    given = GIVEN_FILES.get(path.name, ())
    rows = (json.loads(line) for line in path.read_text().splitlines())
    kept = ({key: value for key, value in row.items() if key not in given} for row in rows)
    return sorted(json.dumps(_without_dates(row), sort_keys=True) for row in kept)


def _without_dates(value: Any) -> Any:
    if isinstance(value, dict):
        # How a step that belongs to one attempt ended stands in its row of the ledger too.
        attempt = ("outcome",) if value.get("step") in OF_ONE_ATTEMPT else ()
        return {key: _without_dates(one) for key, one in value.items() if key not in (*DATED, *attempt)}
    return [_without_dates(one) for one in value] if isinstance(value, list) else value


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _first(expected: Any, found: Any) -> str:
    """The first row or key that differs, short enough to read."""
    if isinstance(expected, list) and isinstance(found, list):
        lost, more = ([row for row in a if row not in b] for a, b in ((expected, found), (found, expected)))
        counts = f"{len(expected)} rows wanted, {len(found)} found"
        return f"{counts}; lacking {str(lost[:2])[:600]}; too many {str(more[:2])[:600]}"
    if isinstance(expected, dict) and isinstance(found, dict):
        keys = [key for key in {**expected, **found} if expected.get(key) != found.get(key)]
        return "; ".join(f"{key}: {str(expected.get(key))[:200]} / {str(found.get(key))[:200]}" for key in keys[:3])
    return f"{str(expected)[:300]} / {str(found)[:300]}"

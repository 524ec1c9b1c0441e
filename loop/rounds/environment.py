"""What a step ran with, noted when it is done: code, libraries, machine, the base's weights.

step done ─► note, in its transaction ─► meta "machine/NNN/STEP" ─► bundle, and what a replay compares first

Only for the steps that leave files: there the last bits depend on it.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

import loop
from loop.errors import ModelError
from loop.ledger import lineage, progress, schema
from loop.ledger.records import json_value, record
from loop.rounds.context import StepContext

LIBRARIES = ("torch", "transformers", "peft", "trl", "accelerate", "scikit-learn", "scipy", "numpy", "tokenizers")
PACKAGES = ("loop", "labeling")
"""Whose source files decide what a round does."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Everything beside data, labels, config and seed that a result may depend on."""

    code: str
    """Hash of the source files of weakspot."""
    version: str
    python: str
    platform: str
    libraries: Mapping[str, str]
    """Name → version; only what is installed."""
    base: str | None
    """Fingerprint of the base model's weights; None when they are not on this machine, as behind an address."""
    threads: int
    blas_threads: int
    device: str
    instructions: str


def present(work: StepContext) -> Machine:
    """This process, here and now."""
    from loop.models import machine

    facts = machine.facts()
    return Machine(
        code=code_digest(),
        version=loop.__version__,
        python=platform.python_version(),
        platform=platform.platform(),
        libraries={name: version for name in LIBRARIES if (version := _version(name))},
        base=_base(work),
        threads=facts.threads,
        blas_threads=facts.blas_threads,
        device=facts.device,
        instructions=facts.instructions,
    )


def note(work: StepContext, step: str) -> Callable[[Connection], None]:
    """What to record with the step."""
    found = json.dumps(asdict(present(work)), sort_keys=True)
    return lambda connection: progress.put(connection, _key(work.round, step), found)


def noted(connection: Connection, round_: int) -> dict[str, Machine]:
    """Step → what it ran with; only what was noted."""
    key = schema.meta.c.key
    found = lineage.rows(connection, schema.meta, key.startswith(_key(round_, ""), autoescape=True))
    return {row["key"].rsplit("/", 1)[1]: record(Machine, json_value(row["value"])) for row in found}


def changed(then: Machine, now: Machine) -> dict[str, tuple[Any, Any]]:
    """What differs, most telling first: fact → (then, now)."""
    facts = {field.name: (getattr(then, field.name), getattr(now, field.name)) for field in fields(Machine)}
    old, new = facts.pop("libraries")
    versions = {name: (old.get(name), new.get(name)) for name in sorted(old.keys() | new.keys())}
    return {name: both for name, both in {**facts, **versions}.items() if both[0] != both[1]}


@lru_cache(maxsize=1)
def code_digest() -> str:
    """16 hex digits: a hash of weakspot's own source files, names and contents."""
    found = hashlib.sha256()
    home = Path(loop.__file__).parents[1]
    for package in PACKAGES:
        for path in sorted((home / package).rglob("*.py")):
            found.update(f"{path.relative_to(home).as_posix()}\0".encode())
            found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]


def _key(round_: int, step: str) -> str:
    return f"machine/{round_:03d}/{step}"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _base(work: StepContext) -> str | None:
    from loop.models import machine

    if work.config.generation.endpoint:
        return None
    base = work.config.model.base
    local = work.project.root / base
    try:
        return machine.fingerprint(
            str(local.resolve()) if local.is_dir() else base, revision=work.config.model.revision
        )
    except ModelError:
        # Whether the model can be had is the business of the step that needs it; here it is only not known.
        return None

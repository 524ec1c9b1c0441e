"""weakspot.yaml as it was last used, kept beside the ledger: should the file of people be lost, or saved only in part.

    weakspot.yaml ─► .weakspot/weakspot.yaml.kept      when it is made, and at each run
    a key vanished and its default is another value ─► the kept file ─► .weakspot/weakspot.yaml.before, and a line

YAML that is cut off in the middle is often still YAML, of fewer keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loop import durable, private
from loop.config import parse
from loop.config.changes import changes
from loop.config.yaml_text import read
from loop.errors import ConfigError

KEPT_CONFIG = "weakspot.yaml.kept"
"""In the state folder."""
BEFORE = "weakspot.yaml.before"
"""In the state folder: the last version with more keys."""
MOST_NAMED = 5


def keep(used: Path, state: Path) -> tuple[str, ...]:
    """Keeps the config that is in use; returns a line when keys of the one that was kept are gone.

    Raises ConfigError when the state folder cannot be written.
    """
    kept = state / KEPT_CONFIG
    text = used.read_bytes() if used.is_file() else None
    last = kept.read_bytes() if kept.is_file() else None
    if text is None or last == text:
        return ()
    gone = _gone(last, text) if last is not None else ()
    try:
        private.folder(state)
        if gone and last is not None:
            durable.write(state / BEFORE, last)
        durable.write(kept, text)
    except OSError as fault:
        raise ConfigError(f"cannot write {kept}: {fault.strerror}", do="check the folder's permissions") from fault
    if not gone:
        return ()
    named = ", ".join(gone[:MOST_NAMED]) + (f" and {len(gone) - MOST_NAMED} more" if len(gone) > MOST_NAMED else "")
    return (
        f"{used.name} has lost keys, and their defaults hold: {named}. If it was saved only in part: the "
        f"version before it is {state / BEFORE}",
    )


def _gone(last: bytes, text: bytes) -> tuple[str, ...]:
    """What changed because a key is not there any more: "plan.budget 500 → null"."""
    try:
        before, now = parse(last.decode()), parse(text.decode())
        had, has = (_keys(read(one.decode())) for one in (last, text))
    except (ConfigError, ValueError):
        return ()
    found = changes(before.model_dump(mode="json"), now)
    return tuple(change.sentence for change in found if change.key in had and change.key not in has)


def _keys(raw: Mapping[str, Any]) -> set[str]:
    inside = {f"{name}.{key}" for name, section in raw.items() if isinstance(section, Mapping) for key in section}
    return {*raw, *inside}

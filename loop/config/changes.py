"""Two configs side by side: which keys differ, and what becomes of each change.

config frozen with a round ─┐
weakspot.yaml now ──────────┴─► changes ─► Change(key, old, new), each with its policy ─► refused, said, free
config of an open round + what takes effect at once ─► with_present
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from loop.config.policies import POLICIES, Policy, Rule
from loop.config.sections import Config

SHOWN = 80
"""So many signs of a value stand in a sentence."""


@dataclass(frozen=True, slots=True)
class Change:
    """A key whose value is not what it was."""

    key: str
    old: Any
    """As JSON has it."""
    new: Any

    @property
    def policy(self) -> Policy:
        """The key's."""
        return POLICIES[self.key]

    @property
    def rule(self) -> Rule:
        """What becomes of this change."""
        return self.policy.rule_of(self.old, self.new)

    @property
    def sentence(self) -> str:
        """ "gate.alpha 0.05 → 0.1"; of a mapping only the entries that differ."""
        old, new = self.parts
        return f"{self.key} {old} → {new}"

    @property
    def parts(self) -> tuple[str, str]:
        """Old and new value in a sentence; of a mapping only the entries that differ."""
        old, new = (shown(self.key, part) for part in _differing(self.old, self.new))
        return old, new


def changes(before: Mapping[str, Any], config: Config) -> tuple[Change, ...]:
    """What differs, in the order of the file. before: a config as JSON; a key that it lacks had its default."""
    present = values(json.loads(json.dumps(config.model_dump(mode="json"))))
    known = values(before)
    return tuple(
        Change(key, known[key], present[key])
        for key in POLICIES
        if _ordered(key, known[key]) != _ordered(key, present[key])
    )


def values(config: Mapping[str, Any]) -> dict[str, Any]:
    """Key → value of every key. config: as JSON; a key that it lacks has its default."""
    return {key: _value(config, key) for key in POLICIES}


def keys() -> tuple[str, ...]:
    """All keys of weakspot.yaml, as "section.key", in the order of the file."""
    return tuple(_fields())


def field(key: str) -> FieldInfo:
    """What the key is: its description, its default."""
    return _fields()[key]


def with_present(frozen: Config, present: Config) -> Config:
    """The config of an open round, with what takes effect at once as it is now."""
    updates: dict[str, dict[str, Any]] = {}
    for key, policy in POLICIES.items():
        section, _, name = key.partition(".")
        if policy.at_once and name:
            updates.setdefault(section, {})[name] = getattr(getattr(present, section), name)
    return frozen.model_copy(
        update={name: getattr(frozen, name).model_copy(update=update) for name, update in updates.items()}
    )


def shown(key: str, value: Any) -> str:
    """A value in a sentence: as JSON, short, without a password."""
    text = whole(key, value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def whole(key: str, value: Any) -> str:
    """A value as it may be written into weakspot.yaml, but for a password: that is left out."""
    if key == "storage.ledger" and str(value).startswith("postgresql"):
        return '"postgresql://…"'
    return re.sub(r'//[^/\s"]*@', "//…@", json.dumps(value, ensure_ascii=False))


def _differing(old: Any, new: Any) -> tuple[Any, Any]:
    """Of two mappings only the entries that differ; anything else as it is."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return old, new
    keys = {key for key in {*old, *new} if old.get(key, ...) != new.get(key, ...)}
    one, other = ({key: value for key, value in part.items() if key in keys} for part in (old, new))
    return (one, other) if keys else (old, new)


def _fields() -> dict[str, FieldInfo]:
    found: dict[str, FieldInfo] = {}
    for name, about in Config.model_fields.items():
        section = about.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            found |= {f"{name}.{inner}": one for inner, one in section.model_fields.items()}
        else:
            found[name] = about
    return found


def _value(before: Mapping[str, Any], key: str) -> Any:
    found: Any = before
    for part in key.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return _default(key)
        found = found[part]
    return found


def _default(key: str) -> Any:
    default = field(key).get_default(call_default_factory=True)
    return list(default) if isinstance(default, tuple) else default


def _ordered(key: str, value: Any) -> Any:
    """The order of the labels counts, that of other keys does not."""
    return list(value.items()) if key == "labels" else value

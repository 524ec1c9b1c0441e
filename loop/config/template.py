"""What `weakspot init` knows → the commented weakspot.yaml it writes; `loop.config.parse` reads it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic.fields import FieldInfo

from loop.config.policies import POLICIES
from loop.config.sections import Config
from loop.config.yaml_text import comment, read
from loop.config.yaml_text import value as emitted
from loop.errors import ConfigError
from loop.registry import suggestion

TUNING = {"classification": "auto", "generation": "dpo"}
"""What is tuned with unless the person says otherwise."""
NOT_FOR = {"classification": ("generation", "questions", "judge"), "generation": ("labels",)}
"""Sections that mean nothing for a task."""


def template(
    *,
    name: str,
    file: str,
    text: str,
    labels: Sequence[str] | Mapping[str, Any],
    label: str | None = None,
    id: str | None = None,  # noqa: A002 (the key's own name)
    metadata: Sequence[str] = (),
    gold: str | None = None,
    seed: int = 0,
    base: str = "minilm",
    batch: int = 100,
    experts: str = "people",
    ledger: str = "sqlite:///.weakspot/ledger.db",
    schema: str | None = None,
    guesses: Sequence[str] = (),
    task: str = "classification",
    context: str | None = None,
    more: Mapping[str, object] | None = None,
) -> str:
    """A whole weakspot.yaml as text; `guesses` are sentences that stand at its head, `schema` a file for editors.

    labels: names, or name → description or {"description": …, "phrases": […]}.
    more: further values by key, as {"gate.alpha": 0.1}. Raises ConfigError for one that is no key.
    """
    given = {
        "project.name": name,
        "task": task,
        "seed": seed,
        "data.file": file,
        "data.text": text,
        "data.label": label,
        "data.id": id,
        "data.metadata": list(metadata),
        "data.gold": gold,
        "data.context": context,
        "model.tuning": TUNING[task],
        "model.base": base,
        "selection.batch": batch,
        "experts.kind": experts,
        "storage.ledger": ledger,
        **(more or {}),
    }
    _known(more or {})
    lines = [f"# yaml-language-server: $schema={comment(schema)}"] if schema else []
    lines += ["# The whole set-up of this project. Every key is explained; a key you delete takes its default."]
    lines += ["# What is fixed may not change from then on; what a change of another key does, docs/settings.md tells."]
    lines += ["#", "# What was guessed when this file was made:"] if guesses else []
    lines += [f"#   {comment(sentence)}" for sentence in guesses]
    for key, field in Config.model_fields.items():
        section = field.annotation
        if key in NOT_FOR.get(task, ()):
            continue
        if key == "labels":
            lines += ["", f"# {_told(key, field)}", "labels:", *label_lines(labels)]
        elif isinstance(section, type) and hasattr(section, "model_fields"):
            lines += ["", f"# {section.__doc__}", f"{key}:"]
            for inner, about in section.model_fields.items():
                lines += [f"  # {_told(f'{key}.{inner}', about)}"]
                lines += [f"  {inner}: {emitted(given.get(f'{key}.{inner}', _default(about)))}"]
        else:
            lines += ["", f"# {_told(key, field)}", f"{key}: {emitted(given.get(key, field.default))}"]
    written = "\n".join(lines) + "\n"
    _read_back(written, given, labels)
    return written


def _told(key: str, field: FieldInfo) -> str:
    """What a key is, and what fixes it."""
    fixed = POLICIES[key].fixed
    return f"{field.description} Fixed by {fixed}." if fixed else str(field.description)


def _read_back(text: str, given: Mapping[str, object], labels: Sequence[str] | Mapping[str, Any]) -> None:
    """Raises ConfigError unless the text says what was given and nothing else."""
    wanted: dict[str, Any] = {"labels": dict(labels) if isinstance(labels, Mapping) else list(labels)}
    for key, value in given.items():
        section, _, inner = key.partition(".")
        if inner:
            wanted.setdefault(section, {})[inner] = _plain(value)
        else:
            wanted[section] = value
    found = read(text)
    known = set(Config.model_fields) >= set(found)
    for key, value in wanted.items():
        there = found.get(key, value)
        same = (
            all(there.get(k) == v for k, v in value.items())
            if key != "labels" and isinstance(value, dict)
            else there == value
        )
        if not (same and known):
            raise ConfigError(
                f"weakspot.yaml would not say what was given for {key}",
                wanted="names and values that YAML can hold",
                do="rename columns and labels with unusual signs",
            )


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value


def _known(more: Mapping[str, object]) -> None:
    sections = {key: field.annotation for key, field in Config.model_fields.items()}
    keys = [f"{key}.{inner}" for key, section in sections.items() for inner in getattr(section, "model_fields", {})]
    unknown = [key for key in more if key not in keys]
    if unknown:
        raise ConfigError(
            f"weakspot.yaml has no key {', '.join(unknown)}",
            wanted="a key with its section, as selection.audit",
            do=suggestion(unknown[0], keys),
        )


def _default(field: object) -> object:
    value = field.get_default(call_default_factory=True)  # type: ignore[attr-defined]
    return list(value) if isinstance(value, tuple) else value


def label_lines(labels: Sequence[str] | Mapping[str, Any]) -> list[str]:
    """The lines below `labels:`; labels as for `template`."""
    if not isinstance(labels, Mapping):
        return [f"  - {emitted(name)}" for name in labels]
    return [line for name, about in labels.items() for line in _label_lines(name, about)]


def _label_lines(name: str, about: Any) -> list[str]:
    if not isinstance(about, Mapping):
        return [f"  {emitted(name)}: {emitted(about)}"]
    return [f"  {emitted(name)}:", *(f"    {line}" for line in meaning_lines(about))]


def meaning_lines(about: Mapping[str, Any]) -> list[str]:
    """The lines below a label with example phrases. about: {"description": …, "phrases": […]}, or phrases alone."""
    described = [f"description: {emitted(about['description'])}"] if "description" in about else []
    return [*described, "phrases:", *(f"  - {emitted(phrase)}" for phrase in about["phrases"])]

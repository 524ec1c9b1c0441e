"""weakspot.yaml → Config: reading, checking, resolving of addresses, digest and JSON Schema."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from loop import registry
from loop.config.labels import LONGEST_PHRASE, MOST_PHRASES
from loop.config.mistakes import tell
from loop.config.sections import Config
from loop.config.yaml_text import LARGEST, read
from loop.errors import ConfigError
from loop.files import kind_of
from loop.secrets import in_address

_TOKEN_DO = "put the token into the environment variable that {}.token_env names, and the bare address here"
SECRET_DO = {
    "storage.ledger": "put the whole address into an environment variable and write env:NAME here",
    "storage.artifacts": "name a folder",
    "labeler.url": _TOKEN_DO.format("labeler"),
    "generation.endpoint": _TOKEN_DO.format("generation"),
    "judge.url": _TOKEN_DO.format("judge"),
    "data.file": "log in with `hf auth login`, or download the file and name it",
    "data.gold": "log in with `hf auth login`, or download the file and name it",
}
"""Keys that hold addresses → where a secret belongs instead."""


def load(path: Path) -> Config:
    """The config in a file. Raises ConfigError with every mistake in it."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"{path} is {kind_of(path)}", wanted="a text file", do="name the project's folder")
        if path.stat().st_size > LARGEST:
            raise ConfigError(f"{path} is larger than {LARGEST:,} bytes", wanted="a weakspot.yaml, which is small")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"{path.parent} is no project: there is no {path.name} in it",
            wanted="a folder that `weakspot init` made",
            do="name another one with --project, or make one with `weakspot init DIR --data FILE`",
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8 (byte {error.start})", wanted="a text file in UTF-8", do="save it as UTF-8"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", wanted="a readable file") from None
    return parse(text, name=path.name)


def parse(text: str, *, name: str = "weakspot.yaml") -> Config:
    """The config in a text; `name` stands in messages. Raises ConfigError with every mistake."""
    try:
        raw = read(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ConfigError(
            f"{name} is no YAML{where}: {error.problem}", do="mend that line (indentation, colons, quotes)"
        ) from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{name} is no YAML: {error}", do="mend the file") from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{name} holds no keys", wanted="sections such as project: and data:")
    try:
        config = Config.model_validate(_without_empty_sections(raw))
    except ValidationError as error:
        raise ConfigError(_together(tell(error), name)) from None
    if secret := _secret_in(raw):
        raise ConfigError(
            f"{name}: {secret} holds a password or token (not shown)",
            wanted="no secret in this file: it is kept with every round",
            do=SECRET_DO.get(secret, "put it into an environment variable"),
        )
    return config


def digest(config: Config) -> str:
    """16 hex digits that change whenever a value changes; the order of the labels counts, that of keys does not."""
    values = config.model_dump(mode="json")
    values["labels"] = list(values["labels"].items())
    canonical = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(canonical.encode(), digest_size=8).hexdigest()


def json_schema() -> dict[str, Any]:
    """JSON Schema of weakspot.yaml, with the names of the menu as choices."""
    schema = Config.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "weakspot.yaml"
    labels = schema["properties"]["labels"]
    phrases = {"type": "array", "items": {"type": "string", "maxLength": LONGEST_PHRASE}, "maxItems": MOST_PHRASES}
    meaning = {
        "type": "object",
        "properties": {"description": {"type": ["string", "null"]}, "phrases": phrases},
        "additionalProperties": False,
    }
    described = {
        "type": "object",
        "additionalProperties": {"anyOf": [{"type": ["string", "null"]}, meaning]},
        "minProperties": 2,
    }
    named = {"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": True}
    schema["properties"]["labels"] = {"description": labels["description"], "anyOf": [named, described]}
    _fill_menus(schema)
    return schema


def ledger_url(config: Config, *, folder: Path, environ: Mapping[str, str]) -> str:
    """The ledger's address: env:NAME looked up, a relative SQLite file set under `folder`.

    Raises ConfigError for a variable that is not set, and for options after a SQLite file: there are none.
    """
    url = config.storage.ledger
    if url.startswith("env:"):
        name = url.removeprefix("env:")
        if not environ.get(name):
            raise ConfigError(
                f"storage.ledger names the environment variable {name}, which is not set",
                wanted="a database address in it",
                do=f"export {name}=postgresql://USER:PASSWORD@HOST/NAME",
            )
        url = environ[name]
    if url.startswith("sqlite:///"):
        if "?" in url:
            raise ConfigError(
                "storage.ledger names a SQLite file with a ? in it (not shown)",
                wanted="sqlite:///FILE without options",
                do="leave out the ? and what follows it",
            )
        return "sqlite:///" + str((folder / url.removeprefix("sqlite:///")).resolve())
    return url


def artifacts_url(config: Config, *, folder: Path) -> str:
    """Where artifacts lie: an fsspec address as it stands, a path set under `folder`."""
    where = config.storage.artifacts
    return where if "://" in where else str((folder / where).resolve())


def _without_empty_sections(raw: dict[Any, Any]) -> dict[Any, Any]:
    """A section whose keys are all commented out reads as null; it means the defaults."""
    sections = {
        name
        for name, field in Config.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }
    return {key: {} if value is None and key in sections else value for key, value in raw.items()}


def _secret_in(raw: object) -> str:
    """The key of the first address that holds a secret; "" without any."""
    for key in SECRET_DO:
        section, _, inner = key.partition(".")
        values = raw.get(section) if isinstance(raw, dict) else None
        address = values.get(inner) if isinstance(values, dict) else None
        if isinstance(address, str) and in_address(address):
            return key
    return ""


def _together(lines: list[str], name: str) -> str:
    if len(lines) == 1:
        return f"{name}: {lines[0]}"
    return f"{len(lines)} mistakes in {name}:\n  " + "\n  ".join(lines)


def _fill_menus(node: Any) -> None:
    if isinstance(node, dict):
        if kinds := node.pop("x-menu", None):
            node["enum"] = sorted(name for kind in kinds for name in registry.names(kind))
        for value in node.values():
            _fill_menus(value)
    elif isinstance(node, list):
        for value in node:
            _fill_menus(value)

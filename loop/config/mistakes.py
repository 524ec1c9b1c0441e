"""Validation errors → words: each mistake with its path, what was found, what is wanted, and the nearest known key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from loop.config.sections import Config
from loop.registry import suggestion
from loop.secrets import masked

SECRETS = frozenset({"token", "password", "secret", "api_key", "apikey", "access_token", "api_token", "key"})

WANTED = {
    "string_type": "a text (put quotes around it)",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number (with a dot: 1.0e-3)",
    "finite_number": "a finite number",
    "mapping_type": "a list of names, or a mapping of name: description",
    "dict_type": "keys with values",
    "tuple_type": "a list",
    "model_type": "a section of keys with values",
}
BOUNDS = {
    "greater_than_equal": ("ge", "{} or more"),
    "greater_than": ("gt", "more than {}"),
    "less_than_equal": ("le", "{} or less"),
    "less_than": ("lt", "less than {}"),
}


def tell(error: ValidationError) -> list[str]:
    """One line per mistake, in the order of the file's sections."""
    details = error.errors(include_url=False)
    # A misspelt key is also a missing one: it is told once, as misspelt.
    meant = {(*detail["loc"][:-1], _meant(detail)) for detail in details if detail["type"] == "extra_forbidden"}
    return [_line(detail) for detail in details if not (detail["type"] == "missing" and tuple(detail["loc"]) in meant)]


def _line(detail: ErrorDetails) -> str:
    path = ".".join(str(part) for part in detail["loc"])
    words = [part for part in _words(detail) if part]
    text = "; ".join(words)
    return f"{path}: {text}" if path else text


def _words(detail: ErrorDetails) -> Sequence[str]:
    kind, found = detail["type"], _shown(detail["input"])
    context: dict[str, Any] = detail.get("ctx", {})
    if kind == "weakspot":
        wanted = context["wanted"]
        return context["found"], f"wanted: {wanted}" if wanted else "", context["do"]
    if kind == "extra_forbidden":
        return _unknown_key(detail)
    if kind == "missing":
        return "missing", f"wanted: {_description(detail['loc'])}"
    if kind in BOUNDS:
        name, words = BOUNDS[kind]
        return f"found {found}", "wanted: " + words.format(f"{context[name]:g}")
    return f"found {found}", f"wanted: {WANTED.get(kind, detail['msg'])}"


def _unknown_key(detail: ErrorDetails) -> Sequence[str]:
    key = str(detail["loc"][-1])
    if key.lower() in SECRETS:
        return (
            "a secret does not belong into this file",
            "put it into an environment variable and name that one: labeler.token_env, or storage.ledger: env:NAME",
        )
    known = _keys(detail["loc"][:-1])
    return "unknown key", suggestion(key, known) or "wanted: one of " + ", ".join(known)


def _meant(detail: ErrorDetails) -> str:
    key = str(detail["loc"][-1])
    near = suggestion(key, _keys(detail["loc"][:-1]))
    return near.split('"')[1] if near else ""


def _shown(value: object) -> str:
    text = masked(repr(value))
    return text if len(text) <= 60 else text[:57] + "…"


def _section(path: Sequence[int | str]) -> type[BaseModel]:
    model: type[BaseModel] = Config
    for part in path:
        inner = model.model_fields[str(part)].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            break
        model = inner
    return model


def _keys(path: Sequence[int | str]) -> tuple[str, ...]:
    return tuple(_section(path).model_fields)


def _description(path: Sequence[int | str]) -> str:
    field = _section(path[:-1]).model_fields[str(path[-1])]
    if field.description:
        return field.description.rstrip(".")
    return "a section with " + ", ".join(_keys(path))

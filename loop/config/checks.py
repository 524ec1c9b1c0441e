"""What a value of weakspot.yaml must be, beyond its type: pure functions, value in, value or mistake out."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from loop import registry
from loop.errors import ConfigError

FUNCTION = re.compile(r"(?P<file>[^:]+\.py):(?P<name>[A-Za-z_]\w*)")
"""FILE.py:function: code of the project's own."""


def wrong(found: str, *, wanted: str = "", do: str = "") -> PydanticCustomError:
    """A mistake in the three parts every message of weakspot has."""
    return PydanticCustomError("weakspot", "{found}", {"found": found, "wanted": wanted, "do": do})


def from_menu(*kinds: str) -> Any:
    """A validator that takes only names of these kinds of the menu; the first kind stands in its message."""

    def check(name: str) -> str:
        known = [name for kind in kinds for name in registry.names(kind)]
        if name not in known:
            raise wrong(
                f"unknown {kinds[0]} {name!r}", wanted="one of " + ", ".join(known), do=registry.suggestion(name, known)
            )
        return name

    return AfterValidator(check)


def trimmed(text: str) -> str:
    if not text.strip():
        raise wrong("an empty text", wanted="a text")
    return text.strip()


def criteria(value: Any) -> Any:
    """List of names or mapping name → description, as a mapping."""
    pairs = dict.fromkeys(value, "") if isinstance(value, list) else value
    return {name: about or "" for name, about in pairs.items()} if isinstance(pairs, Mapping) else pairs


def text_checks(found: Mapping[str, str]) -> Mapping[str, str]:
    """Every check is FILE.py:function or a regular expression in which {column} stands for a value."""
    mistakes = []
    for name, check in found.items():
        if FUNCTION.fullmatch(check):
            continue
        try:
            re.compile(re.sub(r"\{[A-Za-z_]\w*\}", "x", check))
        except re.error as fault:
            mistakes.append(f"{name!r} is {check!r}, which is no regular expression ({fault})")
    if mistakes:
        raise wrong("; ".join(mistakes), wanted="a regular expression, or FILE.py:function")
    return found


def parts_fit(config: Any) -> None:
    """What only holds of several keys together."""
    kind = registry.TUNING_OF_TASK.get(config.task, "tuning")
    known = registry.names(kind)
    mistakes = []
    if config.model.tuning not in known:
        mistakes.append(f"model.tuning {config.model.tuning!r} is not for {config.task}: wanted {', '.join(known)}")
    if config.task == "classification" and len(config.labels) < 2:
        mistakes.append("labels: missing; wanted: two or more names that people choose from")
    if config.task == "generation" and config.questions.form == "rating" and not config.questions.criteria:
        mistakes.append("questions.criteria: missing; wanted: what marks are given for, as politeness: how kind it is")
    if config.task == "generation" and config.model.final_every > 1:
        mistakes.append("model.final_every: found more than 1; wanted: 1, for generation has no cheap head")
    if config.judge.url and not config.judge.model:
        mistakes.append("judge.model: missing; wanted: the model's name at judge.url")
    if config.generation.endpoint and not config.generation.endpoint_model:
        mistakes.append("generation.endpoint_model: missing; wanted: the model's name at generation.endpoint")
    if mistakes:
        raise wrong("; ".join(mistakes))


def environment_name(name: str) -> str:
    # The value is not repeated: somebody may have put the token itself here.
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", name) or re.fullmatch(r"[0-9a-f]{32,}", name):
        raise wrong(
            "no name of an environment variable (not shown: it may be a secret)",
            wanted="a name such as LABEL_STUDIO_TOKEN",
            do="put the token into that variable and only its name into this file",
        )
    return name


def web_address(url: str) -> str:
    try:
        is_address = bool(re.match(r"https?://[^/\s]+", url)) and bool(urlsplit(url).hostname)
        _ = urlsplit(url).port
    except ValueError:  # "http://[::1", a port that is not a number
        is_address = False
    if not is_address:
        raise wrong(f"found {url!r}", wanted="an address such as http://localhost:8080")
    return url.rstrip("/")


def database(url: str) -> str:
    if not re.match(r"sqlite:///.+|postgresql(\+psycopg)?://.+|env:[A-Za-z_][A-Za-z0-9_]*$", url):
        shown = re.sub(r"//.*@", "//…@", url)
        raise wrong(
            f"found {shown!r}",
            wanted="sqlite:///FILE, postgresql://USER@HOST/NAME, or env:NAME of a variable that holds such an address",
        )
    return url


def fitted(options: Mapping[str, Any], settings: type) -> dict[str, Any]:
    """The options in the types of the tuning method's settings: YAML reads 1e-3 as a text. Raises with all mistakes."""
    known = [field.name for field in dataclasses.fields(settings)]
    mistakes = [
        f"unknown option {str(name)!r}" + (f", {near}" if (near := registry.suggestion(str(name), known)) else "")
        for name in options
        if name not in known
    ]
    values: dict[str, Any] = {}
    try:
        valid: Any = TypeAdapter(settings).validate_python({name: options[name] for name in options if name in known})
        values = {name: getattr(valid, name) for name in options if name in known}
    except ValidationError as error:
        mistakes += [f"{'.'.join(map(str, e['loc']))} is {e['input']!r} ({e['msg']})".lstrip() for e in error.errors()]
    except ConfigError as error:
        mistakes.append(str(error))
    if mistakes:
        raise wrong("; ".join(mistakes), wanted="settings among " + ", ".join(known))
    return values

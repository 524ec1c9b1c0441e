"""Some values of a weakspot.yaml replaced in its text: comments, order and all else stay as people wrote them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from loop.config.loading import parse
from loop.config.sections import Config
from loop.config.yaml_text import composed, read
from loop.config.yaml_text import value as emitted
from loop.errors import ConfigError


def edited(text: str, values: Mapping[str, str | int | float | bool | None], *, name: str = "weakspot.yaml") -> str:
    """The text with these values, by keys as "selection.batch"; a key or section that is missing is added.

    Raises ConfigError when the text is no valid config, before or after, or when a section is written in a way that
    cannot be edited line by line.
    """
    parse(text, name=name)
    before = read(text)
    for key, value in values.items():
        text = _with(text, key, emitted(value), name=name)
    after = parse(text, name=name)
    for key, value in values.items():
        if _value(after, key) != value:
            raise ConfigError(f"{name}: {key} could not be set to {value!r}", do=f"write it by hand: {key} = {value}")
    if _without(before, values) != _without(read(text), values):
        raise ConfigError(
            f"{name}: other values would change with {', '.join(values)}", do="write these values by hand, a key a line"
        )
    return text


def _with(text: str, key: str, value: str, *, name: str) -> str:
    section, _, inner = key.partition(".")
    found = pair_of(composed(text), section)
    if found is None:
        return text.rstrip("\n") + f"\n\n{section}:\n  {inner}: {value}\n"
    head, body = found
    if isinstance(body, yaml.ScalarNode) and body.value == "":
        # A section whose keys are all commented out.
        return _inserted(text, head, f"  {inner}: {value}")
    if not isinstance(body, yaml.MappingNode) or body.flow_style:
        raise ConfigError(
            f"{name}: the section {section} is written in one line",
            wanted="a key a line",
            do=f"write {key}: {value} by hand",
        )
    pair = pair_of(body, inner)
    if pair is None:
        indent = " " * body.value[0][0].start_mark.column
        return _inserted(text, head, f"{indent}{inner}: {value}")
    old = pair[1]
    if not isinstance(old, yaml.ScalarNode) or old.style in ("|", ">"):
        raise ConfigError(f"{name}: {key} does not hold a plain value", do=f"write {key}: {value} by hand")
    start, end = old.start_mark.index, old.end_mark.index
    space = " " if start == end and text[start - 1] == ":" else ""
    return text[:start] + space + value + text[end:]


def pair_of(node: yaml.Node | None, key: str) -> tuple[yaml.ScalarNode, yaml.Node] | None:
    """Key and value of a mapping's entry, which know where they stand; None without it."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next(((one, other) for one, other in pairs if isinstance(one, yaml.ScalarNode) and one.value == key), None)


def _inserted(text: str, head: yaml.ScalarNode, line: str) -> str:
    """The text with a line after the one in which the section's name stands."""
    lines = text.splitlines(keepends=True)
    at = head.start_mark.line
    end = "\r\n" if lines[at].endswith("\r\n") else "\n"
    lines[at] = lines[at] if lines[at].endswith("\n") else lines[at] + end
    return "".join([*lines[: at + 1], line + end, *lines[at + 1 :]])


def _without(raw: Any, keys: Iterable[str]) -> Any:
    """All values but those of the keys; a section without any other is left out."""
    edited = {tuple(key.split(".")) for key in keys}
    sections = {name: values for name, values in raw.items() if not isinstance(values, dict | None)}
    inner = {name: values or {} for name, values in raw.items() if name not in sections}
    kept = {
        name: {key: one for key, one in values.items() if (name, key) not in edited} for name, values in inner.items()
    }
    return {**sections, **{name: values for name, values in kept.items() if values}}


def _value(config: Config, key: str) -> object:
    section, _, inner = key.partition(".")
    return getattr(getattr(config, section), inner)

"""Phrases added to a label in the text of a weakspot.yaml: comments, order and all else stay as people wrote them.

    - refund  # money                       refund: # money
    - other                  ─►               phrases:
                                                - "where is my money"
                                            other:

A list of names becomes a mapping line by line; labels in one line, as [refund, other], become a line each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import yaml

from loop.config.editing import pair_of
from loop.config.labels import plain
from loop.config.loading import parse
from loop.config.sections import Config
from loop.config.template import label_lines, meaning_lines
from loop.config.yaml_text import composed, read
from loop.config.yaml_text import value as emitted
from loop.errors import ConfigError
from loop.records import LabelSet

BLOCK_STYLES = ("|", ">")


def with_phrases(text: str, label: str, phrases: Sequence[str], *, name: str = "weakspot.yaml") -> str:
    """The text with these phrases after those that the label has.

    Raises ConfigError when the text is no valid config, before or after, when it lacks the label, or when the label is
    written in a way that cannot be edited.
    """
    before = parse(text, name=name)
    if label not in before.labels:
        raise ConfigError(f"{name} has no label {label!r}", wanted="one of " + ", ".join(before.labels))
    wanted = _added(before.label_set, label, phrases)
    try:
        edited = _edited(text, before, label, phrases)
        whole = parse(edited, name=name).label_set == wanted and _without_labels(edited) == _without_labels(text)
    except (ConfigError, yaml.YAMLError, IndexError):
        whole = False
    if not whole:
        raise ConfigError(
            f"{name}: the label {label!r} is written in a way that phrases cannot be added to",
            wanted="a label a line",
            do=f"write them by hand, below {label}:  phrases: {emitted(list(phrases))}",
        )
    return edited


def _added(labels: LabelSet, label: str, phrases: Sequence[str]) -> LabelSet:
    return replace(labels, phrases={**labels.phrases, label: (*labels.phrases.get(label, ()), *phrases)})


def _without_labels(text: str) -> dict[str, Any]:
    return {key: value for key, value in read(text).items() if key != "labels"}


def _edited(text: str, config: Config, label: str, phrases: Sequence[str]) -> str:
    """Raises ConfigError where a comment would be lost, and IndexError or YAMLError for what cannot be edited."""
    body = _body(text)
    if body.flow_style:
        entries = {name: plain(entry) for name, entry in config.labels.items()}
        entries[label] = _entry(config, label, phrases)
        return _replaced(text, body, label_lines(entries), indent="")
    if isinstance(body, yaml.SequenceNode):
        text = _as_mapping(text, body)
        body = _body(text)
    key, value = next(pair for pair in body.value if str(pair[0].value).strip() == label)
    if not isinstance(value, yaml.MappingNode) or value.flow_style:
        return _replaced(text, value, meaning_lines(_entry(config, label, phrases)), indent=_indent(key) + "  ")
    found = pair_of(value, "phrases")
    if found is None:
        below = ["phrases:", *_items(phrases)]
        return _inserted(text, key.start_mark.line + 1, below, indent=_indent(value.value[0][0]))
    return _with_items(text, *found, phrases)


def _with_items(text: str, key: yaml.Node, old: yaml.Node, phrases: Sequence[str]) -> str:
    """The text with phrases at the end of the list `old`."""
    if not isinstance(old, yaml.SequenceNode):
        return _inserted(text, key.start_mark.line + 1, _items(phrases), indent=_indent(key))
    if old.flow_style:
        end = old.end_mark.index - 1
        start = text[:end].rstrip()
        comma = "" if start.endswith(("[", ",")) else ", "
        return start + comma + ", ".join(map(emitted, phrases)) + text[end:]
    mark = old.value[-1].end_mark
    line = mark.line + 1 if mark.column else mark.line
    return _inserted(text, line, [item.strip() for item in _items(phrases)], indent=_indent(old))


def _entry(config: Config, label: str, phrases: Sequence[str]) -> dict[str, Any]:
    labels = _added(config.label_set, label, phrases)
    described = {"description": labels.descriptions[label]} if label in labels.descriptions else {}
    return {**described, "phrases": list(labels.phrases[label])}


def _items(phrases: Sequence[str]) -> list[str]:
    return [f"  - {emitted(phrase)}" for phrase in phrases]


def _body(text: str) -> Any:
    found = pair_of(composed(text), "labels")
    if found is None:
        raise IndexError("labels")
    return found[1]


def _indent(node: yaml.Node) -> str:
    return " " * node.start_mark.column


def _as_mapping(text: str, body: yaml.SequenceNode) -> str:
    """A list of names, each in a line of its own, as keys without a value."""
    room = "" if body.start_mark.column else "  "
    for item in reversed(body.value):
        start, end = item.start_mark.index, item.end_mark.index
        dash = text.rindex("-", 0, start)
        text = f"{text[:dash]}{room}{text[start:end]}:{text[end:]}"
    return text


def _replaced(text: str, value: yaml.Node, lines: Sequence[str], *, indent: str) -> str:
    """The text with lines below the key in place of its value; what follows the value in its line stays there."""
    start, end = value.start_mark.index, value.end_mark.index
    block = isinstance(value, yaml.ScalarNode) and value.style in BLOCK_STYLES
    if "#" in text[start:end] and (block or not isinstance(value, yaml.ScalarNode)):
        raise ConfigError("a comment may stand there")
    # A block scalar ends where the next line begins.
    rest, tail = ("", text[end:]) if block else text[end:].partition("\n")[::2]
    head = text[:start].rstrip() + rest.rstrip("\r")
    return head + _line_end(text) + _joined(lines, text, indent) + tail


def _inserted(text: str, line: int, lines: Sequence[str], *, indent: str) -> str:
    """The text with lines before the one of this number, from 0."""
    known = text.splitlines(keepends=True)
    if known and not known[-1].endswith("\n"):
        known[-1] += _line_end(text)
    return "".join([*known[:line], _joined(lines, text, indent), *known[line:]])


def _joined(lines: Sequence[str], text: str, indent: str) -> str:
    return "".join(f"{indent}{line}{_line_end(text)}" for line in lines)


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"

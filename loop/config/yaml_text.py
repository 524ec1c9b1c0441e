"""The one door to YAML: texts of others are read within limits, texts of ours are written by YAML's own emitter.

    read(text) ─► plain values          aliases, tags, deep nesting, a key twice, impossible dates ─► yaml.YAMLError
    value(anything) ─► one line of YAML that reads back as the same value
    comment(text) ─► one line that stays a comment, whatever stands in it

An alias lets ten lines stand for gigabytes, and a tag calls constructors that nobody asked for; no setting needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from loop.printable import one_line

LARGEST = 1 << 20
"""Characters of a YAML text; a weakspot.yaml has about ten thousand."""
DEPTH = 20
"""Lists and mappings in each other; a weakspot.yaml has four."""


class Reader(yaml.SafeLoader):
    """A SafeLoader without aliases and tags, with a limit on depth, where a key that stands twice is a mistake."""

    def __init__(self, text: str) -> None:
        if len(text) > LARGEST:
            raise yaml.YAMLError(f"{len(text):,} characters, more than {LARGEST:,}")
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """As the parent's, within the limits. Raises ComposerError beyond them."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _beyond("an anchor or alias (& or * before a value) is not allowed; a text needs quotes", event)
        if getattr(event, "tag", None) is not None:
            raise _beyond("a tag (! before a value) is not allowed; a text needs quotes", event)
        if self._depth >= DEPTH:
            raise _beyond(f"nested more than {DEPTH} deep", event)
        self._depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """As the parent's; PyYAML would silently take the last of two equal keys. Raises ConstructorError."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep=deep)


def read(text: str) -> Any:
    """The values of a YAML text. Raises yaml.YAMLError for whatever is wrong with it."""
    return _within(text, lambda reader: reader.get_single_data())


def composed(text: str) -> yaml.Node | None:
    """Its nodes, which know where they stand in the text. Raises yaml.YAMLError."""
    node: yaml.Node | None = _within(text, lambda reader: reader.get_single_node())
    return node


def value(one: object) -> str:
    """A text, number, list or mapping on one line; texts in quotes, so that none reads as yes, null or a number."""
    if isinstance(one, str):
        return _emitted(one)
    if isinstance(one, Mapping):
        return "{" + ", ".join(f"{value(key)}: {value(inner)}" for key, inner in one.items()) + "}"
    if isinstance(one, list | tuple):
        return "[" + ", ".join(map(value, one)) + "]"
    return _emitted(one).removesuffix("\n...")


def comment(text: str) -> str:
    """A text for a comment: one line without signs that YAML forbids."""
    return one_line(text)


def _emitted(one: object) -> str:
    style = '"' if isinstance(one, str) else None
    return yaml.safe_dump(one, default_style=style, allow_unicode=True, width=float("inf")).rstrip("\n")


def _within(text: str, action: Any) -> Any:
    reader = None
    try:
        reader = Reader(text)
        return action(reader)
    except (ValueError, OverflowError) as fault:
        # A date such as 2026-99-99, a number of thousands of digits.
        raise yaml.YAMLError("a date or number that is not possible; a text needs quotes") from fault
    except RecursionError:
        raise yaml.YAMLError(f"nested more than {DEPTH} deep") from None
    finally:
        if reader is not None:
            reader.dispose()


def _beyond(problem: str, event: Any) -> yaml.composer.ComposerError:
    return yaml.composer.ComposerError(None, None, problem, event.start_mark)

"""Label Studio's result JSON: what all pages read and write alike.

    result (list of items, one per control) ─► skipped? ─► flags and note ─► what the page's own control says ─► Answer

Skipping is asked first: skipping in the browser keeps what was chosen so far in the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loop.records import AnswerState

FLAGS, NOTE = "wrong", "note"
"""Names of the controls that every page has."""
TEXT = "text"
"""Name of the prompt's tag, which every control speaks of."""

Items = Sequence[Mapping[str, Any]]
Said = tuple[AnswerState, str | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one submission says."""

    state: AnswerState
    label: str | None = None
    """Set for ANSWERED and UNKNOWN_LABEL."""
    flags: tuple[str, ...] = ()
    note: str = ""


def read(result: object, said: Callable[[Items], Said], *, skipped: bool) -> Answer:
    """What the `result` of one annotation says; `said` reads the page's own control. `skipped`: its `was_cancelled`."""
    items = items_of(result)
    if items is None:
        return Answer(AnswerState.SKIPPED if skipped else AnswerState.MALFORMED)
    flags, notes = strings(items, FLAGS, "choices"), strings(items, NOTE, "text")
    if skipped:
        return Answer(AnswerState.SKIPPED, flags=tuple(flags or ()), note=" ".join(notes or ()))
    state, label = said(items)
    if flags is None or notes is None or state is AnswerState.MALFORMED:
        return Answer(AnswerState.MALFORMED)
    return Answer(state, label, tuple(flags), " ".join(notes))


def items_of(result: object) -> Items | None:
    """The items, one per control that was used; None when the page cannot have produced them."""
    if not isinstance(result, list):
        return None
    return result if all(isinstance(item, dict) and isinstance(item.get("value"), dict) for item in result) else None


def strings(items: Items, name: str, key: str) -> list[str] | None:
    """All strings one control gave; None when it gave something else."""
    found: list[str] = []
    for item in items:
        if item.get("from_name") != name:
            continue
        value = item["value"].get(key)
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(entry, str) for entry in values):
            return None
        found.extend(values)
    return found


def one_choice(items: Items, name: str, known: Sequence[str]) -> Said:
    """The state and the name of what was chosen in a control with single choice."""
    chosen = strings(items, name, "choices")
    if chosen is None or len(chosen) > 1:
        return AnswerState.MALFORMED, None
    if not chosen:
        return AnswerState.EMPTY, None
    return AnswerState.ANSWERED if chosen[0] in known else AnswerState.UNKNOWN_LABEL, chosen[0]


def choices(name: str, *chosen: str) -> list[dict[str, Any]]:
    """Items of a choice as the page would send them; nothing chosen: none."""
    return [item(name, "choices", {"choices": list(chosen)})] if chosen else []


def item(name: str, kind: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """One item as the page would send it."""
    return {"from_name": name, "to_name": TEXT, "type": kind, "value": dict(value)}

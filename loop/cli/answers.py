"""One person's answer, in words: who said what, when, how long it took, and whether the model had thought so."""

from __future__ import annotations

import json
from collections.abc import Callable

from loop.formatting import moment
from loop.records import Annotation, AnswerState, Pick

LONGEST = 200
STATES = {
    AnswerState.SKIPPED: "skipped it",
    AnswerState.EMPTY: "sent it without an answer",
    AnswerState.MALFORMED: "sent something that cannot be read; it is in quarantine",
    AnswerState.DELETED: "had answered; the answer was deleted",
}


def answered(answer: Annotation, pick: Pick) -> str:
    """For example "2 Mar 2026, 10:00: after 6 s ann@desk.example said refund, as the model had."."""
    took = f"after {_seconds(answer.lead_time_s)} " if answer.lead_time_s else ""
    flags = f" Marked: {', '.join(answer.flags)}." if answer.flags else ""
    note = f" Note: {answer.note}" if answer.note else ""
    changed = _minutes(answer.updated_at) > _minutes(answer.created_at)
    later = f" Changed on {moment(answer.updated_at)}." if changed else ""
    said = _said(answer, pick)
    return f"{moment(answer.created_at)}: {took}{answer.annotator} {said}.{later}{flags}{note}"


def short(text: str) -> str:
    """The beginning of a text, on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1] + "…"


def _said(answer: Annotation, pick: Pick) -> str:
    label = answer.label or ""
    if answer.state is AnswerState.UNKNOWN_LABEL:
        return f"said {label}, which is no label of the project; it is in quarantine"
    if answer.state is not AnswerState.ANSWERED:
        return STATES[answer.state]
    return FORMS.get(pick.form, _label)(label, pick)


def _label(label: str, pick: Pick) -> str:
    if pick.guess is None:
        return f"said {label}"
    if label == pick.guess:
        return f"said {label}, as the model had"
    return f"said {label}, {'correcting' if pick.show_suggestion else 'unlike'} the model, which had {pick.guess}"


def _pair(label: str, pick: Pick) -> str:
    better = {"first": 1, "second": 2}.get(label)
    if better is None:
        return "found both equally good" if label == "tie" else "found both bad"
    one = pick.candidates[better - 1] if len(pick.candidates) >= better else None
    by = f", by the {one.source}" if one else ""
    return f"preferred answer {better}{by}"


def _ranking(label: str, _: Pick) -> str:
    return f"ranked the answers {', '.join(map(str, json.loads(label)))}"


def _rating(label: str, _: Pick) -> str:
    return f"gave the marks {', '.join(f'{name} {mark}' for name, mark in json.loads(label).items())}"


def _correction(label: str, pick: Pick) -> str:
    same = bool(pick.candidates) and pick.candidates[0].text.strip() == label.strip()
    return "left the answer as it was" if same else f"mended the answer to “{short(label)}”"


FORMS: dict[str, Callable[[str, Pick], str]] = {
    "label": _label,
    "pair": _pair,
    "ranking": _ranking,
    "rating": _rating,
    "correction": _correction,
}


def _seconds(value: float) -> str:
    return f"{value:.0f} s" if value < 100 else f"{value / 60:.0f} min"


def _minutes(at: str) -> str:
    return at[:16]

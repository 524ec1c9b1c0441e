"""What the demo's simulated experts look at, and the check of an answer's format that a project may use openly.

answer + facts of the case ─► plan · date · ticket · manners · length ─► score 0..1

`score` is hidden from the loop: only simulated experts read it. `complete` stands in `generation.checks`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
IN_WORDS = re.compile(rf"\b(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})\b")
IN_FIGURES = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
TICKET = re.compile(r"\bPL-\d+")
THANKS = re.compile(r"\bthank(s| you)\b", re.IGNORECASE)
CLOSING = re.compile(r"\b(kind regards|best regards|glad to help)\b", re.IGNORECASE)
PLAN, DATE, TICKETS, MANNERS, LENGTH = 0.25, 0.25, 0.2, 0.2, 0.1
"""Weights of the parts; they add up to 1."""


def score(answer: str, example: Mapping[str, str]) -> float:
    """How good an expert finds the answer, 0..1, larger is better.

    Right plan 0.25; right date in house format 0.25, in another format 0.1; right ticket 0.2; thanks 0.1, the
    customer's name 0.05 and a kind closing 0.05; length up to a quarter over the reference 0.1, falling to nothing at
    twice the reference. A wrong plan, date or ticket beside the right one loses that part. An empty answer has 0.
    example: "context" with the facts and "reference" are read.
    """
    if not answer.strip():
        return 0.0
    facts = _facts(example["context"])
    return (
        PLAN * _names_plan(answer, facts)
        + DATE * _date_credit(answer, facts)
        + TICKETS * _names_ticket(answer, facts)
        + MANNERS * _manners(answer, facts)
        + LENGTH * _length_credit(answer, example["reference"])
    )


def complete(answer: str, example: Mapping[str, str]) -> bool:
    """Whether the answer names the right plan, the right date in house format and the right ticket, and no other.

    True for prompts without a ticket in their context: there is nothing to name.
    """
    facts = _facts(example.get("context", ""))
    if "Ticket" not in facts:
        return True
    return _names_plan(answer, facts) and _date_credit(answer, facts) == 1.0 and _names_ticket(answer, facts)


def _facts(context: str) -> dict[str, str]:
    """ "Plan: Mobile S" ─► {"Plan": "Mobile S"}."""
    return dict(line.split(": ", 1) for line in context.splitlines() if ": " in line)


def _names_plan(answer: str, facts: Mapping[str, str]) -> bool:
    """Right plan there, and of a change the old one not."""
    right, old = facts.get("New plan", facts["Plan"]), facts["Plan"]
    return _has(answer, right) and (right == old or not _has(answer, old))


def _has(answer: str, words: str) -> bool:
    """Fibre 50 does not stand in "Fibre 500"."""
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", answer) is not None


def _date_credit(answer: str, facts: Mapping[str, str]) -> float:
    """1 in house format, 0.4 in figures, 0 when missing or another day is named too."""
    due = date.fromisoformat(facts["Date"])
    house = {" ".join(found) for found in IN_WORDS.findall(answer)}
    figures = set(IN_FIGURES.findall(answer))
    if (house | figures) - {_house(due), due.isoformat()} or not house | figures:
        return 0.0
    return 0.4 if figures else 1.0


def _house(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _names_ticket(answer: str, facts: Mapping[str, str]) -> bool:
    return set(TICKET.findall(answer)) == {facts["Ticket"]}


def _manners(answer: str, facts: Mapping[str, str]) -> float:
    """Thanks 0.5, the name 0.25, a kind closing 0.25."""
    return (
        0.5 * bool(THANKS.search(answer)) + 0.25 * _has(answer, facts["Customer"]) + 0.25 * bool(CLOSING.search(answer))
    )


def _length_credit(answer: str, reference: str) -> float:
    """1 up to 1.25 times the reference's words, 0 from twice on."""
    ratio = len(answer.split()) / max(1, len(reference.split()))
    return min(1.0, max(0.0, (2.0 - ratio) / 0.75))

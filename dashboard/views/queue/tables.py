"""Questions and the people who answer → the queue, its figures, the table of annotators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import pandas as pd

from dashboard import terms
from dashboard.safe import plain, web_link
from dashboard.views.weak_spots.tables import HIDDEN
from loop import formatting
from loop.report import Annotator, QuestionRow

STATES = ("open", "answered", "skipped", "quarantined", "not sent", "removed")
KINDS = {
    "cold": "first look",
    "weak": "weak spot",
    "audit": "audit",
    "dev": "dev",
}
"""loop.records.PickKind → what people read."""
SHOWN = 2000
"""So many rows are sent to the browser at once."""


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """How the chosen questions stand."""

    asked: int
    counts: Mapping[str, int]
    """State → questions, every state of STATES."""
    corrected: int
    compared: int
    seconds: float | None
    """Median seconds per answer; None when none is known."""


def figures(rows: Sequence[QuestionRow]) -> QueueFigures:
    """The cards' figures, of exactly these rows."""
    states = [row.state for row in rows]
    times = [row.seconds for row in rows if row.seconds]
    compared = [row.corrected for row in rows if row.corrected is not None]
    return QueueFigures(
        asked=len(rows),
        counts={state: states.count(state) for state in STATES},
        corrected=sum(compared),
        compared=len(compared),
        seconds=median(times) if times else None,
    )


def chosen(
    rows: Sequence[QuestionRow], *, round_: int | None, states: Sequence[str], kinds: Sequence[str], word: str
) -> tuple[QuestionRow, ...]:
    """Rows that fit every filter; an empty filter lets all through. `word` is looked for in the text."""
    needle = word.strip().casefold()
    return tuple(
        row
        for row in rows
        if (round_ is None or row.round == round_)
        and (not states or row.state in states)
        and (not kinds or KINDS.get(row.kind, row.kind) in kinds)
        and (needle in row.text.casefold())
    )


def table(rows: Sequence[QuestionRow], spots: Mapping[int, str]) -> pd.DataFrame:
    """One row a question. A blind one keeps the model's guess, and its spot's name, to itself until it is answered."""
    lines = [
        {
            "Task": web_link(row.url),
            "Status": [row.state],
            "Text": plain(row.text),
            "Model says": _guess(row),
            "Sure": None if _secret(row) or row.confidence is None else 100 * row.confidence,
            "Answer": formatting.NOTHING if row.answer is None else plain(row.answer, longest=80),
            "Why asked": plain(row.reason),
            "Kind": [KINDS.get(row.kind, plain(row.kind)), *(["blind"] if row.blind else [])],
            "Spot": _spot(row, spots),
            "By": plain(", ".join(map(terms.account, row.annotators)), longest=80) or formatting.NOTHING,
            "Remarks": plain(" · ".join([*row.flags, *([row.note] if row.note else [])]), longest=200),
        }
        for row in rows[:SHOWN]
    ]
    return pd.DataFrame(lines)


def compared(rows: Sequence[QuestionRow], spots: Mapping[int, str]) -> pd.DataFrame:
    """One row a question about answers, as its page shows it: never where an answer came from."""
    lines = [
        {
            "Task": web_link(row.url),
            "Status": [row.state],
            "Request": plain(row.text),
            **_shown(row),
            "Said": formatting.NOTHING
            if row.answer is None
            else plain(terms.answer(row.form, row.answer), longest=160),
            "Why asked": plain(row.reason),
            "Kind": [KINDS.get(row.kind, plain(row.kind))],
            "Spot": _spot(row, spots),
            "By": plain(", ".join(map(terms.account, row.annotators)), longest=80) or formatting.NOTHING,
            "Remarks": plain(" · ".join([*row.flags, *([row.note] if row.note else [])]), longest=200),
        }
        for row in rows[:SHOWN]
    ]
    return pd.DataFrame(lines)


def said(rows: Sequence[QuestionRow]) -> pd.DataFrame:
    """One row a round and kind of answer about answers: round, answer, n."""
    kinds = [(row.round, _kind(row)) for row in rows if row.state in ("answered", "skipped", "quarantined")]
    counts = {key: kinds.count(key) for key in sorted(set(kinds))}
    found = [{"round": round_, "answer": kind, "n": n} for (round_, kind), n in counts.items()]
    return pd.DataFrame(found, columns=["round", "answer", "n"])


def sideless(rows: Sequence[QuestionRow]) -> tuple[int, int]:
    """(pairs where no side was taken, pairs answered)."""
    given = [row.answer for row in rows if row.form == "pair" and row.answer is not None]
    return sum(label in ("tie", "both_bad") for label in given), len(given)


def next_link(rows: Sequence[QuestionRow], stream: str | None) -> str | None:
    """The stream of open questions, where a person can also skip; None when none is open or it is no web address."""
    return web_link(stream) if any(row.state == "open" for row in rows) else None


def annotators(found: Sequence[Annotator], *, free: bool = False) -> pd.DataFrame:
    """One row an account. free: there are no guesses to change."""
    lines = [
        {
            "Name": plain(terms.account(one.name), longest=60),
            "Answered": one.answered,
            "Skipped": one.skipped,
            **({} if free else {"Changed the guess": _changed(one)}),
            "Median time": formatting.duration(one.median_s),
        }
        for one in found
    ]
    return pd.DataFrame(lines)


def _changed(one: Annotator) -> str:
    return formatting.percent(one.corrected / one.compared, n=0) if one.compared else formatting.NOTHING


def _shown(row: QuestionRow) -> dict[str, str]:
    texts = [plain(text, longest=300) for text in row.candidates]
    if row.form == "pair" and len(texts) == 2:
        return {"Left": texts[0], "Right": texts[1]}
    numbered = [f"{place}. {text}" for place, text in enumerate(texts, start=1)]
    return {"Answers": " ┃ ".join(numbered) if len(texts) > 1 else "".join(texts)}


def _kind(row: QuestionRow) -> str:
    if row.answer is None:
        return row.state
    if row.form == "correction":
        return "left as it is" if row.answer.split() == row.candidates[0].split() else "mended"
    return {"ranking": "ranked", "rating": "marked"}.get(row.form, terms.SAID.get(row.answer, "without a guess"))


def _secret(row: QuestionRow) -> bool:
    return row.blind and row.state in ("open", "not sent")


def _spot(row: QuestionRow, spots: Mapping[int, str]) -> str:
    if row.spot is None or row.spot not in spots:
        return formatting.NOTHING
    return HIDDEN if _secret(row) else plain(spots[row.spot], longest=60)


def _guess(row: QuestionRow) -> str:
    if _secret(row) and row.guess is not None:
        return HIDDEN
    return formatting.NOTHING if row.guess is None else plain(row.guess, longest=80)

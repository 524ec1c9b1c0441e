"""Marks for one answer: 1 to 5 by each criterion, every criterion on a row of keys.

prompt, context │ why asked, guidance
the answer      │ criterion  1 2 3 4 5      keys 1 2 3 4 5
                │ criterion  1 2 3 4 5      keys q w e r t
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from xml.sax.saxutils import quoteattr

from labeling.label_studio.pages import cards, results
from labeling.label_studio.pages.results import FLAGS, NOTE, TEXT, Answer, Items, Said
from loop.records import AnswerState, Form, Question

MARK = "mark "
"""Beginning of the names of the page's own controls; the criterion follows."""
MARKS = ("1", "2", "3", "4", "5")
ROWS = ("12345", "qwert", "asdfg", "zxcvb")
"""Keys of the marks, a row of the keyboard for each criterion; further criteria have none."""
FLAG_KEYS = dict(zip(cards.FLAG_KEYS, "890", strict=True))

suggested = cards.unsuggested
"""See Page.suggested."""


def page(form: Form) -> str:
    """See Page.page."""
    rows = "\n".join(_row(number, name, about) for number, (name, about) in enumerate(form.criteria.items()))
    return f"""<View {cards.MARK} ws-writing">
{cards.styled("writing")}
{cards.asked_cards()}
<View className="ws-answers">
  <View className="ws-card ws-answer"><HyperText name="shown" value="$answer_html" inline="true"/></View>
  <View className="ws-card ws-marks">
    <View className="ws-bar">
      <Header value="How good is it?" size="5"/>
      <HyperText name="hint" value="$hint_html" inline="true"/>
    </View>
    {rows}
  </View>
</View>
{cards.wrong_card(FLAG_KEYS)}
</View>"""


def instruction(form: Form) -> str:
    """See Page.instruction."""
    meanings = "".join(f"<li><b>{escape(name)}</b>: {escape(about)}</li>" for name, about in form.criteria.items())
    return (
        "<p>One answer to a request. Give it a mark from 1 (useless) to 5 (perfect) by each criterion: the first is on "
        "the keys 1 to 5, the second on q to t, the third on a to g, the fourth on z to b. Ctrl+Enter submits.</p>"
        f"<ul>{meanings}</ul>" + cards.closing(form)
    )


def changes(config: str, form: Form) -> str:
    """See Page.changes."""
    lost = cards.lacks(config, (FLAGS, NOTE))
    if lost:
        return lost
    there = [name.removeprefix(MARK) for name in cards.controls(config) or {} if name.startswith(MARK)]
    moved = cards.moved(there, tuple(form.criteria), "criteria")
    odd = [name for name in there if cards.offered(config, MARK + name) != list(MARKS)]
    return moved or (f"other marks than 1 to 5 for {', '.join(odd)}" if odd else "")


def says_something_untouched() -> bool:
    """See Page.says_something_untouched."""
    return False


def hidden() -> tuple[str, ...]:
    """See Page.hidden."""
    return (*cards.HIDDEN_WRITING, "answer_html")


def task(question: Question, form: Form, *, model_version: str) -> dict[str, Any]:
    """See Page.task; never a prediction."""
    del model_version
    (answer,) = question.candidates
    return {
        "data": {
            **cards.asked_data(question, form),
            "answer": answer,
            "answer_html": cards.answer("The answer", cards.as_html(answer)),
            "hint_html": cards.hint("1 useless, 5 perfect; then Ctrl+Enter."),
        }
    }


def shown(data: Mapping[str, Any]) -> tuple[str, ...]:
    """See Page.shown."""
    return (str(data["answer"]),)


def read(result: object, form: Form, *, data: Mapping[str, Any], skipped: bool) -> Answer:
    """See Page.read; EMPTY while a criterion lacks its mark."""
    del data
    return results.read(result, lambda items: _said(items, tuple(form.criteria)), skipped=skipped)


def result(label: str | None, flags: Sequence[str] = ()) -> list[dict[str, Any]]:
    """See Page.result."""
    marks = json.loads(label) if label else {}
    given = [item for name, mark in marks.items() for item in results.choices(MARK + name, str(mark))]
    return [*given, *results.choices(FLAGS, *flags)]


def _row(number: int, name: str, about: str) -> str:
    keys = ROWS[number] if number < len(ROWS) else [""] * len(MARKS)
    choices = "".join(
        cards.choice(mark, mark, key, number=len(MARKS) * number + int(mark))
        for mark, key in zip(MARKS, keys, strict=True)
    )
    meaning = f'<View className="ws-meaning"><Header value={quoteattr(about)} size="6"/></View>' if about else ""
    return f"""<View className="ws-mark ws-options">
      <View className="ws-about">
        <Header value={quoteattr(name)} size="5"/>
        {meaning}
      </View>
      <Choices name={quoteattr(MARK + name)} toName="{TEXT}" choice="single-radio" showInline="true" layout="inline">
        {choices}
      </Choices>
    </View>"""


def _said(items: Items, criteria: Sequence[str]) -> Said:
    given = {name: results.one_choice(items, MARK + name, MARKS) for name in criteria}
    states = {state for state, _ in given.values()}
    if states & {AnswerState.MALFORMED, AnswerState.UNKNOWN_LABEL}:
        return AnswerState.MALFORMED, None
    if AnswerState.EMPTY in states:
        return AnswerState.EMPTY, None
    return AnswerState.ANSWERED, json.dumps({name: int(mark or 0) for name, (_, mark) in given.items()})

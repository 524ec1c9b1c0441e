"""The order of several answers: drag them, best on top.

    prompt, context │ why asked, guidance
    answers A, B, C ... in the order of showing, to be dragged
    1 the order is right as it is

Label Studio sends an order nobody touched along with whatever else is said, a flag for example. So the order of showing
counts only when the choice beside it says that it is right.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from labeling.label_studio.pages import cards, results
from labeling.label_studio.pages.results import FLAGS, NOTE, TEXT, Answer, Items, Said
from loop.records import AnswerState, Form, Question

RANK, AS_SHOWN = "rank", "as_shown"
"""Names of the page's own controls."""
RIGHT = "right"

suggested = cards.unsuggested
"""See Page.suggested."""


def page(form: Form) -> str:
    """See Page.page."""
    del form
    return f"""<View {cards.MARK} ws-writing">
{cards.styled("writing")}
{cards.asked_cards()}
<View className="ws-card ws-ranking">
  <View className="ws-bar">
    <Header value="Put the answers in order, the best on top" size="5"/>
    <HyperText name="hint" value="$hint_html" inline="true"/>
    <View className="ws-options ws-one">
      <Choices name="{AS_SHOWN}" toName="{TEXT}" choice="single-radio" showInline="true" layout="inline">
        {cards.choice(RIGHT, "This order is right already", "1")}
      </Choices>
    </View>
  </View>
  <View className="ws-list">
    <List name="answers" value="$items" title=""/>
    <Ranker name="{RANK}" toName="answers"/>
  </View>
</View>
{cards.wrong_card(cards.FLAG_KEYS)}
</View>"""


def instruction(form: Form) -> str:
    """See Page.instruction."""
    return (
        "<p>Several answers to the same request. Drag the best one to the top, the worst one to the bottom, then "
        "Ctrl+Enter. They come in random order; if it happens to be right, press 1 instead of dragging.</p>"
        + cards.closing(form)
    )


def changes(config: str, form: Form) -> str:
    """See Page.changes."""
    del form
    lost = cards.lacks(config, (RANK, AS_SHOWN, FLAGS, NOTE))
    return lost or cards.moved(cards.offered(config, AS_SHOWN), (RIGHT,), "choices")


def says_something_untouched() -> bool:
    """See Page.says_something_untouched."""
    return False


def hidden() -> tuple[str, ...]:
    """See Page.hidden."""
    return (*cards.HIDDEN_WRITING, "items")


def task(question: Question, form: Form, *, model_version: str) -> dict[str, Any]:
    """See Page.task; never a prediction: nobody is told how the model would rank."""
    del model_version
    items = [
        {"id": str(place), "title": ascii_uppercase[place - 1], "body": text}
        for place, text in enumerate(question.candidates, start=1)
    ]
    hint = cards.hint("Drag with the mouse, then Ctrl+Enter.")
    return {"data": {**cards.asked_data(question, form), "items": items, "hint_html": hint}}


def shown(data: Mapping[str, Any]) -> tuple[str, ...]:
    """See Page.shown."""
    return tuple(str(item["body"]) for item in data.get("items") or ())


def read(result: object, form: Form, *, data: Mapping[str, Any], skipped: bool) -> Answer:
    """See Page.read; an order that lacks an answer or has one twice is MALFORMED, an untouched one EMPTY unless said
    to be right.
    """
    del form
    return results.read(result, lambda items: _said(items, count=len(shown(data))), skipped=skipped)


def result(label: str | None, flags: Sequence[str] = ()) -> list[dict[str, Any]]:
    """See Page.result."""
    if label is None:
        return results.choices(FLAGS, *flags)
    places = [int(place) for place in json.loads(label)]
    rank = {"ranker": {RANK: [str(place) for place in places]}}
    moved = {**results.item(RANK, "ranker", rank), "to_name": "answers"}
    as_shown = results.choices(AS_SHOWN, RIGHT) if places == sorted(places) else []
    return [moved, *as_shown, *results.choices(FLAGS, *flags)]


def _said(items: Items, *, count: int) -> Said:
    as_shown = results.strings(items, AS_SHOWN, "choices")
    given = [item["value"].get("ranker") for item in items if item.get("from_name") == RANK]
    places = list(range(1, count + 1))
    order = given[0].get(RANK) if given and isinstance(given[0], Mapping) else None
    if as_shown is None or len(given) > 1 or (given and not _is_whole(order, places)):
        return AnswerState.MALFORMED, None
    found = [int(place) for place in order or places]
    if found == places and RIGHT not in as_shown:
        return AnswerState.EMPTY, None
    return AnswerState.ANSWERED, json.dumps(found)


def _is_whole(order: object, places: Sequence[int]) -> bool:
    return isinstance(order, list) and sorted(map(str, order)) == sorted(map(str, places))

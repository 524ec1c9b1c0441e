"""Text classification: one text, one label out of a list.

    LabelSet ─► page (XML)          Question ─► task (JSON)          answer (JSON) ─► Answer

The options a person sees are task data, ordered by the model's probability, so Label Studio itself would not know
the label set. A hidden control lists it: the data manager shows it, and a label that an admin removed is noticed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from xml.sax.saxutils import quoteattr

from labeling.label_studio.pages import cards, results
from labeling.label_studio.pages.results import FLAGS, NOTE, TEXT, Answer
from loop.records import Form, LabelSet, Neighbour, Question

LABEL, LABEL_SET = "label", "label_set"
"""Names of the page's own controls; an answer is recognised by these alone."""

FLAG_KEYS = {"ambiguous": "q", "label missing": "w", "bad text": "e"}
OPTION_KEYS = "1234567890"

_HINT = "The model's guess is chosen. Ctrl+Enter agrees; another key or a click changes it."
"""Pressing the key of the chosen label again takes it back: Label Studio's keys toggle."""
_BLIND_HINT = "Press a key or click, then Ctrl+Enter."
_DENSITIES = ((12, "few"), (40, "some"))
_LISTED = 0x800
"""Where the keys of the hidden list begin among those that no keyboard sends."""


def page(form: Form) -> str:
    """See Page.page."""
    names = form.labels.names
    density = next((name for most, name in _DENSITIES if len(names) <= most), "many")
    known = "".join(
        f'<Choice value={quoteattr(name)} hotkey="{cards.no_key(_LISTED + number)}"/>'
        for number, name in enumerate(names)
    )
    return f"""<View {cards.MARK} ws-{density}">
{cards.styled("classification")}
<View className="ws-top">
  <View className="ws-card ws-asked">
    <View className="ws-text"><Text name="{TEXT}" value="$text"/></View>
    <HyperText name="about" value="$about_html" inline="true"/>
  </View>
  <View className="ws-card ws-near">
    <HyperText name="near" value="$near_html" inline="true"/>
  </View>
</View>
<View className="ws-card ws-options">
  <View className="ws-bar">
    <Header value="Which label fits best?" size="5"/>
    <HyperText name="hint" value="$hint_html" inline="true"/>
    <Filter name="filter" toName="{LABEL}" hotkey="shift+f" minlength="0" \
placeholder="Search {len(names)} labels (Shift+F)"/>
  </View>
  <Choices name="{LABEL}" toName="{TEXT}" choice="single-radio" showInline="true" layout="inline" value="$options"/>
</View>
{cards.wrong_card(FLAG_KEYS)}
<View style="display: none"><Choices name="{LABEL_SET}" toName="{TEXT}" choice="single">{known}</Choices></View>
</View>"""


def instruction(form: Form) -> str:
    """See Page.instruction."""
    described = "".join(
        f"<li><b>{escape(name)}</b>: {escape(form.labels.descriptions[name])}</li>"
        for name in form.labels.names
        if form.labels.descriptions.get(name)
    )
    return (
        "<p>Choose the label that fits best: click it, or press its key. The model's best guesses come first; "
        "it is often wrong here, which is why you are asked. Shift+F searches all labels, Ctrl+Enter submits.</p>"
        "<p>If no label fits or the text is unusable, say so below the labels and submit; Skip if you cannot tell.</p>"
        + (f"<ul>{described}</ul>" if described else "")
    )


def changes(config: str, form: Form) -> str:
    """See Page.changes."""
    lost = cards.lacks(config, (LABEL, LABEL_SET, FLAGS, NOTE))
    if lost:
        return lost
    if (cards.controls(config) or {})[LABEL].get("value") != "$options":
        return "its labelling page shows other options than those of the tasks"
    return cards.moved(cards.offered(config, LABEL_SET), form.labels.names, "labels")


def says_something_untouched() -> bool:
    """See Page.says_something_untouched."""
    return False


def hidden() -> tuple[str, ...]:
    """See Page.hidden."""
    return (*cards.HIDDEN, "near_html", "options")


def task(question: Question, form: Form, *, model_version: str) -> dict[str, Any]:
    """See Page.task; with the suggestion as a prediction if there is one."""
    data = {
        "ext_id": question.ext_id,
        "round": question.round,
        "example_id": question.example_id,
        "text": question.text,
        "about_html": cards.chips(question) + cards.why(question),
        "near_html": _near(question.neighbours),
        "hint_html": cards.hint(_BLIND_HINT if question.suggestion is None else _HINT),
        "options": options(question, form.labels),
    }
    if question.suggestion is None:
        return {"data": data}
    suggestion = {
        "model_version": model_version,
        "score": question.confidence,
        "result": result(question.suggestion),
    }
    return {"data": data, "predictions": [suggestion]}


def options(question: Question, labels: LabelSet) -> list[dict[str, str]]:
    """What there is to choose from: by probability, or in the label set's order when the pick is blind."""
    offered = list(question.options)
    if all(probability is None for _, probability in offered):
        place = labels.index()
        offered.sort(key=lambda option: place.get(option[0], len(place)))
    return [
        _option(name, probability, number=number, hint=labels.descriptions.get(name, ""))
        for number, (name, probability) in enumerate(offered)
    ]


def shown(data: Mapping[str, Any]) -> tuple[str, ...]:
    """See Page.shown; empty for a blind question or without a model."""
    offered = data.get("options") or []
    has_order = any("ws-share" in option.get("html", "") for option in offered)
    return tuple(str(option["value"]) for option in offered) if has_order else ()


def read(result: object, form: Form, *, data: Mapping[str, Any], skipped: bool) -> Answer:
    """See Page.read."""
    del data
    return results.read(result, lambda items: results.one_choice(items, LABEL, form.labels.names), skipped=skipped)


def result(label: str | None, flags: Sequence[str] = ()) -> list[dict[str, Any]]:
    """See Page.result."""
    return [*results.choices(LABEL, *([label] if label else [])), *results.choices(FLAGS, *flags)]


def suggested(prediction: object) -> str | None:
    """See Page.suggested."""
    result = prediction.get("result") if isinstance(prediction, Mapping) else None
    if not isinstance(result, list) or not all(isinstance(item, dict) for item in result):
        return None
    usable = [item for item in result if isinstance(item.get("value"), dict)]
    chosen = results.strings(usable, LABEL, "choices")
    return chosen[0] if chosen else None


def _option(name: str, probability: float | None, *, number: int, hint: str) -> dict[str, str]:
    key = OPTION_KEYS[number] if number < len(OPTION_KEYS) else ""
    share = f"{probability:.0%}" if probability and probability >= 0.005 else ""
    is_likely = bool(probability and probability >= 0.1)
    shown = {
        "value": name,
        "html": cards.option(name, key, share=share, likely=is_likely),
        "hotkey": key or cards.no_key(number),
    }
    return {**shown, "hint": hint} if hint else shown


def _near(neighbours: Sequence[Neighbour]) -> str:
    if not neighbours:
        return (
            '<div class="ws-title">Similar texts</div><div class="ws-none">Nothing similar has been labelled yet.</div>'
        )
    rows = "".join(
        f'<div class="ws-row"><div class="ws-quote">{escape(near.text)}</div>'
        f'<div class="ws-tag">{escape(near.label)} <i>{near.similarity:.0%} alike</i></div></div>'
        for near in neighbours
    )
    return f'<div class="ws-title">Similar texts and their labels</div>{rows}'

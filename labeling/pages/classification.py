"""Text classification: one text, one label out of a list.

    LabelSet ─► page (XML)          Question ─► task (JSON)          answer (JSON) ─► Answer

The options a person sees are task data, ordered by the model's probability, so Label Studio itself would not know
the label set. A hidden control lists it: the data manager shows it, and a label that an admin removed is noticed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape as xml_escape
from xml.sax.saxutils import quoteattr

from loop.records import AnswerState, LabelSet, Neighbour, Question

LABEL, LABEL_SET, FLAGS, NOTE = "label", "label_set", "wrong", "note"
"""Names of the page's controls; an answer is recognised by these alone."""

FLAG_KEYS = {"ambiguous": "q", "label missing": "w", "bad text": "e"}
OPTION_KEYS = "1234567890"

_HINT = "The model's guess is chosen. Ctrl+Enter agrees; another key or a click changes it."
"""Pressing the key of the chosen label again takes it back: Label Studio's keys toggle."""
_BLIND_HINT = "Press a key or click, then Ctrl+Enter."
_DENSITIES = ((12, "few"), (40, "some"))
_NO_KEY = 0xE000
"""Label Studio gives a letter to every option without a key. A private-use character takes the place of that letter:
no keyboard sends it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one submission says."""

    state: AnswerState
    label: str | None = None
    """Set for ANSWERED and UNKNOWN_LABEL."""
    flags: tuple[str, ...] = ()
    note: str = ""


def page(labels: LabelSet) -> str:
    """The project's labelling configuration in Label Studio's XML."""
    density = next((name for most, name in _DENSITIES if len(labels.names) <= most), "many")
    flags = "".join(f'<Choice value="{flag}" hotkey="{key}"/>' for flag, key in FLAG_KEYS.items())
    known = "".join(
        f'<Choice value={quoteattr(name)} hotkey="{chr(_NO_KEY + 0x800 + number)}"/>'
        for number, name in enumerate(labels.names)
    )
    return f"""<View className="ws-page ws-{density}">
<Style>{xml_escape(_style())}</Style>
<View className="ws-top">
  <View className="ws-card ws-asked">
    <View className="ws-text"><Text name="text" value="$text"/></View>
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
placeholder="Search {len(labels.names)} labels (Shift+F)"/>
  </View>
  <Choices name="{LABEL}" toName="text" choice="single-radio" showInline="true" layout="inline" value="$options"/>
</View>
<View className="ws-card ws-wrong">
  <Header value="Anything wrong?" size="5"/>
  <Choices name="{FLAGS}" toName="text" choice="multiple" showInline="true" layout="inline">{flags}</Choices>
  <TextArea name="{NOTE}" toName="text" rows="1" maxSubmissions="1" editable="true" \
placeholder="A note for the model team, if you like (Enter keeps it)"/>
</View>
<View style="display: none"><Choices name="{LABEL_SET}" toName="text" choice="single">{known}</Choices></View>
</View>"""


def instruction(labels: LabelSet) -> str:
    """What the page's button Instructions shows (HTML)."""
    described = "".join(
        f"<li><b>{escape(name)}</b>: {escape(labels.descriptions[name])}</li>"
        for name in labels.names
        if labels.descriptions.get(name)
    )
    return (
        "<p>Choose the label that fits best: click it, or press its key. The model's best guesses come first; "
        "it is often wrong here, which is why you are asked. Shift+F searches all labels, Ctrl+Enter submits.</p>"
        "<p>If no label fits or the text is unusable, say so below the labels and submit; Skip if you cannot tell.</p>"
        + (f"<ul>{described}</ul>" if described else "")
    )


def is_ours(config: str) -> bool:
    """This labelling page was once drawn by `page`."""
    return f'name="{LABEL_SET}"' in config


def changes(config: str, labels: LabelSet) -> str:
    """What differs between a project's configuration and our page, in words; "" when answers mean what we think."""
    try:
        tags = list(ElementTree.fromstring(config).iter())
    except ElementTree.ParseError:
        return "its labelling page cannot be read"
    controls = {tag.get("name"): tag for tag in tags if tag.tag in ("Choices", "TextArea")}
    lost = [name for name in (LABEL, LABEL_SET, FLAGS, NOTE) if name not in controls]
    if lost:
        return "its labelling page lacks " + ", ".join(f'"{name}"' for name in lost)
    if controls[LABEL].get("value") != "$options":
        return "its labelling page shows other options than those of the tasks"
    there = {choice.get("alias") or choice.get("value") for choice in controls[LABEL_SET].iter("Choice")}
    missing = [name for name in labels.names if name not in there]
    added = sorted(str(name) for name in there - set(labels.names))
    parts = [f"{word} {', '.join(names)}" for word, names in (("labels missing:", missing), ("added:", added)) if names]
    return "; ".join(parts)


def task(question: Question, labels: LabelSet, *, model_version: str) -> dict[str, Any]:
    """The question as Label Studio's import wants it, with the suggestion as a prediction if there is one."""
    data = {
        "ext_id": question.ext_id,
        "round": question.round,
        "example_id": question.example_id,
        "text": question.text,
        "about_html": _about(question),
        "near_html": _near(question.neighbours),
        "hint_html": f'<span class="ws-hint">{_BLIND_HINT if question.suggestion is None else _HINT}</span>',
        "options": options(question, labels),
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


def read(result: object, labels: LabelSet, *, skipped: bool) -> Answer:
    """What the `result` of one annotation says. `skipped` is its `was_cancelled`.

    It is asked first: skipping in the browser keeps the pre-selected label in the result.
    """
    items = result if isinstance(result, list) else None
    if items is None or not all(isinstance(item, dict) and isinstance(item.get("value"), dict) for item in items):
        return Answer(AnswerState.SKIPPED if skipped else AnswerState.MALFORMED)
    chosen, flags, notes = (_strings(items, *key) for key in ((LABEL, "choices"), (FLAGS, "choices"), (NOTE, "text")))
    if skipped:
        return Answer(AnswerState.SKIPPED, flags=tuple(flags or ()), note=" ".join(notes or ()))
    if chosen is None or flags is None or notes is None or len(chosen) > 1:
        return Answer(AnswerState.MALFORMED)
    label = chosen[0] if chosen else None
    return Answer(_state(label, labels), label, tuple(flags), " ".join(notes))


def result(label: str | None, flags: Sequence[str] = ()) -> list[dict[str, Any]]:
    """An answer as the page would send it; label None: without one."""
    values = [(LABEL, [label] if label else []), (FLAGS, list(flags))]
    return [
        {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": chosen}}
        for name, chosen in values
        if chosen
    ]


def likely(task_row: Mapping[str, Any]) -> list[str]:
    """The labels by the model's probability, as a task shows them; empty for a blind one or without a model."""
    shown = task_row["data"].get("options") or []
    has_order = any("ws-share" in option.get("html", "") for option in shown)
    return [str(option["value"]) for option in shown] if has_order else []


def suggested(prediction: object) -> str | None:
    """The label a person saw pre-selected, from the annotation's snapshot of the prediction."""
    result = prediction.get("result") if isinstance(prediction, Mapping) else None
    if not isinstance(result, list) or not all(isinstance(item, dict) for item in result):
        return None
    chosen = _strings([item for item in result if isinstance(item.get("value"), dict)], LABEL, "choices")
    return chosen[0] if chosen else None


def _state(label: str | None, labels: LabelSet) -> AnswerState:
    if label is None:
        return AnswerState.EMPTY
    return AnswerState.ANSWERED if label in labels.names else AnswerState.UNKNOWN_LABEL


def _strings(items: Sequence[Mapping[str, Any]], name: str, key: str) -> list[str] | None:
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


def _style() -> str:
    return resources.files("labeling.pages").joinpath("classification.css").read_text(encoding="utf-8")


def _option(name: str, probability: float | None, *, number: int, hint: str) -> dict[str, str]:
    has_key = number < len(OPTION_KEYS)
    key = f'<kbd class="ws-key">{OPTION_KEYS[number]}</kbd>' if has_key else '<span class="ws-key ws-nokey"></span>'
    share = f'<span class="ws-share">{probability:.0%}</span>' if probability and probability >= 0.005 else ""
    likely = " ws-likely" if probability and probability >= 0.1 else ""
    shown = {
        "value": name,
        "html": f'<span class="ws-option{likely}">{key}<span class="ws-name">{escape(name)}</span>{share}</span>',
        "hotkey": OPTION_KEYS[number] if has_key else chr(_NO_KEY + number),
    }
    return {**shown, "hint": hint} if hint else shown


def _about(question: Question) -> str:
    known = "".join(
        f'<span class="ws-chip"><i>{escape(column)}</i> {escape(value)}</span>'
        for column, value in question.metadata.items()
        if value
    )
    why = f'<div class="ws-why"><b>Why you are asked</b> {escape(question.reason)}</div>'
    return f'<div class="ws-chips">{known}</div>{why}'


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

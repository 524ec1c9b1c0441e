"""One answer, mended in place: as the model wrote it beside a box that holds it already.

    prompt, context         │ why asked, guidance
    as the model wrote it   │ the same, to be mended

Submitted untouched it means that the answer is fine as it is; an emptied box says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.label_studio.pages import cards, results
from labeling.label_studio.pages.results import FLAGS, NOTE, TEXT, Answer, Items, Said
from loop.records import AnswerState, Form, Question

MENDED = "mended"
"""Name of the page's own control."""

suggested = cards.unsuggested
"""See Page.suggested."""


def page(form: Form) -> str:
    """See Page.page."""
    del form
    return f"""<View {cards.MARK} ws-writing">
{cards.styled("writing")}
{cards.asked_cards()}
<View className="ws-answers">
  <View className="ws-card ws-answer"><HyperText name="shown" value="$answer_html" inline="true"/></View>
  <View className="ws-card ws-mend">
    <View className="ws-bar">
      <Header value="Mend it here" size="5"/>
      <HyperText name="hint" value="$hint_html" inline="true"/>
    </View>
    <TextArea name="{MENDED}" toName="{TEXT}" value="$answer" rows="12" maxSubmissions="1" editable="true" \
showSubmitButton="false"/>
  </View>
</View>
{cards.wrong_card(cards.FLAG_KEYS)}
</View>"""


def instruction(form: Form) -> str:
    """See Page.instruction."""
    return (
        "<p>One answer to a request. Change it in the box until you would send it, then submit it: by the button, or "
        "by Shift+Enter, which closes the box, and Ctrl+Enter. If it is fine as it is, submit it untouched.</p>"
        + cards.closing(form)
    )


def changes(config: str, form: Form) -> str:
    """See Page.changes."""
    del form
    lost = cards.lacks(config, (MENDED, FLAGS, NOTE))
    if lost:
        return lost
    is_filled = (cards.controls(config) or {})[MENDED].get("value") == "$answer"
    return "" if is_filled else "its box to mend in does not hold the answer"


def says_something_untouched() -> bool:
    """See Page.says_something_untouched."""
    return True


def hidden() -> tuple[str, ...]:
    """See Page.hidden."""
    return (*cards.HIDDEN_WRITING, "answer_html")


def task(question: Question, form: Form, *, model_version: str) -> dict[str, Any]:
    """See Page.task; never a prediction: Label Studio would show it closed instead of ready to be typed in."""
    del model_version
    (answer,) = question.candidates
    return {
        "data": {
            **cards.asked_data(question, form),
            "answer": answer,
            "answer_html": cards.answer("As it was written", cards.as_html(answer)),
            "hint_html": cards.hint("Shift+Enter, then Ctrl+Enter. Fine as it is: Ctrl+Enter."),
        }
    }


def shown(data: Mapping[str, Any]) -> tuple[str, ...]:
    """See Page.shown."""
    return (str(data["answer"]),)


def read(result: object, form: Form, *, data: Mapping[str, Any], skipped: bool) -> Answer:
    """See Page.read; spaces at the ends are no change."""
    del form
    return results.read(result, lambda items: _said(items, str(data.get("answer", ""))), skipped=skipped)


def result(label: str | None, flags: Sequence[str] = ()) -> list[dict[str, Any]]:
    """See Page.result."""
    text = [results.item(MENDED, "textarea", {"text": [label]})] if label is not None else []
    return [*text, *results.choices(FLAGS, *flags)]


def _said(items: Items, answer: str) -> Said:
    texts = results.strings(items, MENDED, "text")
    if texts is None or len(texts) > 1:
        return AnswerState.MALFORMED, None
    if not texts or not texts[0].strip():
        return AnswerState.EMPTY, None
    return AnswerState.ANSWERED, answer if texts[0].strip() == answer.strip() else texts[0]

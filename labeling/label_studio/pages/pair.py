"""Which of two answers is better: side by side, on keys 1 to 4.

    prompt, context │ why asked, guidance
    left answer     │ right answer           words that only one of them has are marked
    1 left  2 right  3 equally good  4 both bad

Which model wrote what is not in the task: the server holds the two texts in the order of showing and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.label_studio.pages import cards, results
from labeling.label_studio.pages.differences import marked
from labeling.label_studio.pages.results import FLAGS, NOTE, TEXT, Answer
from loop.records import Form, Question

PREFERENCE = "preference"
"""Name of the page's own control."""
CHOICES = {
    "first": "Left is better",
    "second": "Right is better",
    "tie": "Equally good",
    "both_bad": "Both are bad",
}
"""What an answer says → what people read; their keys are 1 to 4."""

suggested = cards.unsuggested
"""See Page.suggested."""


def page(form: Form) -> str:
    """See Page.page."""
    del form
    choices = "".join(cards.choice(value, name, str(key)) for key, (value, name) in enumerate(CHOICES.items(), start=1))
    return f"""<View {cards.MARK} ws-writing">
{cards.styled("writing")}
{cards.asked_cards()}
<View className="ws-answers">
  <View className="ws-card ws-answer"><HyperText name="first" value="$first_html" inline="true"/></View>
  <View className="ws-card ws-answer"><HyperText name="second" value="$second_html" inline="true"/></View>
</View>
<View className="ws-card ws-options">
  <View className="ws-bar">
    <Header value="Which answer is better?" size="5"/>
    <HyperText name="hint" value="$hint_html" inline="true"/>
  </View>
  <Choices name="{PREFERENCE}" toName="{TEXT}" choice="single-radio" showInline="true" layout="inline">
    {choices}
  </Choices>
</View>
{cards.wrong_card(cards.FLAG_KEYS)}
</View>"""


def instruction(form: Form) -> str:
    """See Page.instruction."""
    return (
        "<p>Two answers to the same request. Say which one you would rather send: press 1 for the left one, 2 for the "
        "right one, 3 if they are equally good, 4 if neither may be sent, then Ctrl+Enter. Words that only one of them "
        "has are marked. The order is drawn at random; some pairs come twice.</p>" + cards.closing(form)
    )


def changes(config: str, form: Form) -> str:
    """See Page.changes."""
    del form
    lost = cards.lacks(config, (PREFERENCE, FLAGS, NOTE))
    return lost or cards.moved(cards.offered(config, PREFERENCE), tuple(CHOICES), "choices")


def says_something_untouched() -> bool:
    """See Page.says_something_untouched."""
    return False


def hidden() -> tuple[str, ...]:
    """See Page.hidden."""
    return (*cards.HIDDEN_WRITING, "first_html", "second_html")


def task(question: Question, form: Form, *, model_version: str) -> dict[str, Any]:
    """See Page.task; never a prediction: nobody is told which answer the model would choose."""
    del model_version
    first, second = question.candidates
    left, right = marked(first, second)
    return {
        "data": {
            **cards.asked_data(question, form),
            "first": first,
            "second": second,
            "first_html": cards.answer("Left", left, key="1"),
            "second_html": cards.answer("Right", right, key="2"),
            "hint_html": cards.hint("Press a key or click, then Ctrl+Enter."),
        }
    }


def shown(data: Mapping[str, Any]) -> tuple[str, ...]:
    """See Page.shown."""
    return (str(data["first"]), str(data["second"]))


def read(result: object, form: Form, *, data: Mapping[str, Any], skipped: bool) -> Answer:
    """See Page.read."""
    del form, data
    return results.read(result, lambda items: results.one_choice(items, PREFERENCE, tuple(CHOICES)), skipped=skipped)


def result(label: str | None, flags: Sequence[str] = ()) -> list[dict[str, Any]]:
    """See Page.result."""
    return [*results.choices(PREFERENCE, *([label] if label else [])), *results.choices(FLAGS, *flags)]

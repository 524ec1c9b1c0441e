"""The parts that the pages share: style sheets, the cards around a question, and how a page is compared with ours.

    cards.css + the page's own css ─► style      question ─► chips, reason      flags ─► the "anything wrong?" card

Everything from data is escaped here: a prompt or an answer is shown as the text it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape as xml_escape
from xml.sax.saxutils import quoteattr

from labeling.label_studio.pages.results import FLAGS, NOTE, TEXT
from loop.records import Form, Question

MARK = 'className="ws-page'
"""In the configuration of every page of ours."""
FLAG_KEYS = {"bad prompt": "q", "facts unclear": "w", "harmful": "e"}
"""What people may flag on the pages for models that write, and the key of each."""
HIDDEN = ("about_html", "hint_html", "ext_id", "example_id")
"""Columns of every page's task data that say nothing in Label Studio's list of tasks."""
HIDDEN_WRITING = (*HIDDEN, "form", "context_html")
"""The same of the pages for models that write."""

_CONTROLS = ("Choices", "TextArea", "Ranker")
_NO_KEY = 0xE000
"""Label Studio gives a letter to every option without a key. A private-use character takes the place of that letter:
no keyboard sends it."""


def no_key(number: int) -> str:
    """A key that no keyboard sends, another one for each number."""
    return chr(_NO_KEY + number)


def styled(*sheets: str) -> str:
    """The Style tag with `cards.css` and these sheets beside it."""
    folder = resources.files("labeling.label_studio.pages")
    texts = [folder.joinpath(f"{sheet}.css").read_text(encoding="utf-8") for sheet in ("cards", *sheets)]
    return f"<Style>{xml_escape(''.join(texts))}</Style>"


def wrong_card(keys: Mapping[str, str]) -> str:
    """The card for flags (flag → key) and a note."""
    flags = "".join(f'<Choice value="{flag}" hotkey="{key}"/>' for flag, key in keys.items())
    return f"""<View className="ws-card ws-wrong">
  <Header value="Anything wrong?" size="5"/>
  <Choices name="{FLAGS}" toName="{TEXT}" choice="multiple" showInline="true" layout="inline">{flags}</Choices>
  <TextArea name="{NOTE}" toName="{TEXT}" rows="1" maxSubmissions="1" editable="true" \
placeholder="A note for the model team, if you like (Enter keeps it)"/>
</View>"""


def asked_cards() -> str:
    """The two cards on top of the pages for models that write: what was asked of the model, and of the expert."""
    return f"""<View className="ws-top">
  <View className="ws-card ws-asked">
    <View className="ws-text"><Text name="{TEXT}" value="$text"/></View>
    <HyperText name="context" value="$context_html" inline="true"/>
  </View>
  <View className="ws-card ws-near">
    <HyperText name="about" value="$about_html" inline="true"/>
  </View>
</View>"""


def asked_data(question: Question, form: Form) -> dict[str, Any]:
    """The task data that `asked_cards` shows, and what a question is known by."""
    context = f'<div class="ws-title">Context</div><div class="ws-context">{as_html(question.context)}</div>'
    guidance = f'<div class="ws-title">A good answer</div><div class="ws-guide">{as_html(form.guidance)}</div>'
    return {
        "ext_id": question.ext_id,
        "round": question.round,
        "example_id": question.example_id,
        "form": form.kind,
        "text": question.text,
        "context_html": context if question.context else "<span></span>",
        "about_html": chips(question) + why(question) + (guidance if form.guidance else ""),
    }


def closing(form: Form) -> str:
    """The end of the instruction of a page for models that write: what is unusable, and what a good answer is."""
    guidance = f"<p>{as_html(form.guidance)}</p>" if form.guidance else ""
    return f"<p>If the request itself is unusable, say so below. Skip if you cannot tell.</p>{guidance}"


def unsuggested(prediction: object) -> None:
    """A page's `suggested` where nobody is told what the model thinks."""
    del prediction


def chips(question: Question) -> str:
    """The columns people see beside a text."""
    known = "".join(
        f'<span class="ws-chip"><i>{escape(column)}</i> {escape(value)}</span>'
        for column, value in question.metadata.items()
        if value
    )
    return f'<div class="ws-chips">{known}</div>'


def why(question: Question) -> str:
    """The reason the question is asked."""
    return f'<div class="ws-why"><b>Why you are asked</b> {escape(question.reason)}</div>'


def hint(text: str) -> str:
    """The line that says how to answer."""
    return f'<span class="ws-hint">{escape(text)}</span>'


def option(name: str, key: str, *, share: str = "", likely: bool = False) -> str:
    """HTML of one choice: its key, its name, and at the end how probable the model finds it."""
    shown = f'<kbd class="ws-key">{key}</kbd>' if key else '<span class="ws-key ws-nokey"></span>'
    end = f'<span class="ws-share">{share}</span>' if share else ""
    return (
        f'<span class="ws-option{" ws-likely" if likely else ""}">{shown}'
        f'<span class="ws-name">{escape(name)}</span>{end}</span>'
    )


def choice(value: str, name: str, key: str, *, number: int = 0) -> str:
    """A Choice tag whose key is seen; without a key (""), `number` keeps Label Studio from giving it one."""
    html, hotkey = quoteattr(option(name, key)), quoteattr(key or no_key(number))
    return f"<Choice value={quoteattr(value)} html={html} hotkey={hotkey}/>"


def answer(title: str, html: str, *, key: str = "") -> str:
    """HTML of one answer under its title."""
    shown = f'<kbd class="ws-key">{key}</kbd>' if key else ""
    return f'<div class="ws-side">{shown}<span>{escape(title)}</span></div><div class="ws-words">{html}</div>'


def as_html(text: str) -> str:
    """Plain text as HTML that shows it as it is; the style sheet keeps its spaces."""
    return escape(text).replace("\r\n", "\n").replace("\n", "<br>")


def controls(config: str) -> dict[str, ElementTree.Element] | None:
    """Name → tag of what people answer with; None when the configuration cannot be read."""
    try:
        tags = list(ElementTree.fromstring(config).iter())
    except ElementTree.ParseError:
        return None
    return {str(tag.get("name")): tag for tag in tags if tag.tag in _CONTROLS}


def lacks(config: str, names: Sequence[str]) -> str:
    """In words what keeps answers from being read: "" when the configuration has all these controls."""
    there = controls(config)
    if there is None:
        return "its labelling page cannot be read"
    lost = [name for name in names if name not in there]
    return "its labelling page lacks " + ", ".join(f'"{name}"' for name in lost) if lost else ""


def offered(config: str, name: str) -> list[str]:
    """The values of a Choices control that is there, in order."""
    there = controls(config) or {}
    return [str(tag.get("alias") or tag.get("value")) for tag in there[name].iter("Choice")]


def moved(there: Collection[str], wanted: Sequence[str], what: str) -> str:
    """In words what was taken from `wanted` and what was added; "" when nothing was."""
    missing = [name for name in wanted if name not in there]
    added = sorted(name for name in there if name not in wanted)
    parts = ((f"{what} missing:", missing), ("added:", added))
    return "; ".join(f"{word} {', '.join(names)}" for word, names in parts if names)

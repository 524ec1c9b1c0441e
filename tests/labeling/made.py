"""Questions and Labelers for the tests of this folder."""

from __future__ import annotations

import dataclasses
from typing import Any

from fake_label_studio import TOKEN, URL, FakeLabelStudio

from labeling.label_studio.client import Client
from labeling.label_studio.labeler import LabelStudio
from loop.records import Form, LabelSet, Neighbour, Question

LABELS = LabelSet(("refund", "fee", "card_arrival", "other <&>"), {"fee": 'A "fee" & more'})

FORM = Form("label", labels=LABELS)


def question(number: int, *, blind: bool = False, text: str | None = None) -> Question:
    shares = (0.5, 0.3, 0.15, 0.05)
    return Question(
        ext_id=f"q{number:04d}",
        round=1,
        example_id=f"e{number}",
        text=text or f"text {number}",
        metadata={"channel": "chat"},
        options=tuple(zip(reversed(LABELS.names), (None,) * 4 if blind else shares, strict=True)),
        suggestion=None if blind else "other <&>",
        confidence=None if blind else 0.5,
        reason="the model wavers between <b> & fee",
        neighbours=(Neighbour("<i>near</i>", "fee", 0.9),),
    )


def door(fake: FakeLabelStudio, *, token: str = TOKEN) -> Client:
    return Client(URL, token, transport=fake.transport(), pause=lambda _: None)


def labeler(fake: FakeLabelStudio, **changed: Any) -> LabelStudio:
    client = door(fake)
    chosen = {"form": FORM, "project_key": "key-1", "title": "support", "pause": lambda _: None, **changed}
    return LabelStudio(lambda: client, **chosen)


def choice(name: str, *values: str) -> dict[str, Any]:
    return {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": list(values)}}


FORMS = {
    "label": FORM,
    "pair": Form("pair", candidates=2, guidance="Short & <true>"),
    "ranking": Form("ranking", candidates=3, guidance="Short & <true>"),
    "rating": Form(
        "rating", candidates=1, guidance="Short & <true>", criteria={"true": "No <b>lie</b>", 'a "b" & c': ""}
    ),
    "correction": Form("correction", candidates=1, guidance="Short & <true>"),
}
"""One form of each kind."""
TEXTS = ("Call <b>us</b> & wait.", "Call us and\n  wait 5 days. 🙂", "اتصل بنا")
LABELS_OF = {
    "label": ("fee", "refund"),
    "pair": ("first", "second", "tie", "both_bad"),
    "ranking": ("[2, 1, 3]", "[1, 2, 3]"),
    "rating": ('{"true": 4, "a \\"b\\" & c": 1}',),
    "correction": ("Call us & wait.\n\n🙂", "Call <b>us</b> & wait."),
}
"""What answers to `about(kind, ...)` may say, as in records.Annotation."""


def about(kind: str, number: int = 1) -> Question:
    """A question of this kind."""
    if kind == "label":
        return question(number)
    return dataclasses.replace(
        question(number, blind=True, text="How do I <i>pay</i>?"),
        options=(),
        neighbours=(),
        candidates=TEXTS[: FORMS[kind].candidates],
        context="Fees: 5 € <script>alert(1)</script>",
    )

"""Questions and Labelers for the tests of this folder."""

from __future__ import annotations

from typing import Any

from fake_label_studio import TOKEN, URL, FakeLabelStudio

from labeling.client import Client
from labeling.label_studio import LabelStudio
from loop.records import LabelSet, Neighbour, Question

LABELS = LabelSet(("refund", "fee", "card_arrival", "other <&>"), {"fee": 'A "fee" & more'})


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
    chosen = {"labels": LABELS, "project_key": "key-1", "title": "support", "pause": lambda _: None, **changed}
    return LabelStudio(lambda: client, **chosen)


def choice(name: str, *values: str) -> dict[str, Any]:
    return {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": list(values)}}

"""What an endpoint is asked for a label, and how its replies are read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.phrases.requests import LONGEST_REPLY, OTHERS, read, request
from loop.records import LabelSet

LABELS = LabelSet(
    ("refundStatus", "other"), {"refundStatus": "Waits for money back."}, {"refundStatus": ("my money?",)}
)


def asked(labels: LabelSet, name: str) -> str:
    (message,) = request(labels, name, count=7)
    assert message.role == "user"
    return message.content


def test_a_request_tells_name_description_phrases_and_the_other_labels() -> None:
    told = asked(LABELS, "refundStatus")
    assert "Write 7 short messages" in told
    assert "Category: refundStatus (refund status)\nWhat it means: Waits for money back." in told
    assert "must not fit: other\n" in told
    assert told.endswith("write different ones:\n- my money?")


def test_a_request_tells_only_what_there_is_and_not_hundreds_of_other_labels() -> None:
    told = asked(LabelSet(tuple(f"label{n}" for n in range(500))), "label0")
    assert "What it means" not in told
    assert "there are already" not in told
    assert told.count("; label") == OTHERS - 1


BOTH = ["where is it", "I want my money"]


@pytest.mark.parametrize(
    "reply",
    [
        json.dumps(BOTH),
        f"Sure! Here they are:\n```json\n{json.dumps(BOTH, indent=1)}\n```\nTell me if you want more.",
        f'<think>[1] maybe ["no"]</think>{json.dumps(BOTH)}',
        json.dumps({"messages": BOTH}),
        json.dumps([{"message": text} for text in BOTH]),
        '["where is it", "I want my money",]',
        '["where is it", "I want my money", "and this one was cut o',
        "1. where is it\n2. I want my money",
        "Here are two:\n\n- where is it\n- I want my money\n\nI hope that helps!",
        "(1) “where is it”\n(2) “I want my money”",
        '"where is it",\n"I want my money"',
        "where is it\nI want my money",
        "[messages]\n* where is it\n* I want my money",
    ],
)
def test_a_reply_is_read_however_it_is_written(reply: str) -> None:
    assert read(reply) == BOTH


@pytest.mark.parametrize(
    "reply", ["", "I'm sorry, I cannot help with that.", "[]", "[1, 2]", "<think>endless", "{}", "[" * 5000, "null"]
)
def test_what_is_no_list_of_messages_gives_none(reply: str) -> None:
    assert read(reply) == []


def test_no_more_is_read_of_a_reply_than_a_reply_can_be() -> None:
    assert read("- ok\n" + "x" * LONGEST_REPLY + "\n- never") == ["ok"]


@given(st.text())
def test_any_reply_gives_texts(reply: str) -> None:
    assert all(isinstance(line, str) for line in read(reply))

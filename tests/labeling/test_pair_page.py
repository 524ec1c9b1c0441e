"""The page for pairs: four choices on keys 1 to 4, and words that differ are marked."""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import FORMS, about, choice

from labeling.label_studio.pages import pair as page
from labeling.label_studio.pages.differences import LONGEST, marked
from loop.records import AnswerState

FORM = FORMS["pair"]
ONLY = re.compile(r'<span class="ws-only">(.*?)</span>')


def test_the_four_choices_stand_on_keys_one_to_four_in_plain_words() -> None:
    tags = ElementTree.fromstring(page.page(FORM)).findall(".//Choices[@name='preference']/Choice")
    assert [(tag.get("value"), tag.get("hotkey")) for tag in tags] == [
        ("first", "1"),
        ("second", "2"),
        ("tie", "3"),
        ("both_bad", "4"),
    ]
    words = ["Left is better", "Right is better", "Equally good", "Both are bad"]
    assert all(word in str(tag.get("html")) for word, tag in zip(words, tags, strict=True))


def test_the_first_candidate_stands_left() -> None:
    data = page.task(about("pair"), FORM, model_version="m")["data"]
    assert (data["first"], data["second"]) == about("pair").candidates
    assert "Left" in data["first_html"]
    assert "Right" in data["second_html"]


@pytest.mark.parametrize(
    ("result", "state", "label"),
    [
        ([choice("preference", "both_bad")], AnswerState.ANSWERED, "both_bad"),
        ([choice("preference", "third")], AnswerState.UNKNOWN_LABEL, "third"),
        ([choice("preference", "first", "second")], AnswerState.MALFORMED, None),
        ([choice("preference", "first"), choice("preference", "first")], AnswerState.MALFORMED, None),
        ([choice("wrong", "bad prompt")], AnswerState.EMPTY, None),
        ([{"from_name": "preference", "value": {"choices": [1]}}], AnswerState.MALFORMED, None),
        ([{"from_name": "preference", "value": {"selected": "left"}}], AnswerState.MALFORMED, None),
    ],
)
def test_every_answer_has_a_named_state(result: list[object], state: AnswerState, label: str | None) -> None:
    answer = page.read(result, FORM, data={}, skipped=False)
    assert (answer.state, answer.label) == (state, label)


def test_a_choice_that_an_admin_took_away_is_told() -> None:
    config = page.page(FORM).replace('<Choice value="tie"', '<Choice value="same"')
    assert page.changes(config, FORM) == "choices missing: tie; added: same"


def test_words_that_only_one_text_has_are_marked() -> None:
    left, right = marked("Your plan ends on 3 May.", "Your plan ends on 5 June.")
    assert ONLY.findall(left) == ["3 May."]
    assert ONLY.findall(right) == ["5 June."]


def test_texts_that_share_little_or_are_very_long_stay_unmarked() -> None:
    assert marked("a b c d", "w x y z") == ("a b c d", "w x y z")
    long = "word " * (LONGEST + 10)
    assert "ws-only" not in "".join(marked(long, long + "end"))


@given(st.text(), st.text())
def test_marking_changes_no_text(first: str, second: str) -> None:
    for text, html in zip((first, second), marked(first, second), strict=True):
        plain = unescape(re.sub(r"<[^>]*>", "", html.replace("<br>", "\n")))
        assert plain == unescape(text.replace("\r\n", "\n").replace("&", "&amp;"))

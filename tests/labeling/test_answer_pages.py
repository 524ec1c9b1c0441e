"""The pages for rankings, ratings and corrections: what their answers mean, and what a changed page is told as."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest
from made import FORMS, about, choice

from labeling.label_studio.pages import PAGES, correction, ranking, rating
from loop.records import AnswerState

ANSWERED, EMPTY, MALFORMED = AnswerState.ANSWERED, AnswerState.EMPTY, AnswerState.MALFORMED


def rank(*places: Any) -> dict[str, Any]:
    return {"from_name": "rank", "to_name": "answers", "type": "ranker", "value": {"ranker": {"rank": list(places)}}}


def mended(*texts: str) -> dict[str, Any]:
    return {"from_name": "mended", "to_name": "text", "type": "textarea", "value": {"text": list(texts)}}


RIGHT = choice("as_shown", "right")


@pytest.mark.parametrize(
    ("result", "state", "label"),
    [
        ([rank("2", "1", "3")], ANSWERED, "[2, 1, 3]"),
        ([rank("2", "1", "3"), RIGHT], ANSWERED, "[2, 1, 3]"),
        ([rank("1", "2", "3"), RIGHT], ANSWERED, "[1, 2, 3]"),
        ([RIGHT], ANSWERED, "[1, 2, 3]"),
        ([rank("1", "2", "3")], EMPTY, None),
        ([rank("1", "2", "3"), choice("wrong", "bad prompt")], EMPTY, None),
        ([rank("2", "1")], MALFORMED, None),
        ([rank()], MALFORMED, None),
        ([rank("2", "1", "1")], MALFORMED, None),
        ([rank("2", "1", "4")], MALFORMED, None),
        ([rank("2", "1", "3"), rank("2", "1", "3")], MALFORMED, None),
        ([{"from_name": "rank", "value": {"ranker": ["2", "1", "3"]}}], MALFORMED, None),
        ([{"from_name": "rank", "value": {}}], MALFORMED, None),
    ],
)
def test_an_order_counts_when_it_is_whole_and_was_meant(result: Any, state: AnswerState, label: str | None) -> None:
    data = ranking.task(about("ranking"), FORMS["ranking"], model_version="m")["data"]
    answer = ranking.read(result, FORMS["ranking"], data=data, skipped=False)
    assert (answer.state, answer.label) == (state, label)


def test_an_order_has_as_many_places_as_its_question_has_answers() -> None:
    fewer = dataclasses.replace(about("ranking"), candidates=("a", "b"))
    data = ranking.task(fewer, FORMS["ranking"], model_version="m")["data"]
    assert ranking.read([rank("2", "1")], FORMS["ranking"], data=data, skipped=False).label == "[2, 1]"


@pytest.mark.parametrize(
    ("result", "state"),
    [
        ([choice("mark true", "5"), choice('mark a "b" & c', "1")], ANSWERED),
        ([choice("mark true", "5")], EMPTY),
        ([choice('mark a "b" & c', "1"), choice("wrong", "harmful")], EMPTY),
        ([choice("mark true", "6"), choice('mark a "b" & c', "1")], MALFORMED),
        ([choice("mark true", "5", "4"), choice('mark a "b" & c', "1")], MALFORMED),
        ([choice("mark true", "5"), {"from_name": 'mark a "b" & c', "value": {"rating": 3}}], MALFORMED),
    ],
)
def test_a_rating_counts_when_every_criterion_has_its_mark(result: Any, state: AnswerState) -> None:
    answer = rating.read(result, FORMS["rating"], data={}, skipped=False)
    assert answer.state is state
    assert answer.label is None or json.loads(answer.label) == {"true": 5, 'a "b" & c': 1}


def test_marks_are_on_a_row_of_keys_for_each_criterion_and_no_key_is_given_twice() -> None:
    form = dataclasses.replace(FORMS["rating"], criteria={f"criterion {number}": "" for number in range(6)})
    keys = re.findall(r'hotkey="(.)"', rating.page(form))
    assert "".join(keys[:20]) == "12345qwertasdfgzxcvb"
    assert all(ord(key) >= 0xE000 for key in keys[20:30]), "no keyboard sends these"
    assert len(set(keys)) == len(keys) == 33


def test_criteria_that_changed_are_told() -> None:
    config = rating.page(FORMS["rating"])
    other = dataclasses.replace(FORMS["rating"], criteria={"true": "", "kind": ""})
    assert rating.changes(config, other) == 'criteria missing: kind; added: a "b" & c'
    assert rating.changes(config.replace('value="5"', 'value="6"'), FORMS["rating"]).startswith(
        "other marks than 1 to 5"
    )


@pytest.mark.parametrize(
    ("result", "state", "label"),
    [
        ([mended("Call us.")], ANSWERED, "Call us."),
        ([mended("Call us.\n\n  Bye ")], ANSWERED, "Call us.\n\n  Bye "),
        ([mended("Call <b>us</b> & wait.")], ANSWERED, "Call <b>us</b> & wait."),
        ([mended(" Call <b>us</b> & wait.\n")], ANSWERED, "Call <b>us</b> & wait."),
        ([mended("  \n")], EMPTY, None),
        ([mended()], EMPTY, None),
        ([mended("a", "b")], MALFORMED, None),
        ([{"from_name": "mended", "value": {"text": [1]}}], MALFORMED, None),
    ],
)
def test_a_correction_is_the_text_in_the_box(result: Any, state: AnswerState, label: str | None) -> None:
    data = correction.task(about("correction"), FORMS["correction"], model_version="m")["data"]
    answer = correction.read(result, FORMS["correction"], data=data, skipped=False)
    assert (answer.state, answer.label) == (state, label)


def test_a_box_that_no_longer_holds_the_answer_is_told() -> None:
    config = correction.page(FORMS["correction"]).replace('value="$answer"', 'value="$text"')
    assert correction.changes(config, FORMS["correction"]) == "its box to mend in does not hold the answer"


def test_only_a_correction_may_be_submitted_untouched() -> None:
    assert [kind for kind, page in PAGES.items() if page.says_something_untouched()] == ["correction"]

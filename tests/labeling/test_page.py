"""The labelling page: what an expert sees, and what an answer means."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from made import FORM, LABELS, choice, question

from labeling.label_studio.pages import classification as page
from loop.records import AnswerState, Form, LabelSet

NOTE = {"from_name": "note", "to_name": "text", "type": "textarea", "value": {"text": ["see invoice"]}}


@pytest.mark.parametrize("count", [2, 24, 77, 200])
def test_the_page_is_xml_that_lists_the_whole_label_set(count: int) -> None:
    labels = LabelSet(tuple(f"label {number} <&\"'>" for number in range(count)))
    root = ElementTree.fromstring(page.page(Form("label", labels)))
    known = root.find(".//Choices[@name='label_set']")
    assert known is not None
    assert tuple(choice.get("value") for choice in known) == labels.names
    assert page.changes(page.page(Form("label", labels)), Form("label", labels)) == ""


def test_the_sdk_accepts_the_page() -> None:
    from label_studio_sdk.label_interface import LabelInterface

    LabelInterface(page.page(FORM)).validate()


def test_options_come_by_probability_with_keys_for_the_first_ten_only() -> None:
    labels = LabelSet(tuple(f"l{number}" for number in range(12)))
    options = page.options(_with_options(labels, [(name, 1 / 12) for name in reversed(labels.names)]), labels)
    assert [option["value"] for option in options] == list(reversed(labels.names))
    assert [option["hotkey"] for option in options[:10]] == list("1234567890")
    assert all(ord(option["hotkey"]) >= 0xE000 for option in options[10:]), "no keyboard sends these"
    assert len({option["hotkey"] for option in options}) == 12


def test_a_blind_question_shows_neither_suggestion_nor_percentages_nor_the_models_order() -> None:
    made = page.task(question(1, blind=True), FORM, model_version="m")
    assert "predictions" not in made
    assert [option["value"] for option in made["data"]["options"]] == list(LABELS.names)
    assert "%" not in "".join(option["html"] for option in made["data"]["options"])
    assert page.shown(made["data"]) == ()


def test_a_suggestion_is_sent_as_a_prediction_with_its_confidence() -> None:
    made = page.task(question(1), FORM, model_version="m")
    (prediction,) = made["predictions"]
    assert (prediction["score"], page.suggested(prediction)) == (0.5, "other <&>")
    assert page.shown(made["data"])[0] == "other <&>"


def test_everything_shown_as_html_is_escaped() -> None:
    data = page.task(question(1), FORM, model_version="m")["data"]
    assert "the model wavers between &lt;b&gt; &amp; fee" in data["about_html"]
    assert "&lt;i&gt;near&lt;/i&gt;" in data["near_html"]
    assert "other &lt;&amp;&gt;" in data["options"][0]["html"]
    assert data["options"][2]["hint"] == 'A "fee" & more'


@pytest.mark.parametrize(
    ("result", "skipped", "state", "label"),
    [
        ([choice("label", "fee")], False, AnswerState.ANSWERED, "fee"),
        ([choice("label", "fee")], True, AnswerState.SKIPPED, None),
        ([], False, AnswerState.EMPTY, None),
        ([choice("wrong", "bad text")], False, AnswerState.EMPTY, None),
        ([choice("label", "gone")], False, AnswerState.UNKNOWN_LABEL, "gone"),
        ([choice("label", "fee", "refund")], False, AnswerState.MALFORMED, None),
        ([choice("label", "fee"), choice("label", "fee")], False, AnswerState.MALFORMED, None),
        ([{"foo": 1}], False, AnswerState.MALFORMED, None),
        ([{"foo": 1}], True, AnswerState.SKIPPED, None),
        ([{"from_name": "label", "value": {"choices": [7]}}], False, AnswerState.MALFORMED, None),
        ([{"from_name": "label", "value": {}}], False, AnswerState.MALFORMED, None),
        ([choice("label_set", "fee")], False, AnswerState.EMPTY, None),
        (None, False, AnswerState.MALFORMED, None),
        ("fee", False, AnswerState.MALFORMED, None),
    ],
)
def test_every_answer_has_a_named_state(result: Any, skipped: bool, state: AnswerState, label: str | None) -> None:
    answer = page.read(result, FORM, data={}, skipped=skipped)
    assert (answer.state, answer.label) == (state, label)


def test_flags_and_note_are_read_and_survive_skipping() -> None:
    result = [choice("label", "fee"), choice("wrong", "ambiguous", "bad text"), NOTE]
    for skipped in (False, True):
        answer = page.read(result, FORM, data={}, skipped=skipped)
        assert (answer.flags, answer.note) == (("ambiguous", "bad text"), "see invoice")


def test_an_answer_made_by_us_reads_back() -> None:
    answer = page.read(page.result("fee", ("ambiguous",)), FORM, data={}, skipped=False)
    assert (answer.state, answer.label, answer.flags) == (AnswerState.ANSWERED, "fee", ("ambiguous",))


def test_a_changed_page_is_told_by_what_is_missing_and_added() -> None:
    config = page.page(FORM).replace('<Choice value="fee"', '<Choice value="tax"')
    assert page.changes(config, FORM) == "labels missing: fee; added: tax"
    assert 'lacks "wrong"' in page.changes(page.page(FORM).replace('name="wrong"', 'name="flaws"'), FORM)
    assert "other options" in page.changes(page.page(FORM).replace("$options", "$others"), FORM)
    assert page.changes("<View>", FORM) == "its labelling page cannot be read"


def _with_options(labels: LabelSet, options: list[tuple[str, float | None]]) -> Any:
    import dataclasses

    return dataclasses.replace(question(1), options=tuple(options))

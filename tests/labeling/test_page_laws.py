"""What every page does, whatever kind of form it shows."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from fake_label_studio import FakeLabelStudio
from made import FORMS, LABELS_OF, TEXTS, about, choice, labeler

from labeling.label_studio.pages import PAGES, Page, is_ours, page_for, page_of
from loop.errors import LabelerError, ProjectChanged
from loop.records import AnswerState, Form

KINDS = tuple(PAGES)
WRITING = tuple(kind for kind in KINDS if kind != "label")
every_kind = pytest.mark.parametrize("kind", KINDS)
every_writing_kind = pytest.mark.parametrize("kind", WRITING)
SECRETS = ("champion", "challenger", "sample", "temperature", "model_round")


def test_every_kind_is_tested_here() -> None:
    assert set(FORMS) == set(LABELS_OF) == set(PAGES)


def test_a_form_without_a_page_is_told() -> None:
    with pytest.raises(LabelerError, match="no page for the form 'poem'; wanted: one of label, pair, ranking"):
        page_of("poem")


@every_kind
def test_the_sdk_accepts_the_page_and_an_own_page_has_not_changed(kind: str) -> None:
    from label_studio_sdk.label_interface import LabelInterface

    config = page_of(kind).page(FORMS[kind])
    LabelInterface(config).validate()
    assert page_of(kind).changes(config, FORMS[kind]) == ""
    assert is_ours(config)
    assert not is_ours("<View/>")


@every_kind
def test_style_sheets_hold_nothing_that_label_studio_would_mangle(kind: str) -> None:
    style = ElementTree.fromstring(page_of(kind).page(FORMS[kind])).findtext("Style") or ""
    assert re.search(r'[<>"]', style) is None


@every_kind
def test_the_page_asks_for_no_data_that_the_task_lacks(kind: str) -> None:
    asked = set(re.findall(r'value="\$(\w+)"', page_of(kind).page(FORMS[kind])))
    assert asked <= set(_data(kind))
    assert asked & set(page_of(kind).hidden())


@every_kind
def test_a_page_whose_controls_were_taken_away_has_changed(kind: str) -> None:
    page, form = page_of(kind), FORMS[kind]
    config = page.page(form)
    assert 'lacks "wrong"' in page.changes(config.replace('name="wrong"', 'name="flaws"'), form)
    assert page.changes("<View>", form) == "its labelling page cannot be read"
    others = [page_of(other).page(FORMS[other]) for other in KINDS if other != kind]
    assert all(page.changes(other, form) for other in others)


@every_kind
def test_an_answer_made_by_us_reads_back(kind: str) -> None:
    page = page_of(kind)
    for label in LABELS_OF[kind]:
        answer = page.read(page.result(label, ("harmful",)), FORMS[kind], data=_data(kind), skipped=False)
        assert (answer.state, answer.label, answer.flags) == (AnswerState.ANSWERED, label, ("harmful",))


@every_kind
@pytest.mark.parametrize(
    ("result", "state"),
    [
        ([], AnswerState.EMPTY),
        ([{"foo": 1}], AnswerState.MALFORMED),
        ("x", AnswerState.MALFORMED),
        (None, AnswerState.MALFORMED),
    ],
)
def test_nothing_and_nonsense_have_a_named_state(kind: str, result: Any, state: AnswerState) -> None:
    page = page_of(kind)
    assert page.read(result, FORMS[kind], data=_data(kind), skipped=False).state is state
    assert page.read(result, FORMS[kind], data=_data(kind), skipped=True).state is AnswerState.SKIPPED


@every_kind
def test_flags_and_a_note_without_an_answer_are_kept_and_survive_skipping(kind: str) -> None:
    page = page_of(kind)
    note = {"from_name": "note", "to_name": "text", "type": "textarea", "value": {"text": ["see invoice"]}}
    result = [*page.result(LABELS_OF[kind][0]), choice("wrong", "bad prompt"), note]
    skipped = page.read(result, FORMS[kind], data=_data(kind), skipped=True)
    assert (skipped.state, skipped.label) == (AnswerState.SKIPPED, None)
    empty = page.read(result[-2:], FORMS[kind], data=_data(kind), skipped=False)
    assert (empty.state, empty.label) == (AnswerState.EMPTY, None)
    assert (skipped.flags, skipped.note) == (empty.flags, empty.note) == (("bad prompt",), "see invoice")


@every_writing_kind
def test_the_server_holds_the_texts_of_the_answers_and_nothing_else_about_them(kind: str) -> None:
    made = page_of(kind).task(about(kind), FORMS[kind], model_version="m")
    assert list(made) == ["data"], "no prediction: nobody is told what the model would say"
    assert page_of(kind).shown(made["data"]) == TEXTS[: FORMS[kind].candidates]
    assert not [word for word in SECRETS if word in json.dumps(made)]


@every_writing_kind
def test_html_in_data_is_shown_as_text(kind: str) -> None:
    data = _data(kind)
    shown = [str(value) for name, value in data.items() if name.endswith("_html")]
    assert {tag for html in shown for tag in _tags(html)} <= {"div", "span", "b", "i", "br", "kbd"}
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in data["context_html"]
    assert "Short &amp; &lt;true&gt;" in data["about_html"]
    assert "&lt;true&gt;" in page_of(kind).instruction(FORMS[kind])


@every_writing_kind
def test_a_question_without_context_metadata_or_guidance_is_fine(kind: str) -> None:
    import dataclasses

    bare = dataclasses.replace(about(kind), context="", metadata={}, reason="")
    data = page_of(kind).task(bare, dataclasses.replace(FORMS[kind], guidance=""), model_version="m")["data"]
    assert all(data[name] for name in data if name.endswith("_html")), "Label Studio wants something to show"


@every_kind
def test_sent_and_collected_through_the_server(kind: str) -> None:
    fake = FakeLabelStudio()
    tool = labeler(fake, form=FORMS[kind])
    tool.send([about(kind, number) for number in range(len(LABELS_OF[kind]) + 1)])
    for number, label in enumerate(LABELS_OF[kind]):
        fake.annotate(f"q{number:04d}", page_of(kind).result(label))
    fake.annotate(f"q{len(LABELS_OF[kind]):04d}", page_of(kind).result(LABELS_OF[kind][0]), skipped=True)
    found = tool.collect(whole=True)
    given = [answers[0] for _, answers in sorted(found.annotations.items())]
    assert [answer.label for answer in given] == [*LABELS_OF[kind], None]
    assert {answer.state for answer in given[:-1]} == {AnswerState.ANSWERED}
    assert given[-1].state is AnswerState.SKIPPED
    assert found.problem == ""


def test_answers_of_an_earlier_form_are_still_read_by_its_page() -> None:
    fake = FakeLabelStudio()
    labeler(fake, form=FORMS["pair"]).send([about("pair", 0)])
    fake.annotate("q0000", page_of("pair").result("tie"))
    with pytest.raises(ProjectChanged, match='lacks "label", "label_set"'):
        labeler(fake, form=FORMS["label"]).send([about("label", 1)])
    found = labeler(fake, form=FORMS["label"]).collect()
    assert found.annotations["q0000"][0].label == "tie"
    assert page_for({"form": "of someone else"}, FORMS["label"]) is page_of("label")


def _data(kind: str) -> dict[str, Any]:
    page: Page = page_of(kind)
    form: Form = FORMS[kind]
    return dict(page.task(about(kind), form, model_version="m")["data"])


def _tags(html: str) -> set[str]:
    found: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:
            found.add(tag)

    Reader().feed(html)
    return found

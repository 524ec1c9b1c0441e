"""The same server, the same project, the same answer: recognised by what cannot repeat."""

from __future__ import annotations

import json

import pytest
from fake_label_studio import FakeLabelStudio
from made import choice, labeler, question

from labeling.label_studio.marker import read_marker
from loop.errors import ProjectGone
from loop.records import Receipt

QUESTIONS = [question(number) for number in range(6)]
FEE = [choice("label", "fee")]


def known(receipt: Receipt) -> dict[str, object]:
    return {"project_id": receipt.project_id, "instance": receipt.instance, "sends": receipt.sends}


def ids(fake: FakeLabelStudio, ext_id: str) -> list[str]:
    return [answer.id for answer in labeler(fake).collect(whole=True).annotations[ext_id]]


def test_an_answer_keeps_its_identity_over_edits_and_a_restored_backup_brings_it_back() -> None:
    fake = FakeLabelStudio()
    labeler(fake).send(QUESTIONS)
    answer = fake.annotate("q0000", FEE)
    first, backup = ids(fake, "q0000"), fake.saved()
    answer.update(result=[choice("label", "refund")], updated_at=fake.touch(fake.tasks[1]))
    assert ids(fake, "q0000") == first
    fake.set_back(backup)
    assert ids(fake, "q0000") == first


@pytest.mark.parametrize("ext_id", ["q0000", "q0001"])
def test_a_number_that_is_given_again_is_another_answer_to_whatever_question(ext_id: str) -> None:
    fake = FakeLabelStudio()
    labeler(fake).send(QUESTIONS)
    backup = fake.saved()
    fake.annotate("q0000", FEE)
    before = ids(fake, "q0000")
    fake.set_back(backup)
    again = fake.annotate(ext_id, FEE)
    assert again["id"] == 1
    assert ids(fake, ext_id) != before


def test_two_answers_to_one_question_are_two_and_an_identity_names_its_question() -> None:
    fake = FakeLabelStudio()
    labeler(fake).send(QUESTIONS)
    fake.annotate("q0000", FEE)
    fake.annotate("q0000", FEE)
    found = ids(fake, "q0000")
    assert len(set(found)) == 2
    assert all(id_.startswith("q0000:") and len(id_) <= 96 for id_ in found)


def test_a_unique_id_is_the_identity_where_a_server_gives_one() -> None:
    fake = FakeLabelStudio()
    labeler(fake).send(QUESTIONS)
    fake.annotate("q0000", FEE)["unique_id"] = "8f0c"
    before = ids(fake, "q0000")
    fake.tasks[1]["annotations"][0].update(id=77, created_at=fake.touch(fake.tasks[1]))
    assert ids(fake, "q0000") == before, "a server that was moved by export and import"


def test_an_emptied_server_with_a_project_of_the_same_number_and_key_is_another_one() -> None:
    fake = FakeLabelStudio()
    receipt = labeler(fake).send(QUESTIONS)
    fake.empty()
    labeler(fake).send(QUESTIONS[:1])
    tool = labeler(fake, **known(receipt))
    for call in (tool.collect, lambda: tool.send(QUESTIONS)):
        with pytest.raises(ProjectGone, match="now another one.*`weakspot label-studio restore`"):
            call()
    restored = tool.restore_page()
    assert not restored.continues
    assert restored.instance not in ("", receipt.instance)
    assert labeler(fake, **known(restored)).send(QUESTIONS).created == 5


def test_restoring_a_page_goes_on_with_the_same_project() -> None:
    fake = FakeLabelStudio()
    receipt = labeler(fake).send(QUESTIONS)
    fake.projects[1]["label_config"] = "<View/>"
    restored = labeler(fake, **known(receipt)).restore_page()
    assert restored.continues
    assert (restored.project_id, restored.instance) == (receipt.project_id, receipt.instance)


def test_a_server_that_was_set_back_is_recognised_until_it_has_got_the_questions_again() -> None:
    fake = FakeLabelStudio()
    first = labeler(fake).send(QUESTIONS[:3])
    backup = fake.saved()
    second = labeler(fake, **known(first)).send(QUESTIONS[3:])
    assert labeler(fake, **known(second)).collect().continues
    fake.set_back(backup)
    assert not labeler(fake, **known(second)).collect().continues
    again = labeler(fake, **known(second)).send(QUESTIONS[3:])
    assert (again.created, again.continues) == (3, False)
    assert again.instance == first.instance
    assert labeler(fake, **known(again)).collect().continues


def test_a_ledger_that_was_set_back_finds_its_questions() -> None:
    fake = FakeLabelStudio()
    first = labeler(fake).send(QUESTIONS[:3])
    labeler(fake, **known(first)).send(QUESTIONS[3:])
    tool = labeler(fake, **known(first))
    assert tool.collect().continues
    assert tool.send(QUESTIONS[3:]).created == 0


@pytest.mark.parametrize("description", [json.dumps({"managed_by": "weakspot", "project_key": "key-1"}), ""])
def test_a_project_of_an_older_version_is_adopted_and_its_marker_completed(description: str) -> None:
    fake = FakeLabelStudio()
    labeler(fake).send(QUESTIONS[:3])
    fake.projects[1]["description"] = description
    receipt = labeler(fake, project_id="1").send(QUESTIONS)
    assert (receipt.created, receipt.continues) == (3, True)
    marker = read_marker(fake.projects[1]["description"])
    assert marker is not None
    assert (marker.key, marker.instance, marker.sends) == ("key-1", receipt.instance, 1)


def test_a_description_that_people_wrote_stays_theirs() -> None:
    fake = FakeLabelStudio()
    receipt = labeler(fake).send(QUESTIONS[:3])
    fake.projects[1]["description"] = "Ask Ann before you change anything"
    again = labeler(fake, **known(receipt)).send(QUESTIONS)
    assert (again.created, again.continues, again.instance) == (3, True, receipt.instance)
    assert fake.projects[1]["description"] == "Ask Ann before you change anything"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_send_is_counted_once_whatever_breaks(when: str) -> None:
    fake = FakeLabelStudio()
    fake.break_once("PATCH", "/1", when)
    tool = labeler(fake, tries=2)
    assert tool.send(QUESTIONS).sends == 1
    assert len(fake.ext_ids()) == 6


def test_a_question_whose_task_is_gone_is_absent_when_looked_at_closely() -> None:
    fake = FakeLabelStudio()
    labeler(fake).send(QUESTIONS[:3])
    watermark = labeler(fake).collect().watermark
    del fake.tasks[2]
    found = labeler(fake).collect(since=watermark, closely=["q0000", "q0001"])
    assert found.absent == {"q0001"}
    assert labeler(fake).collect(since=watermark).absent == frozenset()


def test_a_project_that_another_folder_holds_is_not_used_and_a_moved_folder_keeps_its_own() -> None:
    fake = FakeLabelStudio()
    first = labeler(fake, holder="here").send(QUESTIONS)
    copy = labeler(fake, holder="there", **known(first))
    for call in (copy.collect, lambda: copy.send(QUESTIONS)):
        with pytest.raises(ProjectGone, match="another folder asks.*`weakspot label-studio restore`"):
            call()
    assert labeler(fake, holder="there", former="here", **known(first)).collect().continues
    own = copy.restore_page()
    assert (own.project_id, own.continues) == ("2", False)
    assert labeler(fake, holder="there", **known(own)).send(QUESTIONS).created == 6
    assert labeler(fake, holder="here", **known(first)).send(QUESTIONS).created == 0
    assert labeler(fake, holder="third").collect(whole=True).present == frozenset()


def test_a_project_without_a_holder_belongs_to_the_first_folder_that_sends() -> None:
    fake = FakeLabelStudio()
    receipt = labeler(fake).send(QUESTIONS)
    labeler(fake, holder="here", **known(receipt)).send(QUESTIONS)
    with pytest.raises(ProjectGone, match="this one is a copy"):
        labeler(fake, holder="there", **known(receipt)).collect()

"""What every labeling tool in the menu must do, whichever it is: the laws of `loop.protocols.Labeler`.

A tool joins by one entry in WORLDS: how to make it on an empty, throw-away server, and how a person answers there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from loop import registry
from loop.protocols import Labeler
from loop.records import AnswerState, Form, LabelSet, Question

LABELS = LabelSet(("a", "b", "c"))


@dataclass(frozen=True)
class World:
    labeler: Callable[[], Labeler]
    """A new one each time, as after a crash, on the same server."""
    answer: Callable[[str, str | None], None]
    """(ext_id, label or None to skip)."""
    remove: Callable[[str], None]


def label_studio() -> World:
    from fake_label_studio import TOKEN, URL, FakeLabelStudio

    from labeling.label_studio.client import Client
    from labeling.label_studio.labeler import LabelStudio
    from labeling.label_studio.pages import classification

    fake = FakeLabelStudio()
    client = Client(URL, TOKEN, transport=fake.transport(), pause=lambda _: None)

    def answer(ext_id: str, label: str | None) -> None:
        fake.annotate(ext_id, classification.result(label), skipped=label is None)

    def remove(ext_id: str) -> None:
        number = next(n for n, task in fake.tasks.items() if task["data"]["ext_id"] == ext_id)
        del fake.tasks[number]

    return World(
        lambda: LabelStudio(
            lambda: client, form=Form("label", labels=LABELS), project_key="k", title="laws", pause=lambda _: None
        ),
        answer,
        remove,
    )


WORLDS = {"label_studio": label_studio}


@pytest.fixture(params=registry.names("labeler"))
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[1]), *sys.path])
    return WORLDS[request.param]()


def question(number: int) -> Question:
    return Question(
        ext_id=f"x{number}",
        round=0,
        example_id=f"e{number}",
        text=f"text {number}",
        metadata={},
        options=tuple((name, None) for name in LABELS.names),
        suggestion=None,
        confidence=None,
        reason="law",
    )


def test_each_question_lies_there_once_however_often_it_is_sent(world: World) -> None:
    first = world.labeler().send([question(1), question(2)])
    second = world.labeler().send([question(2), question(3)])
    assert (first.created, second.created) == (2, 1)
    assert [task.ext_id for task in second.tasks] == ["x2", "x3"]
    assert first.tasks[1] == second.tasks[0]
    assert world.labeler().collect(whole=True).present == {"x1", "x2", "x3"}


def test_an_answer_is_collected_whole_with_its_state(world: World) -> None:
    world.labeler().send([question(1), question(2), question(3)])
    world.answer("x1", "b")
    world.answer("x2", None)
    found = world.labeler().collect()
    states = {id_: [(a.state, a.label) for a in answers] for id_, answers in found.annotations.items() if answers}
    assert states == {"x1": [(AnswerState.ANSWERED, "b")], "x2": [(AnswerState.SKIPPED, None)]}
    assert found.watermark is not None
    assert found.problem == ""


def test_collecting_again_loses_nothing_and_brings_what_is_new(world: World) -> None:
    world.labeler().send([question(1), question(2)])
    world.answer("x1", "a")
    watermark = world.labeler().collect().watermark
    world.answer("x2", "c")
    found = world.labeler().collect(since=watermark)
    assert [a.label for a in found.annotations["x2"]] == ["c"]
    assert found.present is None


def test_a_question_is_read_closely_even_when_nothing_tells_of_a_change(world: World) -> None:
    world.labeler().send([question(1), question(2)])
    world.answer("x1", "a")
    watermark = world.labeler().collect().watermark
    found = world.labeler().collect(since=watermark, closely=["x1", "x2", "never sent"])
    assert {id_: [a.label for a in answers] for id_, answers in found.annotations.items()} == {"x1": ["a"], "x2": []}


def test_reading_twice_reads_the_same(world: World) -> None:
    world.labeler().send([question(1)])
    world.answer("x1", "a")
    assert world.labeler().collect(whole=True) == world.labeler().collect(whole=True)


def test_a_removed_task_is_not_present(world: World) -> None:
    world.labeler().send([question(1), question(2)])
    world.remove("x1")
    assert world.labeler().collect(whole=True).present == {"x2"}


def test_every_tool_of_the_menu_has_a_world() -> None:
    assert set(registry.names("labeler")) == set(WORLDS)

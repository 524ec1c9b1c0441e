"""A person in a real browser on the pages for models that write: clicks, keys, drags and typing come back as meant."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from in_browser import sign_in

from labeling.label_studio.client import Client
from labeling.label_studio.labeler import LabelStudio
from labeling.label_studio.server import Access, EmbeddedServer
from loop.records import AnswerState, Form, Question

pytestmark = [pytest.mark.server, pytest.mark.browser, pytest.mark.slow]

GUIDANCE = "Polite, names the right plan and date, no longer than needed."
CONTEXT = "Plus ordered on 12 March, active from 1 April.\nBasic: 29.99 EUR, Plus: 39.99 EUR."
GOOD = "Thank you for asking. Your Plus plan starts on 1 April; until then you pay 29.99 EUR."
WRONG = "Thank you for asking. Your Plus plan started on 12 March; we pay back the difference."
ODD = "Dear <b>customer</b>,\n\n1. Open the app\n2. Tap “Bills”\n\nمرحبا 🙂"
ANSWERED, SKIPPED, EMPTY = AnswerState.ANSWERED, AnswerState.SKIPPED, AnswerState.EMPTY


@pytest.fixture(scope="module")
def page(chromium: Any, label_studio_server: EmbeddedServer) -> Any:
    """One signed-in window for the whole file."""
    made = chromium.new_page(viewport={"width": 1440, "height": 900})
    sign_in(made, label_studio_server.start())
    return made


@pytest.fixture
def ask(label_studio_server: EmbeddedServer, page: Any) -> Callable[..., LabelStudio]:
    """Sends one question for each tuple of answers and opens the first."""
    access: Access = label_studio_server.start()
    client = Client(access.url, access.token)

    def asked(form: Form, shown: Sequence[tuple[str, ...]]) -> LabelStudio:
        tool = LabelStudio(lambda: client, form=form, project_key=uuid4().hex, title=f"Support {form.kind}")
        receipt = tool.send([_question(number, answers) for number, answers in enumerate(shown)])
        page.goto(receipt.project_url)
        return tool

    return asked


def test_a_pair_by_key_and_by_click_a_tie_both_bad_and_a_skip(ask: Callable[..., LabelStudio], page: Any) -> None:
    pairs = [(GOOD, WRONG), (ODD, GOOD), (GOOD, GOOD + " Bye."), (ODD, WRONG), (WRONG, GOOD), (GOOD, ODD)]
    tool = ask(Form("pair", candidates=2, guidance=GUIDANCE), pairs)
    _see(page, 0)
    _keep_picture(page, "pair.png")
    assert _fits(page), "the whole page is visible at 1440x900 without scrolling"
    heights = [card.bounding_box()["height"] for card in page.locator(".ws-answer").all()]
    assert heights[0] == heights[1]
    assert page.locator(".ws-only").all_inner_texts() == [
        "starts",
        "1 April; until then you",
        "29.99 EUR.",
        "started",
        "12 March; we",
        "back the difference.",
    ]
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    _see(page, 1)
    assert page.locator(".ws-words").first.inner_text() == ODD
    page.get_by_text("Right is better").click()
    page.click('button:has-text("Submit")')
    _see(page, 2)
    page.keyboard.press("3")
    page.keyboard.press("Control+Enter")
    _see(page, 3)
    page.get_by_text("Both are bad").click()
    page.keyboard.press("Control+Enter")
    _see(page, 4)
    page.click('button:has-text("Skip")')
    _see(page, 5)
    page.keyboard.press("q")
    page.keyboard.press("Control+Enter")
    assert _said(tool, 6) == [
        (ANSWERED, "first", ()),
        (ANSWERED, "second", ()),
        (ANSWERED, "tie", ()),
        (ANSWERED, "both_bad", ()),
        (SKIPPED, None, ()),
        (EMPTY, None, ("bad prompt",)),
    ]


def test_a_ranking_by_dragging_one_that_is_right_and_a_skip(ask: Callable[..., LabelStudio], page: Any) -> None:
    tool = ask(Form("ranking", candidates=3, guidance=GUIDANCE), [(WRONG, ODD, GOOD)] * 4)
    _see(page, 0)
    _keep_picture(page, "ranking.png")
    _drag(page, "C", above="A")
    page.keyboard.press("Control+Enter")
    _see(page, 1)
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    _see(page, 2)
    _drag(page, "B", above="A")
    page.click('button:has-text("Skip")')
    _see(page, 3)
    page.keyboard.press("q")
    page.keyboard.press("Control+Enter")
    assert _said(tool, 4) == [
        (ANSWERED, "[3, 1, 2]", ()),
        (ANSWERED, "[1, 2, 3]", ()),
        (SKIPPED, None, ()),
        (EMPTY, None, ("bad prompt",)),
    ]


def test_a_rating_by_click_and_by_key_and_one_that_lacks_a_mark(ask: Callable[..., LabelStudio], page: Any) -> None:
    criteria = {"correct": "Agrees with the context", "polite & kind": "", "brief": "No longer than needed"}
    tool = ask(Form("rating", criteria=criteria, candidates=1, guidance=GUIDANCE), [(GOOD,), (ODD,), (WRONG,)])
    _see(page, 0)
    _keep_picture(page, "rating.png")
    rows = page.locator(".ws-mark")
    for row, mark in enumerate((5, 2, 4)):
        rows.nth(row).locator(".ant-radio-wrapper").nth(mark - 1).click()
    page.click('button:has-text("Submit")')
    _see(page, 1)
    for key in "1td":
        page.keyboard.press(key)
    page.keyboard.press("Control+Enter")
    _see(page, 2)
    page.keyboard.press("3")
    page.keyboard.press("Control+Enter")
    assert _said(tool, 3) == [
        (ANSWERED, '{"correct": 5, "polite & kind": 2, "brief": 4}', ()),
        (ANSWERED, '{"correct": 1, "polite & kind": 5, "brief": 3}', ()),
        (EMPTY, None, ()),
    ]


def test_a_correction_typed_left_as_it_is_emptied_and_skipped(ask: Callable[..., LabelStudio], page: Any) -> None:
    tool = ask(
        Form("correction", candidates=1, guidance=GUIDANCE), [(WRONG,), (ODD + "\n",), (WRONG,), (WRONG,), (GOOD,)]
    )
    box = page.locator(".ws-mend textarea")
    _see(page, 0)
    _keep_picture(page, "correction.png")
    box.click()
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.type("Bye <i>1 q</i>")
    page.keyboard.press("Shift+Enter")
    box.wait_for(state="detached")
    page.keyboard.press("Control+Enter")
    _see(page, 1)
    page.keyboard.press("Control+Enter")
    _see(page, 2)
    box.fill("")
    page.click('button:has-text("Submit")')
    _see(page, 3)
    box.fill(GOOD)
    page.click('button:has-text("Submit")')
    _see(page, 4)
    page.click('button:has-text("Skip")')
    assert _said(tool, 5) == [
        (ANSWERED, f"{WRONG}\nBye <i>1 q</i>", ()),
        (ANSWERED, ODD + "\n", ()),
        (EMPTY, None, ()),
        (ANSWERED, GOOD, ()),
        (SKIPPED, None, ()),
    ]


def _question(number: int, answers: tuple[str, ...]) -> Question:
    return Question(
        ext_id=f"b{number}",
        round=2,
        example_id=f"e{number}",
        text=f"Request {number}: my bill still says <b>Basic</b>, when does Plus start?",
        metadata={"channel": "chat"},
        options=(),
        suggestion=None,
        confidence=None,
        reason="The model's answers to this request differ more than to most others.",
        candidates=answers,
        context=CONTEXT,
    )


def _see(page: Any, number: int) -> None:
    page.get_by_text(_question(number, ()).text, exact=True).first.wait_for(timeout=60_000)
    page.locator('button:has-text("Skip"):enabled').wait_for()


def _drag(page: Any, letter: str, *, above: str) -> None:
    """As a hand does: press, move in steps, wait till the others made room, let go."""
    item, other = (page.locator(f".htx-ranker-item:has(h5:text-is('{name}'))") for name in (letter, above))
    start, end = item.bounding_box(), other.bounding_box()
    page.mouse.move(start["x"] + 20, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(start["x"] + 22, start["y"] + 10, steps=3)
    page.mouse.move(end["x"] + 22, end["y"] + 2, steps=12)
    made_room = "node => new DOMMatrix(getComputedStyle(node).transform).f > 5"
    page.wait_for_function(made_room, arg=other.element_handle())
    page.mouse.up()
    page.wait_for_function(f"document.querySelector('.htx-ranker-item h5').innerText === '{letter}'")


def _fits(page: Any) -> bool:
    bottom = page.locator(".ws-wrong").bounding_box()
    bar = page.locator('button:has-text("Submit")').bounding_box()
    return bool(bottom["y"] + bottom["height"] <= bar["y"])


def _said(tool: LabelStudio, count: int) -> list[tuple[AnswerState, str | None, tuple[str, ...]]]:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        found = {ext_id: given[0] for ext_id, given in tool.collect().annotations.items() if given}
        if len(found) == count:
            return [(answer.state, answer.label, answer.flags) for _, answer in sorted(found.items())]
    raise AssertionError(f"only {sorted(found)} were answered")


def _keep_picture(page: Any, name: str) -> None:
    """For whoever asks with WEAKSPOT_PICTURES=folder, for example to renew those of the README."""
    folder = os.environ.get("WEAKSPOT_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / name))

"""A person in a real browser: one answer by key, one through the search box, one skip, one flag without a label."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from in_browser import see, sign_in

from labeling.label_studio.client import Client
from labeling.label_studio.labeler import LabelStudio
from labeling.label_studio.server import Access, EmbeddedServer
from loop.records import AnswerState, Form, LabelSet, Neighbour, Question

pytestmark = [pytest.mark.server, pytest.mark.browser]

NAMES = [
    "bill_too_high",
    "charged_twice",
    "price_rise_notice",
    "payment_failed",
    "payment_method",
    "refund_status",
    "no_internet",
    "slow_internet",
    "router_problem",
    "tv_not_working",
    "sim_lost",
    "sim_activation",
    "number_porting",
    "roaming_costs",
    "roaming_not_working",
    "technician_appointment",
    "technician_no_show",
    "order_status",
    "address_change",
    "cancel_contract",
    "change_plan",
    "password_reset",
    "complaint",
    "out_of_scope",
]
LABELS = LabelSet(tuple(NAMES), {"charged_twice": "The same amount was taken more than once"})
SHARES = (0.41, 0.37, 0.08, 0.05, 0.03, 0.02, 0.01, 0.01)
NEAR = (
    Neighbour("you took the money from my account two times this month!!", "charged_twice", 0.91),
    Neighbour("why is my march bill 20 euros more than february? nobody told me anything", "bill_too_high", 0.87),
    Neighbour("double payment", "charged_twice", 0.84),
)
TEXTS = (
    "hi, so i looked at my bank statement and you guys took 39.99 twice?? once on the 3rd and again on the 5th. "
    "plus the bill itself is higher than what i signed for. pls fix asap",
    "internet weg seit gestern, router blinkt rot",
    "hola, quiero cambiar my number to the new sim but nothing happens",
    "asdf",
)


def question(number: int, text: str) -> Question:
    shares = SHARES + (0.001,) * (len(NAMES) - len(SHARES))
    return Question(
        ext_id=f"b{number}",
        round=2,
        example_id=f"e{number}",
        text=text,
        metadata={"channel": "chat", "language": "en", "customer tier": "gold"},
        options=tuple(zip(NAMES, shares, strict=True)),
        suggestion=NAMES[0],
        confidence=SHARES[0],
        reason="The model wavers between bill_too_high (41 %) and charged_twice (37 %), two labels it often mixes up.",
        neighbours=NEAR,
    )


@pytest.fixture
def page(chromium: Any) -> Any:
    return chromium.new_page(viewport={"width": 1440, "height": 900})


def test_keys_search_and_skip_come_back_as_they_were_meant(
    label_studio_server: EmbeddedServer,
    page: Any,
) -> None:
    access = label_studio_server.start()
    client = Client(access.url, access.token)
    tool = LabelStudio(lambda: client, form=Form("label", labels=LABELS), project_key=uuid4().hex, title="Support desk")
    receipt = tool.send([question(number, text) for number, text in enumerate(TEXTS)])
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if not _is_local(request.url, access) else None)
    sign_in(page, access)
    page.goto(receipt.project_url)

    see(page, TEXTS[0])
    assert page.locator(".ws-options .lsf-choice").count() == len(NAMES)
    _keep_picture(page, "labelling.png")
    assert _fits(page), "the whole page is visible at 1440x900 without scrolling"
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")

    see(page, TEXTS[1])
    page.keyboard.press("Shift+F")
    page.keyboard.type("router")
    page.locator(".ws-options .lsf-choice:visible").first.wait_for()
    assert page.locator(".ws-options .lsf-choice:visible").count() == 1
    _keep_picture(page, "search.png")
    page.click("text=router_problem")
    page.click('button:has-text("Submit")')

    see(page, TEXTS[2])
    page.click('button:has-text("Skip")')

    see(page, TEXTS[3])
    page.keyboard.press("1")
    page.locator(".ws-options .ant-radio-wrapper-checked").wait_for(state="detached")
    for letter in "tasdfgzxcvbyiopjklnm":
        page.keyboard.press(letter)
    page.keyboard.press("e")
    page.keyboard.press("Control+Enter")

    answers = _answers_when(tool, 4)
    said = {ext_id: (a.state, a.label, a.flags, a.suggestion) for ext_id, a in answers.items()}
    assert said == {
        "b0": (AnswerState.ANSWERED, "charged_twice", (), "bill_too_high"),
        "b1": (AnswerState.ANSWERED, "router_problem", (), "bill_too_high"),
        "b2": (AnswerState.SKIPPED, None, (), "bill_too_high"),
        "b3": (AnswerState.EMPTY, None, ("bad text",), "bill_too_high"),
    }
    assert outside == []


def test_the_page_fits_with_77_labels_in_light_and_dark(
    label_studio_server: EmbeddedServer,
    page: Any,
) -> None:
    access = label_studio_server.start()
    client = Client(access.url, access.token)
    labels = LabelSet(tuple(f"a_rather_long_label_name_{number}" for number in range(77)))
    tool = LabelStudio(lambda: client, form=Form("label", labels=labels), project_key=uuid4().hex, title="Many labels")
    asked = dataclasses.replace(
        question(1, " ".join(TEXTS * 4)),
        options=tuple((name, 1 / 77) for name in labels.names),
        suggestion=labels.names[0],
    )
    receipt = tool.send([asked])
    sign_in(page, access)
    page.goto(receipt.project_url)
    see(page, asked.text)
    assert page.locator(".ws-options .lsf-choice").count() == 77
    assert _fits(page)
    page.click("button:has-text('Light')")
    page.locator("html[data-color-scheme=dark], html.dark, body[data-color-scheme=dark]").first.wait_for(timeout=60_000)
    _keep_picture(page, "dark.png")


def _fits(page: Any) -> bool:
    bottom = page.locator(".ws-wrong").bounding_box()
    bar = page.locator('button:has-text("Submit")').bounding_box()
    return bool(bottom["y"] + bottom["height"] <= bar["y"])


def _answers_when(tool: LabelStudio, count: int) -> dict[str, Any]:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        found = {ext_id: given[0] for ext_id, given in tool.collect().annotations.items() if given}
        if len(found) == count:
            return found
    raise AssertionError(f"only {sorted(found)} were answered")


def _is_local(url: str, access: Access) -> bool:
    return url.startswith((access.url, "data:", "blob:"))


def _keep_picture(page: Any, name: str) -> None:
    """For whoever asks with WEAKSPOT_PICTURES=folder, for example to renew those of the README."""
    folder = os.environ.get("WEAKSPOT_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / name))

"""The whole way of a person: asked by `weakspot run`, answering in a real browser, counted on the dashboard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from in_browser import drawn, see, sign_in, window
from made_project import change, make_files, make_project, weakspot

from labeling.label_studio.server import EmbeddedServer
from loop.report import questions, standing, view

pytestmark = [pytest.mark.server, pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def asked(tmp_path: Path, label_studio_venv: Path) -> Any:
    """A project whose first four questions lie in its own Label Studio."""
    root = tmp_path / "desk"
    make_project(root, make_files(tmp_path, pool=60, gold=30), batch=4, seed_labels=24, experts="people")
    change(root, {"selection.audit": 0.0, "selection.blind": 0.0, "dev.share": 0.0})
    waiting = weakspot("run", "--project", str(root), "--no-wait")
    assert waiting.returncode == 3, waiting.stderr
    assert "4 questions of round 0 wait for an answer" in waiting.stderr
    yield root
    EmbeddedServer(root / ".weakspot" / "label_studio").stop()


def test_a_person_answers_in_the_browser_and_the_dashboard_counts_it(asked: Path, chromium: Any) -> None:
    access = EmbeddedServer(asked / ".weakspot" / "label_studio").access()
    with view(asked) as opened:
        stream = standing(opened).url
        first, second, third, _ = questions(opened)
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    sign_in(page, access)
    page.goto(stream)
    see(page, first.text)
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")

    see(page, second.text)
    page.keyboard.press("Shift+F")
    page.keyboard.type("charged")
    page.locator(".ws-options .lsf-choice:visible", has_text="charged_twice").click()
    page.click('button:has-text("Submit")')

    see(page, third.text)
    page.click('button:has-text("Skip")')
    page.get_by_text(third.text, exact=True).first.wait_for(state="detached")

    done = weakspot("run", "--project", str(asked), "--finish-early", "--json")
    assert done.returncode == 0, done.stderr
    (figures,) = json.loads(done.stdout)["rounds"]
    assert (figures["asked"], figures["answered"], figures["skipped"]) == (4, 2, 1)
    with view(asked) as opened:
        answers = {row.ext_id: row for row in questions(opened)}
    assert answers[second.ext_id].answer == "charged_twice"
    assert answers[first.ext_id].answer not in (None, first.guess)
    assert answers[third.ext_id].state == "skipped"

    with window(asked) as address:
        page.goto(f"{address}/label-queue")
        page.locator("[data-testid=stMetricValue]").first.wait_for()
        drawn(page)
        names = page.locator("[data-testid=stMetricLabel]").all_inner_texts()
        values = page.locator("[data-testid=stMetricValue]").all_inner_texts()
    counts = {name.split("\n")[0].strip(): value.strip() for name, value in zip(names, values, strict=True)}
    assert {name: counts[name] for name in ("Open", "Answered", "Skipped")} == {
        "Open": "1",
        "Answered": "2",
        "Skipped": "1",
    }

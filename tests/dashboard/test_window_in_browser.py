"""The window in a real Chromium: nothing leaves this machine, nothing of the data runs, nothing sticks out sideways."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from contrast import ENOUGH, contrast
from in_browser import drawn, window
from made_honest import REOPENED
from made_stores import make_hostile, trap
from made_writing import Writing, make_writing

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ADDRESSES = ("", "gate", "plan", "weak-spots", "calibration", "label-queue", "runs")
WRITING = (*ADDRESSES, "generation")
COLOURS = """found => {
    const parts = colour => [...colour.matchAll(/[0-9.]+/g)].map(Number);
    const papers = [];
    for (let at = found; at; at = at.parentElement) papers.unshift(parts(getComputedStyle(at).backgroundColor));
    const words = found.querySelector('p') || found;
    return [parts(getComputedStyle(words).color), ...papers.map(([r, g, b, a = 1]) => [r, g, b, a])];
}"""
"""Of an element: the colour of its words, then the backgrounds from the page down to itself, with their cover 0..1."""
LOOKS = ((1440, "light"), (390, "dark"))
"""Each width and each theme once."""


@pytest.fixture(scope="module")
def six(stores: Any) -> Iterator[str]:
    with window(stores["six"]) as address:
        yield address


@pytest.fixture(scope="module")
def honest(stores: Any) -> Iterator[str]:
    with window(stores["honest"]) as address:
        yield address


@pytest.fixture(scope="module")
def writing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with window(make_writing(tmp_path_factory.mktemp("writing") / "five", Writing(gold=24))) as address:
        yield address


def opened(page: Any, url: str) -> list[str]:
    """Opens a page and waits until it is drawn; returns what went wrong on the way."""
    wrong: list[str] = []
    page.on("request", lambda r: None if local(r.url) else wrong.append(f"request to {r.url}"))
    page.on("pageerror", lambda fault: wrong.append(f"error {fault}"))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" and not known(line) else None)
    page.goto(url)
    drawn(page)
    if "generation" in url:
        page.get_by_role("heading", name="Which doubt finds wrong answers").wait_for(timeout=60_000)
    return wrong


def sticking_out(page: Any) -> int:
    """Pixels that the page's middle is wider than what is seen of it."""
    found: int = page.evaluate("(e => e.scrollWidth - e.clientWidth)(document.querySelector('[data-testid=stMain]'))")
    return found


def local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))


def known(line: Any) -> bool:
    """Streamlit probes its own address below a deep link first and gets a 404 there: no fault of the page."""
    return "404" in line.text and "/_stcore/" in line.location["url"]


@pytest.mark.parametrize(("width", "theme"), LOOKS)
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_is_drawn_without_an_error_or_a_request_to_elsewhere_and_nothing_scrolls_sideways(
    chromium: Any, honest: str, address: str, width: int, theme: str
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page = context.new_page()
    assert opened(page, f"{honest}/{address}") == []
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.locator("text=simulated experts").first.is_visible() == (width > 390), "a phone hides the sidebar"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert sticking_out(page) <= 0
    context.close()


@pytest.mark.parametrize(("width", "theme"), LOOKS)
@pytest.mark.parametrize("address", WRITING)
def test_pages_of_a_model_that_writes_are_drawn_and_nothing_sticks_out(
    chromium: Any, writing: str, address: str, width: int, theme: str
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page = context.new_page()
    assert opened(page, f"{writing}/{address}") == []
    assert page.locator("[data-testid=stException]").count() == 0
    assert sticking_out(page) <= 0
    context.close()


def test_answers_stand_beside_each_other_and_under_each_other_on_a_phone(chromium: Any, writing: str) -> None:
    for width, beside in ((1440, True), (390, False)):
        page = chromium.new_page(viewport={"width": width, "height": 1200})
        opened(page, f"{writing}/generation?pairs=All")
        sides = page.locator("[data-testid=stHtml] section")
        # Both in one look: between two looks the page may move, while what stands above is still being drawn.
        left, right = sides.evaluate_all("all => all.slice(0, 2).map(side => side.getBoundingClientRect().toJSON())")
        assert abs(left["width"] - right["width"]) < 2
        assert (abs(left["y"] - right["y"]) < 2) == beside
        assert page.locator("[data-testid=stHtml] ins").count() > 0
        page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_on_what_is_chosen_or_pressed_stand_out(chromium: Any, six: str, theme: str) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme=theme)
    page = context.new_page()
    assert opened(page, six) == []
    for words in ("Round", "Open label queue"):
        pressed = (
            page.locator("[role=radio][aria-checked=true], button, a").filter(has_text=re.compile(f"{words}$")).last
        )
        ink, *papers = pressed.evaluate(COLOURS)
        assert contrast(shown(ink, []), shown(ink, papers)) >= ENOUGH, words
    context.close()


def shown(ink: list[float], papers: list[list[float]]) -> list[float]:
    """The ink itself, or what its papers look like together, from the undermost to the topmost; 0..255 each."""
    found = ink[:3]
    for *colour, cover in papers:
        found = [cover * own + (1 - cover) * below for own, below in zip(colour, found, strict=True)]
    return found


def test_a_box_on_the_map_narrows_the_list(chromium: Any, six: str) -> None:
    page = chromium.new_page(viewport={"width": 1440, "height": 1500})
    opened(page, f"{six}/weak-spots")
    about = page.locator("[data-testid=stCaptionContainer]", has_text="with a known label wrong")
    everything = about.inner_text()
    canvas = page.locator("[data-testid=stVegaLiteChart] :is(canvas, svg.marks)").first
    canvas.wait_for()
    place = canvas.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + place["width"] * 0.3, place["y"] + place["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] * 0.6, place["y"] + place["height"] * 0.6, steps=8)
    page.mouse.up()
    page.wait_for_function(
        "before => ![...document.querySelectorAll('[data-testid=stCaptionContainer]')]"
        ".some(e => e.innerText === before)",
        arg=everything,
        timeout=30_000,
    )
    count = int(about.inner_text().split()[0].replace(",", ""))
    assert 0 < count < int(everything.split()[0].replace(",", ""))
    page.close()


def test_the_alert_of_a_spot_that_came_back_leads_to_its_life(chromium: Any, honest: str) -> None:
    page = chromium.new_page(viewport={"width": 1440, "height": 1500})
    opened(page, honest)
    page.get_by_role("link", name="Its life").click()
    page.get_by_role("heading", name="Life of one spot").wait_for(timeout=60_000)
    drawn(page)
    page.get_by_text(f'weakspot spots rename {REOPENED} "a better name"').wait_for()
    page.close()


def test_a_link_into_a_filtered_queue_works_from_outside(chromium: Any, six: str) -> None:
    page = chromium.new_page()
    opened(page, f"{six}/label-queue?status=skipped&round=2")
    page.locator("text=2 questions").first.wait_for()
    page.close()


class Beacon(BaseHTTPRequestHandler):
    hits: list[str] = []  # noqa: RUF012 (shared on purpose: the server makes a handler for every request)

    def do_GET(self) -> None:
        self.hits.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def beacon() -> Iterator[str]:
    Beacon.hits.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Beacon)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_hostile_texts_neither_run_nor_fetch_anything(chromium: Any, beacon: str, tmp_path: Path) -> None:
    neither_runs_nor_fetches(chromium, make_hostile(tmp_path / "hostile", beacon=beacon), ADDRESSES, beacon=beacon)


def test_hostile_answers_neither_run_nor_fetch_anything(chromium: Any, beacon: str, tmp_path: Path) -> None:
    wanted = Writing(
        rounds=3,
        gold=12,
        pool=60,
        batch=12,
        simulated=False,
        title=trap("title", beacon),
        text=lambda text: trap(text, beacon),
        name=lambda name: f"{name[:12]} ![a]({beacon}/n) <img src=x onerror=alert(1)>",
    )
    neither_runs_nor_fetches(chromium, make_writing(tmp_path / "hostile", wanted), WRITING, beacon=beacon)


def neither_runs_nor_fetches(chromium: Any, project: Path, paths: tuple[str, ...], *, beacon: str) -> None:
    with window(project) as address:
        for path in paths:
            page = chromium.new_page(viewport={"width": 1440, "height": 2400})
            opened(page, f"{address}/{path}")
            for chart in page.locator("[data-testid=stVegaLiteChart] :is(canvas, svg.marks)").all():
                chart.hover()
            page.wait_for_load_state("networkidle")
            assert page.evaluate("window.__ran") is None
            assert page.locator("[data-testid=stMain] a[href^=javascript]").count() == 0
            assert page.locator(f"img[src*='{beacon}']").count() == 0
            page.close()
    assert Beacon.hits == []


def test_the_beacon_of_that_test_works(chromium: Any, beacon: str) -> None:
    page = chromium.new_page()
    page.set_content(f"<img src='{beacon}/seen'>")
    page.wait_for_load_state("networkidle")
    assert Beacon.hits == ["/seen"]
    page.close()


def test_a_foreign_name_for_this_machine_is_refused(six: str) -> None:
    import http.client

    port = int(six.rsplit(":", 1)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    foreign = {"Host": "evil.example", "Origin": "http://evil.example"}
    connection.request("GET", "/_stcore/stream", headers={**upgrade, **key, **foreign})
    assert connection.getresponse().status == 403
    connection.close()

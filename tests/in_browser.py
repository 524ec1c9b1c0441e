"""A real Chromium for tests: the browser, the window on a project, and what a person does on both pages.

chromium ─► skips aloud where there is none      window(project) ─► the address of a dashboard served on it
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dashboard import launch
from labeling.label_studio.processes import is_free
from labeling.label_studio.server import Access

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

FIRST_PORT = 8601

QUIET = """new Promise(resolve => {
    let last = performance.now();
    const watcher = new MutationObserver(() => { last = performance.now(); });
    watcher.observe(document.body, {subtree: true, childList: true, characterData: true});
    const look = () => {
        if (performance.now() - last < 300) { setTimeout(look, 50); return; }
        watcher.disconnect();
        resolve();
    };
    look();
})"""
"""Until nothing was added to the page or taken from it for 300 ms: what the script sent is drawn bit by bit."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser; skips aloud where there is none."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def window(project: Path) -> Iterator[str]:
    """The address of a real server on this project; each worker has ports of its own, lest two take one at once."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    port = next(port for port in range(FIRST_PORT + 50 * worker, FIRST_PORT + 50 * (worker + 1)) if is_free(port))
    command = launch.command(project, port=port, host="127.0.0.1", headless=True)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/") as process:
        address = f"http://127.0.0.1:{port}"
        try:
            wait_for(f"{address}/_stcore/health", process)
            assert launch.listens(process.pid, port), "another server answers there"
            yield address
        finally:
            process.terminate()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    pause = threading.Event()
    for _ in range(300):
        assert process.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            pause.wait(0.1)
        else:
            return
    raise AssertionError(f"nobody answers at {url}")


def drawn(page: Any) -> None:
    """Waits until the page's script is through and what it sent stands there."""
    page.wait_for_selector("h1", timeout=60_000)
    page.wait_for_selector("[data-testid=stSidebar] >> text=Updated", state="attached", timeout=60_000)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=60_000)
    page.wait_for_selector("[data-testid=stStatusWidget]", state="detached", timeout=60_000)
    page.wait_for_function("document.querySelectorAll('[data-stale=true]').length === 0", timeout=60_000)
    page.evaluate(QUIET)


def sign_in(page: Any, access: Access) -> None:
    """As a person does."""
    page.goto(f"{access.url}/user/login/")
    page.fill("input[name=email]", access.email)
    page.fill("input[name=password]", access.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "login" not in url)


def see(page: Any, text: str) -> None:
    """Waits until this text is asked, with the suggestion chosen."""
    page.get_by_text(text, exact=True).first.wait_for(timeout=60_000)
    page.locator(".ws-options .ant-radio-wrapper-checked").wait_for()

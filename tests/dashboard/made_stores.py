"""Projects of every state, made once for all tests of the dashboard; pages are drawn by Streamlit's own test runner."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest
from made_honest import ROUNDS, make_honest
from made_projects import Wanted, make_project

from loop.ledger import Ledger, progress
from loop.ledger.progress import Heartbeat
from loop.records import Example

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
PAGES = ("overview", "gate", "plan", "weak_spots", "calibration", "queue", "runs")
TRAPS = (
    "<script>window.__ran=1</script>",
    "<img src=x onerror='window.__ran=1'>",
    "![a]({beacon}/md)",
    "[click](javascript:window.__ran=1)",
    "<img src='{beacon}/html'>",
    ":material/bug_report: :red[x] $\\href{{javascript:window.__ran=1}}{{x}}$ \u202e",
    "=HYPERLINK('{beacon}/csv')",
)


def trap(text: str, beacon: str) -> str:
    """A text full of what must neither run nor fetch; different for different texts."""
    return " ".join(part.format(beacon=beacon) for part in TRAPS) + f" {text[:40]}"


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Name → project folder; read them, never change them."""
    root = tmp_path_factory.mktemp("stores")
    made = {
        "empty": make_project(root / "empty", Wanted(rounds=0), pool=60),
        "cold": make_project(root / "cold", Wanted(rounds=1, model=False, simulated=False, batch=40), pool=200),
        "one": make_project(root / "one", Wanted(rounds=1, unfinished=False, batch=40), pool=200),
        "six": make_project(root / "six", Wanted(), pool=500),
        "honest": make_honest(root / "honest"),
        "hostile": make_hostile(root / "hostile", beacon="http://127.0.0.1:9"),
    }
    made["stalled"] = beating(made["six"], root / "stalled", age_s=600)
    made["alive"] = beating(made["six"], root / "alive", age_s=-36_000)
    return made


def make_hostile(root: Path, *, beacon: str) -> Path:
    """A project in which every text that comes from outside is a trap."""

    def texts(example: Example) -> Example:
        return replace(example, text=trap(example.text, beacon))

    def named(name: str) -> str:
        return f"{name[:12]} ![a]({beacon}/n) <img src=x onerror=alert(1)>"

    wanted = Wanted(
        rounds=ROUNDS,
        batch=30,
        simulated=False,
        title=trap("title", beacon),
        held=(ROUNDS - 1,),
        unfinished=True,
        url="javascript:window.__ran=1",
        example=texts,
        spot_name=named,
        expert=named,
        word=lambda text: trap(text, beacon),
        label=named,
    )
    return make_honest(root, wanted, word=lambda text: trap(text, beacon), pool=240)


def beating(source: Path, place: Path, *, age_s: float) -> Path:
    """A copy of a project whose worker gave its last sign of life `age_s` seconds ago."""
    shutil.copytree(source, place)
    at = (datetime.now(UTC) - timedelta(seconds=age_s)).isoformat()
    with Ledger.open(f"sqlite:///{place}/.weakspot/ledger.db") as ledger, ledger.begin() as connection:
        progress.beat(connection, Heartbeat("run", 4711, at, 5, "await", 35, 60, ""))
    return place


@pytest.fixture
def older(stores: dict[str, Path], tmp_path: Path) -> Path:
    """A project whose ledger has another schema."""
    place = Path(shutil.copytree(stores["one"], tmp_path / "older"))
    with sqlite3.connect(place / ".weakspot" / "ledger.db") as ledger:
        ledger.execute("UPDATE alembic_version SET version_num = '9999'")
    return place


@pytest.fixture(scope="session")
def scanned_once() -> Iterator[None]:
    """Streamlit's test runner looks through all installed packages for components for every page it draws."""
    from streamlit.components.v2 import manifest_scanner

    found = manifest_scanner.scan_component_manifests()
    with mock.patch.object(manifest_scanner, "scan_component_manifests", return_value=found):
        yield


@pytest.fixture
def draw(monkeypatch: pytest.MonkeyPatch, scanned_once: None) -> Callable[..., object]:
    """draw(project, page, **query) → the page after one run. Pages get their addresses by a run without a project."""
    from streamlit.testing.v1 import AppTest

    def drawn(project: Path | None, page: str, **query: str) -> AppTest:
        wanted = ["app.py", *(["--project", str(project)] if project else [])]
        monkeypatch.setattr("sys.argv", wanted if page == "generation" else ["app.py"])
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.run()
        app.switch_page(f"views/{page}/page.py")
        monkeypatch.setattr("sys.argv", wanted)
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return drawn

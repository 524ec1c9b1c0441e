"""The window's main script: navigation, sidebar, and the page that was asked for. Streamlit runs it on every change.

python -m streamlit run dashboard/app.py --server.address=127.0.0.1 -- --project DIR
"""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from dashboard import layout, reading, words
from dashboard.reading import Reader
from dashboard.safe import esc
from loop import formatting
from loop.errors import WeakspotError
from loop.report import Pulse, Standing

ASSETS = layout.FOLDER / "assets"


def main() -> None:
    """Draws the frame and runs the page."""
    st.set_page_config(page_title="weakspot", page_icon=str(ASSETS / "icon.svg"), layout="wide")
    st.html(ASSETS / "look.css")
    dark = st.context.theme.type == "dark"
    st.logo(str(ASSETS / ("logo_dark.svg" if dark else "logo.svg")), size="large", icon_image=str(ASSETS / "icon.svg"))
    page = st.navigation(
        {
            "Monitor": [
                _page(layout.OVERVIEW, "Overview", "monitoring", default=True),
                _page(layout.GATE, "Gate", "gavel", path="gate"),
                _page(layout.PLAN, "Plan", "route", path="plan"),
            ],
            "Diagnose": [
                _page(layout.SPOTS, "Weak spots", "bubble_chart", path="weak-spots"),
                _page(layout.CALIBRATION, "Calibration", "speed", path="calibration"),
                *([_page(layout.GENERATION, "Generation", "compare_arrows", path="generation")] if _writes() else []),
            ],
            "Label": [_page(layout.QUEUE, "Label queue", "checklist", path="label-queue")],
            "System": [_page(layout.RUNS, "Runs & health", "vital_signs", path="runs")],
        }
    )
    with st.sidebar:
        _sidebar()
    try:
        page.run()
    except WeakspotError as fault:
        layout.trouble(fault)


def _writes() -> bool:
    """Whether the project's model writes; False as well when the project cannot be read, which its pages tell."""
    root = reading.project()
    try:
        return root is not None and reading.opened(root).view.free
    except WeakspotError:
        return False


def _page(file: str, title: str, icon: str, *, path: str | None = None, default: bool = False) -> st.Page:
    return st.Page(file, title=title, icon=f":material/{icon}:", url_path=path, default=default)


def _sidebar() -> None:
    root = reading.project()
    if root is None:
        return
    with st.container(border=True, gap="xsmall"):
        try:
            reader = reading.opened(root)
            standing = reader.standing()
        except WeakspotError:
            st.markdown(":orange[:material/error:] The project cannot be read")
            return
        _project(reader, standing, reader.pulse())


def _project(reader: Reader, standing: Standing, pulse: Pulse) -> None:
    st.markdown(f"**{esc(reader.view.name, longest=60)}**")
    if standing.round is None:
        st.caption("no round yet")
    else:
        asked = standing.report.rounds[-1].asked
        st.caption(f"Round {standing.round} · {words.step(standing.step)}")
        if asked:
            st.progress(min(standing.answered / asked, 1.0), text=f"{standing.answered:,} of {asked:,} answered")
    if pulse.alive:
        st.caption(":green[:material/circle:] loop at work")
    elif pulse.heartbeat is not None:
        st.caption(f":orange[:material/warning:] no sign of life for {formatting.duration(pulse.silent_s)}")
    else:
        st.caption(":gray[:material/circle:] loop at rest")
    st.caption(f"Updated {datetime.now(UTC):%H:%M:%S} UTC")


if __name__ == "__main__":
    main()

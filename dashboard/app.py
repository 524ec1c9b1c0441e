"""The window's main script: navigation, sidebar, and the page that was asked for. Streamlit runs it on every change.

python -m streamlit run dashboard/app.py --server.address=127.0.0.1 -- --project DIR
"""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from dashboard import layout, store, terms
from dashboard.pages import PAGES
from dashboard.safe import esc
from dashboard.store import ProjectStore
from loop import formatting
from loop.errors import WeakspotError
from loop.report import Liveness, Status, View

ASSETS = layout.FOLDER / "assets"


def main() -> None:
    """Draws the frame and runs the page."""
    st.set_page_config(page_title="weakspot", page_icon=str(ASSETS / "icon.svg"), layout="wide")
    st.html(ASSETS / "look.css")
    dark = st.context.theme.type == "dark"
    st.logo(str(ASSETS / ("logo_dark.svg" if dark else "logo.svg")), size="large", icon_image=str(ASSETS / "icon.svg"))
    page = st.navigation(_navigation())
    with st.sidebar:
        _sidebar()
    try:
        page.run()
    except WeakspotError as fault:
        layout.trouble(fault)


def _navigation() -> dict[str, list[st.Page]]:
    """Heading → its pages, those that the project has."""
    view = _view()
    found: dict[str, list[st.Page]] = {}
    for page in PAGES:
        if page.shown_for(view):
            address = {"url_path": page.path} if page.path else {"default": True}
            found.setdefault(page.group, []).append(
                st.Page(page.file, title=page.title, icon=f":material/{page.icon}:", **address)
            )
    return found


def _view() -> View | None:
    """The project; None as well when it cannot be read, which its pages tell."""
    root = store.project()
    try:
        return None if root is None else store.opened(root).view
    except WeakspotError:
        return None


def _sidebar() -> None:
    root = store.project()
    if root is None:
        return
    with st.container(border=True, gap="xsmall"):
        try:
            reader = store.opened(root)
            standing = reader.standing()
        except WeakspotError:
            st.markdown(":orange[:material/error:] The project cannot be read")
            return
        _project(reader, standing, reader.pulse())


def _project(reader: ProjectStore, standing: Status, pulse: Liveness) -> None:
    st.markdown(f"**{esc(reader.view.name, longest=60)}**")
    if standing.round is None:
        st.caption("no round yet")
    else:
        asked = standing.report.rounds[-1].asked
        st.caption(f"Round {standing.round} · {terms.step(standing.step)}")
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

"""What all pages have in common: the head with the badge, cards that fail alone, states without data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import store
from dashboard.safe import esc
from dashboard.store import ProjectStore
from dashboard.theme import DARK, LIGHT, Look
from loop import report
from loop.errors import WeakspotError

FOLDER = Path(__file__).parent
STATUS_COLOURS = {
    "promoted": "green",
    "held": "orange",
    "at work": "blue",
    "no model": "gray",
    "open": "blue",
    "answered": "green",
    "skipped": "gray",
    "quarantined": "yellow",
    "not sent": "gray",
    "removed": "gray",
    "info": "gray",
    "warning": "yellow",
    "error": "orange",
    "right": "green",
    "wrong": "orange",
    "label unknown": "gray",
    "weak spot": "orange",
    "audit": "violet",
    "first look": "blue",
    "second look": "yellow",
    "blind": "gray",
    "promoted by hand": "violet",
    "rolled back": "violet",
    "better": "green",
    "worse": "orange",
    "cannot tell": "yellow",
    "open spot": "yellow",
    "quiet": "gray",
    "sent": "blue",
    "improving": "violet",
    "fixed": "green",
    "reopened": "orange",
    "mute": "gray",
    "named": "violet",
    "joins": "violet",
    "holds": "green",
    "not yet": "gray",
    "outside": "orange",
}


def look() -> Look:
    """The colours of the theme that is on."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def pills(label: str, *, help: str | None = None, width: Any = None) -> Any:  # noqa: A002 (Streamlit's word)
    """A column of coloured words."""
    return st.column_config.MultiselectColumn(
        label, options=list(STATUS_COLOURS), color=list(STATUS_COLOURS.values()), help=help, width=width
    )


def page(title: str, question: str) -> ProjectStore | None:
    """The head of a page, and its project; None when there is nothing to show, which the page then says itself."""
    root = store.project()
    if root is None:
        _no_project()
        return None
    try:
        reader = store.opened(root)
        head(title, question, simulated=reader.view.simulated)
    except WeakspotError as fault:
        head(title, question, simulated=False)
        trouble(fault)
        return None
    return reader


def head(title: str, question: str, *, simulated: bool) -> None:
    """Title, the question the page answers, and who the answers come from."""
    with st.container(gap=None):
        _title(title, simulated=simulated)
        st.caption(question)


def _title(title: str, *, simulated: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(esc(title, longest=80), anchor=False, width="content")
        if simulated:
            st.badge(
                "simulated experts",
                icon=":material/smart_toy:",
                color="violet",
                help="The answers in this project come from simulated experts, not from people.",
            )


def as_table(frame: Any, alt: str, *, config: dict[str, Any] | None = None) -> None:
    """The figures of the chart above as a table, for those who cannot see it or want the numbers."""
    with st.expander("As a table", icon=":material/table:"):
        st.dataframe(
            frame,
            hide_index=True,
            placeholder="–",
            height="content" if len(frame) <= 12 else 460,
            alt=alt,
            column_config=config,
        )


@contextmanager
def card(title: str = "", about: str = "", *, key: str | None = None, height: Any = "content") -> Iterator[None]:
    """A framed part of a page. What cannot be read is told inside it, and the rest of the page goes on."""
    with st.container(border=True, key=key, height=height):
        if title:
            with st.container(gap=None):
                st.header(title, anchor=False)
                if about:
                    st.caption(about)
        try:
            yield
        except WeakspotError as fault:
            trouble(fault)


def trouble(fault: WeakspotError) -> None:
    """An error in one line, with what to do."""
    with st.container(border=True):
        st.markdown(f":orange[:material/error:] **{esc(fault.found, longest=400)}**")
        if fault.wanted:
            st.caption(f"Wanted: {esc(fault.wanted, longest=400)}")
        if fault.do:
            st.caption(f"To do: {esc(fault.do, longest=400)}")


def nothing(icon: str, sentence: str, *, hint: str = "", command: str = "") -> None:
    """A state without data: what is missing and how it comes about. All three are words of this package."""
    with st.container(horizontal_alignment="center", gap="small"):
        st.space("small")
        st.markdown(f":gray[:material/{icon}:]", width="content")
        st.markdown(f"**{sentence}**", width="content", text_alignment="center")
        if hint:
            st.caption(hint, width="content", text_alignment="center")
        if command:
            st.code(command, language=None, width="content")
        st.space("small")


def no_round(reader: ProjectStore) -> bool:
    """True, and said, when no round has begun yet."""
    if reader.get(report.report).rounds:
        return False
    with card():
        nothing(
            "rocket_launch",
            "No round yet",
            hint="The data are read and split. The first round picks what is worth asking.",
            command="weakspot run",
        )
    return True


def _no_project() -> None:
    head("weakspot", "Find where a model is weak, ask people exactly that, and see whether it helped.", simulated=False)
    with card():
        nothing(
            "folder_open",
            "No project here",
            hint="Make one from a CSV of messages, run a round, and open this window again.",
            command="weakspot init my-project --data messages.csv\nweakspot run --project my-project\n"
            "weakspot dashboard --project my-project",
        )

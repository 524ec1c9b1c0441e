"""What must be seen first, at the head of the overview."""

from __future__ import annotations

import streamlit as st

from dashboard import layout, pages
from dashboard.safe import esc
from dashboard.store import ProjectStore
from dashboard.views.overview import alert_tables
from loop import report

ALERTS = {
    "reopened": ("notification_important", "orange"),
    "held": ("block", "orange"),
    "leaks": ("filter_alt", "gray"),
}
"""Kind of an alert → its icon and colour."""


def draw(store: ProjectStore) -> None:
    """A line for each, with the page that tells more; nothing when all is well."""
    summary = store.get(report.report)
    found = alert_tables.alerts(store.get(report.gate).decisions, store.get(report.spot_trends), summary.leaks)
    if not found:
        return
    with layout.card(key="alerts"):
        for one in found:
            _alert(one)


def _alert(one: alert_tables.Alert) -> None:
    icon, colour = ALERTS[one.kind]
    with st.container(gap=None):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f":{colour}[:material/{icon}:] **{esc(one.head, longest=160)}**", width="content")
            if one.kind == "held":
                st.page_link(pages.GATE.file, label="What the gate saw", icon=":material/gavel:")
            elif one.kind == "reopened":
                query = {} if one.spot is None else {"spot": str(one.spot)}
                st.page_link(pages.SPOTS.file, label="Its life", icon=":material/bubble_chart:", query_params=query)
            else:
                st.code("weakspot leaks", language=None, width="content")
        if one.about:
            st.caption(esc(one.about, longest=alert_tables.LONGEST))

"""Whether picking paid against random questions, and how far the cheap head agrees with the tuned model."""

from __future__ import annotations

import streamlit as st

from dashboard import layout
from dashboard.safe import esc
from dashboard.store import Reader
from loop.report import comparison_in_words, passed_over_in_words, proxy_in_words, verdict_in_words

VERDICTS = {"picking pays": "green", "picking does not pay": "orange", "no proof yet": "yellow"}
ABOUT = "Two throw-away models from equally many answers, random and picked, measured on random answers neither saw"


def draw(reader: Reader) -> None:
    """One sentence each, the verdict as a badge; what is still lacking where nothing could be measured."""
    report = reader.report()
    if report.lift is None and report.proxy is None and not report.why_no_lift:
        return
    with layout.card("Does picking pay?", ABOUT):
        if report.lift is not None:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.badge(verdict_in_words(report.lift), color=VERDICTS[report.lift.verdict])
                told = f"{comparison_in_words(report.lift)}.{passed_over_in_words(report.lift)}"
                st.markdown(esc(told, longest=500), width="content")
        elif report.why_no_lift:
            st.caption(f"Not known yet: {esc(report.why_no_lift, longest=300)}.")
        if report.proxy is not None:
            st.caption(esc(proxy_in_words(report.proxy), longest=500))

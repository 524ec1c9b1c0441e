"""What two rounds' models wrote to the same prompts, side by side, with the words that changed."""

from __future__ import annotations

import streamlit as st

from dashboard import layout
from dashboard.answer_cards import Sheet, Side, show
from dashboard.store import ProjectStore
from dashboard.views.generation import tables
from dashboard.word_diff import word_diff
from loop import report
from loop.report import Report, Written

PAGE = 5
"""Pairs on one page."""
ABOUT = (
    "Two rounds' models on the same measured prompts. Struck through: only in the earlier answer; "
    "underlined: only in the later one."
)
BADGES = {
    "fixed": ("fixed", "check_circle", "green"),
    "broken": ("broken", "cancel", "orange"),
    "still wrong": ("still wrong", "error", "gray"),
    "still right": ("still right", "check", "gray"),
    "not known": ("not judged", "help", "gray"),
}


def draw(store: ProjectStore) -> None:
    """The whole part."""
    summary = store.get(report.report)
    with layout.card("Answers side by side", ABOUT):
        models = [line.round for line in summary.rounds if line.promoted is not None]
        if len(models) < 2:
            layout.nothing(
                "difference", "Nothing to compare yet", hint="A second model is needed.", command="weakspot run"
            )
            return
        before, after, wanted = _choice(summary, models)
        pairs = store.get(report.side_by_side, before, after)
        shown = tables.kept(pairs, wanted)
        st.caption(
            f"{len(pairs):,} prompts: {tables.counted(pairs)}" if pairs else "No prompt that both models answered"
        )
        if not shown:
            layout.nothing("filter_alt_off", "No pair like this", hint="Choose another filter, or other rounds.")
            return
        pages = -(-len(shown) // PAGE)
        number = min(int(st.session_state.get("pairs_page", 1)), pages)
        for one in shown[(number - 1) * PAGE : number * PAGE]:
            with st.container(border=True):
                _pair(one, before, after)
        if pages > 1:
            st.pagination(pages, key="pairs_page", max_visible_pages=5)


def _choice(summary: Report, models: list[int]) -> tuple[int, int, str]:
    newest = summary.champion if summary.champion not in (None, models[0]) else models[-1]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        before = st.selectbox("Before", models, index=0, key="before", bind="query-params", width=110)
        after = st.selectbox(
            "After", models, index=models.index(int(newest or 0)), key="after", bind="query-params", width=110
        )
        wanted = st.segmented_control(
            "Show", tables.FILTERS, default="Different", required=True, key="pairs", bind="query-params"
        )
    return int(before), int(after), str(wanted)


def _pair(one: Written, before: int, after: int) -> None:
    name, icon, colour = BADGES[one.outcome]
    found = word_diff(one.before, one.after)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(name, icon=f":material/{icon}:", color=colour)
        length = len(one.after.split()) - len(one.before.split())
        said = (
            "the same answer" if one.same else found.why_not or f"{length:+d} words" if length else "as long as before"
        )
        st.caption(said, width="content")
    was, now = {"fixed": ("wrong", "right"), "broken": ("right", "wrong")}.get(one.outcome, ("", ""))
    moods = {"wrong": "bad", "right": "good", "": ""}
    show(
        Sheet(
            prompt=one.prompt,
            context=one.context,
            sides=(
                Side(f"Round {before}", found.before, was, moods[was], own="gone"),
                Side(f"Round {after}", found.after, now, moods[now], own="new"),
            ),
            references=one.references,
        ),
        layout.look(),
    )

"""Label queue: what waits for an expert, why was it asked, who answered?"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import layout
from dashboard.store import ProjectStore
from dashboard.views.overview import charts
from dashboard.views.overview import tables as round_tables
from dashboard.views.queue import tables
from loop import formatting, report
from loop.report import QuestionRow

QUESTION = "What waits for an expert, why was it asked, and who answered?"
ALL = "All"
CORRECTED = "Answers that changed the model's guess."


def draw() -> None:
    """The whole page."""
    store = layout.page("Label queue", QUESTION)
    if store is None or layout.no_round(store):
        return
    rows = store.get(report.questions)
    if not rows:
        with layout.card():
            layout.nothing(
                "checklist",
                "No question asked yet",
                hint="The round first trains, looks at the pool and picks; then its questions stand here.",
                command="weakspot run",
            )
        return
    round_ = _head(rows, store.standing().url)
    of_round = tables.chosen(rows, round_=round_, states=(), kinds=(), word="")
    _cards(of_round, free=store.view.free)
    _queue(store, of_round)
    _people(store)


def _head(rows: Sequence[QuestionRow], stream: str | None) -> int | None:
    rounds = sorted({row.round for row in rows}, reverse=True)
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        chosen = st.selectbox("Round", [*map(str, rounds), ALL], key="round", bind="query-params", width=140)
        link = tables.next_link(rows, stream)
        st.link_button(
            "Label next question",
            link or "http://127.0.0.1",
            type="primary",
            icon=":material/edit_square:",
            disabled=link is None,
            help="Opens the questions in the labeling tool, one after the other." if link else "No question is open.",
        )
    return None if chosen == ALL else int(chosen)


def _cards(rows: Sequence[QuestionRow], *, free: bool) -> None:
    found = tables.figures(rows)
    none, given = tables.sideless(rows)
    name, about = ("Took no side", "Pairs found equally good or both bad.") if free else ("Corrected", CORRECTED)
    some, of = (none, given) if free else (found.corrected, found.compared)
    with st.grid(6, min_column_width=150, gap="small"):
        for state, about in (
            ("open", "wait for an answer"),
            ("answered", "have a label"),
            ("skipped", "were left out"),
            ("quarantined", "need a decision"),
        ):
            st.metric(
                state.capitalize(),
                formatting.count(found.counts[state]),
                delta=f"of {found.asked:,}",
                delta_color="off",
                delta_arrow="off",
                border=True,
                help=f"Questions that {about}.",
            )
        st.metric(
            name,
            formatting.percent(some / of if of else None, n=of),
            delta=f"{some:,} of {of:,}",
            delta_color="off",
            delta_arrow="off",
            border=True,
            help=about,
        )
        st.metric(
            "Median time",
            formatting.duration(found.seconds),
            delta="per answer",
            delta_color="off",
            delta_arrow="off",
            border=True,
            help="As the labeling tool measured it, from opening to submitting.",
        )


def _queue(store: ProjectStore, rows: Sequence[QuestionRow]) -> None:
    with layout.card("Questions"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            state = st.segmented_control(
                "Status", [ALL, *tables.STATES[:4]], default=ALL, required=True, key="status", bind="query-params"
            )
            kind = st.selectbox("Kind", [ALL, *tables.KINDS.values()], key="kind", bind="query-params", width=170)
            word = st.text_input("Text contains", key="text", bind="query-params", width=260, icon=":material/search:")
        shown = tables.chosen(
            rows,
            round_=None,
            states=[] if state == ALL else [str(state)],
            kinds=[] if kind == ALL else [kind],
            word=word or "",
        )
        if not shown:
            layout.nothing("filter_alt_off", "No question fits these filters")
            return
        (_answers_table if store.view.free else _questions_table)(store, shown)
        kept = (
            f"{len(shown):,} questions" if len(shown) <= tables.SHOWN else f"{tables.SHOWN:,} of {len(shown):,} shown"
        )
        about = (
            "answers as their page shows them; where each came from stands on the page Generation once it is answered"
        )
        blind = "blind questions keep the model's guess to themselves until they are answered"
        st.caption(f"{kept} · {about if store.view.free else blind}")


def _questions_table(store: ProjectStore, shown: Sequence[QuestionRow]) -> None:
    column = st.column_config
    names = {trend.spot.id: trend.spot.name for trend in store.get(report.spot_trends)}
    frame = tables.table(shown, names)
    st.dataframe(
        frame,
        hide_index=True,
        placeholder=formatting.NOTHING,
        height="content" if len(frame) <= 5 else 36 + 104 * 5,
        row_height=104,
        alt="Questions with their state, text, the model's guess and why they were asked.",
        column_config={
            "Task": column.LinkColumn(display_text=":material/open_in_new:", width=42),
            "Status": layout.pills("Status", width=88),
            "Text": column.TextColumn(width=180),
            "Model says": column.TextColumn(width=96),
            "Sure": column.NumberColumn(format="%.0f %%", width=48, help="Calibrated confidence of the guess"),
            "Answer": column.TextColumn(width=96),
            "Why asked": column.TextColumn(width=188),
            "Kind": layout.pills("Kind", width=88),
            "Spot": column.TextColumn(width=84),
            "By": column.TextColumn(width=72, help="Who answered"),
            "Remarks": column.TextColumn(width=150),
        },
    )


def _answers_table(store: ProjectStore, shown: Sequence[QuestionRow]) -> None:
    column = st.column_config
    names = {trend.spot.id: trend.spot.name for trend in store.get(report.spot_trends)}
    frame = tables.compared(shown, names)
    st.dataframe(
        frame,
        hide_index=True,
        placeholder=formatting.NOTHING,
        height="content" if len(frame) <= 5 else 36 + 146 * 5,
        row_height=146,
        alt="Questions with their state, request, the answers shown and what was said of them.",
        column_config={
            "Task": column.LinkColumn(display_text=":material/open_in_new:", width=42),
            "Status": layout.pills("Status", width=88),
            "Request": column.TextColumn(width=142),
            "Answers": column.TextColumn(width=276, help="In the order of showing"),
            "Left": column.TextColumn(width=154),
            "Right": column.TextColumn(width=154),
            "Said": column.TextColumn(width=92),
            "Why asked": column.TextColumn(width=136),
            "Kind": layout.pills("Kind", width=88),
            "Spot": column.TextColumn(width=84),
            "By": column.TextColumn(width=84, help="Who answered"),
            "Remarks": column.TextColumn(width=150),
        },
    )


def _people(store: ProjectStore) -> None:
    left, right = st.columns([1, 1], gap="small")
    free = store.view.free
    about = "What was said of the model's answers" if free else "Against the model's guess"
    with left, layout.card("Answers per round", about, height="stretch"):
        frame = tables.said(store.get(report.questions)) if free else round_tables.answers(store.get(report.report))
        if frame.empty:
            layout.nothing("forum", "No answer yet")
        else:
            st.altair_chart(
                charts.answers(frame, layout.look()),
                alt=f"Answers per round: {', '.join(dict.fromkeys(frame['answer']))}.",
            )
    with right, layout.card("Annotators", "All rounds", height="stretch"):
        found = store.get(report.annotators)
        if not found:
            layout.nothing("group", "Nobody has answered yet")
        else:
            st.dataframe(
                tables.annotators(found, free=free), hide_index=True, alt="Accounts with their answers and median time."
            )


if __name__ == "__main__":
    draw()

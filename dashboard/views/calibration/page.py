"""Calibration: how far can confidences be trusted, and which answers may be accepted without a person?"""

from __future__ import annotations

import streamlit as st

from dashboard import layout, pages
from dashboard.store import ProjectStore
from dashboard.views.calibration import charts, tables
from loop import formatting, report
from loop.report import Calibration

QUESTION = "How far can the model's confidences be trusted, and which answers may be accepted without a person?"
NOW = "champion"


def draw() -> None:
    """The whole page."""
    store = layout.page("Calibration", QUESTION)
    if store is None or layout.no_round(store):
        return
    if store.view.free:
        with layout.card():
            layout.nothing(
                "speed",
                "Written answers have no calibrated confidence",
                hint="Which doubt finds the wrong ones stands at the end of the page Generation.",
            )
            st.page_link(pages.GENERATION.file, label="Open Generation", icon=":material/compare_arrows:")
        return
    found = store.get(report.calibration, _round(store))
    if found is None:
        _nothing(store)
        return
    _cards(found)
    left, right = st.columns(2, gap="small")
    with left:
        _reliability(found)
    with right:
        _coverage(found)
    _accept(found)


def _round(store: ProjectStore) -> int | None:
    known = [str(line.round) for line in reversed(store.get(report.report).rounds) if line.promoted is not None]
    chosen = st.selectbox("Model of round", [NOW, *known], key="round", bind="query-params", width=160)
    return None if chosen == NOW else int(chosen)


def _nothing(store: ProjectStore) -> None:
    judged = any(line.promoted is not None for line in store.get(report.report).rounds)
    with layout.card():
        layout.nothing(
            "speed",
            "No answers to measure on" if judged else "No model yet",
            hint="It takes a gold test (`weakspot init --gold FILE`) or questions drawn at random: raise "
            "`selection.audit` in weakspot.yaml, and the next round asks some."
            if judged
            else "The first answers train the first model in the next round.",
            command="weakspot run",
        )


def _cards(found: Calibration) -> None:
    row = next((one for one in found.accept if one.most == tables.FIRST_LIMIT), None)
    limit = f"{100 * tables.FIRST_LIMIT:g} %"
    with st.grid(4, min_column_width=150, gap="small"):
        _metric(
            "Calibration error",
            formatting.percent(found.ece),
            f"ECE in {len(found.bins)} bins",
            help_="Mean distance between what the model claims and what comes true, over bins of equally many "
            "examples (equal confidences share one); 0 is best. With few examples it is never 0, even for a perfect "
            "model.",
        )
        _metric(
            "Measured on",
            formatting.count(found.n),
            tables.GROUNDS.get(found.on, "examples"),
            help_="Examples with known answers that neither trained nor calibrated the model.",
        )
        _metric(
            f"Accept, at most {limit} wrong",
            formatting.NOTHING if row is None or row.threshold is None else f"above {row.threshold:g}",
            "no threshold yet" if row is None or row.threshold is None else f"at {100 * row.certainty:g} % certainty",
            help_=f"Answers from this confidence on may be accepted unseen: at most {limit} of them are wrong.",
        )
        _metric(
            "That covers",
            formatting.percent(row.share, n=0) if row and row.share is not None else formatting.NOTHING,
            formatting.interval(row.share_low, row.share_high, n=0)
            if row and row.share is not None
            else "needs answers",
            help_="Share of all texts that would not need a person, with its 95 % interval.",
        )


def _metric(name: str, value: str, below: str, *, help_: str) -> None:
    st.metric(name, value, delta=below, delta_color="off", delta_arrow="off", border=True, height="stretch", help=help_)


def _reliability(found: Calibration) -> None:
    with layout.card("Does it keep its word?", f"Model of round {found.round}; dashed: perfect", height="stretch"):
        frame = tables.bins(found)
        st.altair_chart(
            charts.reliability(frame, layout.look()),
            alt="Reliability: " + "; ".join(f"says {row.says_told}, right {row.told}" for row in frame.itertuples()),
        )
        st.caption(
            f"{len(frame)} bins of about equally many examples; bars: 95 % intervals. Below the dashed line it is too "
            "sure. A coloured triangle: its claim lies outside the interval."
        )
        layout.as_table(
            frame[["says_told", "told", "interval", "n", "apart"]].rename(
                columns={
                    "says_told": "Says it is sure",
                    "told": "Is right",
                    "interval": "95 % interval",
                    "apart": "The claim",
                }
            ),
            "What the model claims against what came true, bin by bin.",
        )


def _coverage(found: Calibration) -> None:
    with layout.card("Wrong among the surest", "How the error grows as more is accepted unseen", height="stretch"):
        frame = tables.coverage(found)
        if frame.empty:
            layout.nothing("query_stats", "No example with an equal chance", hint="More audit answers bring some.")
            return
        st.altair_chart(
            charts.coverage(frame, layout.look(), limit=tables.FIRST_LIMIT),
            alt="Risk by coverage: "
            + "; ".join(f"{row.covers} accepted, {row.told} wrong" for row in frame.itertuples()),
        )
        st.caption(f"Band: 95 % interval. Dotted: {100 * tables.FIRST_LIMIT:g} % errors.")
        layout.as_table(
            frame[["covers", "from", "told", "interval", "n"]].rename(
                columns={
                    "covers": "Accepted",
                    "from": "From confidence",
                    "told": "Wrong among them",
                    "interval": "95 % interval",
                }
            ),
            "Error among the surest answers, by coverage.",
        )


def _accept(found: Calibration) -> None:
    with layout.card("Accept without a person", "Each limit by itself; for texts like those measured on"):
        for sentence in tables.sentences(found):
            st.markdown(f":green[:material/check_circle:] {sentence}.")
        column = st.column_config
        st.dataframe(
            tables.accept(found),
            hide_index=True,
            placeholder=formatting.NOTHING,
            height="content",
            alt="For each limit on errors the confidence from which answers may be accepted, and what that covers.",
            column_config={
                "At most": column.TextColumn(width=110),
                "Accept from": column.TextColumn(width=90, alignment="right"),
                "Covers": column.TextColumn(width=70, alignment="right"),
                "95 % interval": column.TextColumn(width=100),
                "Seen wrong": column.TextColumn(width=96),
                "Certainty": column.TextColumn(width=80),
                "What is missing": column.TextColumn(width="large"),
            },
        )
        if found.equal_n < found.n:
            st.caption(
                f"Limits and the curve rest on {found.equal_n:,} of the {found.n:,} examples: a part in which all had "
                "the same chance of being drawn."
            )


if __name__ == "__main__":
    draw()

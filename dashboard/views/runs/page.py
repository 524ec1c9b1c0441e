"""Runs & health: what runs now, is everything up, how long did it take?"""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from dashboard import layout, terms
from dashboard.safe import esc, web_link
from dashboard.store import ProjectStore
from dashboard.views.runs import charts, tables
from loop import formatting, report

QUESTION = "What runs now, is everything in order, and where does the time go?"
EVERY_S = 2
AROUND, STEP = 84, 27
"""Pixels of the time line: legend and axis, and each step."""


def draw() -> None:
    """The whole page."""
    store = layout.page("Runs & health", QUESTION)
    if store is None:
        return
    _cards(store)
    if layout.no_round(store):
        return
    left, right = st.columns([1, 1.5], gap="small")
    with left:
        alive = store.pulse().alive
        with layout.card("Running now" if alive else "Not running", height="stretch"):
            st.fragment(_running, run_every=EVERY_S if alive else None)(store, alive)
    with right:
        _timeline(store)
    _seconds_and_events(store)


def _cards(store: ProjectStore) -> None:
    with st.grid(4, min_column_width=220, gap="small"):
        with layout.card(height="stretch"):
            _labeler(store)
        with layout.card(height="stretch"):
            health = store.get(report.health)
            _fact("Ledger", f"{health.ledger} · {formatting.size(health.ledger_mb)}", "opened read-only", good=True)
        with layout.card(height="stretch"):
            health = store.get(report.health)
            free = health.free_mb >= 2048
            _fact(
                "Disk",
                f"{formatting.size(health.free_mb)} free",
                f"artifacts {formatting.size(health.artifacts_mb)}",
                good=free,
            )
        with layout.card(height="stretch"):
            health = store.get(report.health)
            peak = health.peak_mb
            _fact(
                "Peak memory",
                formatting.size(peak),
                "of the loop, over all rounds",
                good=None if peak is None else True,
            )


def _labeler(store: ProjectStore) -> None:
    health = store.get(report.health)
    newest = (
        f"newest answer {formatting.ago(health.answered_at, now=datetime.now(UTC))}"
        if health.answered_at
        else "no answers"
    )
    name = {"label_studio": "Label Studio"}.get(health.labeler, esc(health.labeler))
    link = web_link(health.url)
    _fact("Labeling tool", name, newest, good=True if link else None, link=link)


def _fact(name: str, value: str, about: str, *, good: bool | None, link: str | None = None) -> None:
    """A card's three lines; `value` and `about` are our own words or already escaped."""
    mark = {
        True: ":green[:material/check_circle:]",
        False: ":orange[:material/warning:]",
        None: ":gray[:material/pending:]",
    }
    with st.container(gap="xsmall"):
        st.markdown(f"**{name}**")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{mark[good]} {value}", width="content")
            if link:
                st.link_button("Open", link, icon=":material/open_in_new:", type="tertiary")
        st.caption(about)


def _running(store: ProjectStore, was_alive: bool) -> None:
    pulse, standing = store.pulse(), store.standing()
    if was_alive and not pulse.alive:
        st.rerun()
    beat = pulse.heartbeat
    if beat is None:
        st.markdown(f"Nothing is at work. Round {standing.round}: **{terms.step(standing.step)}**.")
        st.caption(esc(standing.next, longest=300))
        if standing.command:
            st.code(standing.command, language=None)
    elif not pulse.alive:
        st.markdown(f":orange[:material/warning:] **No sign of life since {formatting.clock(beat.at)}**")
        st.caption(
            f"Round {beat.round}, {terms.step(beat.step)}: {formatting.duration(pulse.silent_s)} ago. "
            "The process was killed or hangs; what it began is resumed."
        )
        st.code("weakspot run", language=None)
    else:
        st.markdown(f":green[:material/play_circle:] Round {beat.round} · **{terms.step(beat.step)}**")
        share = min(beat.done / beat.total, 1.0) if beat.total else 0.0
        st.progress(share, text=f"{beat.done:,} of {beat.total:,}" if beat.total else "begun")
        st.caption(f"Last sign of life {formatting.duration(pulse.silent_s)} ago · process {beat.pid}")


def _timeline(store: ProjectStore) -> None:
    known = [line.round for line in reversed(store.get(report.report).rounds)]
    with layout.card("Step by step", "When each step of a round ran", height="stretch"):
        chosen = st.selectbox("Round", known, key="round", bind="query-params", width=140, label_visibility="collapsed")
        steps = [row for row in report.timeline(store.view) if row.round == chosen]
        frame = tables.timeline(steps, now=datetime.now(UTC), alive=store.pulse().alive)
        if frame.empty:
            layout.nothing("timeline", "No step has begun yet")
            return
        frame["told"] = [
            "" if kind == "stopped here" else formatting.duration(took)
            for kind, took in zip(frame["kind"], frame["seconds"], strict=True)
        ]
        st.altair_chart(
            charts.timeline(frame, layout.look(), height=AROUND + STEP * len(frame)),
            alt=f"Steps of round {chosen} in time, from {frame['step'].iloc[0]} to {frame['step'].iloc[-1]}.",
        )


def _seconds_and_events(store: ProjectStore) -> None:
    left, right = st.columns([1, 1.5], gap="small")
    with left, layout.card("Machine time per round", "Without the time people take", height="stretch"):
        frame = tables.seconds(store.get(report.report))
        if frame.empty:
            layout.nothing("timer", "Nothing finished yet")
        else:
            st.altair_chart(
                charts.seconds(frame, layout.look()), alt="Seconds of machine time per round, by step, without waiting."
            )
    with right, layout.card("Events", height="stretch"):
        _events(store)


def _events(store: ProjectStore) -> None:
    events = store.standing().events
    if not events:
        layout.nothing("history", "Nothing has happened yet")
        return
    column = st.column_config
    st.dataframe(
        tables.events(events),
        hide_index=True,
        placeholder="",
        height=360,
        alt="What happened, newest first.",
        column_config={
            "Time": column.DatetimeColumn(format="MMM D, HH:mm:ss", timezone="UTC", width=128),
            "Level": layout.pills("Level", width=76),
            "Round": column.NumberColumn(width=58),
            "Step": column.TextColumn(width=74),
            "Message": column.TextColumn(width="large"),
        },
    )


if __name__ == "__main__":
    draw()

"""The first look: are the answers preferred, are they right, is nothing lost, and how did it go round by round?"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import layout, terms
from dashboard.safe import esc
from dashboard.store import ProjectStore
from dashboard.views.generation import charts, tables
from loop import formatting, report
from loop.records import Measurement
from loop.report import Report, Trend, WinRate

FIRST_SHOWN = ("error_rate", "words", "unfinished", "hallucination_rate", "chrf", "rouge_l", "bleu", "exact_match")
"""Figures beside those of checks, in the order of showing; others stand in the command line's report."""
CHECKS = 2
"""So many checks have a card; all have a chart."""
LIKENESS = ("chrf", "rouge_l", "bleu", "exact_match")
"""Of these only the first that was measured is drawn: they tell nearly the same."""


def cards(store: ProjectStore) -> None:
    """What the champion is worth, each against the first model."""
    summary, trends = store.get(report.report), store.get(report.trends)
    ground = ground_of(summary)
    checks = [one for one in trends if one.on == ground and one.metric.startswith("check:")]
    kept = any((one.metric, one.on) == ("error_rate", "retention") for one in trends)
    count = 3 + len(checks[:CHECKS]) + kept
    with st.grid(4 if count == 4 else 3, min_column_width=210, gap="small"):
        win_card(store, against="first")
        win_card(store, against="champion")
        _figure_card(trends, "error_rate", ground, summary, name="Wrong answers", good="down")
        for one in checks[:CHECKS]:
            name = f"Check: {esc(terms.metric(one.metric), longest=28)}"
            _figure_card(trends, one.metric, ground, summary, name=name, good="up")
        _figure_card(trends, "error_rate", "retention", summary, name="Wrong on retention", good="down")
    if len(checks) > CHECKS:
        st.caption(f"{len(checks) - CHECKS} more checks stand in the figures below.")


def preferred(store: ProjectStore) -> None:
    """Win rate per round."""
    rates, summary = store.get(report.win_rates), store.get(report.report)
    with layout.card("How often the new answers are preferred", _who(store), height="stretch"):
        if not rates:
            layout.nothing(
                "thumbs_up_down",
                "No win rate yet",
                hint="It needs a second model: its answers to random prompts are then compared with the first one's.",
                command="weakspot run",
            )
            return
        chosen = st.segmented_control(
            "Against",
            list(tables.RIVALS),
            default=next(iter(tables.RIVALS)),
            required=True,
            key="against",
            bind="query-params",
            label_visibility="collapsed",
        )
        frame = tables.wins(rates, against=tables.RIVALS[str(chosen)], simulated=store.view.simulated)
        if frame.empty:
            layout.nothing("thumbs_up_down", "Not compared with it yet")
            return
        newest = frame.iloc[-1]
        st.altair_chart(
            charts.wins(frame, layout.look()),
            alt=f"Win rate per round; newest: {newest['told']} ({newest['interval']}) in round {newest['round']}.",
        )
        st.caption("Bars: 95 % intervals. A tie counts half. Where a bar crosses 50 % it is not settled who is better.")
        if summary.champion is not None and len(frame["round"].unique()) == 1:
            st.caption("One comparison so far: a trend needs a further round.")


def figures(store: ProjectStore) -> None:
    """Checks, retention, length and likeness, each small."""
    summary = store.get(report.report)
    ground = ground_of(summary)
    shown = _shown(store.get(report.trends), ground)
    with layout.card("Figures per round", f"On {ground} prompts; band: 95 % interval"):
        if not shown:
            layout.nothing("show_chart", "No model measured yet", command="weakspot run")
            return
        with st.grid(4, min_column_width=190, gap="small"):
            for one in shown:
                _small(one)
        said = []
        if not any(one.metric.startswith("check:") for one in shown):
            said.append("No checks: name what every answer must contain under `generation.checks` in weakspot.yaml.")
        if not any(one.on == "retention" for one in shown):
            said.append("No retention prompts: `weakspot init --retention FILE` watches what must not be forgotten.")
        for sentence in said:
            st.caption(f":material/info: {sentence}")


def ground_of(summary: Report) -> str:
    """Which prompts the headline rests on."""
    return next((line.on for line in reversed(summary.rounds) if line.on), "gold")


def _who(store: ProjectStore) -> str:
    return "Simulated experts on random prompts" if store.view.simulated else "People on random prompts"


def _told(rates: Sequence[WinRate], summary: Report, *, against: str) -> WinRate | None:
    """Of the champion; while its questions are open, of the one that was champion before it."""
    earlier = {line.round for line in summary.rounds if line.promoted}
    now = () if summary.champion is None else (summary.champion,)
    return tables.win_of(rates, now, against=against) or tables.win_of(rates, earlier, against=against)


def win_card(store: ProjectStore, *, against: str, short: bool = False) -> None:
    """How often the champion is preferred to the first model, or to the champion before it; short: in a narrow card."""
    summary = store.get(report.report)
    name = {"first": "Preferred to the first model", "champion": "Preferred to the one before"}[against]
    name = "Preferred to first" if short else name
    one = _told(store.get(report.win_rates), summary, against=against)
    if one is None:
        first = min((line.round for line in summary.rounds if line.promoted is not None), default=None)
        alone = summary.champion is not None and summary.champion == first
        told = "the first model is in use" if alone else "not compared yet"
        _metric(name, formatting.NOTHING, told, help_="Needs a model after the first, and answers to random prompts.")
        return
    verdict = {"better": "clearly preferred", "worse": "clearly worse", "open": "not settled"}[tables.clear(one)]
    figure = one.figure
    late = "" if one.model_round == summary.champion else f" That of round {summary.champion} is not compared yet."
    where = f" · round {one.model_round}" if late else ""
    ends = formatting.interval(figure.low, figure.high, n=0)
    rival = "the first model" if against == "first" else f"the model of round {one.rival_round}"
    _metric(
        name,
        formatting.percent(figure.value, n=0),
        f"{ends}, n {figure.n:,}" if short else f"of {figure.n:,} prompt{'s' * (figure.n != 1)}, {ends}{where}",
        help_=f"The answers of round {one.model_round} were preferred to those of {rival} in "
        f"{formatting.percent(figure.value, n=0)} of {figure.n:,} random prompts, ties as half: {verdict} "
        f"(95 % interval {ends}).{late}",
        colour={"better": "green", "worse": "red", "open": "off"}[tables.clear(one)],
    )


def _figure_card(trends: Sequence[Trend], metric: str, on: str, summary: Report, *, name: str, good: str) -> None:
    points = dict(next((one.points for one in trends if (one.metric, one.on) == (metric, on)), ()))
    now = points.get(summary.champion) if summary.champion is not None else None
    if now is None:
        if on != "retention":
            _metric(name, formatting.NOTHING, "not measured yet", help_="Measured once there is a model and a test.")
        return
    first = points[min(points)]
    moved = (now.value or 0) - (first.value or 0)
    same = formatting.points(moved) == formatting.points(0.0)
    better = (moved < 0) == (good == "down")
    colour = ("green" if better else "red") if tables.apart(now, first) else "off"
    st.metric(
        name,
        tables.told(now),
        delta="as the first model" if same or now is first else f"{formatting.points(moved)} vs first",
        delta_color="off" if same or now is first else colour,
        delta_arrow="off" if same or now is first else "auto",
        border=True,
        height="stretch",
        help=_about(now, summary, good=good),
    )


def _about(row: Measurement, summary: Report, *, good: str) -> str:
    low, high = formatting.percent(row.low, n=row.n), formatting.percent(row.high, n=row.n)
    best = "lower is better" if good == "down" else "higher is better"
    return (
        f"Model of round {summary.champion} on {row.n:,} {row.on} prompts, 95 % interval {low} to {high}; {best}. "
        "The change has a colour where its interval does not touch the first model's."
    )


def _metric(name: str, value: str, below: str, *, help_: str, colour: str = "off") -> None:
    st.metric(
        name,
        value,
        delta=below,
        delta_color=colour,
        delta_arrow="off",
        border=True,
        height="stretch",
        help=help_,
    )


def _shown(trends: Sequence[Trend], ground: str) -> list[Trend]:
    by_name = {one.metric: one for one in trends if one.on == ground}
    checks = [one for name, one in by_name.items() if name.startswith("check:")]
    alike = next((name for name in LIKENESS if name in by_name), None)
    others = [by_name[name] for name in FIRST_SHOWN if name in by_name and (name not in LIKENESS or name == alike)]
    kept = [one for one in trends if (one.metric, one.on) == ("error_rate", "retention")]
    return [*others[:1], *checks, *kept, *others[1:]]


def _small(one: Trend) -> None:
    name = "Wrong on retention" if one.on == "retention" else terms.metric(one.metric)
    frame = tables.trend(one)
    newest = frame.iloc[-1]
    check = one.metric.startswith("check:")
    better = "more" if check or one.metric in LIKENESS else "less"
    with st.container(gap=None):
        st.markdown(f"**{'Check: ' if check else ''}{esc(name, longest=44)}**")
        st.caption("of a mean answer" if one.metric == "words" else f"{better} is better")
        st.altair_chart(
            charts.figure(frame, layout.look(), share=tables.is_share(one.metric)),
            alt=f"{esc(name)} per round; newest: {newest['told']} ({newest['interval']}).",
        )

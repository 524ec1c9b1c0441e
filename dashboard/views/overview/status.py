"""Where the project stands, in five figures: error rate, worst spot, labels, corrections, open questions."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.safe import esc
from dashboard.store import ProjectStore
from dashboard.views.generation import win_rate
from dashboard.views.overview import tables
from dashboard.views.weak_spots import tables as spot_tables
from loop import formatting, report
from loop.records import Role
from loop.report import Report, RoundFigures, SpotTrend


def draw(store: ProjectStore) -> None:
    """Five figures in a row, each with its history."""
    summary, trends, standing = store.get(report.report), store.get(report.spot_trends), store.standing()
    last = summary.rounds[-1]
    with st.grid(5, min_column_width=150, gap="small", row_height="content"):
        _error_card(summary)
        _spot_card(trends)
        if store.view.free:
            _preferences_card(store)
            win_rate.win_card(store, against="first", short=True)
        else:
            _labels_card(summary)
            _corrected_card(summary.rounds)
        st.metric(
            "Open questions",
            formatting.count(standing.open_questions),
            delta=f"of {last.asked:,} in round {last.round}",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
            chart_data=tables.history([line.asked for line in summary.rounds]),
            chart_type="bar",
            help="Questions of the newest round that wait for an answer; bars: questions asked per round.",
        )


def _error_card(summary: Report) -> None:
    best = tables.champion(summary)
    told = formatting.percent(best.error_rate, n=best.n) if best else formatting.NOTHING
    delta, colour = "no model measured yet", "off"
    if best and best.difference is not None:
        before = tables.champion_before(summary, best)
        change = formatting.points(best.difference)
        same = change == formatting.points(0.0)
        settled = best.told != "cannot tell"
        delta = f"same as round {before}" if same else f"{change} vs round {before}"
        colour = "inverse" if settled and not same else "off"
    elif best:
        delta = "needs a second round"
    st.metric(
        "Error rate",
        told,
        delta=delta,
        delta_color=colour,
        delta_arrow="auto" if colour == "inverse" else "off",
        border=True,
        height="stretch",
        chart_data=tables.history([line.error_rate for line in summary.rounds]),
        chart_type="area",
        help=_about(best),
    )


def _about(best: RoundFigures | None) -> str:
    if best is None:
        return "The share of wrong answers of the model in use; measured once there is a model and a test."
    open_ = "" if best.told != "cannot tell" else " Whether it is better than the one before cannot be told yet."
    return (
        f"Model of round {best.round}, measured on {best.n:,} {best.on} examples: "
        f"{formatting.interval(best.ci_low, best.ci_high, n=best.n)} (95 %).{open_}"
    )


def _spot_card(trends: Sequence[SpotTrend]) -> None:
    first = spot_tables.weakest(trends)
    st.metric(
        "Worst spot",
        formatting.percent(first.spot.estimate, n=0) if first else formatting.NOTHING,
        delta=esc(first.spot.name, longest=24) if first else "needs a model",
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        chart_data=tables.history(first.trend) if first else None,
        chart_type="line",
        help="The highest estimated error rate of a spot, with at least 10 examples behind it.",
    )


def _labels_card(summary: Report) -> None:
    known = tables.labels_known(summary)
    gained = known[-1] - known[-2] if len(known) > 1 else 0
    first = "model from label names" if summary.from_names and not summary.labels else "the seed"
    st.metric(
        "Labels",
        formatting.count(summary.labels),
        delta=f"+{gained:,} in round {_giver(summary)}" if gained else first,
        delta_color="off",
        delta_arrow="up" if gained else "off",
        border=True,
        height="stretch",
        chart_data=tables.history(known),
        chart_type="bar",
        help="Labels known now: seed, training, dev and audit.",
    )


def _preferences_card(store: ProjectStore) -> None:
    found = store.get(report.learnt)
    total = sum(found.preferences.values())
    rounds = [line.round for line in store.get(report.report).rounds]
    more = f", {found.demonstrations:,} answers to imitate" if found.demonstrations else ""
    st.metric(
        "Preferences",
        formatting.count(total),
        delta=f"{found.preferences.get(Role.TRAIN, 0):,} to learn from{more}",
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        chart_data=tables.history([found.by_round.get(round_, 0) for round_ in rounds]),
        chart_type="bar",
        help="Pairs of answers with a preferred side; the others measure. Bars: by the round that asked.",
    )


def _giver(summary: Report) -> int:
    """The round whose answers gave the newest labels."""
    last = summary.rounds[-1]
    return last.round if summary.labels > last.labels else last.round - 1


def _corrected_card(rounds: Sequence[RoundFigures]) -> None:
    shares = [tables.corrected_share(line) for line in rounds]
    line = next((line for line in reversed(rounds) if line.compared), None)
    st.metric(
        "Guesses corrected",
        formatting.percent(tables.corrected_share(line), n=line.compared) if line else formatting.NOTHING,
        delta=f"{line.corrected:,} of {line.compared:,} in round {line.round}" if line else "needs answers",
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        chart_data=tables.history([None if share is None else 100 * share for share in shares]),
        chart_type="line",
        help="Answers that changed the model's guess. No error rate: these questions were picked because they are "
        "hard. High is good here, the questions hit where the model errs.",
    )

"""Overview: is the model getting better, at what cost, and what should happen next?"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import layout, words
from dashboard.charts import rounds as charts
from dashboard.frames import alerts
from dashboard.frames import rounds as frames
from dashboard.frames import spots as spot_frames
from dashboard.generation import headline
from dashboard.reading import Reader
from dashboard.safe import esc
from loop.records import Role
from loop.report import Report, RoundFigures, SpotTrend, Standing

ALERTS = {
    "reopened": ("notification_important", "orange"),
    "held": ("block", "orange"),
    "leaks": ("filter_alt", "gray"),
}
"""Kind of an alert → its icon and colour."""
QUESTION = "Is the model getting better, what did it take, and what should happen next?"


def draw() -> None:
    """The whole page."""
    reader = layout.page("Overview", QUESTION)
    if reader is None:
        return
    with layout.card(key="next"):
        _next(reader.standing())
    if layout.no_round(reader):
        return
    _alerts(reader)
    _cards(reader)
    left, right = st.columns([1.75, 1], gap="small")
    with left:
        _trend(reader)
    with right:
        _worst(reader)
    _table(reader)


def _next(standing: Standing) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f":blue[:material/flag_circle:] **Next:** {esc(standing.next, longest=300)}", width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if standing.command:
                st.code(standing.command, language="bash", width="content")
            if standing.open_questions and st.button("Open label queue", icon=":material/checklist:", type="primary"):
                st.switch_page(layout.QUEUE)


def _alerts(reader: Reader) -> None:
    report = reader.report()
    found = alerts.alerts(reader.gate().decisions, reader.spots(), report.leaks)
    if not found:
        return
    with layout.card(key="alerts"):
        for one in found:
            _alert(one)


def _alert(one: alerts.Alert) -> None:
    icon, colour = ALERTS[one.kind]
    with st.container(gap=None):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f":{colour}[:material/{icon}:] **{esc(one.head, longest=160)}**", width="content")
            if one.kind == "held":
                st.page_link(layout.GATE, label="What the gate saw", icon=":material/gavel:")
            elif one.kind == "reopened":
                query = {} if one.spot is None else {"spot": str(one.spot)}
                st.page_link(layout.SPOTS, label="Its life", icon=":material/bubble_chart:", query_params=query)
            else:
                st.code("weakspot leaks", language="bash", width="content")
        if one.about:
            st.caption(esc(one.about, longest=alerts.LONGEST))


def _cards(reader: Reader) -> None:
    report, trends, standing = reader.report(), reader.spots(), reader.standing()
    last = report.rounds[-1]
    with st.grid(5, min_column_width=150, gap="small", row_height="content"):
        _error_card(report)
        _spot_card(trends)
        if reader.view.free:
            _preferences_card(reader)
            headline.win_card(reader, against="first", short=True)
        else:
            _labels_card(report)
            _corrected_card(report.rounds)
        st.metric(
            "Open questions",
            words.count(standing.open_questions),
            delta=f"of {last.asked:,} in round {last.round}",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
            chart_data=frames.history([line.asked for line in report.rounds]),
            chart_type="bar",
            help="Questions of the newest round that wait for an answer; bars: questions asked per round.",
        )


def _error_card(report: Report) -> None:
    best = frames.champion(report)
    told = words.percent(best.error_rate, n=best.n) if best else words.NOTHING
    delta, colour = "no model measured yet", "off"
    if best and best.difference is not None:
        before = frames.champion_before(report, best)
        change = words.points(best.difference)
        same = change == words.points(0.0)
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
        chart_data=frames.history([line.error_rate for line in report.rounds]),
        chart_type="area",
        help=_about(best),
    )


def _about(best: RoundFigures | None) -> str:
    if best is None:
        return "The share of wrong answers of the model in use; measured once there is a model and a test."
    open_ = "" if best.told != "cannot tell" else " Whether it is better than the one before cannot be told yet."
    return (
        f"Model of round {best.round}, measured on {best.n:,} {best.on} examples: "
        f"{words.interval(best.ci_low, best.ci_high, n=best.n)} (95 %).{open_}"
    )


def _spot_card(trends: Sequence[SpotTrend]) -> None:
    first = spot_frames.weakest(trends)
    st.metric(
        "Worst spot",
        words.percent(first.spot.estimate, n=0) if first else words.NOTHING,
        delta=esc(first.spot.name, longest=24) if first else "needs a model",
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        chart_data=frames.history(first.trend) if first else None,
        chart_type="line",
        help="The highest estimated error rate of a spot, with at least 10 examples behind it.",
    )


def _labels_card(report: Report) -> None:
    known = frames.labels_known(report)
    gained = known[-1] - known[-2] if len(known) > 1 else 0
    st.metric(
        "Labels",
        words.count(report.labels),
        delta=f"+{gained:,} in round {_giver(report)}" if gained else "the seed",
        delta_color="off",
        delta_arrow="up" if gained else "off",
        border=True,
        height="stretch",
        chart_data=frames.history(known),
        chart_type="bar",
        help="Labels known now: seed, training, dev and audit.",
    )


def _preferences_card(reader: Reader) -> None:
    found = reader.learnt()
    total = sum(found.preferences.values())
    rounds = [line.round for line in reader.report().rounds]
    more = f", {found.demonstrations:,} answers to imitate" if found.demonstrations else ""
    st.metric(
        "Preferences",
        words.count(total),
        delta=f"{found.preferences.get(Role.TRAIN, 0):,} to learn from{more}",
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        chart_data=frames.history([found.by_round.get(round_, 0) for round_ in rounds]),
        chart_type="bar",
        help="Pairs of answers with a preferred side; the others measure. Bars: by the round that asked.",
    )


def _giver(report: Report) -> int:
    """The round whose answers gave the newest labels."""
    last = report.rounds[-1]
    return last.round if report.labels > last.labels else last.round - 1


def _corrected_card(rounds: Sequence[RoundFigures]) -> None:
    shares = [frames.corrected_share(line) for line in rounds]
    line = next((line for line in reversed(rounds) if line.compared), None)
    st.metric(
        "Guesses corrected",
        words.percent(frames.corrected_share(line), n=line.compared) if line else words.NOTHING,
        delta=f"{line.corrected:,} of {line.compared:,} in round {line.round}" if line else "needs answers",
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        chart_data=frames.history([None if share is None else 100 * share for share in shares]),
        chart_type="line",
        help="Answers that changed the model's guess. No error rate: these questions were picked because they are "
        "hard. High is good here, the questions hit where the model errs.",
    )


def _trend(reader: Reader) -> None:
    report = reader.report()
    frame = frames.trend(report)
    said = frames.ground(report, reader.anew())
    with layout.card("Error rate per round", said[0] if said else "", height="stretch"):
        if frame.empty:
            layout.nothing(
                "show_chart", "No model measured yet", hint="The first answers train the first model in the next round."
            )
            return
        over = st.segmented_control(
            "Against",
            ["Round", "Answers" if reader.view.free else "Labels"],
            default="Round",
            required=True,
            key="x",
            bind="query-params",
            label_visibility="collapsed",
        )
        newest = frame.iloc[-1]
        st.altair_chart(
            charts.trend(frame, layout.look(), over=str(over)),
            alt=f"Error rate per round; newest: {newest['rate']} ({newest['interval']}) in round {newest['round']}.",
        )
        for sentence in said[1:]:
            st.caption(sentence)
        if len(frame) == 1:
            st.caption("One round so far: a trend needs a second one.")
        elif frame["stretch"].max() > 0:
            st.caption("The line breaks where the examples it rests on change.")
        layout.as_table(frames.figures(report), "Error rate per round with interval, ground and estimator.")


def _worst(reader: Reader) -> None:
    asked = "prompts not asked yet" if reader.view.free else "unlabelled texts"
    with layout.card(
        "Where the errors are",
        f"Expected wrong answers among {asked} · error rate",
        height="stretch",
    ):
        frame = spot_frames.worst(reader.spots())
        if frame.empty:
            layout.nothing("bubble_chart", "Not known yet", hint="Weak spots are estimated once there is a model.")
            return
        st.altair_chart(
            charts.worst_spots(frame, layout.look(), height=44 + 38 * len(frame)),
            alt="Weak spots by expected wrong answers: "
            + "; ".join(f"{row.whole} {row.told}" for row in frame.head(3).itertuples()),
        )
        st.page_link(layout.SPOTS, label="Explore weak spots", icon=":material/bubble_chart:")


def _table(reader: Reader) -> None:
    report = reader.report()
    column = st.column_config
    with layout.card("Rounds"):
        st.dataframe(
            frames.table(report, wins=reader.wins() if reader.view.free else None),
            hide_index=True,
            placeholder=words.NOTHING,
            alt="Every round with status, error rate, interval, difference, labels and time.",
            column_config={
                "Round": column.NumberColumn(width=56),
                "Status": layout.pills("Status", width=98),
                "Error rate": column.ProgressColumn(
                    format="%.1f %%", min_value=0, max_value=frames.axis_top(report), color="primary", width=122
                ),
                "95 % interval": column.TextColumn(width=102),
                "n": column.TextColumn(width=76),
                "Difference": column.TextColumn(
                    width=82, alignment="right", help="Error rate minus the champion's before, same examples"
                ),
                "McNemar p": column.TextColumn(width=84, alignment="right", help="Exact test of the difference"),
                **{
                    name: column.TextColumn(
                        width=96,
                        help="Share of random prompts where this model was preferred to the "
                        f"{'first model' if rival == 'first' else 'champion before'}, ties as half; 95 % interval",
                    )
                    for name, rival in frames.WINS.items()
                },
                "Labels": column.NumberColumn(width=60, format="localized"),
                "Answered": column.TextColumn(width=76, alignment="right"),
                "Training": column.TextColumn(width=68, alignment="right"),
                "ECE": column.NumberColumn(width=56, format="%.3f", help="Expected calibration error; 0 is best"),
                "Finished": column.DatetimeColumn(width=98, format="MMM D, HH:mm", timezone="UTC"),
            },
        )


if __name__ == "__main__":
    draw()

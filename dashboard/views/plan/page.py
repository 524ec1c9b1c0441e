"""Plan: what would the next answers bring and cost, when is it enough, and how good were the forecasts?"""

from __future__ import annotations

import streamlit as st

from dashboard import layout
from dashboard.safe import esc
from dashboard.store import ProjectStore
from dashboard.views.plan import charts, tables
from loop import formatting
from loop.report.plan import Plan, plan, series, time_ends

QUESTION = "What would the next answers bring and cost, when is it enough, and how good were the forecasts?"


def draw() -> None:
    """The whole page."""
    store = layout.page("Plan", QUESTION)
    if store is None or layout.no_round(store):
        return
    found = store.get(plan)
    if found is None:
        with layout.card():
            layout.nothing(
                "route",
                "Nothing can be planned yet",
                hint="A forecast rests on measured models, and none was measured so far.",
                command="weakspot run",
            )
        return
    with layout.card(key="forecast"):
        st.markdown(f":blue[:material/route:] **{esc(found.sentences[0], longest=500)}**")
        for sentence in found.sentences[1:]:
            st.caption(esc(sentence, longest=500))
    _cards(found)
    left, right = st.columns([1.25, 1], gap="small")
    with left:
        _curve(store, found)
    with right:
        _record(found)
    _rules(found)


def _cards(found: Plan) -> None:
    then, cost, gain = found.then, found.cost, found.gain
    rounds, below = tables.to_target(found)
    with st.grid(5, min_column_width=150, gap="small"):
        _metric(
            "Error rate now",
            formatting.percent((found.now or found.measured).error),
            formatting.interval((found.now or found.measured).low, (found.now or found.measured).high),
            help_=f"True rate of the model of round {found.round}, as all rounds together tell it, with its 90 % "
            "interval."
            if found.now
            else f"As measured in round {found.round}, with its 95 % interval.",
        )
        _metric(
            "Expected then",
            formatting.percent(then.error.error) if then else formatting.NOTHING,
            formatting.interval(then.error.low, then.error.high) if then else "needs a second round",
            help_=f"What will be measured once the next {found.questions:,} answers are learned from; below it its "
            "90 % interval.",
        )
        _metric(
            "Gain",
            formatting.points(-gain.error) if gain else formatting.NOTHING,
            formatting.spread(-gain.high, -gain.low) if gain else "needs a second round",
            help_=f"What the learning curve falls by with the next {found.questions:,} answers; below it its 90 % "
            "interval. A single model lies beside the curve: so this is not quite the difference of the two rates.",
        )
        _metric(
            "Expert time",
            formatting.about(cost.hours) if cost else formatting.NOTHING,
            _money(found),
            help_="For the next batch, from the times the labeling tool recorded."
            + (f" 90 % interval: {' to '.join(time_ends(cost))}." if cost else ""),
        )
        _metric(
            "Rounds to target",
            rounds,
            below,
            help_="Best guess and 90 % interval; the target is plan.target_error in weakspot.yaml.",
        )


def _money(found: Plan) -> str:
    if found.cost is None:
        return "no time was recorded"
    if found.cost.money is None:
        return "no price is set"
    spent = f", {found.spent.money:,.0f} spent" if found.spent and found.spent.money is not None else ""
    return f"{found.cost.money:,.0f} {esc(found.currency, longest=8)}{spent}"


def _metric(name: str, value: str, below: str, *, help_: str) -> None:
    st.metric(name, value, delta=below, delta_color="off", delta_arrow="off", border=True, height="stretch", help=help_)


def _curve(store: ProjectStore, found: Plan) -> None:
    about = "Each round's model by the labels it learned from, and the models to come"
    with layout.card("Learning curve", about, height="stretch"):
        frame = tables.curve(store.get(series), found)
        st.altair_chart(
            charts.curve(frame, layout.look(), target=found.target),
            alt="Error rate by labels: " + "; ".join(f"{row.labels} labels {row.rate}" for row in frame.itertuples()),
        )
        st.caption("Bars: 95 % intervals of what was measured, 90 % of what is expected.")
        if found.then is None:
            st.caption("One measured round so far: a forecast needs a second one.")
        layout.as_table(
            frame[["labels", "what", "rate", "interval", "sure"]].rename(
                columns={
                    "labels": "Labels",
                    "what": "Model",
                    "rate": "Error rate",
                    "interval": "Interval",
                    "sure": "Certainty",
                }
            ),
            "The learning curve and what is expected, by labels.",
        )


def _record(found: Plan) -> None:
    with layout.card(
        "Forecasts and what came", "Bar: the 90 % interval forecast; mark: what was measured", height="stretch"
    ):
        frame = tables.record(found)
        if frame.empty or found.score is None:
            layout.nothing(
                "history",
                "No forecast has come due yet",
                hint="Each round ends with a forecast; the next measured model shows how good it was.",
            )
            return
        st.altair_chart(
            charts.record(frame, layout.look()),
            alt="Forecasts: " + "; ".join(f"round {r.round} {r.interval}, came {r.told}" for r in frame.itertuples()),
        )
        scored = found.score
        st.caption(
            f"{scored.held} of {scored.n} lay inside. Missed by {100 * scored.miss:.1f} points on average; saying “the "
            f"same as now” would have missed by {100 * scored.same_as_now:.1f}."
        )
        layout.as_table(
            frame.iloc[::-1][["round", "forecast", "interval", "told", "off", "held"]].rename(
                columns={
                    "round": "Round",
                    "forecast": "Forecast",
                    "interval": "90 % interval",
                    "told": "Came",
                    "off": "Missed by",
                    "held": "Lay",
                }
            ),
            "Forecasts beside what came, newest first.",
        )


def _rules(found: Plan) -> None:
    stop = ", ".join(found.stop)
    about = f"`weakspot run` ends by: {esc(stop)}" if stop else "`weakspot run` ends by none of them (plan.stop)"
    with layout.card("When it is enough", about):
        column = st.column_config
        st.dataframe(
            tables.rules(found),
            hide_index=True,
            height="content",
            alt="Stopping rules with their state and why.",
            column_config={
                "Rule": column.TextColumn(width=130),
                "State": layout.pills("State", width=76),
                "Ends the run": column.TextColumn(width=96),
                "Why": column.TextColumn(width="large"),
            },
        )
        if found.training_s is not None:
            st.caption(f"A round takes {formatting.duration(found.training_s)} of machine time without people.")


if __name__ == "__main__":
    draw()

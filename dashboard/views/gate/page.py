"""Gate: which models were let in or held back, on what evidence, and who moved the champion by hand?"""

from __future__ import annotations

import streamlit as st

from dashboard import layout, terms
from dashboard.safe import esc
from dashboard.views.gate import changes, charts, ruling, tables
from loop import formatting, report
from loop.ledger.figures import Decision
from loop.report import Gate

QUESTION = "Which models were let in or held back, on what evidence, and who decided?"


def draw() -> None:
    """The whole page."""
    store = layout.page("Gate", QUESTION)
    if store is None or layout.no_round(store):
        return
    gate = store.get(report.gate)
    ruled = tables.rulings(gate)
    if not gate.decisions:
        with layout.card():
            layout.nothing(
                "gavel",
                "No model judged yet",
                hint="The first answers train the first model; the gate lets it in, and compares every later one.",
                command="weakspot run",
            )
        return
    _cards(gate, next(iter(ruled.values()), None))
    if ruled:
        left, right = st.columns([1, 1.05], gap="small")
        with right:
            one = ruling.draw(ruled)
        with left:
            _differences(gate)
        _parts(one)
        changes.draw(store, one)
    _log(gate)


def _cards(gate: Gate, newest: Decision | None) -> None:
    seen = newest.comparison if newest else None
    with st.grid(4, min_column_width=150, gap="small"):
        _metric(
            "Champion",
            formatting.NOTHING if gate.champion is None else f"Round {gate.champion}",
            "no model in use" if gate.champion is None else _since(gate),
            help_="The model in use: `weakspot predict` and `weakspot export` take it.",
        )
        _metric(
            "Newest verdict",
            formatting.NOTHING if newest is None else tables.ACTIONS[newest.action].capitalize(),
            "the gate has not spoken" if newest is None else f"model of round {newest.round}",
            help_="What the gate did with the newest model.",
        )
        _metric(
            "Difference",
            formatting.points(seen.difference) if seen else formatting.NOTHING,
            f"{formatting.spread(seen.low, seen.high)}, n {seen.n:,}" if seen else "nothing to compare with",
            help_="Error rate of the newest model less that of the champion before, on the same examples; "
            "below it its 95 % interval. Below 0 is better.",
        )
        _metric(
            "To tell it",
            *_to_tell(newest),
            help_="So many further labels with known answers would tell a difference of this size in four of five "
            "cases. “enough”: it is told already, or there is no difference to tell. “out of reach”: the one seen is "
            "too small to be worth having; one of its size would take more than the pool holds or people give in a "
            "year. How large it may really be is in the interval.",
        )


def _to_tell(newest: Decision | None) -> tuple[str, str]:
    """How many labels would tell the difference, and a word below it."""
    seen = newest.comparison if newest else None
    if newest is None or seen is None:
        return formatting.NOTHING, ""
    if seen.needed:
        return f"+{seen.needed:,}", "more labels, about"
    if newest.told == "cannot tell" and seen.difference:
        return "out of reach", "too small a difference"
    return ("enough", newest.told) if newest.told else (formatting.NOTHING, "not noted")


def _since(gate: Gate) -> str:
    move = next(one for one in reversed(gate.decisions) if one.action != "hold")
    by = "the gate" if move.by == "gate" else esc(terms.account(move.by), longest=24)
    return f"since round {move.round}, by {by}"


def _metric(name: str, value: str, below: str, *, help_: str) -> None:
    st.metric(
        name,
        value,
        delta=below or " ",
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=help_,
    )


def _differences(gate: Gate) -> None:
    frame = tables.differences(gate)
    about = "New model less the champion before it, on the same examples; bars: 95 % intervals"
    with layout.card("Difference to the champion", about, height="stretch"):
        if frame.empty:
            layout.nothing(
                "compare_arrows",
                "Nothing compared yet",
                hint="The first model has no rival. From the second on each is compared with the champion.",
            )
            return
        newest = frame.iloc[-1]
        st.altair_chart(
            charts.differences(frame, layout.look(), margin=100 * gate.margin),
            alt=f"Difference of error rates per round; newest: {newest['said']} ({newest['interval']}), "
            f"{newest['told']}.",
        )
        st.caption(f"Below 0 is better. Dashed: up to {tables.counted(gate.margin)} more errors are allowed.")
        layout.as_table(
            frame.iloc[::-1][["round", "status", "told", "said", "interval", "n", "p"]].rename(
                columns={
                    "round": "Round",
                    "status": "Decision",
                    "told": "Told",
                    "said": "Difference",
                    "interval": "95 % interval",
                    "p": "McNemar p",
                }
            ),
            "Difference to the champion, round by round, newest first.",
        )


def _parts(one: Decision) -> None:
    frame = tables.parts(one)
    shown = frame.head(tables.DRAWN)
    about = f"Model of round {one.round} less the champion before; tick: more than this holds it back, when it is sure"
    with layout.card("Parts the gate watched", about):
        if frame.empty:
            layout.nothing(
                "view_list",
                "No part was watched",
                hint="Classes, slices and spots count once enough measured examples lie in them (gate.slice_n).",
            )
            return
        st.altair_chart(
            charts.parts(shown, layout.look()),
            alt="Difference per part, the most harmed first: "
            + "; ".join(f"{row.part} {row.said}" for row in shown.head(3).itertuples()),
        )
        if len(shown) < len(frame):
            st.caption(f"The {len(shown)} most harmed of {len(frame):,} parts; the table has all.")
        layout.as_table(
            frame[["part", "verdict", "said", "interval", "fixed", "broken", "n", "p"]].rename(
                columns={
                    "part": "Part",
                    "verdict": "Gate",
                    "said": "Difference",
                    "interval": "95 % interval",
                    "fixed": "Fixed",
                    "broken": "Broken",
                    "p": "p (Holm)",
                }
            ),
            "Every part the gate watched, what held the model back first.",
        )


def _log(gate: Gate) -> None:
    column = st.column_config
    with layout.card("Every decision", tables.policy(gate)):
        frame = tables.log(gate)
        st.dataframe(
            frame,
            hide_index=True,
            placeholder=formatting.NOTHING,
            height="content" if len(frame) <= 10 else 400,
            alt="Every decision on the champion, newest first, with who made it and why.",
            column_config={
                "Made in": column.NumberColumn(width=64, format="round %d"),
                "Decision": layout.pills("Decision", width=116),
                "Model": column.TextColumn(width=72),
                "Champion before": column.TextColumn(width=112),
                "Told": layout.pills("Told", width=90),
                "Difference": column.TextColumn(width=82, alignment="right"),
                "95 % interval": column.TextColumn(width=122),
                "n": column.TextColumn(width=92),
                "p": column.TextColumn(width=62, alignment="right", help="Exact McNemar test"),
                "Level": column.TextColumn(width=62, alignment="right", help="Below it this look says “better”"),
                "By": column.TextColumn(width=84),
                "Why": column.TextColumn(width=230),
                "At": column.DatetimeColumn(width=110, format="MMM D, HH:mm", timezone="UTC"),
            },
        )
        _by_hand(gate)


def _by_hand(gate: Gate) -> None:
    back = (
        "a rollback leads nowhere: there was no other champion before"
        if gate.before is None
        else f"a rollback leads to the model of round {gate.before}"
    )
    st.caption(f"By hand; {back}. Both are kept here with your name and reason.")
    held = next((one.model_round for one in reversed(gate.decisions) if one.action == "hold"), None)
    lines = [] if held is None else [f'weakspot promote {held} --why "..."']
    lines += [] if gate.before is None else ['weakspot rollback --why "..."']
    if lines:
        st.code("\n".join(lines), language=None)


if __name__ == "__main__":
    draw()

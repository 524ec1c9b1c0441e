"""What the gate said of one model, in its words."""

from __future__ import annotations

import streamlit as st

from dashboard import layout
from dashboard.safe import esc
from dashboard.views.gate import tables
from loop import formatting
from loop.ledger.figures import Decision


def draw(ruled: dict[int, Decision]) -> Decision:
    """Draws it; gives the ruling of the round that is chosen there."""
    with layout.card("What the gate said", height="stretch"):
        chosen = st.selectbox("Round", [str(round_) for round_ in ruled], key="round", bind="query-params", width=140)
        one = ruled[int(chosen)]
        with st.container(horizontal=True, gap="small"):
            action = tables.ACTIONS[one.action]
            st.badge(
                action,
                icon=":material/check_circle:" if action == "promoted" else ":material/block:",
                color="green" if action == "promoted" else "orange",
            )
            if one.told:
                st.badge(one.told, color=layout.STATUS_COLOURS.get(one.told, "gray"))
        st.markdown(tables.verdict(one))
        st.markdown(esc(one.reason, longest=1500))
        seen = one.comparison
        if seen:
            level = f", tested at {seen.alpha:.3f}" if seen.alpha is not None else ""
            st.caption(
                f"95 % interval of the difference {formatting.spread(seen.low, seen.high)}; exact McNemar p "
                f"{formatting.p_value(seen.p_value)}{level}; n {seen.n:,} ({seen.on})."
            )
        if one.vetoes:
            st.markdown("**What held it back**")
            st.markdown(
                "\n".join(
                    f"- **{esc(tables.KINDS.get(veto.kind, veto.kind))}**: {esc(veto.reason, longest=400)}"
                    for veto in one.vetoes[:12]
                )
            )
            if len(one.vetoes) > 12:
                st.caption(f"{len(one.vetoes) - 12} more stand in the table of parts below.")
    return one

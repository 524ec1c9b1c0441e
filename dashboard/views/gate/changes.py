"""Which examples a model fixed and which it broke, against the champion before it."""

from __future__ import annotations

import streamlit as st

from dashboard import layout
from dashboard.store import ProjectStore
from dashboard.views.gate import tables
from loop import report
from loop.ledger.figures import Decision

SHOWN = 100
"""So many fixed or broken examples are listed."""


def draw(store: ProjectStore, one: Decision) -> None:
    """Draws the card; nothing where the model had no other one to be compared with."""
    if one.champion_round is None or one.champion_round == one.model_round:
        return
    about = f"Gold and audit examples where the models of rounds {one.champion_round} and {one.model_round} differ"
    with layout.card("Fixed and broken", about):
        found = store.get(report.diff, one.champion_round, one.model_round)
        kinds = {"Broken": found.broken, "Fixed": found.fixed}
        chosen = st.segmented_control(
            "Show", list(kinds), default="Broken", required=True, key="show", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        rows = kinds[str(chosen)]
        st.caption(
            f"{len(found.fixed):,} fixed, {len(found.broken):,} broken, {found.both_wrong:,} wrong in both, of "
            f"{found.shared:,} known now"
        )
        if not rows:
            layout.nothing("check_circle", f"Nothing was {str(chosen).lower()}")
            return
        column = st.column_config
        st.dataframe(
            tables.changes(rows[:SHOWN]),
            hide_index=True,
            height="content" if len(rows) <= 6 else 420,
            row_height=62,
            alt=f"{chosen} examples with their true label and what both models say.",
            column_config={
                "Text": column.TextColumn(width=380),
                "True label": column.TextColumn(width=118),
                "Champion said": column.TextColumn(width=118),
                "New model says": column.TextColumn(width=118),
                "Id": column.TextColumn(width=92, help="`weakspot explain ID` tells its story"),
            },
        )

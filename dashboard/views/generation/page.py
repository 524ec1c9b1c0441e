"""Generation: do people prefer what the model writes now, and is nothing lost on the way?"""

from __future__ import annotations

import streamlit as st

from dashboard import layout
from dashboard.views.generation import annotators, pairs, questions, win_rate

QUESTION = "Do people prefer what the model writes now, and is nothing lost on the way?"


def draw() -> None:
    """The whole page."""
    store = layout.page("Generation", QUESTION)
    if store is None or layout.no_round(store):
        return
    win_rate.cards(store)
    left, right = st.columns([1, 1.08], gap="small")
    with left:
        win_rate.preferred(store)
    with right:
        annotators.who(store)
    win_rate.figures(store)
    pairs.draw(store)
    questions.draw(store)
    annotators.doubts(store)


if __name__ == "__main__":
    draw()

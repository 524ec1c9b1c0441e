"""Generation: do people prefer what the model writes now, and is nothing lost on the way?"""

from __future__ import annotations

import streamlit as st

from dashboard import layout
from dashboard.views.generation import annotators, pairs, questions, win_rate

QUESTION = "Do people prefer what the model writes now, and is nothing lost on the way?"


def draw() -> None:
    """The whole page."""
    reader = layout.page("Generation", QUESTION)
    if reader is None or layout.no_round(reader):
        return
    win_rate.cards(reader)
    left, right = st.columns([1, 1.08], gap="small")
    with left:
        win_rate.preferred(reader)
    with right:
        annotators.who(reader)
    win_rate.figures(reader)
    pairs.draw(reader)
    questions.draw(reader)
    annotators.doubts(reader)


if __name__ == "__main__":
    draw()

"""Generation: do people prefer what the model writes now, and is nothing lost on the way?"""

from __future__ import annotations

import streamlit as st

from dashboard import layout
from dashboard.generation import asked, headline, pairs, voices

QUESTION = "Do people prefer what the model writes now, and is nothing lost on the way?"


def draw() -> None:
    """The whole page."""
    reader = layout.page("Generation", QUESTION)
    if reader is None or layout.no_round(reader):
        return
    headline.cards(reader)
    left, right = st.columns([1, 1.08], gap="small")
    with left:
        headline.preferred(reader)
    with right:
        voices.who(reader)
    headline.figures(reader)
    pairs.draw(reader)
    asked.draw(reader)
    voices.doubts(reader)


if __name__ == "__main__":
    draw()

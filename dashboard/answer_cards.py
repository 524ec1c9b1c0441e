"""A request and its answers as one sheet of paper: the only place of the window that writes HTML.

Sheet ─► html(sheet, look): every text escaped, no tag, link or address of data survives ─► st.html

Streamlit's own elements can neither mark words inside a text nor keep its line breaks without Markdown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

import streamlit as st

from dashboard.safe import lines
from dashboard.theme import Look
from dashboard.word_diff import Piece

MARKS = {"gone": "del", "new": "ins", "own": "u"}
"""What a side's own words are → how they are drawn: struck, underlined, or underlined with dots."""
LONGEST = 8000
"""So many characters of one text are shown."""


@dataclass(frozen=True, slots=True)
class Side:
    """One answer."""

    title: str
    pieces: Sequence[Piece]
    tag: str = ""
    """Said beside the title, as "preferred"."""
    mood: str = ""
    """"good" or "bad" gives the frame that colour; the tag says the same in words."""
    own: str = "own"
    """How words that only this side has are marked: a key of MARKS."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A request with its answers beside each other, under each other where there is no room."""

    prompt: str
    context: str
    sides: Sequence[Side]
    references: Sequence[str] = field(default_factory=tuple)


def show(sheet: Sheet, look: Look) -> None:
    """Draws it."""
    st.html(html(sheet, look))


def html(sheet: Sheet, look: Look) -> str:
    """The sheet as HTML without scripts, links or addresses; texts of data only ever stand between tags."""
    parts = [_block("Request", sheet.prompt, look, size="1rem", weight=600, most="11rem")]
    if sheet.context:
        parts.append(_block("Must agree with", sheet.context, look, size=".92rem", weight=400, most="8rem"))
    grid = "display:grid;gap:.7rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr))"
    parts.append(f'<div style="{grid}">{"".join(_side(side, look) for side in sheet.sides)}</div>')
    if sheet.references:
        told = "".join(f"<p style='margin:.3rem 0 0;{_WRAP}'>{_clean(text)}</p>" for text in sheet.references)
        about = f"color:{look.faint};font-size:.86rem"
        parts.append(f"<details style='{about}'><summary>Reference answer</summary>{told}</details>")
    return f'<div style="display:grid;gap:.75rem;color:{look.ink}">{"".join(parts)}</div>'


_WRAP = "white-space:pre-wrap;overflow-wrap:anywhere"


def _block(title: str, text: str, look: Look, *, size: str, weight: int, most: str) -> str:
    return (
        f'<div><div style="{_small(look)}">{escape(title)}</div>'
        f'<div tabindex="0" style="max-height:{most};overflow:auto;font-size:{size};font-weight:{weight};{_WRAP}">'
        f"{_clean(text)}</div></div>"
    )


def _side(side: Side, look: Look) -> str:
    edge = {"good": look.good, "bad": look.bad}.get(side.mood, look.line)
    tint = {"good": f"{look.good}0d", "bad": f"{look.bad}0d"}.get(side.mood, "transparent")
    frame = f"border:1px solid {edge};border-radius:.55rem;padding:.6rem .8rem .7rem;background:{tint};min-width:0"
    tag = f'<span style="color:{edge if side.mood else look.faint};font-weight:600">{escape(side.tag)}</span>'
    head = "display:flex;flex-wrap:wrap;gap:.1rem .8rem;justify-content:space-between;margin-bottom:.3rem"
    text = "".join(_piece(piece, side.own, look) for piece in _cut(side.pieces))
    return (
        f'<section style="{frame}"><div style="{head};{_small(look)}"><span>{escape(side.title)}</span>{tag}</div>'
        f'<div tabindex="0" style="max-height:19rem;overflow:auto;line-height:1.55;{_WRAP}">'
        f"{text or _empty(look)}</div></section>"
    )


def _piece(piece: Piece, own: str, look: Look) -> str:
    if not piece.own or not piece.text.strip():
        return _clean(piece.text)
    head, _, tail = piece.text.partition(piece.text.strip())
    text = _clean(piece.text.strip())
    tag = MARKS[own]
    colour = {"gone": look.bad, "new": look.good, "own": look.accent}[own]
    line = {"gone": "line-through", "new": "underline", "own": "underline dotted"}[own]
    mark = f"background:{colour}24;border-radius:.2rem;text-decoration:{line} {colour} 2px;text-underline-offset:.2em"
    return f'{_clean(head)}<{tag} style="{mark}">{text}</{tag}>{_clean(tail)}'


def _cut(pieces: Sequence[Piece]) -> list[Piece]:
    """At most LONGEST characters, and then how many were left out."""
    kept: list[Piece] = []
    room = LONGEST
    for piece in pieces:
        if len(piece.text) > room:
            left = sum(len(one.text) for one in pieces) - LONGEST
            return [*kept, Piece(piece.text[:room], piece.own), Piece(f" … ({left:,} more characters)", own=False)]
        kept.append(piece)
        room -= len(piece.text)
    return kept


def _clean(text: str) -> str:
    return escape(lines(text))


def _empty(look: Look) -> str:
    return f'<em style="color:{look.faint}">nothing was written</em>'


def _small(look: Look) -> str:
    return f"color:{look.faint};font-size:.8rem"

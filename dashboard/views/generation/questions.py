"""The questions people were asked about answers: who preferred what, and how sure that makes us.

Where an answer came from is told only once everybody has answered: loop.report holds it back until then.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import layout, terms
from dashboard.answer_cards import Sheet, Side, show
from dashboard.safe import esc
from dashboard.store import ProjectStore
from dashboard.views.generation import tables
from dashboard.views.queue.tables import KINDS
from dashboard.word_diff import Piece, word_diff
from loop import report
from loop.records import Candidate
from loop.report import PairQuestion, Voice

PAGE = 5
ALL = "All"
NAMES = {"pair": ("Left", "Right")}


def draw(store: ProjectStore) -> None:
    """The whole part."""
    found = store.get(report.duels)
    with layout.card("What people were asked", "Compared, ranked, marked or mended answers, and who said what"):
        if not found:
            layout.nothing("forum", "No question asked yet", hint="The round first trains, writes and picks.")
            return
        rounds = sorted({one.round for one in found}, reverse=True)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            chosen = st.selectbox("Round", [ALL, *map(str, rounds)], key="asked_round", bind="query-params", width=110)
            wanted = st.segmented_control(
                "Show", tables.ASKED, default=tables.ASKED[0], required=True, key="asked", bind="query-params"
            )
        of_round = [one for one in found if chosen == ALL or one.round == int(chosen)]
        shown = tables.chosen(of_round, str(wanted))
        open_ = sum(one.state == "open" for one in of_round)
        st.caption(f"{len(shown):,} questions" + (f" · {open_:,} open, still blind" if open_ else ""))
        if not shown:
            layout.nothing("filter_alt_off", "No question like this", hint="Choose another filter or round.")
            return
        pages = -(-len(shown) // PAGE)
        number = min(int(st.session_state.get("asked_page", 1)), pages)
        for one in shown[(number - 1) * PAGE : number * PAGE]:
            with st.container(border=True):
                _question(one, first=min(rounds))
        if pages > 1:
            st.pagination(pages, key="asked_page", max_visible_pages=5)


def _question(one: PairQuestion, *, first: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(f"round {one.round}", color="blue")
        st.badge(KINDS.get(one.kind, "other"), color=layout.STATUS_COLOURS.get(KINDS.get(one.kind, ""), "gray"))
        if one.state != "answered":
            st.badge(one.state, color=layout.STATUS_COLOURS.get(one.state, "gray"))
        if one.repeat:
            st.badge("asked again, swapped", icon=":material/swap_horiz:", color="yellow")
        elif one.repeated:
            st.badge("also asked swapped", icon=":material/swap_horiz:", color="gray")
    show(Sheet(one.prompt, one.context, _sides(one, first=first)), layout.look())
    st.caption("  \n".join(said(one)))


def said(one: PairQuestion) -> list[str]:
    """Who said what, and what is believed, as Markdown; names and notes escaped."""
    if not one.revealed:
        waits = "waits for an answer" if one.state == "open" else "is kept back while this prompt is asked once more"
        return [f":material/visibility_off: Blind: where these answers come from {waits}."]
    lines = []
    voices = " · ".join(_voice(voice, one.form) for voice in one.voices)
    if voices:
        lines.append(f":material/forum: {voices}")
    told = [_belief(one, place) for place in range(len(one.beliefs))]
    if told:
        lines.append(f":material/balance: Believed: {'; '.join(told)}")
    elif one.form in ("pair", "ranking") and one.state == "answered":
        waits = "No side is believed to be better." if one.settled else "Weighed when the round is over."
        lines.append(f":material/balance: {waits}")
    return lines


def _voice(voice: Voice, form: str) -> str:
    if voice.alike:
        return "nobody was asked: both models wrote the same"
    who = esc(terms.account(voice.annotator), longest=48)
    if voice.label is None:
        return f"{who}: {esc(voice.state)}"
    what = "mended it" if form == "correction" else esc(terms.answer(form, voice.label), longest=160)
    remarks = [*voice.flags, *([f"“{voice.note}”"] if voice.note else [])]
    return f"{who}: **{what}**" + (f" ({esc(', '.join(remarks), longest=160)})" if remarks else "")


def _belief(one: PairQuestion, place: int) -> str:
    belief = one.beliefs[place]
    names = _names(one)
    return f"{names[belief.better].lower()} over {names[belief.worse].lower()}, {belief.certainty:.0%} sure".replace(
        "%", " %"
    )


def _names(one: PairQuestion) -> Sequence[str]:
    return NAMES.get(one.form, tuple(f"Answer {place + 1}" for place in range(len(one.candidates))))


def _sides(one: PairQuestion, *, first: int) -> list[Side]:
    texts = [candidate.text for candidate in one.candidates]
    if one.form == "correction":
        return _mended(one, first=first)
    pieces: Sequence[Sequence[Piece]] = [(Piece(text, own=False),) for text in texts]
    if len(texts) == 2:
        found = word_diff(*texts)
        pieces = (found.before, found.after)
    best = one.beliefs[0].better if one.beliefs else None
    names = _names(one) if len(texts) > 1 else ("Answer",)
    return [
        Side(
            " · ".join(filter(None, (name, source(candidate, first=first)))),
            own,
            tag="preferred" if place == best else "",
            mood="good" if place == best else "",
        )
        for place, (name, candidate, own) in enumerate(zip(names, one.candidates, pieces, strict=True))
    ]


def _mended(one: PairQuestion, *, first: int) -> list[Side]:
    written = one.candidates[0]
    newest = next((voice for voice in reversed(one.voices) if voice.label is not None), None)
    title = " · ".join(filter(None, ("The model wrote", source(written, first=first))))
    if newest is None or newest.label is None:
        return [Side(title, (Piece(written.text, own=False),))]
    found = word_diff(written.text, newest.label)
    alike = written.text.split() == newest.label.split()
    after = Side(
        f"{terms.account(newest.annotator)} {'left it as it is' if alike else 'made of it'}", found.after, own="new"
    )
    return [Side(title, found.before, own="gone"), after]


def source(candidate: Candidate, *, first: int) -> str:
    """Where an answer came from, in words; "" while that is held back."""
    if not candidate.source:
        return ""
    model = "the model before any tuning" if candidate.model_round is None else f"round {candidate.model_round}"
    if candidate.source == "sample":
        return f"{model}, drawn at {candidate.temperature:g}"
    name = {"champion": "champion then", "challenger": "new model", "first": "first model", "reference": "reference"}
    said = name.get(candidate.source, candidate.source)
    return f"{model}, {'first model' if candidate.model_round == first else said}" if said != "reference" else said

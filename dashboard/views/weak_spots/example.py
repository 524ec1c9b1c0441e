"""One example's story → what happened to it, round by round; `weakspot explain` tells it in whole sentences."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from dashboard import terms
from dashboard.safe import plain
from loop import formatting
from loop.ledger.people import PickRow
from loop.records import Annotation, Split
from loop.report import ExampleHistory

BEGINNING = "–"
LONGEST = 300


def happened(story: ExampleHistory) -> pd.DataFrame:
    """One row an event: Round, What; in the order of time."""
    rows = [{"Round": BEGINNING, "What": plain(_read(story), longest=LONGEST)}]
    for round_ in sorted({*story.started, *(row.round for row in story.picks), *(g.round for g in story.guesses)}):
        rows += [{"Round": str(round_), "What": plain(what, longest=LONGEST)} for what in _of(story, round_)]
    return pd.DataFrame(rows, columns=["Round", "What"])


def blind(story: ExampleHistory) -> bool:
    """Whether somebody is asked without the model's guess just now: it must not be told then."""
    answered = {answer.ext_id for answer in story.answers}
    return any(not row.pick.show_suggestion and row.ext_id not in answered for row in story.picks)


def _read(story: ExampleHistory) -> str:
    part = "the gold test, which is never trained on" if story.example.split is Split.GOLD else "the data"
    lies = f"; lies in the spot “{story.spot}”" if story.spot else ""
    return f"Read from {story.file}, part of {part}{lies}"


def _of(story: ExampleHistory, round_: int) -> Iterator[str]:
    if round_ in story.trained:
        yield f"Its model learned from it and {'became the champion' if round_ in story.promoted else 'was held back'}"
    for guess in story.guesses:
        if guess.round == round_ and not blind(story):
            sure = f", {formatting.percent(guess.confidence, n=0)} sure" if guess.confidence is not None else ""
            right = {True: ": wrong", False: ": right", None: ""}[guess.wrong]
            yield f"The model of round {guess.model} said {guess.label}{sure}{right}"
    if story.mended_in == round_:
        yield "The new champion gets it right: it joins the regression set"
    for row in story.picks:
        if row.round == round_:
            yield _asked(row)
            yield from (_answered(one) for one in story.answers if one.ext_id == row.ext_id)
    label = story.label
    if label is not None and label.source != "seed" and label.round == round_:
        yield f"Settled as {label.label}, for {label.role.value}"
    if story.leak is not None and story.leak.round == round_:
        yield f"Kept out of training: too like {story.leak.twin_id}, which measures the model"


def _asked(row: PickRow) -> str:
    chance = row.pick.inclusion_probability
    odds = f" (chance {100 * chance:.1f} %)" if chance else ""
    return f"Asked, {row.pick.kind.value}{odds}: {row.pick.reason}"


def _answered(one: Annotation) -> str:
    said = formatting.NOTHING if one.label is None else one.label
    return f"{terms.account(one.annotator)}: {said} ({one.state.value})"

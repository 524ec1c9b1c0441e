"""The page Generation, and the other pages, on projects whose models write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_stores import PAGES, trap
from made_writing import Writing, make_writing

from dashboard.theme import DARK, LIGHT
from dashboard.views.generation import charts, tables
from dashboard.views.overview import tables as round_tables
from dashboard.views.queue import tables as queue_tables
from loop import report
from loop.records import Measurement
from loop.report import View

pytestmark = pytest.mark.slow

SOURCES = ("champion then", "new model", "drawn at")


@pytest.fixture(scope="module")
def writing(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("writing")
    beacon = "http://127.0.0.1:9"
    short = {"gold": 12, "pool": 60, "batch": 12}
    return {
        "empty": make_writing(root / "empty", Writing(rounds=0, gold=6, pool=20)),
        "one": make_writing(
            root / "one", Writing(rounds=1, unfinished=False, checks=False, retention=False, simulated=False, **short)
        ),
        "five": make_writing(root / "five", Writing(gold=24)),
        "ranking": make_writing(root / "ranking", Writing(rounds=2, form="ranking", **short)),
        "rating": make_writing(root / "rating", Writing(rounds=2, form="rating", **short)),
        "correction": make_writing(root / "correction", Writing(rounds=2, form="correction", **short)),
        "hostile": make_writing(
            root / "hostile",
            Writing(
                rounds=3,
                simulated=False,
                text=lambda text: trap(text, beacon),
                name=lambda name: f"{name[:12]} ![a]({beacon}/n) <img src=x>",
                **short,
            ),
        ),
    }


@pytest.fixture(scope="module")
def five(writing: Any) -> Iterator[View]:
    with report.view(writing["five"]) as view:
        yield view


def said(app: Any) -> str:
    parts = [*app.markdown, *app.caption, *app.title, *app.header, *app.code]
    return "\n".join(part.value for part in parts).replace("\\", "")


def sheets(app: Any) -> list[str]:
    return [element.proto.body for element in app.main.get("html")]


@pytest.mark.slow
@pytest.mark.parametrize("page", [*PAGES, "generation"])
@pytest.mark.parametrize("store", ["empty", "one", "five", "ranking", "rating", "correction", "hostile"])
def test_every_page_draws_every_state_without_an_exception(draw: Any, writing: Any, store: str, page: str) -> None:
    app = draw(writing[store], page)
    assert not app.exception
    assert "To do:" not in said(app)


def test_the_cards_hold_the_figures_of_the_report(draw: Any, five: View, writing: Any) -> None:
    app = draw(writing["five"], "generation")
    cards = {metric.label.replace("\\", ""): (metric.value, metric.delta) for metric in app.metric}
    rate = next(
        one for one in report.win_rates(five) if (one.round, one.against, one.by) == (2, "first", "people")
    ).figure
    assert cards["Preferred to the first model"] == (
        f"{100 * rate.value:.0f} %",
        f"of 24 prompts, {100 * rate.low:.0f}–{100 * rate.high:.0f} % · round 2",
    )
    error = next(row for round_, row in report.trends(five, [("error_rate", "gold")])[0].points if round_ == 4)
    assert cards["Wrong answers"][0] == f"{100 * (error.value or 0):.0f} %"
    assert "Check: polite" in cards
    assert "Wrong on retention" in cards
    assert "simulated experts" in said(app)


def test_one_round_says_what_is_missing(draw: Any, writing: Any) -> None:
    app = draw(writing["one"], "generation")
    told = said(app)
    for sentence in ("No win rate yet", "Nothing to compare yet", "No checks:", "No retention prompts:"):
        assert sentence in told
    assert "Wrong on retention" not in [metric.label for metric in app.metric]
    assert "simulated" not in told


def test_before_the_first_round_the_page_says_how_to_begin(draw: Any, writing: Any) -> None:
    assert "weakspot run" in said(draw(writing["empty"], "generation"))


def test_an_address_with_rounds_and_filter_opens_that(draw: Any, writing: Any, five: View) -> None:
    app = draw(writing["five"], "generation", before="1", after="2", pairs="Fixed")
    assert (app.selectbox(key="before").value, app.selectbox(key="after").value) == (1, 2)
    fixed = [one for one in report.side_by_side(five, 1, 2) if one.outcome == "fixed"]
    shown = [text for text in sheets(app) if "Reference answer" in text]
    assert 0 < len(shown) == min(len(fixed), 5)
    assert all("Round 1" in text and "Round 2" in text for text in shown)


def test_a_filter_without_a_pair_says_so(draw: Any, writing: Any) -> None:
    assert "No pair like this" in said(draw(writing["five"], "generation", before="2", after="2"))


def test_open_questions_are_shown_blind(draw: Any, writing: Any) -> None:
    app = draw(writing["five"], "generation", asked="Open")
    shown = [text for text in sheets(app) if "Reference answer" not in text]
    assert shown
    assert not any(word in text for word in SOURCES for text in shown)
    assert said(app).count("Blind:") == len(shown)


def test_answered_questions_tell_who_said_what_and_where_answers_came_from(draw: Any, writing: Any) -> None:
    app = draw(writing["five"], "generation", asked_round="1", asked="Measured")
    shown = [text for text in sheets(app) if "Reference answer" not in text]
    assert all("round 1, new model" in text and "round 0, first model" in text for text in shown)
    told = said(app)
    assert "small-judge (judge)" in told
    assert "87 % sure" in told


def test_swapped_repeats_are_marked(draw: Any, writing: Any) -> None:
    app = draw(writing["five"], "generation", asked_round="1", asked="Asked twice")
    assert "asked again, swapped" in said(app)
    assert "also asked swapped" in said(app)


def test_what_a_person_made_of_an_answer_is_shown_with_the_words_that_changed(draw: Any, writing: Any) -> None:
    shown = sheets(draw(writing["correction"], "generation", asked_round="0"))
    mended = [text for text in shown if "made of it" in text]
    assert mended
    assert all("<ins" in text and "sorry for the wait" in text for text in mended)


def test_a_classifiers_project_has_no_such_page(draw: Any, stores: Any) -> None:
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        draw(stores["one"], "generation")


def test_the_overview_tells_of_preferences_instead_of_labels(draw: Any, writing: Any, five: View) -> None:
    app = draw(writing["five"], "overview")
    cards = {metric.label: metric.value for metric in app.metric}
    assert cards["Preferences"] == str(sum(report.learnt(five).preferences.values()))
    assert not {"Labels", "Guesses corrected"} & set(cards)
    columns = set(next(one.value for one in app.dataframe if "Finished" in one.value.columns).columns)
    assert {"Won, first", "Won, last"} <= columns
    assert not {"ECE", "Labels"} & columns


def test_the_queue_reads_answers_in_words_and_never_tells_a_source(draw: Any, writing: Any) -> None:
    app = draw(writing["five"], "queue", round="1")
    frame = app.dataframe[0].value
    assert {"left better", "right better", "equally good", "both bad"} <= set(frame["Said"])
    assert "Model says" not in frame.columns
    text = frame.to_csv()
    assert not any(word in text for word in ("champion", "challenger", "sample"))


def test_every_answer_is_counted_once_by_what_it_says(five: View) -> None:
    rows = report.questions(five)
    frame = queue_tables.said(rows)
    assert frame["n"].sum() == sum(row.state in ("answered", "skipped", "quarantined") for row in rows)
    none, given = queue_tables.sideless(rows)
    taken = frame[frame["answer"].isin(("equally good", "both bad"))]["n"].sum()
    assert (none, given) == (taken, sum(row.answer is not None for row in rows))


def test_charts_are_valid_in_both_themes(five: View) -> None:
    doubts = report.doubts(five)
    assert doubts is not None
    for look in (LIGHT, DARK):
        for against in tables.RIVALS.values():
            frame = tables.wins(report.win_rates(five), against=against)
            assert look.accent in str(charts.wins(frame, look).to_dict(validate=True))
        for one in report.trends(five):
            charts.figure(tables.trend(one), look, share=tables.is_share(one.metric)).to_dict(validate=True)
        charts.doubts(tables.doubts(doubts), look, baseline=0.6, height=200).to_dict(validate=True)


def test_what_an_interval_says_of_half_is_told_in_words(five: View) -> None:
    rates = {one.round: one for one in report.win_rates(five) if one.against == "champion" and one.by == "people"}
    first = {one.round: one for one in report.win_rates(five) if one.against == "first" and one.by == "people"}
    assert tables.clear(rates[2]) == "open"
    assert tables.clear(first[2]) == "better"


def test_a_change_has_a_colour_only_where_the_intervals_do_not_touch() -> None:
    one = Measurement("error_rate", 0.1, 0.02, 0.18, 60, "gold")
    assert tables.apart(one, replace(one, low=0.37, high=0.63))
    assert tables.apart(replace(one, low=0.37, high=0.63), one)
    assert not tables.apart(one, replace(one, low=0.18, high=0.3))
    assert not tables.apart(one, replace(one, low=None, high=None))


def test_the_verdict_on_doubt_names_what_beats_the_length(five: View) -> None:
    doubts = report.doubts(five)
    assert doubts is not None
    assert "Yes" in tables.verdict(doubts)
    assert "overlap" in tables.verdict(replace(doubts, length=replace(doubts.length, high=0.99)))
    top = replace(doubts.length, value=0.95, high=0.99)
    assert "No:" in tables.verdict(replace(doubts, length=top))


def test_the_round_table_tells_win_rates_of_people_only(five: View) -> None:
    frame = round_tables.table(report.report(five), wins=report.win_rates(five))
    told = frame.set_index("Round")["Won, first"]
    assert told[2] == "67 % (54–78)"
    assert told[0] == "–"

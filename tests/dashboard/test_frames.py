"""Frames hold what loop.report says, and keep back what must not be seen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard.views.overview import tables as rounds_tables
from dashboard.views.queue import tables as queue_tables
from dashboard.views.runs import tables as runs_tables
from dashboard.views.weak_spots import tables as spots_tables
from loop import report
from loop.ledger import progress

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(stores: Any) -> Any:
    with report.view(stores["six"]) as view:
        yield view


def test_the_trend_has_a_row_for_every_measured_round_in_order(seen: Any) -> None:
    figures = report.report(seen)
    frame = rounds_tables.trend(figures)
    assert list(frame["round"]) == [0, 1, 2, 3, 4, 5]
    assert list(frame["error"]) == [line.error_rate for line in figures.rounds]
    assert list(frame["status"]) == ["promoted", "promoted", "promoted", "held", "promoted", "promoted"]


def test_a_line_breaks_where_the_examples_it_rests_on_change(seen: Any) -> None:
    from dataclasses import replace

    figures = report.report(seen)
    moved = tuple(replace(line, on="audit" if line.round < 2 else "gold") for line in figures.rounds)
    assert list(rounds_tables.trend(replace(figures, rounds=moved))["stretch"]) == [0, 0, 1, 1, 1, 1]


def test_every_answer_is_counted_once(seen: Any) -> None:
    figures = report.report(seen)
    counted = rounds_tables.answers(figures).groupby("round")["n"].sum()
    for line in figures.rounds:
        assert counted[line.round] == line.answered + line.skipped + line.quarantined


def test_the_difference_is_told_against_the_champion_before(seen: Any) -> None:
    figures = report.report(seen)
    assert rounds_tables.champion_before(figures, figures.rounds[4]) == 2
    assert rounds_tables.champion_before(figures, figures.rounds[0]) is None


def test_an_open_blind_question_keeps_the_guess_to_itself_and_an_answered_one_tells_it(seen: Any) -> None:
    rows = report.questions(seen)
    frame = queue_tables.table(rows, {row.spot: "refund ↔ bill" for row in rows if row.spot is not None})
    secret = [row.blind and row.state == "open" for row in rows]
    assert any(secret)
    assert any(row.blind and row.state == "answered" for row in rows)
    for row, (_, shown), hidden in zip(rows, frame.iterrows(), secret, strict=True):
        if hidden:
            assert shown["Model says"] == spots_tables.HIDDEN
            assert shown["Spot"] == spots_tables.HIDDEN
            assert np.isnan(shown["Sure"])
        else:
            assert shown["Model says"] == row.guess
            assert shown["Spot"] == "refund ↔ bill"


def test_the_map_keeps_the_guess_of_an_open_blind_question_too(seen: Any) -> None:
    rows = report.questions(seen)
    found = report.map_points(seen)
    frame = spots_tables.hide_blind(spots_tables.points(found, report.spot_trends(seen)), rows)
    blind = {row.example_id for row in rows if row.blind and row.state == "open"}
    inside = frame[frame["id"].isin(blind)]
    assert len(inside) == len(blind) > 0
    assert set(inside["guess"]) == {spots_tables.HIDDEN}
    assert inside["uncertainty"].isna().all()


def test_filters_of_the_queue_join_with_and(seen: Any) -> None:
    rows = report.questions(seen)
    kept = queue_tables.chosen(rows, round_=5, states=["open"], kinds=["audit"], word="")
    assert kept
    assert all(row.round == 5 and row.state == "open" and row.kind == "audit" for row in kept)


def test_the_button_opens_the_stream_of_questions_while_one_is_open(seen: Any) -> None:
    rows = report.questions(seen)
    assert queue_tables.next_link(rows, "http://127.0.0.1:1/projects/1") == "http://127.0.0.1:1/projects/1"
    assert queue_tables.next_link(rows, "javascript:alert(1)") is None
    assert queue_tables.next_link([row for row in rows if row.state != "open"], "http://127.0.0.1:1") is None


def test_the_median_time_is_of_answers_that_have_one(seen: Any) -> None:
    rows = report.questions(seen, round_=2)
    times = sorted(row.seconds for row in rows if row.seconds)
    assert queue_tables.figures(rows).seconds == pytest.approx(np.median(times))


def test_a_box_and_a_group_and_spots_narrow_the_map_together(seen: Any) -> None:
    frame = spots_tables.points(report.map_points(seen), report.spot_trends(seen))
    box = {"x": [0.5, -0.5], "y": [-1.0, 1.0]}
    inside = frame[spots_tables.within(frame, group="Gold", spots=[2, 6], box=box)]
    assert len(inside)
    assert inside["x"].between(-0.5, 0.5).all()
    assert set(inside["split"]) == {"gold"}
    assert set(inside["spot"]) <= {2, 6}
    assert spots_tables.within(frame, group="All", spots=(), box=None).all()


def test_too_many_points_are_thinned_but_no_wrong_one_is_lost(seen: Any) -> None:
    frame = spots_tables.points(report.map_points(seen), report.spot_trends(seen))
    few = spots_tables.drawn(frame, most=450)
    assert len(few) == 450
    assert (few["outcome"] == "wrong").sum() == (frame["outcome"] == "wrong").sum()


def test_names_on_the_map_do_not_cover_each_other(seen: Any) -> None:
    trends = report.spot_trends(seen)
    named = spots_tables.labels(spots_tables.points(report.map_points(seen), trends), trends)
    assert 3 <= len(named) <= 9
    for one in named.itertuples():
        for other in named.itertuples():
            assert one is other or one.Index == other.Index or abs(one.x - other.x) > 0.5 or abs(one.y - other.y) > 0.09


def test_the_download_is_safe_to_open_in_a_spreadsheet(stores: Any) -> None:
    import io

    with report.view(stores["hostile"]) as view:
        frame = spots_tables.points(report.map_points(view), report.spot_trends(view)).head(3)
        text = spots_tables.csv(frame, ["=1+1", "@x", "fine"])
    assert list(pd.read_csv(io.StringIO(text))["text"]) == ["'=1+1", "'@x", "fine"]


def test_the_timeline_starts_each_round_at_zero_and_marks_what_was_cut_off(seen: Any) -> None:
    steps = report.timeline(seen, rounds=2)
    now = datetime.fromisoformat(steps[-1].started_at)
    frame = runs_tables.timeline(steps, now=now, alive=False)
    assert set(frame["round"]) == {4, 5}
    assert (frame.groupby("round")["start"].min() == 0).all()
    assert (frame["end"] >= frame["start"]).all()
    assert frame["kind"].iloc[-1] == "stopped here"
    assert runs_tables.timeline(steps, now=now, alive=True)["kind"].iloc[-1] == "running"


def test_the_weakest_spot_has_evidence_behind_it(seen: Any) -> None:
    trends = report.spot_trends(seen)
    found = spots_tables.weakest(trends)
    assert found is not None
    assert found.spot.estimate == max(trend.spot.estimate for trend in trends)
    assert spots_tables.weakest(()) is None


def test_sizes_and_the_last_sign_of_life_come_from_the_project(stores: Any) -> None:
    with report.view(stores["stalled"]) as view:
        pulse, health = report.pulse(view), report.health(view)
        with view.project.ledger.read() as connection:
            (beat,) = progress.heartbeats(connection)
    silence = datetime.now(UTC) - datetime.fromisoformat(beat.at)
    assert not pulse.alive
    assert silence.total_seconds() >= 600
    assert pulse.silent_s == pytest.approx(silence.total_seconds(), abs=30)
    assert health.ledger == "SQLite"
    assert health.ledger_mb is not None
    assert health.ledger_mb > 0
    assert 0 < health.artifacts_mb < 50
    assert health.peak_mb == 1420.0

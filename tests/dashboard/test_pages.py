"""Every page on every state of a project: no exception, the figures of loop.report, and the right words when empty."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from made_stores import PAGES

from loop import formatting, report

pytestmark = pytest.mark.slow

STORES = ("empty", "cold", "one", "six", "honest", "hostile", "stalled", "alive")
TITLES = ("Overview", "Gate", "Plan", "Weak spots", "Calibration", "Label queue", "Runs \\& health")


def said(app: Any) -> str:
    parts = [*app.markdown, *app.caption, *app.title, *app.header, *app.code]
    return "\n".join(part.value for part in parts)


def metrics(app: Any) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def table(app: Any, column: str) -> Any:
    """The first table that has this column."""
    return next(one.value for one in app.dataframe if column in one.value.columns)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("store", STORES)
def test_every_page_draws_every_state_without_an_exception(draw: Any, stores: Any, store: str, page: str) -> None:
    app = draw(stores[store], page)
    assert not app.exception
    assert app.title[0].value in TITLES


@pytest.mark.parametrize("page", PAGES)
def test_without_a_project_every_page_says_how_to_make_one(draw: Any, page: str, tmp_path: Path) -> None:
    for project in (None, tmp_path):
        app = draw(project, page)
        assert not app.exception
        assert "weakspot init" in said(app)


@pytest.mark.parametrize("page", PAGES)
def test_another_schema_is_told_with_what_to_do(draw: Any, older: Path, page: str) -> None:
    app = draw(older, page)
    assert not app.exception
    assert "schema 9999" in said(app)
    assert "To do:" in said(app)


def test_an_older_schema_names_the_command_that_mends_it(draw: Any, stores: Any, tmp_path: Path) -> None:
    import shutil

    place = Path(shutil.copytree(stores["one"], tmp_path / "old"))
    with sqlite3.connect(place / ".weakspot" / "ledger.db") as ledger:
        for (table,) in ledger.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall():
            ledger.execute(f'DROP TABLE "{table}"')
    app = draw(place, "overview")
    assert "weakspot doctor" in said(app).replace("\\", "")


@pytest.mark.parametrize("page", PAGES)
def test_the_badge_tells_simulated_answers_on_every_page_and_only_then(draw: Any, stores: Any, page: str) -> None:
    assert "simulated experts" in said(draw(stores["six"], page))
    assert "simulated experts" not in said(draw(stores["cold"], page))


def test_the_cards_of_the_overview_show_the_figures_of_the_report(draw: Any, stores: Any) -> None:
    with report.view(stores["six"]) as view:
        figures, standing = report.report(view), report.standing(view)
    best = next(line for line in figures.rounds if line.round == figures.champion)
    last = figures.rounds[-1]
    found = metrics(draw(stores["six"], "overview"))
    assert found["Error rate"] == formatting.percent(best.error_rate, n=best.n)
    assert found["Labels"] == f"{figures.labels:,}"
    assert found["Guesses corrected"] == formatting.percent(last.corrected / last.compared, n=last.compared)
    assert found["Open questions"] == str(standing.open_questions)


def test_the_next_action_and_its_command_stand_on_the_overview(draw: Any, stores: Any) -> None:
    with report.view(stores["one"]) as view:
        standing = report.standing(view)
    app = draw(stores["one"], "overview")
    assert standing.next.rstrip(".") in said(app).replace("\\", "")
    assert standing.command in [code.value for code in app.code]


def test_the_round_table_has_a_row_for_every_round(draw: Any, stores: Any) -> None:
    app = draw(stores["six"], "overview")
    assert list(table(app, "Finished")["Round"]) == [5, 4, 3, 2, 1, 0]


def test_the_cards_of_the_queue_count_the_questions_of_the_newest_round(draw: Any, stores: Any) -> None:
    with report.view(stores["six"]) as view:
        rows = report.questions(view, round_=5)
    found = metrics(draw(stores["six"], "queue"))
    for state in ("open", "answered", "skipped", "quarantined"):
        assert found[state.capitalize()] == str(sum(row.state == state for row in rows))


def test_a_round_and_a_status_in_the_address_filter_the_queue(draw: Any, stores: Any) -> None:
    app = draw(stores["six"], "queue")
    everything = len(app.dataframe[0].value)
    app.segmented_control(key="status").set_value("open").run()
    shown = app.dataframe[0].value
    assert 0 < len(shown) < everything
    assert {status for (status,) in shown["Status"]} == {"open"}
    app.selectbox(key="round").select("3").run()
    assert "No question fits these filters" in said(app)


def test_the_address_of_a_filtered_queue_opens_it_filtered(draw: Any, stores: Any) -> None:
    app = draw(stores["six"], "queue", status="skipped", round="2")
    assert {status for (status,) in app.dataframe[0].value["Status"]} == {"skipped"}
    assert app.selectbox(key="round").value == "2"


def test_searching_keeps_the_questions_with_that_word(draw: Any, stores: Any) -> None:
    app = draw(stores["six"], "queue")
    app.text_input(key="text").set_value("ROUTER").run()
    assert all("router" in text.lower() for text in app.dataframe[0].value["Text"])


def test_a_task_link_that_is_no_web_address_is_not_shown(draw: Any, stores: Any) -> None:
    assert draw(stores["six"], "queue").dataframe[0].value["Task"].notna().all()
    assert draw(stores["hostile"], "queue").dataframe[0].value["Task"].isna().all()


def test_the_spot_table_holds_every_spot_in_the_order_of_the_report(draw: Any, stores: Any) -> None:
    with report.view(stores["six"]) as view:
        trends = report.spot_trends(view)
    frame = draw(stores["six"], "weak_spots").dataframe[0].value
    assert list(frame["Spot"]) == [trend.spot.name for trend in trends]


def test_before_the_first_model_spots_are_shown_by_size(draw: Any, stores: Any) -> None:
    app = draw(stores["cold"], "weak_spots")
    assert "Spots by size" in said(app)
    assert app.dataframe[0].value["Estimate"].isna().all()


def test_a_group_of_the_map_filters_the_list(draw: Any, stores: Any) -> None:
    app = draw(stores["six"], "weak_spots")
    app.segmented_control(key="show").set_value("Gold").run()
    assert set(table(app, "Group")["Group"]) == {"gold"}
    for mode in ("Correctness", "Spot"):
        app.segmented_control(key="colour").set_value(mode).run()
        assert not app.exception


def test_one_round_asks_for_a_second_one_instead_of_a_trend(draw: Any, stores: Any) -> None:
    app = draw(stores["one"], "overview")
    assert "needs a second round" in [metric.delta for metric in app.metric]


def test_a_silent_worker_is_not_called_running(draw: Any, stores: Any) -> None:
    assert "No sign of life since" in said(draw(stores["stalled"], "runs"))
    alive = said(draw(stores["alive"], "runs"))
    assert "No sign of life" not in alive
    assert "process 4711" in alive


def test_a_damaged_map_is_told_and_the_round_table_stays(draw: Any, stores: Any, tmp_path: Path) -> None:
    import shutil

    place = Path(shutil.copytree(stores["one"], tmp_path / "damaged"))
    (place / ".weakspot" / "artifacts" / "partition" / "layout.npy").write_bytes(b"x")
    spots = draw(place, "weak_spots")
    assert not spots.exception
    assert "has changed since it was written" in said(spots).replace("\\", "")
    assert len(spots.dataframe[0].value) == 14
    assert len(table(draw(place, "overview"), "Finished")) == 1

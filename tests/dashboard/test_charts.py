"""Charts are valid Vega-Lite in both themes, coloured from the palette, with names that cannot become code."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from contrast import ENOUGH, contrast, of_hex

from dashboard.theme import DARK, LIGHT, Look
from dashboard.views.overview import charts as round_charts
from dashboard.views.overview import tables as rounds_tables
from dashboard.views.runs import charts as run_charts
from dashboard.views.runs import tables as runs_tables
from dashboard.views.weak_spots import charts as maps
from dashboard.views.weak_spots import tables as spots_tables
from loop import report

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["six", "one", "hostile"])
def seen(stores: Any, request: Any) -> Any:
    with report.view(stores[request.param]) as view:
        yield view


@pytest.fixture(params=[LIGHT, DARK], ids=["light", "dark"])
def look(request: Any) -> Look:
    return request.param  # type: ignore[no-any-return]


def spec(chart: Any) -> dict[str, Any]:
    found: dict[str, Any] = chart.to_dict(validate=True)
    assert found["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    return found


def test_the_trend_is_valid_over_rounds_and_labels(seen: Any, look: Look) -> None:
    frame = rounds_tables.trend(report.report(seen))
    for over in round_charts.AXES:
        text = json.dumps(spec(round_charts.trend(frame, look, over=over)))
        assert look.accent in text
        assert look.good in text


def test_the_weakest_spots_are_valid_and_names_stay_data(seen: Any, look: Look) -> None:
    frame = spots_tables.worst(report.spot_trends(seen))
    found = spec(round_charts.worst_spots(frame, look))
    axis = next(layer["encoding"]["y"]["axis"] for layer in found["layer"] if "y" in layer["encoding"])
    names = json.loads(axis["labelExpr"].removeprefix("(").split(")[datum.value]")[0])
    assert len(names) == len(frame)
    for lines, name in zip(names.values(), frame["name"], strict=True):
        assert len(lines) <= 2
        assert "".join(name.split()).startswith("".join("".join(lines).removesuffix("…").split()))


def test_answers_and_seconds_and_timeline_are_valid(seen: Any, look: Look) -> None:
    figures = report.report(seen)
    spec(round_charts.answers(rounds_tables.answers(figures), look))
    spec(run_charts.seconds(runs_tables.seconds(figures), look))
    frame = runs_tables.timeline(report.timeline(seen, rounds=1), now=datetime.now(UTC), alive=False)
    frame["told"] = ""
    spec(run_charts.timeline(frame, look))


@pytest.mark.parametrize("mode", maps.MODES)
def test_the_map_is_valid_in_every_colouring_and_has_a_box_to_draw(seen: Any, look: Look, mode: str) -> None:
    trends = report.spot_trends(seen)
    frame = maps.with_hue(spots_tables.points(report.map_points(seen), trends), look)
    found = spec(maps.spots_map(frame, spots_tables.labels(frame, trends), look, mode=mode, lit={1}))
    assert maps.BOX in [param["name"] for param in found["params"]]


def test_the_map_before_the_first_model_is_valid(stores: Any, look: Look) -> None:
    with report.view(stores["cold"]) as view:
        trends = report.spot_trends(view)
        frame = maps.with_hue(spots_tables.points(report.map_points(view), trends), look)
    found = spec(maps.spots_map(frame, spots_tables.labels(frame, trends), look, mode="Uncertainty", lit=()))
    assert found["layer"][0]["mark"]["invalid"] == "show"


@pytest.mark.parametrize("look_", [LIGHT, DARK])
def test_text_colours_stand_out_from_the_paper(look_: Look) -> None:
    for colour in (look_.ink, look_.faint, look_.accent, look_.bad, look_.good):
        assert contrast(of_hex(colour), of_hex(look_.paper)) >= ENOUGH

"""Laws of the report and of the files beside it."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from made_records import grid, spec

from loop.simulation import results
from loop.simulation.page import page
from loop.simulation.plots import nice
from loop.simulation.spec import SimulationSpec
from loop.simulation.summary import Size, Summary, summarised

EVIL = "=cmd()<script>alert('&')</script>"
VOID = {"meta", "line", "circle", "polygon", "polyline", "path", "br"}


def summary(**more: object) -> Summary:
    given = spec(strategies=("random", EVIL), noise=(0.0, 0.1), **more)
    curves = {"random": [0.3, 0.5, 0.6, 0.7], EVIL: [0.3, 0.6, 0.7, 0.78]}
    return summarised(grid(given, curves, full=0.8), given, Size(pool=500, held=100, classes=4))


class Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_runs_nothing() -> None:
    parser = Balanced()
    parser.feed(page(summary()))
    assert parser.open == []
    assert "script" not in parser.seen


def test_no_text_from_data_is_markup() -> None:
    found = page(summary())
    assert "<script" not in found
    assert "&lt;script&gt;" in found


def test_recipe_and_picks_together_have_a_table_with_a_second_recipe_alone() -> None:
    title = "Recipe and picks together, against plain with random picks"
    assert title not in page(summary())
    found = page(summary(recipes=("plain", EVIL)))
    assert found.count(title) == 2, "one for each share of wrong answers"
    assert "<script" not in found


def test_no_figure_is_minus_zero() -> None:
    found = summary()
    rule = replace(found.groups[0].rules[0], round=3.0, wasted=0.0, missed=-1e-9)
    found = replace(found, groups=(replace(found.groups[0], rules=(rule,)),))
    assert ">+0.0<" in page(found)


def test_the_page_asks_the_network_for_nothing() -> None:
    assert not re.search(r"https?:|//[a-z]|url\(|@import|src=|href=", page(summary()))


def test_every_figure_has_a_title_and_a_description_of_its_own() -> None:
    found = page(summary())
    named = re.findall(r'aria-labelledby="(\S+) (\S+)"', found)
    assert len(named) == found.count("<svg") >= 3
    assert len({one for pair in named for one in pair}) == 2 * len(named)
    for title, about in named:
        assert f'<title id="{title}">' in found
        assert f'<desc id="{about}">' in found


def test_light_and_dark_are_both_there() -> None:
    assert "prefers-color-scheme:dark" in page(summary())


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_models_that_are_never_or_always_right_are_drawn(right: float) -> None:
    given = spec(strategies=("random",), seeds=1)
    flat = grid(given, {"random": [right] * 4}, full=right)
    found = page(summarised(flat, given, Size(pool=500, held=100, classes=4)))
    assert found.count("<svg") >= 1
    assert not re.search(r'="-?(nan|inf)', found)


def test_a_single_seed_is_drawn_without_bands() -> None:
    assert '<polygon class="band' not in page(summary(seeds=1))


def test_a_spreadsheet_runs_no_cell(tmp_path: Path) -> None:
    rows = list(csv.DictReader(results.table(summary()).splitlines()))
    assert {row["strategy"] for row in rows} == {"random", "'" + EVIL}
    assert len(rows) == 2 * 2 * 4
    assert float(rows[0]["accuracy"]) == pytest.approx(0.3)


def test_the_json_says_null_for_what_was_not_reached(tmp_path: Path) -> None:
    given: SimulationSpec = spec()
    low = {"random": [0.1, 0.2], "margin": [0.1, 0.3]}
    found = summarised(grid(given, low, full=0.9), given, Size(pool=500, held=100, classes=4))
    written = results.write(found, tmp_path)
    assert [place.name for place in written] == ["results.csv", "summary.json", "report.html"]
    read = json.loads((tmp_path / "summary.json").read_text())
    reach = read["groups"][0]["lines"][1]["reaches"][0]
    assert reach["needed"] == {"low": 20.0, "high": None}
    assert reach["ratio"]["bound"] == "unknown"


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (31.2, 88.7), (0, 1575), (0.0, 1.2)])
def test_ticks_are_round_and_span_the_figures(low: float, high: float) -> None:
    found = nice(low, high, 6)
    assert found[0] <= low
    assert found[-1] >= high
    assert 3 <= len(found) <= 12

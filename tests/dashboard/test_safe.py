"""Text of data can neither run nor fetch anything, and figures read as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard import safe, terms
from loop import formatting
from loop.spreadsheets import cell

DASHBOARD = Path(safe.__file__).parent


@pytest.mark.parametrize(
    "text", ["![a](http://x/y)", "<img src=x>", "[a](javascript:b)", "$x$", "**b**", "`c`", "~~d~~"]
)
def test_markdown_of_data_loses_its_meaning(text: str) -> None:
    escaped = safe.esc(text)
    for sign in "![]()<>$*`~":
        assert escaped.count(sign) == escaped.count("\\" + sign)


def test_icons_addresses_and_emoji_of_data_are_not_recognised() -> None:
    for text in (":material/delete:", ":smile:", "http://evil.example", "www.evil.example", "a@evil.example"):
        escaped = safe.esc(text)
        assert "\u2060" in escaped
        assert text not in escaped


def test_an_innocent_text_reads_as_before_once_markdown_is_drawn() -> None:
    assert safe.esc("move, new flat").replace("\\", "") == "move, new flat"


def test_control_and_direction_signs_leave_and_long_texts_are_cut() -> None:
    assert safe.plain("a\u202eb\x00c\nd") == "ab c d"
    assert safe.plain("x" * 600) == "x" * 499 + "…"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", " =1", "\t=1"])
def test_a_cell_that_would_be_a_formula_is_quoted(text: str) -> None:
    assert cell(text) == "'" + text


def test_an_innocent_cell_stays() -> None:
    assert cell("a = b") == "a = b"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "http:///x",
        "http://u:p@h/",
        "http://[",
        None,
        "//h",
    ],
)
def test_only_plain_web_addresses_become_links(address: str | None) -> None:
    assert safe.web_link(address) is None


def test_a_web_address_stays_as_it_is() -> None:
    assert (
        safe.web_link("http://127.0.0.1:8080/projects/1/data?task=3") == "http://127.0.0.1:8080/projects/1/data?task=3"
    )


HTML = {"answer_cards.py": ["st.html(html(sheet, look))"], "app.py": ['st.html(ASSETS / "look.css")']}
"""The one place that writes HTML, and escapes everything; and our own style sheet."""


def test_no_file_of_the_dashboard_allows_html_but_the_one_that_escapes_everything() -> None:
    for file in DASHBOARD.rglob("*.py"):
        text = file.read_text()
        assert "unsafe_allow" not in text
        assert "components" not in text
        assert [line.strip() for line in text.splitlines() if "st.html(" in line] == HTML.get(file.name, [])


def test_what_was_said_of_answers_reads_as_on_the_labeling_page() -> None:
    assert terms.answer("pair", "first") == "left better"
    assert terms.answer("pair", "both_bad") == "both bad"
    assert terms.answer("ranking", "[2, 1, 3]") == "2 > 1 > 3"
    assert terms.answer("rating", '{"polite": 4, "brief": 5}') == "polite 4 · brief 5"
    assert terms.answer("correction", "[mended]") == "[mended]"
    assert terms.answer("ranking", "broken") == "broken"
    assert terms.account("judge:small") == "small (judge)"
    assert terms.metric("check:names_case") == "names case"
    assert terms.signal("a_plug_in") == "a plug in"


def test_rates_have_a_decimal_only_when_enough_examples_carry_it() -> None:
    assert formatting.percent(0.1284, n=500) == "12.8 %"
    assert formatting.percent(0.1284, n=50) == "13 %"
    assert formatting.percent(None) == "–"
    assert formatting.percent(float("nan")) == "–"
    assert formatting.interval(0.11, 0.148) == "11.0–14.8 %"
    assert formatting.interval(None, 0.1) == "–"


def test_differences_are_points_with_a_plain_sign() -> None:
    assert formatting.points(-0.01) == "-1.0 pp"
    assert formatting.points(0.0044) == "+0.4 pp"
    assert formatting.points(-0.0004) == "0.0 pp"
    assert formatting.points(None) == "–"


def test_p_values_counts_times_and_sizes_read_well() -> None:
    assert formatting.p_value(0.0004) == "< 0.001"
    assert formatting.p_value(0.0031) == "0.003"
    assert formatting.count(1_000_000) == "1,000,000"
    assert formatting.count(0) == "0"
    assert [formatting.duration(s) for s in (0.42, 23, 59.7, 6720, 400_000)] == [
        "0.4 s",
        "23 s",
        "1 min",
        "1 h 52 min",
        "4 days",
    ]
    assert formatting.size(84.2) == "84 MB"
    assert formatting.size(2048) == "2.0 GB"
    assert formatting.ago("2026-03-02T08:00:00+00:00", now=datetime(2026, 3, 2, 8, 0, 12, tzinfo=UTC)) == "12 s ago"
    assert formatting.clock("2026-03-02T10:00:00+02:00") == "2026-03-02 08:00:00 UTC"

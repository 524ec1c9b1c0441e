"""Text of data in a model card and in the cells of a CSV is text."""

from __future__ import annotations

import csv
import io

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from loop import markdown
from loop.spreadsheets import cell, line

HOSTILE = [
    "[a](http://x)",
    "![a](http://x)",
    "<img src=x>",
    "a | b",
    "**b**",
    "`c`",
    "# h",
    "- l",
    "1. l",
    "www.evil.example",
    "https://evil.example",
    "a@b.example",
    "~~d~~",
    "$x$",
    "&lt;",
    "a\n\n# h",
    "\x1b]8;;http://x\x07",
    "_i_",
    "=====",
    "\\",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_of_data_is_drawn_as_the_text_it_is(text: str) -> None:
    commonmark = pytest.importorskip("markdown_it")
    for place in ("{}", "# {}", "- {}", "| {} | x |"):
        tokens = commonmark.MarkdownIt("commonmark").parse(place.format(markdown.text(text)))
        kinds = {token.type for token in tokens} | {one.type for token in tokens for one in token.children or ()}
        allowed = {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}
        allowed |= {"heading_open", "heading_close"} if place.startswith("#") else set()
        allowed |= (
            {"bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"} if place[0] == "-" else set()
        )
        assert kinds <= allowed, (place, kinds)


@given(st.text(st.characters()))
def test_every_sign_that_markdown_reads_has_a_backslash(text: str) -> None:
    shown = markdown.text(text)
    assert "\n" not in shown
    bare = shown.replace("\\\\", "")
    for sign in "[]<>|`*~$#&!:@":
        assert bare.count(sign) == bare.count("\\" + sign)


def test_names_stay_readable() -> None:
    assert markdown.text("card_lost") == "card_lost"
    assert markdown.text("lost or stolen card (2026)") == "lost or stolen card (2026)"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_cell_is_no_formula_and_a_csv_reader_gives_it_back(text: str) -> None:
    shown = cell(text)
    assert shown in (text, f"'{text}")
    assert not shown.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert list(csv.reader(io.StringIO(line([shown, "x"]), newline=""))) == [[shown, "x"]]


@pytest.mark.parametrize("text", ["ord-17", "17", "a=b", "'x", "refund"])
def test_ids_and_words_stay(text: str) -> None:
    assert cell(text) == text


def test_front_matter_is_yaml_whatever_the_base_is_called() -> None:
    from loop.models.card import _front_matter

    base = 'x"\n---\nevil: 1\x85\u2028'
    assert yaml.safe_load(_front_matter(base).split("---\n")[1])["base_model"] == base

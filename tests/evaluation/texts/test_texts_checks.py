"""Checks that a project writes: what passes, what cannot be told, and what is said of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from loop.errors import ConfigError, DataError
from loop.evaluation.texts.checks import build_check, load_function

RULES = """
from __future__ import annotations
from dataclasses import dataclass
import numpy as np

@dataclass
class Rule:
    word: str

def polite(answer, example):
    return Rule("please").word in answer

def share(answer, example):
    return np.float32(0.25)

def numpy_bool(answer, example):
    return np.bool_(True)

def forgot(answer, example):
    answer.strip()

def marks(answer, example):
    return 7

def fails(answer, example):
    return example["nothing"]

word = 3
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.py").write_text(RULES)
    (tmp_path / "broken.py").write_text("def x(:")
    return tmp_path


def test_an_expression_matches_anywhere_and_takes_the_value_literally(tmp_path: Path) -> None:
    check = build_check("ticket", r"ticket {ticket}\b", folder=tmp_path)
    assert check("Your ticket A.1(x is open, ticket A.1", {"ticket": "A.1"}) == 1.0
    assert check("ticket AB1", {"ticket": "A.1"}) == 0.0


def test_repetitions_of_an_expression_are_no_columns(tmp_path: Path) -> None:
    check = build_check("date", r"\d{2}-\d{2,4}", folder=tmp_path)
    assert check("on 03-2024", {}) == 1.0


def test_an_empty_value_cannot_be_told(tmp_path: Path) -> None:
    assert build_check("has", "{reference}", folder=tmp_path)("anything", {"reference": ""}) is None


def test_an_unknown_column_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    check = build_check("has", "{refrence}", folder=tmp_path)
    with pytest.raises(DataError, match="'refrence', which example 7 does not have.*did you mean \"reference\""):
        check("a", {"id": "7", "prompt": "p", "reference": "r"})


def test_a_function_gives_true_false_or_a_number(folder: Path) -> None:
    assert build_check("polite", "rules.py:polite", folder=folder)("please wait", {}) == 1.0
    assert load_function("rules.py:polite", folder)("wait", {}) == 0.0
    assert load_function("rules.py:share", folder)("wait", {}) == 0.25
    assert load_function("rules.py:numpy_bool", folder)("wait", {}) == 1.0


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("rules.py:missing", "rules.py has no function 'missing'"),
        ("rules.py:word", "rules.py has no function 'word'"),
        ("none.py:polite", "no file .*none.py"),
        ("broken.py:x", "broken.py cannot be run: SyntaxError"),
        ("polite", "'polite' names no function; wanted: FILE.py:function"),
    ],
)
def test_a_function_that_cannot_be_loaded_is_told_at_once(folder: Path, spec: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_function(spec, folder)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("forgot", "rules.py:forgot gave None for example e1; wanted: True, False or a number 0..1"),
        ("marks", "rules.py:marks gave 7 for example e1"),
        ("fails", "rules.py:fails failed on example e1: KeyError: 'nothing'"),
    ],
)
def test_a_function_that_fails_names_file_and_example(folder: Path, name: str, told: str) -> None:
    with pytest.raises(DataError, match=told):
        load_function(f"rules.py:{name}", folder)("answer", {"id": "e1"})


def test_an_example_without_id_is_named_by_its_prompt(folder: Path) -> None:
    with pytest.raises(DataError, match="example 'When does it end"):
        load_function("rules.py:forgot", folder)("answer", {"prompt": "When does it end?"})


def test_running_a_file_leaves_nothing_beside_it(folder: Path) -> None:
    before = sorted(folder.iterdir())
    load_function("rules.py:polite", folder)
    assert sorted(folder.iterdir()) == before


def test_a_name_too_long_for_the_ledger_and_a_bad_expression_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has 27 characters; wanted: at most 26"):
        build_check("x" * 27, "a", folder=tmp_path)
    with pytest.raises(ConfigError, match="no regular expression"):
        build_check("has", "(", folder=tmp_path)

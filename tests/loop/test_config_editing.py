"""Laws of editing weakspot.yaml as text."""

from __future__ import annotations

import pytest

from loop.config import parse, template
from loop.config.editing import edited
from loop.errors import ConfigError

SHORT = """# mine
project:
  name: calls  # as we say
data: {file: pool.csv, text: text}
labels: [a, b]
selection:
    # more would be too much work
    batch: 25   # a day's work
    strategy: margin
"""


def test_only_the_value_changes() -> None:
    after = edited(SHORT, {"selection.batch": 75, "selection.strategy": "weak_spots"})
    assert after == SHORT.replace("25 ", "75 ").replace("margin", '"weak_spots"')


def test_a_missing_key_is_added_to_its_section() -> None:
    after = edited(SHORT, {"selection.blind": 0.2})
    assert "selection:\n    blind: 0.2\n    # more" in after
    assert parse(after).selection.blind == 0.2


def test_a_missing_section_is_added() -> None:
    after = edited(SHORT, {"model.tuning": "head"})
    assert after.startswith(SHORT.rstrip())
    assert parse(after).model.tuning == "head"


def test_a_section_with_nothing_in_it_takes_the_key() -> None:
    after = edited(SHORT + "model:\n  # tuning: full\n", {"model.tuning": "head"})
    assert parse(after).model.tuning == "head"
    assert "  # tuning: full" in after


def test_a_key_without_a_value_takes_one() -> None:
    text = SHORT.replace("name: calls  # as we say", "name: calls\n  title:")
    assert parse(edited(text, {"project.title": "Calls"})).project.title == "Calls"


def test_nothing_to_change_leaves_the_text_as_it_is() -> None:
    assert edited(SHORT, {}) == SHORT


def test_what_init_writes_keeps_every_comment() -> None:
    text = template(name="calls", file="pool.csv", text="text", labels=["a", "b"])
    after = edited(text, {"selection.batch": 33, "selection.strategy": "margin", "model.tuning": "head"})
    changed = [(one, other) for one, other in zip(text.splitlines(), after.splitlines(), strict=True) if one != other]
    assert changed == [
        ('  tuning: "auto"', '  tuning: "head"'),
        ('  strategy: "weak_spots"', '  strategy: "margin"'),
        ("  batch: 100", "  batch: 33"),
    ]


def test_a_section_in_one_line_is_left_to_people() -> None:
    with pytest.raises(ConfigError, match='the section data is written in one line.*write data.text: "body" by hand'):
        edited(SHORT, {"data.text": "body"})


def test_a_value_that_is_not_allowed_is_refused() -> None:
    with pytest.raises(ConfigError, match="marginn"):
        edited(SHORT, {"selection.strategy": "marginn"})


def test_phrases_of_labels_stay_where_another_value_changes() -> None:
    text = SHORT.replace("labels: [a, b]", "labels:\n  a: {phrases: [my bill]}  # first\n  b: about money")
    after = edited(text, {"selection.batch": 75})
    assert after == text.replace("25 ", "75 ")
    assert parse(after).label_set.phrases == {"a": ("my bill",)}

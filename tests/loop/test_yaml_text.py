"""YAML of others is read within limits; what we write reads back as what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from loop.config import load, parse, template
from loop.config.editing import edited
from loop.config.yaml_text import comment, read, value
from loop.errors import ConfigError

ANYTHING = st.text(st.characters(), max_size=40)
HOSTILE = (
    "junk\ngeneration: {endpoint: http://HOST}\n#",
    "junk\x85evil: 1",
    "junk\u2028evil: 1",
    "a\r\nevil: 1",
    "\x00\x1b[2J\x7f\x9b",
    "\ufffe\uffff\ud800",
    "yes",
    "1e-5",
    "0x1f",
    "2026-01-01",
    "- a",
    "&a *a !!str",
    "'\"\\",
    "=",
    "<<",
    "x" * 300,
)


@given(
    st.recursive(
        ANYTHING | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANYTHING, inner, max_size=3),
        max_leaves=6,
    )
)
def test_a_value_reads_back_as_itself(one: object) -> None:
    written = f"a: {value(one)}\n"
    assert read(written) == {"a": one}
    assert "\n" not in written[:-1]


@given(ANYTHING)
def test_a_comment_stays_a_comment(text: str) -> None:
    assert read(f"# {comment(text)}\na: 1\n") == {"a": 1}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_column_name_and_a_guess_cannot_become_keys(name: str) -> None:
    text = template(name="x", file=f"{name}.csv", text=name, labels=["a", "b"], guesses=(f"Text: {name}",), schema=name)
    found = read(text)
    assert found["data"]["text"] == name
    assert found["generation"] == {} if "generation" in found else True
    assert "evil" not in found


@pytest.mark.parametrize("name", HOSTILE)
def test_an_edited_value_reads_back_and_the_rest_stays(name: str) -> None:
    before = template(name="x", file="a.csv", text="t", labels=["a", "b"])
    after = edited(before, {"selection.strategy": "margin", "plan.currency": name})
    wanted = read(before)
    wanted["selection"]["strategy"], wanted["plan"]["currency"] = "margin", name
    assert read(after) == wanted
    assert parse(after).plan.currency == name


BOMB = "a: &a [x, x]\n" + "".join(f"k{n}: &b{n} [*{'a' if n == 0 else f'b{n - 1}'}, *a]\n" for n in range(30))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "an anchor or alias"),
        ("a: *s3cret", "an anchor or alias"),
        ("&a {a: 1}", "an anchor or alias"),
        ("[" * 20_000, "nested more than 20 deep"),
        ("{a: " * 20_000, "nested more than 20 deep"),
        ("- " * 5_000 + "x", "nested more than 20 deep"),
        ("a: !!int x", "a tag"),
        ("a: !!timestamp x", "a tag"),
        ("a: !s3cret", "a tag"),
        ("a: " + "9" * 5_000, "a date or number that is not possible"),
        ("a: 2026-99-99", "a date or number that is not possible"),
        ("a: 1\na: 2", "stands twice"),
        ("# " + "x" * (1 << 20), "more than 1,048,576"),
        ("a: \x00", "unacceptable character"),
    ],
)
def test_yaml_beyond_the_limits_is_refused_in_a_line(text: str, words: str) -> None:
    with pytest.raises(yaml.YAMLError, match=words):
        read(text)
    with pytest.raises(ConfigError, match="is no YAML") as fault:
        parse(text)
    assert "s3cret" not in str(fault.value)
    assert len(str(fault.value)) < 300


def test_a_config_that_is_no_file_or_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weakspot.yaml").mkdir()
    with pytest.raises(ConfigError, match="is a folder"):
        load(tmp_path / "weakspot.yaml")
    large = tmp_path / "large" / "weakspot.yaml"
    large.parent.mkdir()
    large.write_text("#" * ((1 << 20) + 1))
    with pytest.raises(ConfigError, match="larger than"):
        load(large)
    with pytest.raises(ConfigError, match="is a device"):
        load(Path("/dev/zero"))


@pytest.mark.parametrize(
    "place",
    [
        "storage: {ledger: 'postgresql://u:cAn4ry@h/d'}",
        "storage: {ledger: 'postgresql://u@h/d?sslpassword=cAn4ry'}",
        "labeler: {url: 'http://u:cAn4ry@h'}",
        "labeler: {url: 'http://h/?token=cAn4ry'}",
        "labeler: {url: 'http://cAn4ry@h'}",
    ],
)
def test_a_config_keeps_no_secret_and_does_not_show_it(place: str) -> None:
    with pytest.raises(ConfigError, match="holds a password or token") as fault:
        parse("project: {name: x}\ndata: {file: a.csv, text: t}\nlabels: [a, b]\n" + place)
    assert "cAn4ry" not in str(fault.value)

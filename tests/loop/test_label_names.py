"""A label that cannot be carried to the end is refused where it comes in, with its row; all others are carried."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from command_line import complaint, here
from hypothesis import given
from hypothesis import strategies as st

from labeling.label_studio.pages import page_of
from loop.config import parse, template
from loop.errors import ConfigError
from loop.label_names import LONGEST, fault
from loop.records import Form, LabelSet

BAD = [
    "a\x1bb",
    "a\x00b",
    "a\x0bb",
    "a\x7fb",
    "a\x85b",
    "a\x92b",
    "a\ufffeb",
    "a\uffffb",
    "a\u2028b",
    "a\nb",
    "a\tb",
    "a\u202eb",
    "x" * 201,
]


@pytest.mark.parametrize("name", [*BAD, "", " ", " a", "a ", "a\ud800"])
def test_what_cannot_be_carried_has_a_fault(name: str) -> None:
    assert fault(name)


@given(st.text(st.characters(), min_size=1, max_size=LONGEST))
def test_a_label_without_fault_comes_back_from_yaml_and_from_the_page(name: str) -> None:
    if fault(name) or name == "other":
        return
    assert list(parse(template(name="x", file="a.csv", text="t", labels=[name, "other"])).labels) == [name, "other"]
    page = ElementTree.fromstring(page_of("label").page(Form("label", labels=LabelSet((name, "other"), {name: name}))))
    assert name in {value for element in page.iter() for value in element.attrib.values()} | set(page.itertext()) or (
        "$" in "".join(value for element in page.iter() for value in element.attrib.values())
    )


@pytest.mark.parametrize("name", BAD)
def test_init_tells_the_row_and_the_label(name: str, tmp_path: Path) -> None:
    rows = [{"text": f"message {n} of a person", "label": name if n == 4 else "ab"[n % 2]} for n in range(20)]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    told = complaint(here("init", tmp_path / "p", "--data", tmp_path / "data.jsonl"))
    assert "data.jsonl, row 5: the label " in told
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("name", BAD[:-1])
def test_labels_of_a_list_or_a_file_are_looked_at_as_well(name: str, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("text\n" + "".join(f"message {n} of a person\n" for n in range(20)))
    (tmp_path / "labels.yaml").write_text(json.dumps([name, "b"]))
    told = complaint(here("init", tmp_path / "p", "--data", data, "--labels", tmp_path / "labels.yaml"))
    assert "label 1, " in told or "is not a text" in told or "cannot be read" in told
    with pytest.raises(ConfigError, match="label 1, "):
        parse(f"project: {{name: x}}\ndata: {{file: a.csv, text: t}}\nlabels: {json.dumps([name, 'b'])}")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a: &x 1\nb: *x", "an anchor or alias"),
        ("[" * 20_000, "nested more than 20 deep"),
        ("- yes\n- no", "the label True is not a text"),
        ("- [a]\n- b", "the label ['a'] is not a text"),
        ("5", "holds no list of labels"),
        ("- a: b", "is not a text"),
    ],
)
def test_a_file_of_labels_beyond_the_limits_is_told(content: str, words: str, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("text\n" + "".join(f"message {n} of a person\n" for n in range(20)))
    (tmp_path / "labels.yaml").write_text(content)
    assert words in complaint(here("init", tmp_path / "p", "--data", data, "--labels", tmp_path / "labels.yaml"))


def test_labels_that_are_no_file_are_told(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("text\n" + "".join(f"message {n} of a person\n" for n in range(20)))
    assert "is a device" in complaint(here("init", tmp_path / "p", "--data", data, "--labels", "/dev/zero"))
    many = ",".join(f"label {n}" for n in range(100))
    said = here("init", tmp_path / "q", "--data", data, "--labels", many)
    assert said.status == 0, said.err

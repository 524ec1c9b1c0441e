"""What of a labelled file is simulated with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_project import write_csv

from loop.errors import DataError
from loop.simulation.data import Labelled, read
from loop.simulation.spec import SimulationSpec


def rows(n: int, *, classes: int = 3) -> list[dict[str, str]]:
    return [
        {"text": f"message number {row} about thing {row % 7}", "label": f"kind {row % classes}"} for row in range(n)
    ]


def read_from(file: str, **more: object) -> Labelled:
    return read(SimulationSpec(file=file, out=Path("out"), **more))  # type: ignore[arg-type]


def test_texts_and_labels_of_a_file_are_read_in_its_order(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", rows(60))
    found = read_from(str(tmp_path / "a.csv"))
    assert found.texts[4] == "message number 4 about thing 4"
    assert [found.names[column] for column in found.labels[:4]] == ["kind 0", "kind 1", "kind 2", "kind 0"]
    assert len(found.test) == 0


def test_rows_without_a_label_are_left_out(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [*rows(60), {"text": "nobody knows what this is", "label": ""}])
    assert len(read_from(str(tmp_path / "a.csv")).texts) == 60


def test_a_test_file_is_measured_on_and_its_twins_are_not_asked(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", rows(80))
    write_csv(tmp_path / "b.csv", [*rows(3), {"text": "an entirely different question", "label": "kind 1"}])
    found = read_from(str(tmp_path / "a.csv"), test=str(tmp_path / "b.csv"))
    assert [found.texts[row] for row in found.test[-1:]] == ["an entirely different question"]
    assert len(found.test) == 4
    asked = {found.texts[row] for row in np.setdiff1d(np.arange(len(found.texts)), found.test)}
    assert not asked & {row["text"] for row in rows(3)}


def test_of_a_large_file_the_same_rows_are_drawn_each_time(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", rows(200))
    one, other = (read_from(str(tmp_path / "a.csv"), rows=100) for _ in range(2))
    assert len(one.texts) == 100
    assert one.digest() == other.digest()
    assert "100 of 200 labelled rows were drawn" in one.said[-1]


def test_a_changed_label_changes_the_digest(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", rows(60))
    write_csv(tmp_path / "b.csv", [*rows(59), {**rows(60)[-1], "label": "kind 0"}])
    assert read_from(str(tmp_path / "a.csv")).digest() != read_from(str(tmp_path / "b.csv")).digest()


def test_a_file_without_labels_is_told(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [{"text": row["text"]} for row in rows(60)])
    with pytest.raises(DataError, match="no column is known to hold labels.*name it with --label"):
        read_from(str(tmp_path / "a.csv"))


def test_a_single_label_is_told(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", rows(60, classes=1))
    with pytest.raises(DataError, match="one label only, 'kind 0'"):
        read_from(str(tmp_path / "a.csv"), label="label")


def test_a_file_that_is_too_small_is_told(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", rows(20))
    with pytest.raises(DataError, match="20 labelled rows to simulate with; wanted: 40 or more"):
        read_from(str(tmp_path / "a.csv"), label="label")


def test_labels_that_stand_once_are_told(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", rows(60, classes=60))
    with pytest.raises(DataError, match="60 labels on 60 rows, hardly one of them twice"):
        read_from(str(tmp_path / "a.csv"), label="label")


def test_the_same_column_for_text_and_label_is_told(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", rows(60))
    with pytest.raises(DataError, match="--text and --label both name 'label'; wanted: two columns"):
        read_from(str(tmp_path / "a.csv"), text="label", label="label")


def test_a_test_file_that_holds_every_text_is_told(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", rows(60))
    with pytest.raises(DataError, match="0 labelled rows to simulate with; 60 more stand in the test file, too"):
        read_from(str(tmp_path / "a.csv"), test=str(tmp_path / "a.csv"))


def test_an_encoding_can_be_named(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [{**row, "text": row["text"] + " café"} for row in rows(60)])
    (tmp_path / "a.csv").write_bytes((tmp_path / "a.csv").read_text(encoding="utf-8").encode("cp1252"))
    with pytest.raises(DataError, match=r"--encoding cp1252 .*, \.\.\.$"):
        read_from(str(tmp_path / "a.csv"))
    assert read_from(str(tmp_path / "a.csv"), encoding="cp1252").texts[0].endswith("café")


def test_of_a_few_labels_that_stand_once_it_is_said(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [*rows(60), {"text": "an entirely different question", "label": "alone"}])
    assert any(one.startswith("Labels that stand once: 1;") for one in read_from(str(tmp_path / "a.csv")).said)

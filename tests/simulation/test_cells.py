"""Laws of the file a finished cell is kept in."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from made_records import record

from loop import registry
from loop.simulation.cells import Cell, code_digest, key, load, save

CELL = Cell(seed=1, batch=25, noise=0.1, recipe="plain", strategy="margin", base="minilm")


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    save(record([0.1, 0.5]), tmp_path / "a.npz")
    found = load(tmp_path / "a.npz")
    assert found is not None
    for field in fields(found):
        assert np.array_equal(getattr(found, field.name), getattr(record([0.1, 0.5]), field.name), equal_nan=True)
    assert [place.name for place in tmp_path.iterdir()] == ["a.npz"]


def test_a_missing_or_damaged_file_is_made_again(tmp_path: Path) -> None:
    assert load(tmp_path / "a.npz") is None
    save(record([0.1, 0.5]), tmp_path / "a.npz")
    whole = (tmp_path / "a.npz").read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 1):
        (tmp_path / "a.npz").write_bytes(whole[:size])
        assert load(tmp_path / "a.npz") is None


def test_whatever_decides_a_result_changes_its_key() -> None:
    settings = {"rounds": 5}
    known = key(CELL, settings, "code")
    others = [
        *(replace(CELL, **{name: value}) for name, value in (("seed", 2), ("batch", 50), ("noise", 0.2))),
        *(replace(CELL, **{name: "other"}) for name in ("recipe", "strategy")),
    ]
    found = {
        known,
        key(CELL, {"rounds": 6}, "code"),
        key(CELL, settings, "new"),
        *(key(one, settings, "code") for one in others),
    }
    assert len(found) == 3 + len(others)
    assert key(CELL, settings, "code") == known


def test_a_file_damaged_inside_is_made_again(tmp_path: Path) -> None:
    save(record([0.1, 0.5]), tmp_path / "a.npz")
    whole = (tmp_path / "a.npz").read_bytes()
    for start in range(0, len(whole), 16):
        (tmp_path / "a.npz").write_bytes(whole[:start] + bytes(16) + whole[start + 16 :])
        load(tmp_path / "a.npz")


def test_the_code_of_a_plug_in_counts_wherever_in_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "rare_plug_in"
    package.mkdir()
    (package / "__init__.py").write_text("from rare_plug_in.part import SHARE\n")
    (package / "part.py").write_text("SHARE = 0.5\n")
    monkeypatch.syspath_prepend(tmp_path)
    before = code_digest(["rare_plug_in"])
    assert code_digest([registry.home("recipe", "plain")]) == code_digest([]) != before
    (package / "part.py").write_text("SHARE = 0.9\n")
    assert code_digest(["rare_plug_in"]) != before

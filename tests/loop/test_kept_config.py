"""The config as it was last used is kept, and a file that lost keys is told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from loop import kept_config
from loop.config import template

WHOLE = template(name="desk", file="m.csv", text="text", labels=["refund", "invoice"], experts="people", batch=12)


@pytest.fixture
def used(tmp_path: Path) -> Path:
    file = tmp_path / "weakspot.yaml"
    file.write_text(WHOLE)
    assert kept_config.keep(file, tmp_path / ".weakspot") == ()
    return file


def keep(used: Path) -> tuple[str, ...]:
    return kept_config.keep(used, used.parent / ".weakspot")


def test_a_file_that_is_cut_off_is_told_and_the_version_before_it_stays(used: Path) -> None:
    before = used.read_bytes()
    used.write_bytes(before[: before.index(b"selection:")])
    (line,) = keep(used)
    assert "selection.batch 12 → 100" in line
    assert str(used.parent / ".weakspot" / "weakspot.yaml.before") in line
    assert (used.parent / ".weakspot" / "weakspot.yaml.before").read_bytes() == before
    assert keep(used) == ()


def test_a_changed_value_and_a_key_with_its_default_are_no_loss(used: Path) -> None:
    text = used.read_text()
    used.write_text(text.replace("  batch: 12", "  batch: 13"))
    assert keep(used) == ()
    lines = [line for line in used.read_text().splitlines() if not line.strip().startswith("audit:")]
    used.write_text("\n".join(lines) + "\n")
    assert keep(used) == ()


def test_what_is_no_config_any_more_is_not_compared(used: Path) -> None:
    used.write_bytes(b"\xff\xfe")
    assert keep(used) == ()

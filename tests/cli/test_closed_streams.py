"""Standard output that is closed, full or read by nobody any more: no traceback, and what was asked for is done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from made_project import SAMPLE

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def ended(words: str, *, redirected: str) -> subprocess.CompletedProcess[str]:
    command = f'"{sys.executable}" -P -c "from loop.cli import main; main()" {words} {redirected}'
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.parametrize("words", ["status", "report --json", "verify", "--help", "menu"])
def test_a_full_disk_behind_standard_output_is_one_line(fresh: Path, words: str) -> None:
    project = "" if words in ("--help", "menu") else f'--project "{fresh}"'
    found = ended(f"{words} {project}", redirected=">/dev/full")
    assert found.returncode == 1
    assert found.stderr.startswith("weakspot: standard output cannot be written: No space left on device")
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize("redirected", [">&-", "2>&-", ">&- 2>&-", "| true"])
def test_closed_streams_are_no_fault_of_a_command(fresh: Path, redirected: str) -> None:
    found = ended(f'status --project "{fresh}"', redirected=redirected)
    assert found.returncode == 0
    assert "Traceback" not in found.stderr


def test_a_project_is_made_whole_though_nobody_can_read_of_it(tmp_path: Path) -> None:
    words = f'init "{tmp_path / "desk"}" --data "{SAMPLE / "pool.csv"}" --seed-labels 24 --experts simulated'
    assert ended(words, redirected=">&-").returncode == 0
    assert ended(f'verify --project "{tmp_path / "desk"}"', redirected="").returncode == 0

"""Small real files and where the shared data sets lie."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from made_tables import Table


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Writes rows as CSV and gives the path: table(["text", "label"], [("no wifi", "outage"), ...])."""

    def write(header: Iterable[str], rows: Iterable[Iterable[str]], name: str = "messages.csv") -> Path:
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([list(header), *map(list, rows)])
        return path

    return write


@pytest.fixture
def datasets() -> Path:
    """The folder of shared data sets; skips aloud without it."""
    beside = Path(__file__).parents[2].parent / "shared" / "datasets"
    folder = Path(os.environ.get("WEAKSPOT_DATASETS", beside))
    if not folder.is_dir():
        pytest.skip(f"no shared data sets at {folder}; set WEAKSPOT_DATASETS")
    return folder

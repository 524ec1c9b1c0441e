"""Small projects for tests of whole commands: made once, copied for each test that does something to one."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import here
from made_project import Files, copy_project, make_files, make_project


@pytest.fixture(scope="session")
def small_files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return make_files(tmp_path_factory.mktemp("files"), pool=90, gold=40)


@pytest.fixture(scope="session")
def _fresh(small_files: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("projects") / "fresh"
    make_project(root, small_files, batch=6, seed_labels=24)
    return root


@pytest.fixture(scope="session")
def _selected(_fresh: Path) -> Path:
    root = _fresh.with_name("selected")
    copy_project(_fresh, root)
    said = here("run", "--project", root, "--until", "select")
    assert said.status == 0, said.err
    return root


@pytest.fixture
def fresh(_fresh: Path, tmp_path: Path) -> Path:
    """A project before its first round."""
    return copy_project(_fresh, tmp_path / "fresh")


@pytest.fixture
def selected(_selected: Path, tmp_path: Path) -> Path:
    """A project in its first round: a model is there, and the next step sends questions."""
    return copy_project(_selected, tmp_path / "selected")

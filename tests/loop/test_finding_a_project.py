"""The project of the working folder: the nearest one upward, never one that another user laid there."""

import os
from pathlib import Path

import pytest

from loop.errors import ConfigError
from loop.project import CONFIG, find

pytestmark = pytest.mark.skipif(not hasattr(os, "getuid"), reason="no user numbers here")


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shared folder with the project of another user; its folder of ours below."""
    file = tmp_path / "shared" / CONFIG
    (tmp_path / "shared" / "ours").mkdir(parents=True)
    file.write_text("")
    if os.getuid() == 0:
        os.chown(file, 65_534, -1)
    else:
        user = os.getuid()
        monkeypatch.setattr(os, "getuid", lambda: user + 1)
    return file.parent


def test_a_project_of_another_user_above_is_not_taken(foreign: Path) -> None:
    with pytest.raises(ConfigError, match="belongs to another user.*--project"):
        find(foreign / "ours")


def test_a_project_of_another_user_is_taken_where_it_is_named(foreign: Path) -> None:
    assert find(foreign) == foreign


def test_a_project_of_ones_own_is_found_from_below(tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text("")
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    assert find(tmp_path / "deep" / "deeper") == tmp_path

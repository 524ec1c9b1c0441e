"""What tests of the embedded server share."""

from __future__ import annotations

from pathlib import Path

import pytest
from paper_server import answering, venv_with


@pytest.fixture(params=["paper", pytest.param("real", marks=pytest.mark.server)])
def venv(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An environment with a Label Studio: a small program in its place, and the real one."""
    if request.param == "paper":
        return venv_with(tmp_path, answering())
    found = request.getfixturevalue("label_studio_venv")
    assert isinstance(found, Path)
    return found

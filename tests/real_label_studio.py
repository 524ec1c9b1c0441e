"""The real Label Studio for tests: installed once per machine, a fresh server per test session.

label_studio_venv ─► skips aloud when it cannot be installed      label_studio_server ─► started, stopped at the end
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labeling.label_studio.installation import ensure_installed, migrated_template, venv_folder
from labeling.label_studio.server import EmbeddedServer
from loop.errors import LabelerError


@pytest.fixture(scope="session")
def label_studio_venv() -> Path:
    """The environment that holds Label Studio; installing it takes minutes, once."""
    venv = venv_folder()
    try:
        ensure_installed(venv, tell=print)
        migrated_template(venv, tell=print)
    except LabelerError as fault:
        pytest.skip(f"Label Studio cannot be installed here: {fault}")
    return venv


@pytest.fixture(scope="session")
def label_studio_server(label_studio_venv: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A running server of this test session; tests use projects of their own on it."""
    server = EmbeddedServer(tmp_path_factory.mktemp("label-studio"), label_studio_venv)
    server.start()
    yield server
    server.stop()

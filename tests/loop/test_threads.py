"""Threads wait asleep unless the user said otherwise."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from loop.threads import SETTINGS, WAITING, wait_asleep


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*SETTINGS, *WAITING):
        monkeypatch.setenv(name, "")  # so that what a test sets is undone
        monkeypatch.delenv(name)


def found() -> dict[str, str]:
    return {name: os.environ[name] for name in SETTINGS if name in os.environ}


def test_without_a_setting_threads_wait_asleep() -> None:
    wait_asleep()
    assert found() == WAITING


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_of_the_user_stays(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "7")
    wait_asleep()
    assert found() == {name: "7"}


@pytest.mark.slow
def test_the_command_line_sets_it_before_torch_is_loaded() -> None:
    program = (
        "import os, sys\n"
        "from loop.cli import main\n"
        "sys.argv = ['weakspot', '--help']\n"
        "try:\n    main()\n"
        "except SystemExit:\n    pass\n"
        "print(os.environ.get('GOMP_SPINCOUNT'), 'torch' in sys.modules)\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == f"{WAITING['GOMP_SPINCOUNT']} False"

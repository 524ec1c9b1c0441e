"""A process is the same only within its boot and from its own start on."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from loop import processes


def test_this_process_is_found_by_its_identity() -> None:
    found = processes.find(processes.identity())
    assert found is not None
    assert found.pid == psutil.Process().pid


def test_an_identity_survives_json() -> None:
    here = processes.identity()
    assert processes.from_json(here.as_json()) == here


@pytest.mark.parametrize("written", [{}, {"pid": 1}, {"boot": "b", "pid": "x", "started": 1}])
def test_what_is_not_whole_is_no_identity(written: dict[str, object]) -> None:
    assert processes.from_json(written) is None


def test_another_start_and_another_boot_are_another_process() -> None:
    here = processes.identity()
    assert processes.find(replace(here, started=here.started + 1)) is None
    assert processes.find(replace(here, boot="another")) is None


def test_a_child_that_ended_is_not_found_even_before_it_is_waited_for() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    known = processes.identity(child.pid)
    assert processes.find(known) is not None
    assert child.stdin is not None
    child.kill()
    psutil.wait_procs([], timeout=0)
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    assert processes.find(known) is None
    child.wait()
    child.stdin.close()


def test_nobody_has_the_identity_of_a_free_id() -> None:
    with pytest.raises(psutil.NoSuchProcess):
        processes.identity(2**22 - 1)

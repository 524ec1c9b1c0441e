"""Every benchmark loads: what it imports is there under the name it has now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "tests" / "benchmarks"


@pytest.mark.slow
def test_every_benchmark_can_be_imported() -> None:
    names = sorted(file.stem for file in BENCHMARKS.glob("*.py") if file.stem != "__init__")
    assert len(names) > 20
    program = (
        "import importlib, sys, traceback\n"
        "for name in sys.argv[1:]:\n"
        "    try:\n        importlib.import_module(name)\n"
        "    except Exception as fault:\n        print(name, repr(fault))\n"
    )
    paths = [str(place) for place in (BENCHMARKS, ROOT / "tests", ROOT)]
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}\n{program}", *names]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (0, ""), said.stderr

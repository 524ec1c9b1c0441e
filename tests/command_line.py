"""The command line in this process: fast, with what it said and the status it ended with.

said = here("status", "--project", root) ─► Said(status, out, err)      complaint(said) ─► its one line
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from loop.cli import main

LOOKING = (
    ("status",),
    ("report", "--json"),
    ("explain", "{example}"),
    ("diff", "0", "1"),
    ("plan",),
    ("calibration",),
    ("leaks",),
    ("spots", "list"),
    ("verify",),
)
"""Commands that read a project of two rounds; {example}: an id."""


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    status: int
    out: str
    err: str


def here(*arguments: str | Path) -> Said:
    """Runs a command. Anything that would be a traceback is raised here."""
    out, err = io.StringIO(), io.StringIO()
    before, width = sys.argv, os.environ.get("COLUMNS")
    sys.argv = ["weakspot", *map(str, arguments)]
    os.environ["COLUMNS"] = "200"
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    finally:
        sys.argv = before
        os.environ.pop("COLUMNS") if width is None else os.environ.update(COLUMNS=width)
    return Said(status, out.getvalue(), err.getvalue())


def complaint(said: Said, *, status: int = 1) -> str:
    """The one line in which the command told what is wrong; it comes last and nothing on standard output before it."""
    assert said.status == status, f"status {said.status}\n{said.out}\n{said.err}"
    assert "Traceback" not in said.err
    found = said.err[said.err.index("weakspot: ") :].strip()
    assert said.err.count("weakspot: ") == 1
    assert said.out == ""
    return found

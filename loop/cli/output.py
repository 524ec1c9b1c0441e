"""The door to the terminal: whatever a command prints passes through here.

    print, click's usage errors, warnings, tracebacks ─► sys.stdout, sys.stderr ─► Clean.write ─► printable ─► terminal
    tables, styles, progress bars of rich             ─► console() ─► each segment printable ───────────────┘
    --json                                            ─► json_text

Escape sequences that rich makes for colours and bars stay; those in text of others are shown as their codes. On
standard error secrets are masked as well. A sign that the terminal's encoding lacks is shown as its code.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from loop.printable import json_text, printable
from loop.secrets import masked


class Clean(io.TextIOBase):
    """A text stream that cleans what is written to it. It has no `buffer`: there is no way around it."""

    def __init__(self, beneath: TextIO, *, mask: bool) -> None:
        self.beneath = beneath
        """The stream of the terminal or file."""
        self._mask = mask

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Of the stream beneath; UTF-8 where it has none."""
        return getattr(self.beneath, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        return "backslashreplace"

    def write(self, text: str) -> int:
        """Writes the text without what could steer a terminal; returns the length of the text as given."""
        shown = printable(masked(text) if self._mask else text)
        if text.startswith("\r"):
            # The progress bar of a library: it comes back to the start of its own line.
            shown = ("\r" if self.isatty() else "\n") + shown.removeprefix("\\x0d")
        self.beneath.write(shown)
        return len(text)

    def writable(self) -> bool:
        return True

    def flush(self) -> None:
        if not self.beneath.closed:
            self.beneath.flush()

    def isatty(self) -> bool:
        return self.beneath.isatty()

    def fileno(self) -> int:
        return self.beneath.fileno()


class _CleanConsole(Console):
    """A console of rich whose segments are cleaned after they were made, so that its own escape sequences stay."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of a renderable, without what could steer the terminal."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


def console(*, stderr: bool = False) -> Console:
    """A console of rich on standard output or standard error, whatever these are at the moment."""
    stream = sys.stderr if stderr else sys.stdout
    beneath = stream.beneath if isinstance(stream, Clean) else stream
    return _CleanConsole(highlight=False, markup=False, emoji=False, stderr=stderr, file=beneath)


def print_json(text: str) -> None:
    """JSON text and a line feed on standard output; pure ASCII where the encoding is not UTF-8."""
    shown = json_text(text)
    if not _is_unicode(sys.stdout):
        shown = "".join(sign if sign.isascii() else _escaped(sign) for sign in shown)
    print(shown)  # noqa: T201


def error_line(message: str) -> None:
    """`weakspot: MESSAGE` on standard error; lines of a message after the first stay indented, so none looks like one
    of ours."""
    first, *more = message.split("\n")
    lines = [first, *(line if line.startswith("  ") else f"  {line}" for line in more)]
    print("weakspot: " + "\n".join(lines), file=sys.stderr)  # noqa: T201


def stdout_fails() -> bool:
    """Whether standard output takes nothing any more, tried with the end of a line."""
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        return True
    return False


def give_up_stdout() -> None:
    """What is still to be written to standard output is dropped, so that Python does not fail on it once more."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell_traceback(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
    """What Python does with an error nobody caught, cleaned and without secrets; for `sys.excepthook`."""
    with clean_streams():
        sys.__excepthook__(kind, fault, trace)


@contextmanager
def clean_streams() -> Iterator[None]:
    """Standard output and standard error cleaned until the end of the block."""
    before = sys.stdout, sys.stderr
    # Python has none for a descriptor that was closed before it started.
    with Path(os.devnull).open("w") as nowhere:
        out, err = (nowhere if stream is None else stream for stream in before)
        for stream in (out, err):
            _never_fail(stream)
        sys.stdout, sys.stderr = Clean(out, mask=False), Clean(err, mask=True)
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before


def _never_fail(stream: Any) -> None:
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


def _is_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "utf-8").replace("_", "-").casefold().startswith("utf")


def _escaped(sign: str) -> str:
    return "".join(f"\\u{int.from_bytes(pair, 'big'):04x}" for pair in _pairs(sign.encode("utf-16-be")))


def _pairs(raw: bytes) -> Iterator[bytes]:
    return (raw[start : start + 2] for start in range(0, len(raw), 2))

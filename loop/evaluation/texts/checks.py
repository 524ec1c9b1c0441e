r"""Checks a project writes for its answers: a regular expression, or a function of its own.

    "ticket {ticket}" ────┐
    "rules.py:is_polite" ─┴► build_check ─► Check: answer, example ─► 0..1

An example is its columns as text: "prompt", "context", "reference" and those of its metadata. Both kinds are the
user's own code and run in this process without a limit of time: a nested quantifier such as (a+)+$ can take for ever
on a long answer. Write [^ ]+ rather than (.+)+.
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from loop import registry
from loop.config.checks import FUNCTION
from loop.errors import ConfigError, DataError
from loop.files import bytes_of, is_regular

COLUMN = re.compile(r"\{([A-Za-z_]\w*)\}")
LONGEST_NAME = 26
"""The ledger keeps "check:NAME" in 32 characters."""
PASSED = 0.5
"""An answer passes a check with a value of at least this: 1 for what is true or false, half of the marks else."""

Judge = Callable[[str, dict[str, str]], float]
Allow = Callable[[bytes], None]
"""Called with the source of a code file before it runs; raises to refuse it."""


def any_source(source: bytes) -> None:
    """Allows every code file."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that answers must do."""

    name: str
    """As in weakspot.yaml."""
    judge: Callable[[str, Mapping[str, str]], float | None]

    def __call__(self, answer: str, example: Mapping[str, str]) -> float | None:
        """0..1, 1 is good; None when the example lacks what the check needs. Raises DataError."""
        return self.judge(answer, example)


def build_check(name: str, spec: str, *, folder: Path, allow: Allow = any_source) -> Check:
    """The check `spec`: FILE.py:function, its path relative to `folder`, or a regular expression.

    In an expression {column} stands for that column's value, every sign of it taken literally, and it may match
    anywhere in the answer (re.search). An empty value is unknown: the check gives None there. Raises ConfigError for
    a name of more than 26 characters, an expression that is none, or as `load_function`; the check raises DataError
    for an unknown column.
    """
    if len(name) > LONGEST_NAME:
        raise ConfigError(
            f"the check's name {name!r} has {len(name)} characters", wanted=f"at most {LONGEST_NAME}", do="shorten it"
        )
    if FUNCTION.fullmatch(spec):
        function = load_function(spec, folder, allow=allow)
        return Check(name, lambda answer, example: function(answer, dict(example)))
    try:
        re.compile(COLUMN.sub("x", spec))
    except re.error as fault:
        raise ConfigError(f"the check {name!r} is {spec!r}, which is no regular expression ({fault})") from fault
    return Check(name, lambda answer, example: _matches(name, spec, answer, example))


def load_function(spec: str, folder: Path, *, allow: Allow = any_source) -> Judge:
    """The function of "FILE.py:function"; the file's path is relative to `folder` and it must run by itself.

    It is called with the answer and the example's columns, and gives True, False or a number 0..1. Raises ConfigError
    when there is no such file or function or the file cannot be run, and what `allow` raises; the function raises
    DataError, with file and example, when it fails or gives anything else.
    """
    parts = FUNCTION.fullmatch(spec)
    if parts is None:
        raise ConfigError(f"{spec!r} names no function", wanted="FILE.py:function")
    path = folder / parts["file"]
    function = getattr(_run(path, allow), parts["name"], None)
    if not callable(function):
        raise ConfigError(f"{path} has no function {parts['name']!r}", do="write it, or correct weakspot.yaml")

    def judge(answer: str, example: dict[str, str]) -> float:
        try:
            found = function(answer, example)
        except Exception as fault:
            raise DataError(
                f"{path}:{parts['name']} failed on example {_called(example)}: {type(fault).__name__}: {fault}",
                do="correct the function",
            ) from fault
        if isinstance(found, np.generic):
            found = found.item()
        if not isinstance(found, bool | int | float) or not 0 <= found <= 1:
            raise DataError(
                f"{path}:{parts['name']} gave {found!r} for example {_called(example)}",
                wanted="True, False or a number 0..1",
                do="correct the function",
            )
        return float(found)

    return judge


def _run(path: Path, allow: Allow) -> ModuleType:
    """The module a file makes; from its source, as a cached one may be older and would leave files with the user."""
    if not is_regular(path):
        raise ConfigError(f"no file {path}", wanted="a Python file", do="write it, or correct weakspot.yaml")
    source = bytes_of(path)
    allow(source)
    module = ModuleType(f"weakspot_{path.stem}_{zlib.crc32(str(path.resolve()).encode()):08x}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses look there for the module they stand in
    try:
        exec(compile(source, str(path), "exec", dont_inherit=True), module.__dict__)
    except Exception as fault:
        raise ConfigError(f"{path} cannot be run: {type(fault).__name__}: {fault}", do="correct it") from fault
    return module


def _matches(name: str, spec: str, answer: str, example: Mapping[str, str]) -> float | None:
    columns = COLUMN.findall(spec)
    for column in columns:
        if column not in example:
            raise DataError(
                f"the check {name!r} reads the column {column!r}, which example {_called(example)} does not have",
                wanted="one of " + ", ".join(sorted(example)),
                do=registry.suggestion(column, example),
            )
    if not all(example[column] for column in columns):
        return None
    expression = COLUMN.sub(lambda found: re.escape(example[found[1]]), spec)
    return float(re.search(expression, answer) is not None)


def _called(example: Mapping[str, str]) -> str:
    """The example as a person finds it again: its id, else the start of its prompt."""
    return example["id"] if example.get("id") else repr(example.get("prompt", "")[:60])

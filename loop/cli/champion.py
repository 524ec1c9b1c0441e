"""promote, rollback, predict, export: the champion moves, works, and leaves."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from loop import durable
from loop.cli import tables
from loop.cli.output import console
from loop.cli.tables import user
from loop.errors import ArtifactError, DataError
from loop.printable import json_text
from loop.project import open_project
from loop.rounds import champion as champions
from loop.spreadsheets import cell, line
from loop.trust import RECORD

LONGEST_LINE = 10 << 20
"""Bytes of a first line that are read."""
LONGEST_NUMBER = 40
"""Bytes that the number of a row takes at the end of a JSON line, with its key."""
FIRST_COLUMNS = ("text", "prompt")


def promote(root: Path, round_: int, *, why: str) -> None:
    """Makes a round's model the champion, recorded with who and why."""
    with open_project(root, scope=RECORD) as project:
        champions.promote(project, round_, by=user(), why=why)
    tables.out().print(f"Round {round_} is the champion now.")


def rollback(root: Path, *, why: str) -> None:
    """Goes back to the champion before."""
    with open_project(root, scope=RECORD) as project:
        round_ = champions.rollback(project, by=user(), why=why)
    tables.out().print(f"Back to the model of round {round_}.")


def predict(root: Path, file: str, *, out: Path | None, text: str | None, as_json: bool) -> None:
    """The champion's answers to new texts, row by row, in the order of the file."""
    if out is not None:
        _refuse_to_replace(out, file)
    with open_project(root, read_only=True) as project:
        found = champions.predict(project, file, text=text)
    rows = found.rows
    with _target(out) as handle:
        if as_json:
            _write_json(rows, handle)
        else:
            _write_csv(rows, handle)
    for sentence in found.left_out:
        console(stderr=True).print(sentence, style="yellow", markup=False, soft_wrap=True)
    if out is not None:
        tables.out().print(f"{len(rows):,} texts answered in {out}", markup=False)


def export(root: Path, folder: Path, *, adapter: bool) -> None:
    """Writes the champion as a standard model folder, or its adapter alone: a whole one, or none.

    Raises ArtifactError when `folder` is not empty or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArtifactError(
            f"{folder} is {'not empty' if folder.is_dir() else 'a file'}", wanted="a new folder", do="name another one"
        )
    with open_project(root, read_only=True) as project, _new_folder(folder.resolve()) as draft:
        champions.export(project, draft, adapter=adapter)
    tables.out().print(f"Wrote the model to {folder}; its README.md shows how to load it", markup=False)


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """A draft beside `folder` that becomes it when the block ends well; one that was killed leaves only the draft."""
    draft, is_new = durable.draft(folder), not folder.exists()
    try:
        durable.clear(folder)
        yield draft
        durable.sync_tree(draft)
        if is_new:
            durable.move(draft, folder)
        else:
            # Somebody may stand in this folder, so it stays itself.
            for path in sorted(draft.iterdir()):
                durable.move(path, folder / path.name)
    except OSError as fault:
        if is_new:
            shutil.rmtree(folder, ignore_errors=True)
        raise ArtifactError(
            f"{folder} cannot be written: {fault.strerror}", do="check free space and rights, then export again"
        ) from fault
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _refuse_to_replace(out: Path, file: str) -> None:
    """Raises DataError when a file is there that no earlier `predict` wrote: data, a ledger, a config, a note."""
    if not out.is_file():
        return
    if Path(file).is_file() and out.samefile(file):
        raise DataError(f"{out} is the file with the texts", wanted="another file to write to", do="name a new one")
    if out.stat().st_size and not _holds_predictions(out):
        raise DataError(
            f"{out} is there and holds no predictions",
            wanted="a new file, or one of an earlier `weakspot predict`",
            do="name another file, or delete this one",
        )


def _holds_predictions(file: Path) -> bool:
    """Whether the first line is one that `predict` writes: the last column, or key, is the row's number."""
    try:
        with file.open("rb") as opened:
            first = opened.readline(LONGEST_LINE)
    except OSError:  # nobody knows what it holds
        return False
    if first.startswith(b"{"):
        return first.rstrip().endswith(b"}") and b', "row": ' in first[-LONGEST_NUMBER:]
    columns = first.decode("utf-8", "replace").strip().split(",")
    return len(columns) > 1 and columns[0] in FIRST_COLUMNS and columns[-1] == "row"


@contextmanager
def _target(out: Path | None) -> Iterator[TextIO]:
    """Where rows go; a file is there whole or not at all. Raises DataError, ArtifactError."""
    if out is None:
        yield sys.stdout
        return
    if not out.parent.is_dir():
        raise DataError(f"no folder {out.parent}", do="make it first")
    text = io.StringIO(newline="")
    yield text
    place = out.resolve()
    try:
        if place.exists() and not place.is_file():
            # A pipe or a device is written to; only a file may be replaced.
            place.write_bytes(text.getvalue().encode())
        else:
            durable.write(place, text.getvalue())
    except OSError as fault:
        raise ArtifactError(
            f"{out} cannot be written: {fault.strerror}", do="check free space and rights, or name another file"
        ) from fault


def _write_json(rows: Sequence[Mapping[str, Any]], handle: TextIO) -> None:
    for row in rows:
        handle.write(json_text(json.dumps(row, ensure_ascii=False)) + "\n")


def _write_csv(rows: Sequence[Mapping[str, Any]], handle: TextIO) -> None:
    """Whatever stands in one cell; the rest, as all probabilities, is in the JSON."""
    columns = [name for name, value in rows[0].items() if isinstance(value, str | float | int)] if rows else []
    handle.write(line(cell(name) for name in columns))
    for row in rows:
        handle.write(line(_cell(row[name]) for name in columns))


def _cell(value: str | float) -> str:
    return f"{value:.4f}" if isinstance(value, float) else cell(str(value))

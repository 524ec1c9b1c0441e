"""promote, rollback, predict, export: the champion moves, works, and leaves."""

from __future__ import annotations

import csv
import getpass
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from loop.cli import showing
from loop.errors import ArtifactError, DataError
from loop.project import open_project
from loop.rounds import champion as champions
from loop.rounds.champion import Guess

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so would be run as a formula by a spreadsheet."""


def promote(root: Path, round_: int, *, why: str) -> None:
    """Makes a round's model the champion, recorded with who and why."""
    with open_project(root) as project:
        champions.promote(project, round_, by=getpass.getuser(), why=why)
    showing.out().print(f"Round {round_} is the champion now.")


def rollback(root: Path, *, why: str) -> None:
    """Goes back to the champion before."""
    with open_project(root) as project:
        round_ = champions.rollback(project, by=getpass.getuser(), why=why)
    showing.out().print(f"Back to the model of round {round_}.")


def predict(root: Path, file: str, *, out: Path | None, text: str | None, as_json: bool) -> None:
    """Labels new texts, row by row, in the order of the file."""
    with open_project(root, read_only=True) as project:
        guesses = champions.predict(project, file, text=text)
    with _target(out) as handle:
        if as_json:
            _write_json(guesses, handle)
        else:
            _write_csv(guesses, handle)
    if out is not None:
        showing.out().print(f"{len(guesses):,} texts labelled in {out}", markup=False)


def export(root: Path, folder: Path) -> None:
    """Writes the champion as a standard model folder."""
    if folder.exists() and any(folder.iterdir()):
        raise ArtifactError(f"{folder} is not empty", wanted="a new folder", do="name another one")
    with open_project(root, read_only=True) as project:
        champions.export(project, folder)
    showing.out().print(f"Wrote the model to {folder}; its README.md shows how to load it", markup=False)


@contextmanager
def _target(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    if not out.parent.is_dir():
        raise DataError(f"no folder {out.parent}", do="make it first")
    with out.open("w", encoding="utf-8", newline="") as handle:
        yield handle


def _write_json(guesses: Sequence[Guess], handle: TextIO) -> None:
    for guess in guesses:
        row = {"text": guess.text, "label": guess.label, "confidence": guess.confidence}
        handle.write(json.dumps({**row, "probabilities": guess.probabilities}, ensure_ascii=False) + "\n")


def _write_csv(guesses: Sequence[Guess], handle: TextIO) -> None:
    writer = csv.writer(handle)
    writer.writerow(["text", "label", "confidence"])
    for guess in guesses:
        writer.writerow([_safe(guess.text), _safe(guess.label), f"{guess.confidence:.4f}"])


def _safe(cell: str) -> str:
    return "'" + cell if cell.startswith(FORMULA) else cell

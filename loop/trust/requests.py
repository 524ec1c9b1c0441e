"""Config and folder → what the project would do beyond reading and writing its own folder.

    storage.ledger, storage.artifacts, .weakspot ─► RECORD: needed to look at the project at all
    labeler, generation, judge, model, code  ─► EVERYTHING: needed to run rounds, to predict, to export

Pure but for the hashes of the code files it names: no variable is read, nothing is imported, no address is looked up.
Plug-ins are not requests: their user installed them. Neither are data files: `weakspot init` alone reads them.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from loop.config import Config, artifacts_url, ledger_url
from loop.config.checks import FUNCTION

Scope = Literal["record", "everything"]
RECORD: Scope = "record"
"""Looking at the ledger and the artifacts, and noting decisions of people in the ledger."""
EVERYTHING: Scope = "everything"

STATE = ".weakspot"
"""The folder beside weakspot.yaml; a link may stand in its place."""
PACKAGED = "minilm"
"""The base model that is an installed package."""
ON_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
LONGEST_CODE = 10_000_000
"""Bytes of a code file that are hashed; a larger one is named as unreadable."""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing the project would do with this user's rights."""

    key: str
    """Where weakspot.yaml asks for it: "labeler.url"."""
    what: str
    """In words, after "it "; never a secret."""
    scope: Scope

    def __str__(self) -> str:
        return f"{self.key}: {self.what}"


def requests(config: Config, root: Path, *, scope: Scope = EVERYTHING) -> tuple[Request, ...]:
    """What the project in `root` would do in this scope, in the order of weakspot.yaml; EVERYTHING includes RECORD."""
    found = list(_record(config, root.resolve()))
    if scope == EVERYTHING:
        found += [*_models(config), *_writing(config), *_labeling(config, root.resolve()), *_code(config, root)]
    return tuple(dict.fromkeys(found))


def _record(config: Config, root: Path) -> Iterator[Request]:
    ledger = config.storage.ledger
    if ledger.startswith("env:"):
        name = ledger.removeprefix("env:")
        what = f"reads the environment variable {name} and connects to the database it names"
        yield Request("storage.ledger", what, RECORD)
    else:
        url = ledger_url(config, folder=root, environ={})
        file = url.removeprefix("sqlite:///")
        if file == url:
            yield Request("storage.ledger", f"connects to {_without_password(url)}", RECORD)
        elif not _inside(Path(file), root):
            yield Request("storage.ledger", f"reads and writes {file}", RECORD)
    folder = artifacts_url(config, folder=root)
    if not _inside(Path(folder), root):
        yield Request("storage.artifacts", f"reads and writes {folder}", RECORD)
    if not _inside(state := root / STATE, root):
        yield Request(STATE, f"reads and writes {state.resolve()}", RECORD)


def _models(config: Config) -> Iterator[Request]:
    model = config.model
    named = {"model.base": model.base, "model.embedder": model.embedder, "generation.nli": config.generation.nli}
    for key, name in named.items():
        if name is not None and name != PACKAGED:
            at = f" at {model.revision}" if key == "model.base" and model.revision else ""
            yield Request(key, f"loads the model {name}{at}, from a folder or from the Hugging Face Hub", EVERYTHING)
    yield Request("storage.artifacts", "loads the models there, and the base models they name", EVERYTHING)


def _writing(config: Config) -> Iterator[Request]:
    for key, url, variable in (
        ("generation.endpoint", config.generation.endpoint, config.generation.token_env),
        ("judge.url", config.judge.url, config.judge.token_env),
    ):
        if url is not None:
            yield Request(key, f"sends texts and the environment variable {variable} to {_reached(url)}", EVERYTHING)


def _labeling(config: Config, root: Path) -> Iterator[Request]:
    labeler = config.labeler
    if labeler.url is None:
        state = root / STATE / labeler.kind
        place = f"{STATE}/{labeler.kind}" if _inside(state, root) else state.resolve()
        what = f"starts a labeling server with the accounts and webhooks in {place}"
        yield Request("labeler.kind", what, EVERYTHING)
    else:
        what = f"sends texts and the environment variable {labeler.token_env} to {_reached(labeler.url)}"
        yield Request("labeler.url", what, EVERYTHING)


def _code(config: Config, root: Path) -> Iterator[Request]:
    named = {f"generation.checks.{name}": spec for name, spec in config.generation.checks.items()}
    if config.experts.rubric is not None:
        named["experts.rubric"] = config.experts.rubric
    for key, spec in named.items():
        found = FUNCTION.fullmatch(spec)
        if found is not None:
            yield code(key, spec, _source(root / found["file"]))


def code(key: str, spec: str, source: bytes | None) -> Request:
    """That the function "FILE.py:name" runs, its file holding these bytes; None: no readable file."""
    content = "not a readable file" if source is None else f"sha256 {hashlib.sha256(source).hexdigest()}"
    return Request(key, f"runs {spec} ({content})", EVERYTHING)


def _reached(url: str) -> str:
    """The address, and whether everything on the way to it can read along."""
    parts = urlsplit(url)
    is_open = parts.scheme == "http" and parts.hostname not in ON_THIS_MACHINE
    return f"{url} without encryption (http)" if is_open else url


def _inside(path: Path, root: Path) -> bool:
    """Links followed: a link that leads out of the folder is outside."""
    return path.resolve().is_relative_to(root)


def _source(path: Path) -> bytes | None:
    """Of a regular file; a device or a pipe is not opened."""
    try:
        about = path.stat()
        readable = stat.S_ISREG(about.st_mode) and about.st_size <= LONGEST_CODE
        return path.read_bytes() if readable else None
    except (OSError, ValueError):
        return None


def _without_password(url: str) -> str:
    """User, host and database stay; so do options that name hosts, as libpq reads them."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
        secret = [name for name in parsed.query if "pass" in name.lower()]
        return parsed.difference_update_query(secret).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return "a database at an address that cannot be read"

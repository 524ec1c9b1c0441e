"""`weakspot init --task generation`: options → keys of weakspot.yaml, each checked before anything is written."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from loop.config.checks import FUNCTION
from loop.config.generation import Questions
from loop.errors import ConfigError
from loop.evaluation.texts.checks import COLUMN, build_check, load_function
from loop.registry import suggestion
from loop.scaffold.request import Request

EMBEDDER = "minilm"
EXAMPLE = "--base Qwen/Qwen2.5-0.5B-Instruct, or --base FOLDER"
ENCODERS = ("sentence-transformers/", "google-bert/", "FacebookAI/")
"""Owners on the Hub whose models read and do not write."""
OWN_COLUMNS = ("prompt", "context", "reference")
"""What a check may speak of beside the columns of the data."""
CRITERION = {"overall": "how good the answer is as a whole"}
"""What a rating asks until the person writes criteria of their own."""


def base_of(request: Request) -> str:
    """The base model, a folder with its whole path. Raises ConfigError when there is none, or it cannot write."""
    wanted = "a causal language model, as a Hub name or a folder"
    if request.base is None:
        raise ConfigError("no base model is given, and none that writes is packaged", wanted=wanted, do=EXAMPLE)
    folder = Path(request.base).expanduser()
    kind = _architecture(folder) if folder.is_dir() else ""
    if request.base == EMBEDDER or request.base.startswith(ENCODERS) or (kind and "CausalLM" not in kind):
        found = f"--base {request.base} reads texts and cannot write" + (f" ({kind})" if kind else "")
        raise ConfigError(found, wanted=wanted, do=EXAMPLE)
    if not folder.is_dir() and (folder.is_absolute() or request.base.startswith((".", "~"))):
        raise ConfigError(f"--base {request.base}: there is no such folder", wanted=wanted, do=EXAMPLE)
    return str(folder.resolve()) if folder.is_dir() else request.base


def keys_of(request: Request) -> dict[str, object]:
    """Key → value for the template, beyond those of every task. Raises ConfigError."""
    form = _form(request.form)
    checks = {name: _moved(spec, request.folder) for name, spec in checks_of(request).items()}
    more: dict[str, object] = {"model.embedder": EMBEDDER, "questions.form": form, "generation.checks": checks}
    if form == "rating":
        more["questions.criteria"] = CRITERION
    if request.rubric:
        try:
            load_function(request.rubric, Path.cwd())
        except ConfigError as fault:
            wanted = fault.wanted or "FILE.py:function"
            raise ConfigError(f"--rubric: {fault.found}", wanted=wanted, do="write it, or name another") from fault
        more["experts.rubric"] = _moved(request.rubric, request.folder)
    return more


def checks_of(request: Request) -> dict[str, str]:
    """Name → specification. Raises ConfigError for a faulty expression, a missing function, a name twice."""
    found: dict[str, str] = {}
    for given in request.checks:
        name, sign, spec = given.partition("=")
        name = name.strip()
        if not sign or not name or not spec:
            raise ConfigError(f"--checks {given}", wanted="NAME=EXPRESSION or NAME=FILE.py:function", do="name it")
        if name in found:
            raise ConfigError(f"--checks {name} stands twice", wanted="different names", do="rename one of them")
        try:
            build_check(name, spec, folder=Path.cwd())
        except ConfigError as fault:
            raise ConfigError(
                f"--checks: {fault.found}",
                wanted=fault.wanted or "a regular expression, or FILE.py:function",
                do="correct it; signs such as ( and + that stand for themselves need a backslash before them",
            ) from fault
        found[name] = spec
    return found


def columns_checked(checks: Mapping[str, str], columns: tuple[str, ...]) -> tuple[str, ...]:
    """The data's columns that checks speak of, to be kept as metadata. Raises ConfigError for an unknown one."""
    spoken = [
        (name, column)
        for name, spec in checks.items()
        if not FUNCTION.fullmatch(spec)
        for column in COLUMN.findall(spec)
        if column not in OWN_COLUMNS
    ]
    for name, column in spoken:
        if column not in columns:
            raise ConfigError(
                f"the check {name!r} speaks of {{{column}}}, which is no column of the data",
                wanted="one of " + ", ".join((*OWN_COLUMNS, *columns)),
                do=suggestion(column, (*OWN_COLUMNS, *columns)),
            )
    return tuple(dict.fromkeys(column for _, column in spoken))


def relative(file: str, folder: Path) -> str:
    """The file as seen from the project's folder, so that both can be moved together."""
    return file if "://" in file else os.path.relpath(Path(file).resolve(), folder.resolve())


def _form(given: str | None) -> str:
    known = get_args(Questions.model_fields["form"].annotation)
    if given is not None and given not in known:
        raise ConfigError(
            f"unknown form {given!r} of questions", wanted="one of " + ", ".join(known), do=suggestion(given, known)
        )
    return given or str(Questions.model_fields["form"].default)


def _moved(spec: str, folder: Path) -> str:
    """FILE.py:function with its file as seen from the project's folder; an expression as it is."""
    parts = FUNCTION.fullmatch(spec)
    return f"{relative(parts['file'], folder)}:{parts['name']}" if parts else spec


def _architecture(folder: Path) -> str:
    """What the folder's config.json says it is, as "LlamaForCausalLM"; "" when it does not say."""
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("architectures")
    except FileNotFoundError as fault:
        raise ConfigError(f"--base {folder} holds no config.json", wanted="a model's folder", do=EXAMPLE) from fault
    except (json.JSONDecodeError, UnicodeDecodeError, AttributeError) as fault:
        raise ConfigError(f"--base {folder}: its config.json is no JSON object", wanted="a model's folder") from fault
    return found[0] if found else ""

"""What a person asks of `weakspot init`, and which of it means nothing for their task."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from loop import registry
from loop.config.yaml_text import read
from loop.errors import ConfigError


@dataclass(frozen=True)
class Request:
    """What the person gave on the command line; None where it is to be guessed or takes the default of the task."""

    folder: Path
    data: str
    task: str | None = None
    gold: str | None = None
    gold_share: float = 0.0
    text: str | None = None
    label: str | None = None
    context: str | None = None
    id: str | None = None
    metadata: str | None = None
    labels: str | None = None
    seed_labels: int | None = None
    retention: str | None = None
    experts: str = "people"
    base: str | None = None
    form: str | None = None
    checks: tuple[str, ...] = ()
    """NAME=SPEC each."""
    rubric: str | None = None
    batch: int = 100
    seed: int = 0
    settings: tuple[str, ...] = ()
    """KEY=VALUE each, written into weakspot.yaml."""
    encoding: str | None = None
    delimiter: str | None = None
    max_characters: int | None = 100_000


def settings_of(request: Request) -> dict[str, object]:
    """Key → value of --set, each value read as YAML. Raises ConfigError."""
    found: dict[str, object] = {}
    for given in request.settings:
        key, equals, value = given.partition("=")
        if not equals:
            raise ConfigError(f"--set {given}", wanted="KEY=VALUE, as --set selection.audit=0.3")
        try:
            found[key.strip()] = read(value)
        except yaml.YAMLError as fault:
            raise ConfigError(
                f"--set {given}: the value is no YAML", wanted="a number, a text, or [a, list]"
            ) from fault
    return found


MEANT = {
    "labels": ("classification", "people judge what the model writes and choose no labels"),
    "context": ("generation", "only an answer that is written must agree with something"),
    "form": ("generation", "people choose a label"),
    "checks": ("generation", "a label is checked against the label set"),
    "rubric": ("generation", "simulated experts answer from the label column"),
}
"""Option → the one task it is for, and why it means nothing for the other."""


def refuse_strangers(request: Request, task: str) -> None:
    """Raises ConfigError for an unknown task and for options that mean nothing for it, all told together."""
    known = registry.names("task")
    if task not in known:
        raise ConfigError(
            f"unknown task {task!r}", wanted="one of " + ", ".join(known), do=registry.suggestion(task, known)
        )
    wrong = [name for name, (only, _) in MEANT.items() if only != task and getattr(request, name)]
    if wrong:
        raise ConfigError(
            "; ".join(f"--{name} is not for {task}: {MEANT[name][1]}" for name in wrong),
            do="leave it out" + (f", or give --task {MEANT[wrong[0]][0]}" if len(wrong) == 1 else ""),
        )
    if request.gold and request.gold_share:
        raise ConfigError(
            "both --gold and --gold-share are given", wanted="a file, or a share of the data", do="leave one out"
        )
    if request.rubric and request.experts == "people":
        raise ConfigError(
            "--rubric is what simulated experts judge answers by, but people answer here",
            do="--experts simulated, or leave it out",
        )

"""What README.md tells to type exists, and its config is one."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from loop.cli.app import app
from loop.config import parse

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = [
    line.split("#")[0].strip()
    for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    for line in block.split("\n")
    if line.split("#")[0].strip()
]


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("weakspot ")])
def test_every_weakspot_command_of_the_readme_is_understood(line: str) -> None:
    group: Any = typer.main.get_command(app)
    words = shlex.split(line)[1:]
    context = group.make_context("weakspot", [*words], resilient_parsing=True)
    while hasattr(group, "resolve_command"):
        name, group, words = group.resolve_command(context, words)
        assert group is not None, name
    assert group.make_context(group.name, words).params


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("make ")])
def test_every_make_target_of_the_readme_exists(line: str) -> None:
    target = line.split()[1]
    assert re.search(rf"^{target}:|^\.PHONY:.*\b{target}\b", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_command_stands_in_the_table_of_the_readme() -> None:
    group: Any = typer.main.get_command(app)
    told = set(re.findall(r"`(?:weakspot )?([a-z-]+)", README[README.index("## The commands") :]))
    assert set(group.commands) <= told


def test_the_config_of_the_readme_is_one() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    config = parse(text)
    assert config.label_set.names == ("refund", "delivery", "other")


def test_every_picture_of_the_readme_is_there() -> None:
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", README)
    assert pictures
    assert [name for name in pictures if not (ROOT / name).is_file()] == []

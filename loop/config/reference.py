"""docs/settings.md, made from the keys and their policies.

python -m loop.config.reference docs/settings.md           writes it
python -m loop.config.reference docs/settings.md --check   ends with status 1 where it is not up to date
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from loop.config.changes import field, keys, whole
from loop.config.policies import POLICIES, Fixed, Policy, Rule

HEAD = """# Settings, and what happens when they change

Every key of `weakspot.yaml`. A round is begun with the file as it is then, and keeps those values to its end. A change
takes effect with the **next round** that begins, or **at once** where the table says so.

- **free**: takes effect without a word.
- **said**: takes effect, and `weakspot run` reports the effect once, as a line and as an event.
- **refused**: fixed by `weakspot init` or by the first round. `weakspot run` ends before it does anything, and names
  every such key with its old value. Put that back, or make a new project.

What a round asked for stays with the round: its questions need as many answers as `labeler.overlap` said then, and its
labels keep their role. Where the file changes while a round is open, `run` says so in one line.

This file is made by `python -m loop.config.reference docs/settings.md`.
"""
BETWEEN = {Rule.FREE: "free", Rule.SAID: "said"}


def markdown() -> str:
    """The whole file."""
    lines = [HEAD]
    for section in dict.fromkeys(key.partition(".")[0] for key in keys()):
        mine = [key for key in keys() if key.partition(".")[0] == section]
        lines += [
            f"## {section}",
            "",
            "| key | default | what it is | between rounds | effect |",
            "|---|---|---|---|---|",
        ]
        lines += [_row(key) for key in mine] + [""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _row(key: str) -> str:
    policy = POLICIES[key]
    cells = (f"`{key}`", _default(key), field(key).description or "", _between(policy), f"{policy.effect}.")
    return "| " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _default(key: str) -> str:
    default: Any = field(key).get_default(call_default_factory=True)
    return "needed" if default is PydanticUndefined else f"`{whole(key, default)}`"


def _between(policy: Policy) -> str:
    if policy.fixed is not None:
        return "refused: fixed by " + ("`weakspot init`" if policy.fixed is Fixed.INIT else policy.fixed)
    return f"{BETWEEN[policy.rule]}, {'at once' if policy.at_once else 'next round'}"


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


def main() -> int:
    """Writes the file, or says whether it is up to date."""
    parser = argparse.ArgumentParser(prog="python -m loop.config.reference")
    parser.add_argument("file", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 where it is not up to date")
    asked = parser.parse_args()
    if not asked.check:
        asked.file.write_text(markdown(), encoding="utf-8")
        return 0
    return int(not asked.file.is_file() or asked.file.read_text(encoding="utf-8") != markdown())


if __name__ == "__main__":
    raise SystemExit(main())

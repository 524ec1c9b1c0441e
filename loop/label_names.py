"""Whether a label can be carried to the end: through weakspot.yaml, the page people label on, the ledger, every report.

    fault("refund") ─► None        fault("re\\x1bfund") ─► "holds the control character \\x1b"

A character that XML or YAML forbids fails only when questions are sent, after hours of training; so it is refused where
the label comes in: at `weakspot init` with its row, and in weakspot.yaml.
"""

from __future__ import annotations

from loop.printable import MARKS, acting

LONGEST = 200
"""Characters. The ledger's columns hold 255, and a figure of a class adds a few to its name."""


def fault(name: str) -> str | None:
    """What is wrong with a label, in words that follow it; None when nothing is."""
    if not name.strip():
        return "is empty"
    if name != name.strip():
        return "begins or ends with a blank"
    if (code := acting("".join(sign for sign in name if sign not in MARKS))) is not None:
        return f"holds the control character {code}"
    return f"has {len(name):,} characters, more than {LONGEST}" if len(name) > LONGEST else None

"""The file of settings in the server's data folder, data/.env: it holds the server's secret key and nothing else.

    keep(data) ─► data/.env with one line, SECRET_KEY=..., readable by its owner alone

Label Studio loads every line of this file into its environment, so a file from elsewhere could name another database,
or an address that errors are reported to. Its own line, the secret key, stays as it is: sessions are signed with it.
"""

from __future__ import annotations

import re
import secrets
import string
from pathlib import Path

from loop import durable, private
from loop.errors import LabelerError

NAME = ".env"
LARGEST = 1 << 16
LENGTH = 50
"""As long as those that Django makes."""
_LINE = re.compile(r"(?:export )?SECRET_KEY=([\"']?)([A-Za-z0-9!@#%^&*(\-_=+)][A-Za-z0-9!@#$%^&*(\-_=+)]{19,199})\1")
"""Django's own signs. A value that begins with "$" is the name of another variable for Label Studio."""


def keep(data: Path) -> None:
    """Makes the file, or takes everything but its secret key out of it; a key that is missing or unusable is made.

    Raises LabelerError when the file is no regular one or too large.
    """
    path = data / NAME
    written = _content(path)
    wanted = f"SECRET_KEY={_key(written) or _new_key()}\n".encode()
    if written != wanted:
        durable.write(path, wanted, private=True)


def _content(path: Path) -> bytes:
    try:
        return private.content(path, largest=LARGEST)
    except FileNotFoundError:
        return b""
    except (OSError, ValueError) as fault:
        raise LabelerError(
            f"{path} cannot be read: {getattr(fault, 'strerror', None) or fault}",
            wanted="the file in which Label Studio keeps its secret key",
            do="remove it: people sign in to Label Studio again after the next start",
        ) from fault


def _key(written: bytes) -> str | None:
    """The last one counts, as for Label Studio."""
    lines = [_LINE.fullmatch(line) for line in written.decode(errors="replace").splitlines()]
    return next((found[2] for found in reversed(lines) if found), None)


def _new_key() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(LENGTH))

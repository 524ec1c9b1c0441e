"""Which folder works on a ledger: a ledger has one home, or two folders would each hold half of the rounds' files.

ledger within the folder         they move and are copied together: nothing to settle
no home yet                      this folder
another folder, still there      refused, with both paths
another folder, gone             it was moved: adopted, and said
another machine, other path      refused until `weakspot doctor --mend` is called in the folder that goes on
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from loop.errors import LedgerError
from loop.ledger import progress

HOME = "home"
"""Key in meta."""
CONFIG = "weakspot.yaml"


def settle(connection: Connection, root: Path, file: Path | None) -> tuple[str, ...]:
    """Makes `root` the home where it may be; lines for people. file: the ledger's, None on a server.

    Raises LedgerError when the ledger has another home.
    """
    here = root.resolve()
    if file is not None and file.resolve().is_relative_to(here):
        return ()
    known = read(connection)
    if known.get("path") == str(here):
        return ()
    if known:
        _refuse(known, here)
    adopt(connection, root)
    return (f"The project has moved from {known['path']} to {here}.",) if known else ()


def adopt(connection: Connection, root: Path) -> None:
    """Makes `root` the home, whatever was before."""
    progress.put(connection, HOME, json.dumps({"path": str(root.resolve()), "host": socket.gethostname()}))


def read(connection: Connection) -> Mapping[str, Any]:
    """The home as it was written; empty when there is none."""
    found = json.loads(progress.get(connection, HOME) or "{}")
    return found if isinstance(found, dict) and "path" in found else {}


def is_elsewhere(known: Mapping[str, Any], root: Path) -> bool:
    """Whether the home is another folder that is still there, as far as this machine can tell."""
    return known.get("path") != str(root.resolve()) and (Path(str(known["path"])) / CONFIG).is_file()


def _refuse(known: Mapping[str, Any], here: Path) -> None:
    if is_elsewhere(known, here):
        raise LedgerError(
            f"this ledger is worked on from {known['path']}, and {here} names it too",
            wanted="one folder a ledger",
            do=f"go on in {known['path']}; or, to go on here, delete or rename that folder first",
        )
    if known.get("host") != socket.gethostname():
        raise LedgerError(
            f"this ledger is worked on from {known['path']} on the machine {known.get('host')}",
            wanted="one folder a ledger",
            do=f"go on there; or, if that folder is gone, `weakspot doctor --mend` in {here} makes this one its home",
        )

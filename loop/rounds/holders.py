"""Which folder holds the project on a server of the user's own: a copied folder may not share it in silence.

    folder named in the ledger ─► this one ─────────► holder(here)
                              ├─► gone: it moved ───► holder(here), and holder(there) was ours
                              └─► still there: this is a copy ─► holder(here) alone: the server's project is not ours

The embedded server needs none of this: its data are copied with the folder.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

from sqlalchemy import Connection

from loop.ledger import progress
from loop.project import CONFIG, Project

ROOT = "labeler_root"
"""Key in meta: the folder that last sent questions."""


def holders(connection: Connection, project: Project) -> tuple[str, str]:
    """The name of this folder in the marker on the server, and its former name when it has moved, else ""."""
    root, former = project.root.resolve(), progress.get(connection, ROOT)
    moved = former is not None and former != str(root) and not _is_another(Path(former), root)
    return _name(project.key, str(root)), _name(project.key, former) if moved and former else ""


def note_root(connection: Connection, project: Project) -> None:
    """This folder sends questions from now on."""
    progress.put(connection, ROOT, str(project.root.resolve()))


def _is_another(former: Path, root: Path) -> bool:
    return (former / CONFIG).is_file() and not former.samefile(root)


def _name(key: str, root: str) -> str:
    return blake2b(f"{key}\n{root}".encode(), digest_size=16).hexdigest()

"""Whether a project is approved, and how it becomes so.

    mark and folder of an entry "made"                ─► approved; what is new is reported
    mark and folder of an entry "approved"            ─► approved unless something is new: files of others change
    mark alone: a copy, a backup, a move across disks ─► approved unless something is new
    no mark of this user's                            ─► not approved, wherever it is

The folder is the same when its device and inode are, and inode and ctime of its file of marks: a copy that is unpacked
in the place of the folder can get its inode. Whatever changes that file (a backup put back, a second user's mark, a
chmod) makes a folder one "made" a copy from then on: it is asked for what is new, as a colleague's would be.

One exception: a folder that cannot be written to holds no mark; its entry means that very path, device and inode.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote

from loop.config import Config
from loop.errors import ConfigError, NotApproved
from loop.printable import one_line
from loop.trust import store
from loop.trust.requests import EVERYTHING, Request, Scope, code, requests
from loop.trust.store import Entry, Origin

SHOWN = 4
"""So many requests stand in an error; `weakspot trust DIR` shows all."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What may be done with a project."""

    approved: bool
    new: tuple[Request, ...]
    """What no entry approves yet; for a project of this user's own it is approved all the same."""
    known: bool
    """This very folder has an entry that covers all of it."""


def require(config: Config, root: Path, *, scope: Scope = EVERYTHING) -> None:
    """Raises NotApproved when the project would do something in this scope that this user has not approved."""
    ruling = rule(config, root, scope=scope)
    if not ruling.approved:
        raise refusal(root, ruling)


def rule(config: Config, root: Path, *, scope: Scope = EVERYTHING) -> Ruling:
    """What the store says of the project in `root`. Raises ConfigError when it cannot be read."""
    return rule_on(requests(config, root, scope=scope), root)


def rule_on(wanted: tuple[Request, ...], root: Path) -> Ruling:
    """What the store says of these requests; it is read only when there are any. Raises ConfigError as `rule`."""
    if not wanted:
        return Ruling(approved=True, new=(), known=True)
    here, elsewhere = _entries_of(root, store.entries())
    if any(one.origin == "made" for one in here):
        new = _beyond(wanted, here)
        return Ruling(approved=True, new=new, known=not new)
    for entry in (*here, *elsewhere):
        if not _beyond(wanted, [entry]):
            return Ruling(approved=True, new=(), known=entry in here)
    return Ruling(approved=False, new=_beyond(wanted, here or elsewhere), known=False)


def require_code(root: Path, key: str, spec: str, source: bytes) -> None:
    """Raises NotApproved for the code `spec` of `key` in weakspot.yaml with other contents than were approved.

    Called with the bytes that are about to run: the file may have been replaced since the project was opened.
    """
    request = code(key, spec, source)
    here, elsewhere = _entries_of(root, store.entries())
    own = any(one.origin == "made" for one in here)
    if not own and not any(str(request) in entry.requests for entry in (*here, *elsewhere)):
        raise refusal(root, Ruling(approved=False, new=(request,), known=False))


def refusal(root: Path, ruling: Ruling) -> NotApproved:
    """The error for a project that is not approved: what it asks for, and how to approve it."""
    shown = "; ".join(map(one_line, map(str, ruling.new[:SHOWN])))
    more = f"; and {len(ruling.new) - SHOWN} more" if len(ruling.new) > SHOWN else ""
    return NotApproved(
        f"you have not made or approved all that this project asks for ({shown}{more})",
        wanted="a project you trust",
        do=f"look at {root / 'weakspot.yaml'}, then `weakspot trust {quote(str(root))}`, or give --trust",
    )


def approve(
    config: Config, root: Path, *, origin: Origin = "approved", shown: tuple[Request, ...] | None = None
) -> None:
    """Remembers the project in `root` with what it asks for. Raises ConfigError when the store cannot be written.

    shown: what a person was shown or a ruling was about; only that is approved, for files may have been replaced since.
    None: all it asks for now.
    """
    place = root.resolve()
    about = place.stat()
    wanted = tuple(map(str, requests(config, place) if shown is None else shown))

    def edit(known: tuple[Entry, ...]) -> tuple[Entry, ...]:
        here, elsewhere = _entries_of(place, known)
        mark = next((one.mark for one in (*here, *elsewhere) if one.mark), None) or store.add_mark(place)
        before = next((one for one in here), None)
        at = before.at if before else datetime.now(UTC).isoformat(timespec="seconds")
        entry = Entry(
            str(place),
            about.st_dev,
            about.st_ino,
            mark,
            before.origin if before else origin,
            at,
            # Also of the entry that this one replaces when its file of marks has changed.
            _together(*(one.requests for one in (*here, *elsewhere) if one in here or one.path == str(place)), wanted),
            *store.mark_state(place),
        )
        kept = [one for one in known if one not in here and one.path != str(place)]
        return (*kept, entry)

    store.change(edit)


def refuse_foreign(state: Path, root: Path) -> None:
    """Raises ConfigError when `state` is there though this user has not made or approved anything in `root`."""
    if state.exists() and not any(_entries_of(root, store.entries())):
        raise ConfigError(
            f"{state} is there already, and you have not made it",
            wanted="a folder without the labeling server of another project",
            do="name another folder, or remove it",
        )


def forget(root: Path) -> tuple[str, ...]:
    """Takes back every entry of the folder, and those of its copies: they share its mark. Returns their paths.

    Raises ConfigError when the store cannot be read or written.
    """
    place = root.resolve()
    gone: list[Entry] = []

    def edit(known: tuple[Entry, ...]) -> tuple[Entry, ...]:
        named = [one for one in known if one.path == str(place)]
        marks = {*store.marks(place), *(one.mark for one in named)} - {""}
        gone.extend(one for one in known if one in named or one.mark in marks)
        return tuple(one for one in known if one not in gone)

    store.change(edit)
    return tuple(one.path for one in gone)


def _entries_of(root: Path, known: tuple[Entry, ...]) -> tuple[list[Entry], list[Entry]]:
    """Entries of this very folder, and entries of folders it is a copy of."""
    place = root.resolve()
    about = place.stat()
    marks, state = store.marks(place), store.mark_state(place)
    here: list[Entry] = []
    elsewhere: list[Entry] = []
    for one in known:
        same = (one.device, one.inode) == (about.st_dev, about.st_ino)
        if one.mark in marks:
            # An entry of before these were noted has zeros: it cannot be told from a copy in its place, so it is one.
            unchanged = state == (one.mark_inode, one.mark_changed)
            (here if same and unchanged else elsewhere).append(one)
        elif not one.mark and same and one.path == str(place):
            here.append(one)
    return here, elsewhere


def _together(*parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for part in parts for one in part))


def _beyond(wanted: tuple[Request, ...], approved: list[Entry]) -> tuple[Request, ...]:
    known = {one for entry in approved for one in entry.requests}
    return tuple(one for one in wanted if str(one) not in known)

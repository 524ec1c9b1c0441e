"""What people do to weak spots: rename, merge and split, mute and unmute; each recorded with who, why and when.

    name       told from now on, everywhere; never overwritten by weakspot
    merge      spot a is part of spot b from the next round on: their figures are pooled; `split` takes it back
    mute       told in no reason and no alert from now on; it stays on the map, and its life goes on

Each is one transaction of its own: it may be done while a round waits for people.
"""

from __future__ import annotations

from sqlalchemy import Connection

from loop import registry
from loop.errors import DataError
from loop.ledger import lives, progress
from loop.ledger.lives import NamedSpot, SpotEdit
from loop.ledger.progress import Event
from loop.project import Project
from loop.rounds.context import now

LONGEST = 80
"""Characters of a name."""
LIST = "`weakspot spots list` shows them"


def rename(project: Project, word: str, name: str, *, by: str, why: str) -> NamedSpot:
    """Gives a spot a name; returns it as it was. Raises DataError."""
    with project.ledger.begin() as connection:
        spot = find(connection, word)
        chosen = _fit(connection, spot, " ".join(name.split()))
        _note(connection, SpotEdit(spot.id, "rename", chosen, by, why, now()), f"“{spot.name}” is now “{chosen}”")
    return spot


def merge(project: Project, word: str, into: str, *, by: str, why: str) -> tuple[NamedSpot, NamedSpot]:
    """Makes a spot part of another one from the next round on; returns both. Raises DataError."""
    with project.ledger.begin() as connection:
        part, whole = find(connection, word), find(connection, into)
        merged = lives.merged(lives.edits(connection))
        names = {spot.id: spot.name for spot in lives.named_spots(connection)}
        if part.id == whole.id:
            raise DataError(f"“{part.name}” cannot be part of itself", wanted="two spots", do=LIST)
        for spot in (part, whole):
            if spot.id in merged:
                owner = names[merged[spot.id]]
                raise DataError(
                    f"“{spot.name}” is part of “{owner}” already",
                    wanted="two spots that stand on their own",
                    do=f'`weakspot spots split "{spot.name}"` first, or name “{owner}” instead',
                )
        edit = SpotEdit(part.id, "merge", str(whole.id), by, why, now())
        _note(connection, edit, f"“{part.name}” is part of “{whole.name}” from the next round on")
    return part, whole


def split(project: Project, word: str, *, by: str, why: str) -> NamedSpot:
    """Takes a merge back, from the next round on; returns the spot that stands on its own again. Raises DataError."""
    with project.ledger.begin() as connection:
        spot = find(connection, word)
        if spot.id not in lives.merged(lives.edits(connection)):
            raise DataError(f"“{spot.name}” is not part of another spot", wanted="a merged spot", do=LIST)
        edit = SpotEdit(spot.id, "split", "", by, why, now())
        _note(connection, edit, f"“{spot.name}” stands on its own again from the next round on")
    return spot


def mute(project: Project, word: str, *, by: str, why: str) -> NamedSpot:
    """Nobody speaks of the spot any more. Raises DataError when it is mute already."""
    return _hushed(project, word, "mute", by=by, why=why)


def unmute(project: Project, word: str, *, by: str, why: str) -> NamedSpot:
    """It is spoken of again. Raises DataError when it is not mute."""
    return _hushed(project, word, "unmute", by=by, why=why)


def find(connection: Connection, word: str) -> NamedSpot:
    """The spot with this number, this name, or a name with this unique beginning, upper and lower case alike.

    Raises DataError.
    """
    known = lives.named_spots(connection)
    if not known:
        raise DataError("there are no weak spots yet", wanted="a map", do="`weakspot run` makes it in its first round")
    wanted = " ".join(word.split()).casefold()
    exact = [spot for spot in known if wanted in (str(spot.id), spot.name.casefold())]
    found = exact or [spot for spot in known if wanted and spot.name.casefold().startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        first = ", ".join(f"{spot.id} “{spot.name}”" for spot in found[:4])
        raise DataError(f"{len(found)} weak spots begin with “{word}”", wanted="one", do=f"give its number: {first}")
    near = registry.suggestion(wanted, [spot.name.casefold() for spot in known])
    raise DataError(
        f"there is no weak spot “{word}”", wanted="its number or the beginning of its name", do=near or LIST
    )


def _hushed(project: Project, word: str, action: str, *, by: str, why: str) -> NamedSpot:
    with project.ledger.begin() as connection:
        spot = find(connection, word)
        is_mute = spot.id in lives.muted(lives.edits(connection))
        if is_mute == (action == "mute"):
            state = "mute already" if is_mute else "not mute"
            raise DataError(f"“{spot.name}” is {state}", wanted="one that is not" if is_mute else "a mute one", do=LIST)
        told = "is mute" if action == "mute" else "is spoken of again"
        _note(connection, SpotEdit(spot.id, action, "", by, why, now()), f"“{spot.name}” {told}")
    return spot


def _fit(connection: Connection, spot: NamedSpot, name: str) -> str:
    """The name, when people can use it."""
    do = "choose another name"
    if not name or not name.isprintable() or name.isdigit():
        raise DataError(f"“{name}” cannot be a name", wanted="printable characters, not only digits", do=do)
    if len(name) > LONGEST:
        raise DataError(f"a name of {len(name)} characters", wanted=f"at most {LONGEST}", do=do)
    for other in lives.named_spots(connection):
        if other.id != spot.id and other.name.casefold() == name.casefold():
            raise DataError(
                f"another weak spot ({other.id}) is called “{other.name}”",
                wanted="a name of its own",
                do=f"{do}, or `weakspot spots merge {spot.id} {other.id}` when they are the same",
            )
    return name


def _note(connection: Connection, edit: SpotEdit, told: str) -> None:
    lives.add_edit(
        connection, SpotEdit(edit.spot, edit.action, edit.value, edit.by, edit.why or "no reason given", edit.at)
    )
    connection_says = f"Weak spot {told} ({edit.by}: {edit.why or 'no reason given'})"
    progress.add_event(connection, Event(edit.at, "info", None, None, connection_says))

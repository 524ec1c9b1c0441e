"""The marker in the description of our project on a server: whose it is, which one it is, how far it is.

    description ─► Marker(key, instance, sends, holder) ─► description

Numbers repeat: a new or emptied server counts its projects and answers from 1 again, and a restored backup goes on
from an earlier number. `instance` is made once with the project and never again; `sends` only grows, so a server that
knows of fewer sends than the ledger was set back to an earlier state.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from uuid import uuid4

MANAGER = "weakspot"


@dataclass(frozen=True, slots=True)
class Marker:
    """What a project's description says of it."""

    key: str
    """The weakspot project's key; the same in a copy of its folder."""
    instance: str = ""
    """This very project on this very server; "" in projects of older versions, completed at the next send."""
    sends: int = 0
    """How often questions were sent."""
    holder: str = ""
    """The folder that sends them, as a name that says nothing to others; "" on an embedded server."""


def new_marker(key: str) -> Marker:
    """For a project that is made now."""
    return Marker(key, uuid4().hex)


def read_marker(description: str) -> Marker | None:
    """None when people have written something else there."""
    try:
        found = json.loads(description or "null")
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("managed_by") != MANAGER:
        return None
    instance, sends, holder = found.get("instance"), found.get("sends"), found.get("holder")
    return Marker(
        key=str(found.get("project_key")),
        instance=instance if isinstance(instance, str) else "",
        sends=sends if isinstance(sends, int) and not isinstance(sends, bool) else 0,
        holder=holder if isinstance(holder, str) else "",
    )


def write_marker(marker: Marker) -> str:
    """The description."""
    content = {"managed_by": MANAGER, "project_key": marker.key, "instance": marker.instance, "sends": marker.sends}
    return json.dumps(content | ({"holder": marker.holder} if marker.holder else {}))


def count_send(marker: Marker, *, known_sends: int, holder: str = "") -> Marker:
    """The marker of a project that questions are about to be sent to; the same when this send is counted already."""
    counted = replace(marker, sends=max(marker.sends, known_sends + 1), holder=holder or marker.holder)
    return counted if counted.instance else replace(counted, instance=uuid4().hex)


def was_set_back(marker: Marker | None, *, known_instance: str, known_sends: int) -> bool:
    """Whether the server has forgotten sends that the ledger knows of; never without a marker."""
    return marker is not None and marker.instance in ("", known_instance) and marker.sends < known_sends

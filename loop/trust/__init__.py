"""Which projects this user has made or approved; any other project is only looked at.

    weakspot.yaml + folder ─► requests ─► what the project would run, send, connect to, start, or open outside itself
    requests + store       ─► ruling   ─► approved, or what is not
    require                ─► NotApproved for anything that is not

A project may come from anyone: a colleague, a download, a shared folder. Its config can name code, addresses,
environment variables and files. None of that is used before this user has made the project with `weakspot init` or
approved it. The store lies in the user's own config folder, never in the project.

requests.py   config → requests, without running, reading variables or connecting
store.py      the approved projects on disk
deciding.py   whether a project is approved, and how it becomes so
"""

from loop.trust.deciding import Ruling, approve, forget, refuse_foreign, require, require_code, rule, rule_on
from loop.trust.requests import EVERYTHING, RECORD, Request, Scope, requests
from loop.trust.store import Entry, entries, path

__all__ = [
    "EVERYTHING",
    "RECORD",
    "Entry",
    "Request",
    "Ruling",
    "Scope",
    "approve",
    "entries",
    "forget",
    "path",
    "refuse_foreign",
    "requests",
    "require",
    "require_code",
    "rule",
    "rule_on",
]

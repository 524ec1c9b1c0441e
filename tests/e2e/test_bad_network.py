"""A bad server between us and Label Studio: each fault costs one line, and when it is over the end is the same.

    project with picks ─► calm: send, await, collect, restore, settle     ─┐ the same picks, answers and labels,
                  └─────► bad: each step once with trouble, once without  ─┴─ every task and answer once on the server

One server and one calm run for all. The short form has every fault in every step and every kind of request somewhere,
the long form (`pytest -m bench`) every fault at every kind of request of every step.
"""

from __future__ import annotations

import itertools
import json
import secrets
import shutil
import traceback
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from bad_proxy import BY_NAME, FAULTS, BadProxy, Fault, always, every
from command_line import Said, here
from made_project import change, copy_project
from real_label_studio import label_studio_server, label_studio_venv  # noqa: F401
from world import held_by, ledger_of, leftovers

import labeling.label_studio.connection
import labeling.label_studio.errors
import labeling.label_studio.send
import loop.rounds.labeling
from labeling.label_studio.client import Client
from labeling.label_studio.marker import read_marker
from labeling.label_studio.server import Access, EmbeddedServer
from loop.project import open_project

pytestmark = [pytest.mark.slow, pytest.mark.server]
TOKEN = "LABEL_STUDIO_TOKEN"
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "send": ("run", "--until", "send"),
    "await": ("run", "--until", "await"),
    "collect": ("run", "--until", "collect"),
    "restore": ("label-studio", "restore"),
}
MAKING_ACCOUNTS = ("invitation", "sign-up page", "sign-up", "own token", "login page", "login")
"""Of the calm run alone: the other projects find its accounts."""
MOST_TRIES = 40
SIMULATED = Path(".weakspot", "label_studio", "simulated.json")


@dataclass(frozen=True)
class Calm:
    """The undisturbed run."""

    root: Path
    ledger: Mapping[str, Any]
    server: Mapping[str, Any]
    kinds: Mapping[str, tuple[str, ...]]
    """Step → the kinds of its requests, in order of their first."""


@dataclass(frozen=True)
class Desk:
    """Where the tests work: the server, the proxy before it, a project with picks, the calm run."""

    owner: Client
    proxy: BadProxy
    chosen: Path
    calm: Calm


@pytest.fixture(scope="module", autouse=True)
def _impatient() -> Iterator[None]:
    """Nobody waits: neither between tries, nor for a server that stays away."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(labeling.label_studio.connection, "PAUSES_S", (0.0, 0.0, 0.0))
        patch.setattr(labeling.label_studio.connection, "TIMEOUT_S", 3.0)
        patch.setattr(labeling.label_studio.errors, "LONGEST_WAIT_S", 0.0)
        patch.setattr(labeling.label_studio.send, "LOOK_EVERY_S", 0.05)
        patch.setattr(labeling.label_studio.send, "PATIENCE_S", 0.2)
        patch.setattr(loop.rounds.labeling, "PATIENCE_S", 0.0)
        yield


@pytest.fixture(scope="module")
def access(label_studio_server: EmbeddedServer) -> Access:  # noqa: F811
    return label_studio_server.start()


@pytest.fixture(scope="module")
def desk(access: Access, _fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One server, one project with picks, one calm run: for all tests here."""
    folder = tmp_path_factory.mktemp("bad-server")
    with BadProxy(access.url) as proxy, pytest.MonkeyPatch.context() as patch:
        patch.setenv(TOKEN, access.token)
        chosen = folder / "chosen"
        copy_project(_fresh, chosen)
        change(chosen, {"model.tuning": "head", "labeler.url": proxy.url, "labeler.poll_seconds": 0.1})
        assert here("run", "--project", chosen, "--until", "select").status == 0
        owner = Client(access.url, access.token)
        yield Desk(owner, proxy, chosen, calm_run(owner, proxy, chosen, folder / "calm"))


@pytest.fixture
def root(desk: Desk, tmp_path: Path) -> Iterator[Path]:
    """A copy of the project with picks; afterwards its questions are taken off the server, for the next copy."""
    yield copied(desk, tmp_path / "bad")
    desk.proxy.trouble(None)
    remove_projects(desk.owner, tmp_path / "bad")


def calm_run(owner: Client, proxy: BadProxy, chosen: Path, root: Path) -> Calm:
    copy_project(chosen, root)
    (root / SIMULATED).parent.mkdir()
    kinds = {}
    for step, command in COMMANDS.items():
        proxy.trouble(None)
        assert said(root, *command).status == 0
        kinds[step] = tuple(dict.fromkeys(kind for kind in proxy.seen if kind not in MAKING_ACCOUNTS))
    assert said(root, "run").status == 0
    calm = Calm(root, ledger_of(root), held_by(owner, projects_of(owner, root)), kinds)
    remove_projects(owner, root)
    return calm


def copied(desk: Desk, root: Path) -> Path:
    """The experts keep the accounts that the calm run made for them."""
    copy_project(desk.chosen, root)
    (root / SIMULATED).parent.mkdir()
    shutil.copy(desk.calm.root / SIMULATED, root / SIMULATED)
    return root


def said(root: Path, *command: str) -> Said:
    return here(*command, "--project", root)


def projects_of(owner: Client, root: Path) -> list[Any]:
    with open_project(root, read_only=True) as project:
        key = project.key
    marked = [(found, read_marker(found.description)) for found in owner.projects()]
    return [found for found, marker in marked if marker and marker.key == key]


def remove_projects(owner: Client, root: Path) -> None:
    headers = {"Authorization": f"Token {owner._connection._token}"}
    for project in projects_of(owner, root):
        url = f"{owner.url}/api/projects/{project.id}/"
        httpx.delete(url, headers=headers, trust_env=False, timeout=300).raise_for_status()


@dataclass(frozen=True)
class Cell:
    """One way of trouble: this fault at this kind of request of this step."""

    step: str
    kind: str
    fault: Fault

    def __str__(self) -> str:
        return f"{self.fault.name} at {self.kind} in {self.step}"


def play(desk: Desk, folder: Path, cells: Sequence[Cell]) -> tuple[list[str], list[str]]:
    """Goes through all cells, in as few projects as it takes; returns the lines reported and the faults found.

    A step that ended with a fault is tried with the next one; one that ended well goes on to the next step, and the
    rest of its cells are for the next project.
    """
    left = {step: deque(cell for cell in cells if cell.step == step) for step in COMMANDS}
    lines: list[str] = []
    faults: list[str] = []
    number = 0
    while any(left.values()):
        root = copied(desk, folder / str(number))
        met = [cell for step in COMMANDS for cell in suffered(desk, root, step, left[step], lines, faults)]
        faults += [f"{fault} ({', '.join(map(str, met))})" for fault in unlike_calm(desk, root)]
        remove_projects(desk.owner, root)
        number += 1
    return lines, faults


def suffered(
    desk: Desk, root: Path, step: str, left: deque[Cell], lines: list[str], faults: list[str]
) -> Iterator[Cell]:
    """The cells of the step that came, taken off `left`; then the step without trouble."""
    tried = False
    while left:
        cell = left[0]
        desk.proxy.trouble(always(cell.fault, cell.kind))
        found = attempt(root, *COMMANDS[step])
        if not desk.proxy.spoiled:
            if not tried:
                faults.append(f"{left.popleft()}: there is no such request")
            break
        tried = True
        yield left.popleft()
        if found.status == 0:
            break
        lines.append(f"{cell}: {found.err}")
        faults += [] if is_one_line(found) else [f"{cell}: {found.err}"]
    desk.proxy.trouble(None)
    found = attempt(root, *COMMANDS[step])
    if found.status:
        faults.append(f"{step}, when it was over: {found.err}")


def attempt(root: Path, *command: str) -> Said:
    """A command; what would be a traceback is what it said."""
    try:
        return said(root, *command)
    except Exception as fault:  # noqa: BLE001  whatever it is, it is what this test looks for
        place = traceback.extract_tb(fault.__traceback__)[-1]
        return Said(
            -1, "", f"{type(fault).__name__}: {fault} ({place.name}, {Path(place.filename).name}:{place.lineno})"
        )


def is_one_line(found: Said) -> bool:
    *before, last = found.err.strip().split("\n")
    return found.status == 1 and last.startswith("weakspot: ") and not any("weakspot: " in line for line in before)


def unlike_calm(desk: Desk, root: Path) -> list[str]:
    """In what the end of this project differs from that of the calm one."""
    end = attempt(root, "run", "--rounds", "1")
    if end.status:
        return [f"the end: {end.err}"]
    ledger, server = ledger_of(root), held_by(desk.owner, projects_of(desk.owner, root))
    both = ((ledger, desk.calm.ledger), (server, desk.calm.server))
    faults = [f"{what} differ" for found, expected in both for what in expected if found[what] != expected[what]]
    return faults + [f"left over: {path}" for path in leftovers(root)]


def matrix(calm: Calm, faults: Sequence[Fault] = FAULTS) -> list[Cell]:
    return [Cell(step, kind, fault) for step, kinds in calm.kinds.items() for kind in kinds for fault in faults]


def few(calm: Calm) -> list[Cell]:
    """Every fault, and every kind of request of every step, each at least once."""
    places = [(step, kind) for step, kinds in calm.kinds.items() for kind in kinds]
    pairs = (
        (places[number % len(places)], FAULTS[number % len(FAULTS)]) for number in range(max(len(places), len(FAULTS)))
    )
    return [Cell(step, kind, fault) for (step, kind), fault in pairs]


@pytest.mark.timeout(1200)
def test_a_bad_server_costs_one_line_and_the_end_is_as_ever(desk: Desk, tmp_path: Path) -> None:
    check(desk, tmp_path, few(desk.calm))


@pytest.mark.bench
@pytest.mark.timeout(7200)
def test_every_fault_at_every_request_costs_one_line_and_the_end_is_as_ever(desk: Desk, tmp_path: Path) -> None:
    check(desk, tmp_path, matrix(desk.calm))


def check(desk: Desk, folder: Path, cells: Sequence[Cell]) -> None:
    lines, faults = play(desk, folder, cells)
    print(f"\n{len(cells)} requests spoiled, {len(lines)} reported, {len(faults)} faults")
    assert lines, "no fault was noticed: the proxy spoiled nothing"
    assert not faults, "\n".join(faults)


def test_a_server_that_spoils_every_third_answer_costs_patience_alone(desk: Desk, root: Path) -> None:
    desk.proxy.trouble(every(3))
    for _ in range(MOST_TRIES):
        found = attempt(root, "run", "--rounds", "1")
        if found.status == 0:
            break
        assert is_one_line(found), found.err
    assert len(desk.proxy.spoiled) > 5
    desk.proxy.trouble(None)
    assert unlike_calm(desk, root) == []


def test_another_server_whose_ids_start_again_and_has_no_accounts_comes_to_the_same_end(
    desk: Desk, root: Path, other: Client
) -> None:
    assert said(root, *COMMANDS["send"]).status == 0
    desk.proxy.target = other.url
    found = said(root, *COMMANDS["await"])
    assert is_one_line(found)
    assert "`weakspot label-studio restore`" in found.err
    assert said(root, *COMMANDS["restore"]).status == 0
    assert said(root, *COMMANDS["send"]).status == 0
    met = accounts_made_with_trouble(desk, root)
    assert len(met) >= 3, f"accounts were made, and not without trouble: {met}"
    assert unlike_calm(replace(desk, owner=other), root) == []


def accounts_made_with_trouble(desk: Desk, root: Path) -> set[str]:
    """The kinds of requests at which trouble ended `await`, until it ended well in spite of it."""
    met = set()
    for kind, name in itertools.product(MAKING_ACCOUNTS, ("closed", "HTML with 200", "403")):
        desk.proxy.trouble(always(BY_NAME[name], kind))
        found = attempt(root, *COMMANDS["await"])
        if found.status == 0:
            break
        assert is_one_line(found), f"{name} at {kind}: {found.err}"
        met.add(kind)
    desk.proxy.trouble(None)
    return met


@pytest.fixture
def other(desk: Desk, label_studio_venv: Path, tmp_path: Path) -> Iterator[Client]:  # noqa: F811
    """A second Label Studio that counts from 1 and takes the token of the first, as one put up anew would."""
    token, folder = desk.owner._connection._token, tmp_path / "other"
    folder.mkdir()
    account = {"email": "weakspot@example.com", "password": secrets.token_urlsafe(15), "token": token}
    (folder / "access.json").write_text(json.dumps(account))
    server = EmbeddedServer(folder, label_studio_venv)
    try:
        yield Client(server.start().url, token)
    finally:
        server.stop()
        desk.proxy.target = desk.owner.url

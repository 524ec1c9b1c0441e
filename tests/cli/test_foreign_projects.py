"""Every command in a project of somebody else: nothing of it runs, is sent, connected to, read or started."""

import os
import pty
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
import typer
from command_line import complaint, here
from made_project import change, write_csv

from loop import trust
from loop.cli.app import app
from loop.project import open_project
from loop.trust import RECORD

pytestmark = pytest.mark.slow

MADE_BY_OTHERS = "you have not made or approved all that this project asks for"
LOOKING: dict[tuple[str, ...], tuple[str, ...]] = {
    **{(name,): () for name in ("status", "report", "plan", "calibration", "leaks", "labels", "verify", "rollback")},
    ("doctor",): (),
    ("explain",): ("nothing",),
    ("diff",): ("0", "1"),
    ("promote",): ("0",),
    ("dashboard",): ("--no-browser",),
    ("spots",): (),
    ("spots", "list"): (),
    ("spots", "rename"): ("1", "other"),
    ("spots", "merge"): ("1", "2"),
    **{("spots", name): ("1",) for name in ("split", "mute", "unmute")},
}
"""Commands that only look, or note what a person decided."""
WORKING: dict[tuple[str, ...], tuple[str, ...]] = {
    ("run",): (),
    ("predict",): ("new.csv",),
    ("export",): ("model",),
    ("replay",): ("0",),
    ("labels", "suggest"): (),
    **{("label-studio", name): () for name in ("start", "stop", "status", "restore")},
}
"""Commands that run models, servers or code."""
WITHOUT_PROJECT = {("init",), ("simulate",), ("menu",), ("trust",)}
"""What opens no project: `simulate` edits the text of a weakspot.yaml."""
SECRETS = ("CANARY_LABELS", "CANARY_WRITER", "CANARY_JUDGE", "CANARY_LEDGER")
CODE = "from pathlib import Path\nPath(__file__).with_name('ran').touch()\ndef f(answer, example):\n    return True\n"


class Listener:
    """A port that counts who comes."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def connected(self) -> bool:
        try:
            self._socket.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        self._socket.close()


class Watched(MutableMapping[str, str]):
    """The environment, with the names that were read."""

    def __init__(self, real: MutableMapping[str, str]) -> None:
        self._real, self.read = real, set[str]()

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        return self._real[name]

    def __setitem__(self, name: str, value: str) -> None:
        self._real[name] = value

    def __delitem__(self, name: str) -> None:
        del self._real[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._real)

    def __len__(self) -> int:
        return len(self._real)


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.close()


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of somebody else, and the file with prompts beside it."""
    place = tmp_path_factory.mktemp("others")
    rows = [{"prompt": f"Question {n * 7919} about bill {n}?", "reference": f"Answer {n}."} for n in range(40)]
    write_csv(place / "pool.csv", rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(place / "their-home"))
        said = here(
            "init", place / "desk", "--data", place / "pool.csv", "--task", "generation", "--base", "evil/model"
        )
    assert said.status == 0, said.err
    return place / "desk"


@pytest.fixture
def others(theirs: Path, tmp_path: Path, listener: Listener) -> Path:
    """It names code, addresses and variables wherever a config can; its ledger is a file inside."""
    root = Path(shutil.copytree(theirs, tmp_path / "desk"))
    (root / "rules.py").write_text(CODE)
    values = {
        "labeler.url": listener.url,
        "labeler.token_env": "CANARY_LABELS",
        "generation.endpoint": listener.url,
        "generation.endpoint_model": "m",
        "generation.token_env": "CANARY_WRITER",
        "generation.checks": {"code": "rules.py:f"},
        "judge.url": listener.url,
        "judge.model": "m",
        "judge.token_env": "CANARY_JUDGE",
        "experts.kind": "simulated",
        "experts.rubric": "rules.py:f",
    }
    change(root, values)
    return root


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch, listener: Listener) -> Watched:
    """The environment of a user with secrets, and no way to start a process."""
    for name in SECRETS:
        monkeypatch.setenv(name, "canary-of-this-user")
    monkeypatch.setenv("CANARY_LEDGER", f"postgresql://me@127.0.0.1:{listener.port}/db?connect_timeout=2")
    monkeypatch.setenv("HF_ENDPOINT", listener.url)
    monkeypatch.setattr(subprocess.Popen, "__init__", _refuse_to_start)
    found = Watched(os.environ)
    monkeypatch.setattr(os, "environ", found)
    return found


def _refuse_to_start(*_: Any, **__: Any) -> None:
    raise AssertionError("a process was started")


def _commands(group: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            if command.invoke_without_command:
                yield (*before, name)
            yield from _commands(command, (*before, name))
        else:
            yield (*before, name)


def _harmless(root: Path, watched: Watched, listener: Listener) -> None:
    assert not listener.connected()
    assert not watched.read & set(SECRETS)
    assert not (root / "ran").exists()
    assert not (root / ".weakspot" / "label_studio").exists()


def test_every_command_stands_in_this_file() -> None:
    assert set(_commands(typer.main.get_command(app))) == {*LOOKING, *WORKING, *WITHOUT_PROJECT}


@pytest.mark.parametrize("command", WORKING, ids=" ".join)
def test_a_working_command_refuses_a_project_of_others(
    others: Path, watched: Watched, listener: Listener, command: tuple[str, ...]
) -> None:
    told = complaint(here(*command, *WORKING[command], "--project", others))
    assert MADE_BY_OTHERS in told
    assert f"weakspot trust {others}" in told
    _harmless(others, watched, listener)


@pytest.mark.parametrize("command", [one for one in LOOKING if one != ("dashboard",)], ids=" ".join)
def test_a_looking_command_needs_no_approval(
    others: Path, watched: Watched, listener: Listener, command: tuple[str, ...]
) -> None:
    said = here(*command, *LOOKING[command], "--project", others)
    assert MADE_BY_OTHERS not in said.err
    assert "Traceback" not in said.err
    _harmless(others, watched, listener)


@pytest.mark.parametrize(
    ("ledger", "command"),
    [
        *(("env", command) for command in (*LOOKING, *WORKING)),
        *(
            (kind, (command,))
            for kind in ("postgresql", "outside", "artifacts")
            for command in ("status", "run", "doctor")
        ),
    ],
)
def test_no_command_connects_to_a_ledger_of_others(
    others: Path, watched: Watched, listener: Listener, command: tuple[str, ...], ledger: str
) -> None:
    address = f"postgresql://me@127.0.0.1:{listener.port}/db?connect_timeout=2"
    values = {
        "env": {"storage.ledger": "env:CANARY_LEDGER"},
        "postgresql": {"storage.ledger": address},
        "outside": {"storage.ledger": "sqlite:///../mine.db"},
        "artifacts": {"storage.artifacts": ".."},
    }
    change(others, values[ledger])
    said = here(*command, *{**LOOKING, **WORKING}[command], "--project", others)
    assert said.status == 1
    assert MADE_BY_OTHERS in said.err + said.out
    assert not (others.parent / "mine.db").exists()
    _harmless(others, watched, listener)


def test_doctor_says_what_it_did_not_look_at(others: Path, watched: Watched, listener: Listener) -> None:
    said = here("doctor", "--project", others)
    assert said.status == 1
    assert said.out.count("not looked at: this project was not made or approved by you") == 2
    assert f"weakspot trust {others}" in said.out
    assert here("doctor", "--mend", "--project", others).status == 1
    _harmless(others, watched, listener)


def test_the_advice_works_and_everything_approved_is_listed(others: Path, listener: Listener) -> None:
    said = here("trust", others)
    assert said.status == 0
    for words in (listener.url, "CANARY_LABELS", "CANARY_JUDGE", "CANARY_WRITER", "runs rules.py:f", "evil/model"):
        assert words in said.err
        assert words in here("trust").out
        assert words in here("trust", "--json").out
    open_project(others).close()
    assert str(others) in here("trust", others, "--forget").out
    assert MADE_BY_OTHERS in complaint(here("run", "--project", others))
    assert "`weakspot trust` lists them" in complaint(here("trust", others, "--forget"))


def test_the_option_approves_for_scripts(others: Path, listener: Listener) -> None:
    told = complaint(here("label-studio", "stop", "--project", others, "--trust"))
    assert "this project uses your own server" in told
    assert str(others) in here("trust").out
    listener.close()
    said = here("doctor", "--project", others)
    assert "not looked at" not in said.out


def test_what_is_new_in_ones_own_project_is_said_once(others: Path) -> None:
    trust.approve(_config(others), others, origin="made")
    change(others, {"judge.token_env": "ANOTHER"})
    assert here("status", "--project", others).err == ""
    assert "ANOTHER" in here("label-studio", "stop", "--project", others).err
    assert "ANOTHER" not in here("label-studio", "stop", "--project", others).err


def _config(root: Path) -> Any:
    with open_project(root, read_only=True, scope=RECORD) as project:
        return project.config


@pytest.mark.parametrize(("answer", "approved"), [("y\n", True), ("\n", False)])
def test_a_person_at_a_terminal_is_asked_once(others: Path, answer: str, approved: bool) -> None:
    change(others, {"judge.token_env": "A_KEY"})
    told = _at_a_terminal(answer, "label-studio", "stop", "--project", str(others))
    assert "Approve it? [y/N]" in told
    assert "A_KEY" in told
    assert (MADE_BY_OTHERS in told) is not approved
    again = here("label-studio", "stop", "--project", others)
    assert (MADE_BY_OTHERS in again.err) is not approved


@pytest.mark.parametrize("command", [("trust",), ("label-studio", "stop", "--project")], ids=" ".join)
def test_code_that_is_replaced_while_a_person_reads_the_list_is_not_approved(
    others: Path, command: tuple[str, ...]
) -> None:
    shown = dict(_code_of(others))
    replaced = CODE + "more = 1\n"
    _at_a_terminal("y\n", *command, str(others), when_asked=lambda: (others / "rules.py").write_text(replaced))
    (entry,) = (one for one in trust.entries() if one.path == str(others))
    approved = [one for one in entry.requests if "rules.py" in one]
    assert sorted(approved) == sorted(shown.values())
    assert {one.key for one in trust.rule(_config(others), others).new} == set(shown)
    assert MADE_BY_OTHERS in complaint(here("run", "--project", others))


def _code_of(root: Path) -> Iterator[tuple[str, str]]:
    return ((one.key, str(one)) for one in trust.requests(_config(root), root) if "rules.py" in one.what)


def _at_a_terminal(answer: str, *arguments: str, when_asked: Callable[[], object] = lambda: None) -> str:
    ours, their_end = pty.openpty()
    command = [sys.executable, "-c", "from loop.cli import main; main()", *arguments]
    with subprocess.Popen(command, stdin=their_end, stdout=their_end, stderr=their_end) as process:
        os.close(their_end)
        told = b""
        try:
            while chunk := os.read(ours, 10_000):
                told += chunk
                if answer and b"[y/N]" in told:
                    when_asked()
                    os.write(ours, answer.encode())
                    answer = ""
        except OSError:
            pass  # the other end was closed: the command has ended
        process.wait()
    os.close(ours)
    return " ".join(told.decode().split())


def test_init_makes_no_project_around_a_labeling_server_of_others(theirs: Path, tmp_path: Path) -> None:
    state = tmp_path / "new" / ".weakspot" / "label_studio"
    state.mkdir(parents=True)
    told = complaint(here("init", state.parents[1], "--data", theirs.parent / "pool.csv", "--labels", "a,b"))
    assert "is there already, and you have not made it" in told
    state.rmdir()
    said = here("init", state.parents[1], "--data", theirs.parent / "pool.csv", "--labels", "a,b")
    assert said.status == 0, said.err
    assert here("trust").out.count(str(state.parents[1])) == 1

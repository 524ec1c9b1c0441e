"""No program that weakspot starts runs or reads files of the folder the user stands in; one place starts them all."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard import launch
from labeling.label_studio import installation
from loop import children
from loop.simulation import runner

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
STARTERS = {
    "os": {"system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp", "startfile"},
    "asyncio": {"create_subprocess_exec", "create_subprocess_shell"},
}
MODULES = {"subprocess", "pty", "multiprocessing", "webbrowser", "_posixsubprocess"}
ALLOWED = {
    "loop/children.py": {"subprocess"},
    # These start nothing outside `children.safe_environment`; a test below starts them in a hostile folder.
    "loop/simulation/runner.py": {"multiprocessing"},
    "loop/simulation/worker.py": {"multiprocessing"},
}


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: files that Python, venv and pip would run or read, each of which leaves a mark."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    mark = f"open({str(folder / 'ran.txt')!r}, 'a').write(__name__ + chr(10))\n"
    names = ("random", "venv", "pip", "selectors", "signal", "webbrowser", "site", "sitecustomize", "usercustomize")
    for name in names:
        (folder / f"{name}.py").write_text(mark)
    (folder / "pip.conf").write_text("[global]\nindex-url = http://127.0.0.1:9/\n")
    monkeypatch.chdir(folder)
    return folder


def ran(hostile: Path) -> str:
    found = hostile / "ran.txt"
    return found.read_text() if found.exists() else ""


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"PYTHONPATH": ""},
        {"PYTHONPATH": "."},
        {"PYTHONPATH": os.pathsep},
        {"PYTHONPATH": "HERE"},
        {"PYTHONPATH": f"/nowhere{os.pathsep}HERE{os.pathsep}../hostile"},
        {"PYTHONSTARTUP": "HERE/random.py", "PYTHONINSPECT": ""},
        {"PYTHONUSERBASE": "HERE"},
        {"PYTHONBREAKPOINT": "random.x", "PYTHONWARNINGS": "error::random.Random"},
    ],
    ids=str,
)
def test_a_child_runs_nothing_of_the_working_folder(
    hostile: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace("HERE", str(hostile)))
    for words in (["-c", "import random, selectors"], ["-m", "webbrowser", "-h"], ["-m", "pip", "--version"]):
        ended = children.run([sys.executable, *words], folder=tmp_path, timeout_s=120)
        assert "Traceback" not in ended.stdout
    assert ran(hostile) == ""


def test_without_that_care_the_working_folder_is_run(hostile: Path) -> None:
    subprocess.run([sys.executable, "-c", "import random"], check=True)
    assert ran(hostile) == "random\n"


def test_making_the_environment_of_label_studio_runs_no_module_of_the_working_folder(
    hostile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, commands = installation._run, list[list[str]]()

    def helpful(command: list[str], *, folder: Path, kept: tuple[int, ...], tell: installation.Tell) -> None:
        commands.append(command)
        python = tmp_path / "cache" / "venv" / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        if not python.exists():
            python.symlink_to(sys.executable)
        # The same modules, from the same folder, asked for their help alone: no network, no gigabyte.
        run([*command[: command.index("-m") + 2], "--help"], folder=folder, kept=kept, tell=tell)

    monkeypatch.setattr(installation, "_run", helpful)
    installation.ensure_installed(tmp_path / "cache" / "venv", tell=lambda _: None)
    assert [command[3] for command in commands] == ["venv", "pip"]
    assert ran(hostile) == ""


def test_the_processes_of_a_simulation_run_nothing_of_the_working_folder(hostile: Path) -> None:
    program = (
        "from loop.simulation import runner\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "from multiprocessing import get_context\n"
        "if __name__ == '__main__':\n"
        "    with runner._one_thread(), ProcessPoolExecutor(1, mp_context=get_context('spawn')) as pool:\n"
        "        print(pool.submit(abs, -3).result())\n"
    )
    file = hostile.parent / "program.py"
    file.write_text(program)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = subprocess.run([sys.executable, file], env=environment, capture_output=True, text=True, check=False)
    assert (said.stdout, ran(hostile)) == ("3\n", ""), said.stderr


def test_the_environment_of_a_simulation_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    before = dict(os.environ)
    with pytest.raises(KeyboardInterrupt), runner._one_thread():
        assert os.environ["OMP_NUM_THREADS"] == "1"
        assert os.environ["PYTHONSAFEPATH"] == "1"
        assert "PYTHONPATH" not in os.environ
        raise KeyboardInterrupt
    assert dict(os.environ) == before


def test_the_browser_is_opened_by_the_systems_program_not_by_one_in_the_working_folder(
    hostile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "bin"
    system.mkdir()
    for folder, word in ((hostile, "hostile"), (system, "system")):
        program = folder / "some-browser"
        program.write_text(f'#!/bin/sh\necho "{word} $1" >> {tmp_path}/opened.txt\n')
        program.chmod(0o755)
    monkeypatch.setenv("BROWSER", "some-browser")
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", str(hostile), str(system), os.environ["PATH"]]))
    launch._open("http://127.0.0.1:8501")
    assert (tmp_path / "opened.txt").read_text() == "system http://127.0.0.1:8501\n"
    assert ran(hostile) == ""


def test_absolute_entries_are_kept_and_relative_ones_dropped(tmp_path: Path) -> None:
    given = {
        "PATH": os.pathsep.join(["/usr/bin", "", ".", "bin", str(tmp_path), str(tmp_path / "x" / "..")]),
        "PYTHONPATH": f"/opt/modules{os.pathsep}..",
        "LD_LIBRARY_PATH": os.pathsep,
        "PIP_CONFIG_FILE": "pip.conf",
        "PIP_TARGET": "/elsewhere",
        "PIP_INDEX_URL": "https://packages.example",
        "TMPDIR": "tmp",
        "PYTHONUTF8": "1",
        "HOME": "/home/a",
    }
    assert children.clean(given, here=tmp_path) == {
        "PATH": "/usr/bin",
        "PYTHONPATH": "/opt/modules",
        "PIP_INDEX_URL": "https://packages.example",
        "PYTHONUTF8": "1",
        "HOME": "/home/a",
        "PYTHONSAFEPATH": "1",
    }


def test_a_working_folder_that_was_removed_is_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert children.run([sys.executable, "-c", "print(1)"], folder=tmp_path, timeout_s=60).stdout == "1\n"


def test_files_of_a_child_are_private_and_no_file_is_inherited_but_those_named(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.set_inheritable(write, True)
    kept, other = os.pipe()
    program = f"import os\nopen('made', 'w')\nos.fstat({kept})\nos.fstat({write})"
    before = os.umask(0)
    try:
        ended = children.start([sys.executable, "-c", program], folder=tmp_path, stderr=children.PIPE, pass_fds=[kept])
        _, said = ended.communicate()
    finally:
        os.umask(before)
        for descriptor in (read, write, kept, other):
            os.close(descriptor)
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o600
    assert b"line 4" in said
    assert b"Bad file descriptor" in said


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    program = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(600)"
    with pytest.raises(TimeoutError, match="did not end within 3 s"):
        children.run([sys.executable, "-c", program], folder=tmp_path, timeout_s=3)
    if (tmp_path / "pid").exists():
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), 0)


def test_no_other_place_starts_programs() -> None:
    files = [path for folder in ("loop", "labeling", "dashboard", "data") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 300
    found = {str(path.relative_to(ROOT)): names for path in files if (names := _starters(ast.parse(path.read_text())))}
    assert found == ALLOWED


@pytest.mark.parametrize(
    "line",
    ["import subprocess as s", "from os import popen", "os.execv('x', [])", "import os.path, pty", "os.spawnlp(1)"],
)
def test_that_look_sees_every_form(line: str) -> None:
    assert _starters(ast.parse(line))


def _starters(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names} & MODULES
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module.split(".")[0]} & MODULES
            found |= {alias.name for alias in node.names if _starts(node.module, alias.name)}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and _starts(node.value.id, node.attr):
            found.add(f"{node.value.id}.{node.attr}")
    return found


def _starts(module: str, name: str) -> bool:
    return name in STARTERS.get(module, ()) or (module == "os" and name.startswith(("exec", "spawn")))

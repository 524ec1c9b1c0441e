"""The one place that starts other programs: in a folder of ours, with a clean environment, with private files.

    start(command, folder=, environment=) ─► Running         run(command, folder=, timeout_s=) ─► Ended
    clean(os.environ) ─► the same without what leads back into the folder the user stands in
    safe_environment() ─► the same for processes that multiprocessing starts

The working folder of a `python -m` child is the first place it imports from, so a user's random.py or pip.py there
would be run. A child therefore starts in a folder that weakspot names, with PYTHONSAFEPATH, and paths in its
environment that are relative or name the user's working folder are dropped. Its files are private (umask 077), and it
inherits no open file but those in `pass_fds`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

UMASK = 0o077
PATHS = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
"""Lists of folders: entries that lead into the working folder are dropped."""
PLACES = ("PYTHONHOME", "PYTHONUSERBASE", "PIP_CONFIG_FILE", "PIP_CACHE_DIR", "TMPDIR", "TEMP", "TMP")
"""One path each: dropped when it leads into the working folder."""
HARMLESS = frozenset(
    {
        *("PYTHONUTF8", "PYTHONIOENCODING", "PYTHONHASHSEED", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"),
        *("PYTHONFAULTHANDLER", "PYTHONNOUSERSITE", "PYTHONMALLOC", "PYTHONINTMAXSTRDIGITS"),
    }
)
"""Variables of Python that run no code and name no file. Others, such as PYTHONSTARTUP, are dropped."""
ELSEWHERE = frozenset({"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_REQUIREMENT", "PIP_EDITABLE"})
"""Variables that make pip install something else, or somewhere else, than its command line says."""

PIPE, STDOUT, DEVNULL = subprocess.PIPE, subprocess.STDOUT, subprocess.DEVNULL
Stream = int | IO[Any] | None
Running = subprocess.Popen[bytes]
Ended = subprocess.CompletedProcess[str]


def start(
    command: Sequence[str | Path],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    stdin: Stream = DEVNULL,
    stdout: Stream = None,
    stderr: Stream = None,
    pass_fds: Sequence[int] = (),
    session: bool = False,
    private: bool = True,
) -> Running:
    """Starts `command` in `folder`. Raises OSError when it cannot be started.

    environment: all of it; by default that of this process. It is cleaned in both cases.
    pass_fds: open files that the child keeps. session: it outlives the terminal. private: its files are.
    """
    return subprocess.Popen(
        [str(word) for word in command],
        cwd=folder,
        env=clean(os.environ if environment is None else environment),
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        pass_fds=tuple(pass_fds),
        start_new_session=session,
        umask=UMASK if private and os.name == "posix" else -1,
    )


def run(
    command: Sequence[str | Path], *, folder: Path, timeout_s: float, environment: Mapping[str, str] | None = None
) -> Ended:
    """Runs `command` in `folder` to its end; `stdout` holds all that it printed.

    Raises TimeoutError when it takes longer than `timeout_s` (it is ended then), OSError when it cannot be started.
    """
    with start(
        command, folder=folder, environment=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as child:
        try:
            printed, _ = child.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as fault:
            child.kill()
            raise TimeoutError(f"{command[0]} did not end within {timeout_s:.0f} s") from fault
        except BaseException:  # an interrupt too: no child outlives the call
            child.kill()
            raise
    return subprocess.CompletedProcess(child.args, child.returncode, printed.decode(errors="replace"))


def clean(environment: Mapping[str, str], *, here: Path | None = None) -> dict[str, str]:
    """Without what would make a child run or read files of `here`, by default the working folder."""
    here = _working_folder() if here is None else here
    kept = {name: value for name, value in environment.items() if _is_kept(name)}
    for name in PATHS:
        if name in kept:
            kept[name] = os.pathsep.join(part for part in kept[name].split(os.pathsep) if _is_elsewhere(part, here))
    dropped = {name for name in PATHS if not kept.get(name)}
    dropped |= {name for name in PLACES if name in kept and not _is_elsewhere(kept[name], here)}
    return {**{name: value for name, value in kept.items() if name not in dropped}, "PYTHONSAFEPATH": "1"}


@contextmanager
def safe_environment(**more: str) -> Iterator[None]:
    """Processes that multiprocessing starts inside get the cleaned environment of this one, and `more`."""
    before = dict(os.environ)
    wanted = {**clean(before), **more}
    try:
        _replace(wanted)
        yield
    finally:
        _replace(before)


def _replace(wanted: Mapping[str, str]) -> None:
    for name in set(os.environ) - set(wanted):
        del os.environ[name]
    os.environ.update(wanted)


def _is_kept(name: str) -> bool:
    if name.startswith("PYTHON"):
        return name in HARMLESS or name in PATHS or name in PLACES
    return name not in ELSEWHERE


def _is_elsewhere(path: str, here: Path | None) -> bool:
    """An absolute path that is not the working folder itself."""
    return Path(path).is_absolute() and (here is None or Path(os.path.realpath(path)) != here)


def _working_folder() -> Path | None:
    try:
        return Path(os.path.realpath(Path.cwd()))
    except FileNotFoundError:  # it was removed: then nothing leads into it
        return None

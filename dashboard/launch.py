"""Starting the dashboard: the command of its server, and what keeps it to this machine and to our own settings.

command(project) ─► python -P dashboard/server.py run dashboard/app.py, flags ─► serve runs it until it ends

The server works in an empty folder of its own, which is its home as well: nothing in the folder the user stands in is
imported or read as a setting. It holds a pipe from this process and ends when that does (dashboard.server).
"""

from __future__ import annotations

import errno
import ipaddress
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import psutil

from dashboard.server import VARIABLE
from loop import children, trust
from loop.errors import ConfigError

APP = Path(__file__).parent / "app.py"
SERVER = Path(__file__).parent / "server.py"
PORT = 8501
PATIENCE_S = 60.0


def command(project: Path, *, port: int, host: str, headless: bool, exposed: bool = False) -> list[str]:
    """The whole command line.

    `host` is the address to listen on. One that others can reach needs `exposed`, since whoever reaches the window
    reads everything in the project: it asks for no name and no password. Raises ConfigError.
    """
    if not _loopback(host) and not exposed:
        raise ConfigError(
            f"the dashboard would listen on {host}, where others can read the project",
            wanted="127.0.0.1 or localhost",
            do="put a reverse proxy with sign-in before it, then allow the address on purpose",
        )
    flags = {
        "server.address": host,
        "server.port": str(port),
        "server.headless": _word(headless),
        "server.enableCORS": "true",
        "server.enableXsrfProtection": "true",
        "server.enableStaticServing": "false",
        "server.enableAgentApi": "false",
        "server.fileWatcherType": "none",
        "server.runOnSave": "false",
        "server.showEmailPrompt": "false",
        "browser.gatherUsageStats": "false",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": "false",
        "client.toolbarMode": "minimal",
        "runner.magicEnabled": "false",
    }
    given = [f"--{name}={value}" for name, value in flags.items()]
    given += [f"--server.allowedHosts={name}" for name in _hosts(host)]
    return [sys.executable, "-P", str(SERVER), "run", str(APP), *given, "--", "--project", str(project)]


def serve(project: Path, *, port: int | None, host: str, open_browser: bool) -> int:
    """Runs the window until it is stopped; returns its exit status. Without a port the first free one is taken.

    Raises ConfigError for an address others can reach, for a taken port, and when Streamlit is not installed.
    """
    _require_streamlit()
    place = _free_port(host) if port is None else _unused(host, port)
    words = command(project.resolve(), port=place, host=host, headless=True)
    folder = Path(tempfile.mkdtemp(prefix="weakspot-dashboard-"))
    try:
        process = children.start(words, folder=folder, environment=_environment(folder), stdin=children.PIPE)
        return _served(process, host, place, open_browser=open_browser)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _served(process: children.Running, host: str, port: int, *, open_browser: bool) -> int:
    if open_browser:
        threading.Thread(target=_open_when_up, args=(process, host, port), daemon=True).start()
    try:
        with _signals_as_exit():
            return process.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        _end(process)


def _end(process: children.Running) -> None:
    """Asks the server to end, and waits for it."""
    process.terminate()
    if process.stdin is not None:
        process.stdin.close()
    process.wait()


@contextmanager
def _signals_as_exit() -> Iterator[None]:
    """SIGTERM and SIGHUP end this process through its `finally` blocks; only the main thread can arrange that."""
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        names = []
    before = {name: signal.signal(getattr(signal, name), _exit) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _exit(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


def _environment(folder: Path) -> dict[str, str]:
    """This process's, without settings of Streamlit, with `folder` as the home; approved projects stay known."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    config = str(trust.path().parents[1])
    ours = {"HOME": folder, "USERPROFILE": folder, "XDG_CONFIG_HOME": config, "APPDATA": config, VARIABLE: folder}
    return {**kept, **{name: str(value) for name, value in ours.items()}}


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _hosts(host: str) -> list[str]:
    """Names a request may call this server by; others are refused, against DNS rebinding."""
    return ["127.0.0.1", "localhost", *([] if host in {"127.0.0.1", "localhost"} else [host])]


def _word(value: bool) -> str:
    return "true" if value else "false"


def _require_streamlit() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("streamlit", "altair") if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"{' and '.join(missing)} not installed", wanted="the dashboard", do='pip install "weakspot[dashboard]"'
        )


def _free_port(host: str) -> int:
    return next((port for port in range(PORT, PORT + 50) if _can_bind(host, port)), 0) or _unused(host, PORT)


def _unused(host: str, port: int) -> int:
    if not 1 <= port <= 65_535:
        raise ConfigError(f"port {port}", wanted="1 to 65,535", do="name another one with --port")
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as fault:
        raise ConfigError(
            f"no machine is called {host!r}", wanted="an address of this one", do="--host 127.0.0.1"
        ) from fault
    if not _can_bind(host, port):
        raise ConfigError(f"port {port} on {host} is taken", wanted="a free one", do=f"--port {port + 1}")
    return port


def _can_bind(host: str, port: int) -> bool:
    """On every address of the host that this machine has: localhost may have two, and the server listens on both."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return False
    bound = 0
    for family, kind, _, _, where in found:
        try:
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(where)
            bound += 1
        except OSError as fault:
            if fault.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                return False
    return bound > 0


def _open_when_up(process: children.Running, host: str, port: int) -> None:
    until = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < until:
        if listens(process.pid, port):
            _open(address(host, port))
            return
        time.sleep(0.2)


def _open(url: str) -> None:
    """In a process of its own, so that no xdg-open in the folder the user stands in is taken for the system's."""
    words = [sys.executable, "-P", "-m", "webbrowser", url]
    children.start(words, folder=Path(sys.prefix), stdout=children.DEVNULL, private=False).wait()


def listens(pid: int, port: int) -> bool:
    """This very process answers on the port: never the window of another project that took it first."""
    try:
        sockets = psutil.Process(pid).net_connections("tcp")
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in sockets)


def address(host: str, port: int) -> str:
    """Where a browser finds it."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

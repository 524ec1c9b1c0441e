"""Starting the window: the command of the server and what keeps it to this machine.

command(project) ─► python -m streamlit run dashboard/app.py, flags ─► serve runs it until it ends
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from pathlib import Path

import psutil

from loop.errors import ConfigError

APP = Path(__file__).parent / "app.py"
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
    return [sys.executable, "-m", "streamlit", "run", str(APP), *given, "--", "--project", str(project)]


def serve(project: Path, *, port: int | None, host: str, open_browser: bool) -> int:
    """Runs the window until it is stopped; returns its exit status. Without a port the first free one is taken.

    Raises ConfigError for an address others can reach, for a taken port, and when Streamlit is not installed.
    """
    _require_streamlit()
    place = _free_port(host) if port is None else _unused(host, port)
    process = subprocess.Popen(
        command(project.resolve(), port=place, host=host, headless=True), env=_environment(), start_new_session=False
    )
    if open_browser:
        threading.Thread(target=_open_when_up, args=(process, host, place), daemon=True).start()
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        return 0


def _environment() -> dict[str, str]:
    """The environment with the packages beside this one importable, from wherever the command is given."""
    found = [str(APP.parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(found)}


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


def _open_when_up(process: subprocess.Popen[bytes], host: str, port: int) -> None:
    until = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < until:
        if listens(process.pid, port):
            webbrowser.open(address(host, port))
            return
        time.sleep(0.2)


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

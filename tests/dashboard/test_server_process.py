"""The dashboard's server reads and runs nothing of the folder it is started in, and ends with its command."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from in_browser import wait_for
from small_projects import _fresh, fresh, small_files

from dashboard import launch
from labeling.label_studio.processes import free_port, is_free

__all__ = ["_fresh", "fresh", "small_files"]
pytestmark = pytest.mark.slow

MODULES = ("streamlit", "random", "altair", "loop", "dashboard", "sitecustomize", "usercustomize", "tornado", "uvicorn")
LOOSE = """
[server]
enableCORS = false
enableXsrfProtection = false
corsAllowedOrigins = ["http://evil.example"]
allowedHosts = ["evil.example"]
[theme]
base = "http://127.0.0.1:9/theme.toml"
"""
COMMAND = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from loop.cli import main
main()
"""
"""The command, heeding interrupts: a shell has its background jobs ignore them, and their children inherit that."""
GONE_S = 60


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A working folder of somebody else: modules that leave a mark, and settings that open the window to others."""
    folder = tmp_path / "hostile"
    (folder / ".streamlit").mkdir(parents=True)
    (folder / ".streamlit" / "config.toml").write_text(LOOSE)
    for name in MODULES:
        (folder / f"{name}.py").write_text(f"open({str(folder / 'ran.txt')!r}, 'a').write('{name}\\n')\n")
    return folder


@contextmanager
def served(project: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`weakspot dashboard` started in `folder`, which is its home too, up and answering; with the server's port."""
    port = free_port()
    environment = {
        **os.environ,
        "HOME": str(folder),
        "PYTHONPATH": str(launch.APP.parents[1]),
        "STREAMLIT_SERVER_ENABLE_CORS": "false",
        "STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS": '["http://evil.example"]',
    }
    words = ["dashboard", "--project", str(project), "--port", str(port), "--no-browser"]
    command = [sys.executable, "-P", "-c", COMMAND, *words]
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.DEVNULL) as running:
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health", running)
            yield running, port
        finally:
            running.terminate()


def test_nothing_in_the_working_folder_is_run_or_read(fresh: Path, hostile: Path) -> None:
    with served(fresh, hostile) as (_, port):
        assert _handshake(port, origin="http://evil.example") == http.client.FORBIDDEN
        assert _handshake(port, origin=f"http://127.0.0.1:{port}") == http.client.SWITCHING_PROTOCOLS
    assert not (hostile / "ran.txt").exists(), (hostile / "ran.txt").read_text()


@pytest.mark.parametrize("blow", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_the_server_ends_with_its_command(fresh: Path, tmp_path: Path, blow: signal.Signals) -> None:
    with served(fresh, tmp_path) as (running, port):
        (server,) = psutil.Process(running.pid).children()
        folder = Path(server.cwd())
        running.send_signal(blow)
        assert running.wait(GONE_S) in (-blow, 128 + blow, 0)
        psutil.wait_procs([server], timeout=GONE_S)
        assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE
        assert is_free(port)
    assert not folder.exists()


def _handshake(port: int, *, origin: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": origin}
    connection.request("GET", "/_stcore/stream", headers={**upgrade, **key})
    status = connection.getresponse().status
    connection.close()
    return status

"""The command that starts the window keeps it on this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard import launch
from loop import registry
from loop.errors import ConfigError


def test_the_command_holds_every_lock() -> None:
    found = launch.command(Path("/p"), port=8501, host="127.0.0.1", headless=True)
    for flag in (
        "--server.address=127.0.0.1",
        "--server.allowedHosts=127.0.0.1",
        "--server.allowedHosts=localhost",
        "--server.enableXsrfProtection=true",
        "--server.enableCORS=true",
        "--server.enableStaticServing=false",
        "--server.fileWatcherType=none",
        "--browser.gatherUsageStats=false",
        "--client.showErrorDetails=none",
        "--client.toolbarMode=minimal",
    ):
        assert flag in found
    assert found[-3:] == ["--", "--project", "/p"]
    assert Path(found[4]).is_file()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "desk.example"])
def test_an_address_that_others_reach_is_refused_unless_it_is_meant(host: str) -> None:
    with pytest.raises(ConfigError, match="others can read the project; wanted: 127.0.0.1"):
        launch.command(Path("/p"), port=1, host=host, headless=True)
    assert f"--server.allowedHosts={host}" in launch.command(Path("/p"), port=1, host=host, headless=True, exposed=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_addresses_are_taken(host: str) -> None:
    assert f"--server.address={host}" in launch.command(Path("/p"), port=1, host=host, headless=True)


def test_a_taken_port_is_told() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} on 127.0.0.1 is taken"):
            launch.serve(Path("/p"), port=port, host="127.0.0.1", open_browser=False)


@pytest.mark.parametrize(
    ("host", "port", "told"),
    [
        ("127.0.0.1", 80_000, "port 80000; wanted: 1 to 65,535"),
        ("127.0.0.1", -1, "port -1; wanted: 1 to 65,535"),
        ("no.such.machine.invalid", 8501, "no machine is called 'no.such.machine.invalid'"),
    ],
)
def test_what_cannot_be_served_at_is_told(host: str, port: int, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        launch.serve(Path("/p"), port=port, host=host, open_browser=False)


IP_6 = pytest.param("::1", marks=pytest.mark.skipif(not launch._can_bind("::1", 0), reason="no IP 6 here"))


@pytest.mark.parametrize("host", ["127.0.0.1", IP_6])
def test_the_browser_opens_on_the_own_window_alone(host: str) -> None:
    """Two windows started at once look for the same port; the one that lost must not show the other's project."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as own:
        own.bind((host, 0))
        port = own.getsockname()[1]
        assert not launch.listens(os.getpid(), port)
        own.listen()
        assert launch.listens(os.getpid(), port)
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
            assert not launch.listens(other.pid, port)
            other.terminate()
        assert not launch.listens(other.pid, port)
    assert launch.address(host, port) == (f"http://[::1]:{port}" if ":" in host else f"http://127.0.0.1:{port}")


def test_a_port_taken_on_one_address_of_localhost_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        other.listen()
        assert not launch._can_bind("localhost", port)
    assert launch._can_bind("localhost", port)


def test_a_host_nobody_knows_is_no_traceback() -> None:
    assert not launch._can_bind("nobody.invalid", 8501)


@pytest.mark.parametrize("host", [IP_6])
def test_a_port_of_ip_6_is_looked_up_as_one(host: str) -> None:
    assert launch._can_bind(host, 0)
    with socket.socket(socket.AF_INET6) as other:
        other.bind((host, 0))
        port = other.getsockname()[1]
        other.listen()
        with pytest.raises(ConfigError, match=f"port {port} on ::1 is taken"):
            launch._unused(host, port)


def test_the_menu_knows_the_window() -> None:
    assert registry.load("dashboard", "streamlit") is launch.serve


def test_look_and_logo_lie_beside_the_main_script() -> None:
    assert (launch.APP.parent / ".streamlit" / "config.toml").is_file()
    for name in ("icon", "logo", "logo_dark"):
        assert (launch.APP.parent / "assets" / f"{name}.svg").read_text().startswith("<svg")

"""The command that starts the window keeps it on this machine."""

from __future__ import annotations

import socket
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


def test_the_menu_knows_the_window() -> None:
    assert registry.load("dashboard", "streamlit") is launch.serve


def test_look_and_logo_lie_beside_the_main_script() -> None:
    assert (launch.APP.parent / ".streamlit" / "config.toml").is_file()
    for name in ("icon", "logo", "logo_dark"):
        assert (launch.APP.parent / "assets" / f"{name}.svg").read_text().startswith("<svg")

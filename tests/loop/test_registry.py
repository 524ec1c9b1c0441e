"""The menu of the product, and what an installed package adds to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from loop import registry
from loop.errors import ConfigError


def install(folder: Path, name: str, points: str) -> None:
    """What pip leaves of a package with these entry points."""
    made = folder / f"{name}-1.0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (made / "entry_points.txt").write_text(points)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "alphabet", "[weakspot.strategy]\nalphabetical = alphabet:pick\nrandom = alphabet:pick\n")
    (tmp_path / "alphabet.py").write_text("def pick(view, *, budget, rng):\n    return 'a to z'\n")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("installed")
def test_an_installed_package_adds_a_strategy() -> None:
    assert "alphabetical" in registry.names("strategy")
    assert registry.load("strategy", "alphabetical")(None, budget=1, rng=None) == "a to z"


@pytest.mark.usefixtures("installed")
def test_a_name_of_our_own_cannot_be_taken() -> None:
    assert registry.load("strategy", "random").__module__.startswith("loop.")


def test_without_the_package_its_name_is_unknown() -> None:
    with pytest.raises(ConfigError, match="alphabetical"):
        registry.load("strategy", "alphabetical")


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(ConfigError, match='did you mean "margin"'):
        registry.load("strategy", "margn")


def test_what_is_installed_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    registry.names("strategy")
    monkeypatch.setattr(registry, "entry_points", lambda: pytest.fail("read again"))
    assert registry.names("strategy")

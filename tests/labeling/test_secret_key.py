"""The settings file of the server's data folder holds the secret key alone, whatever came with the folder."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from labeling.label_studio.secret_key import LARGEST, keep
from labeling.label_studio.server import EmbeddedServer
from loop.errors import LabelerError

KEY = "0j7_0v4k3ber&s53qlzjd#xf^ftjn-1e=%kut1*3(f-ho=$ih)"
FOREIGN = """
LABEL_STUDIO_DJANGO_DB=postgresql
LABEL_STUDIO_POSTGRE_HOST=127.0.0.1
PGHOSTADDR=127.0.0.2
LABEL_STUDIO_SENTRY_DSN=http://abc@127.0.0.1:1/1
HEARTEX_SENTRY_DSN=http://abc@127.0.0.1:1/1
LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true
"""


@pytest.mark.parametrize(
    "written",
    [
        f"\nSECRET_KEY={KEY}\n",
        f"SECRET_KEY='{KEY}'{FOREIGN}",
        f'{FOREIGN}export SECRET_KEY="{KEY}"',
        f"SECRET_KEY={'x' * 50}\nSECRET_KEY={KEY}\n",
    ],
)
def test_the_key_stays_and_every_other_line_goes(tmp_path: Path, written: str) -> None:
    (tmp_path / ".env").write_text(written)
    (tmp_path / ".env").chmod(0o644)
    keep(tmp_path)
    assert (tmp_path / ".env").read_text() == f"SECRET_KEY={KEY}\n"
    if os.name == "posix":
        assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "written", [None, "", FOREIGN, "SECRET_KEY=", "SECRET_KEY=short", f"SECRET_KEY=${KEY}", f"SECRET_KEY={KEY}\x00"]
)
def test_a_key_that_is_missing_or_unusable_is_made_once(tmp_path: Path, written: str | None) -> None:
    if written is not None:
        (tmp_path / ".env").write_text(written)
    keep(tmp_path)
    made = (tmp_path / ".env").read_text()
    assert made.startswith("SECRET_KEY=")
    assert len(made.splitlines()) == 1
    assert len(made) > 50
    keep(tmp_path)
    assert (tmp_path / ".env").read_text() == made


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("#" * (LARGEST + 1))
    with pytest.raises(LabelerError, match="more than 65,536 bytes"):
        keep(tmp_path)


def test_a_server_starts_with_the_settings_of_weakspot_whatever_the_file_says(venv: Path, tmp_path: Path) -> None:
    own = EmbeddedServer(tmp_path / "state", venv)
    access = own.start()
    kept = (own.data / ".env").read_text()
    assert own.stop()
    (own.data / ".env").write_text(kept + FOREIGN)
    try:
        assert own.start() == access
        status = own.status()
        assert status.healthy, "it takes the token"
        assert (own.data / ".env").read_text() == kept
        assert status.pid is not None
        assert psutil.Process(status.pid).environ()["LABEL_STUDIO_DJANGO_DB"] == "sqlite"
    finally:
        own.stop()

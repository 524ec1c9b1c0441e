"""The real Label Studio, set back to an earlier round, removed and restored: every answer stays and means the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import complaint, here
from made_project import change
from real_label_studio import label_studio_server, label_studio_venv  # noqa: F401
from world import ledger_of, server_of

from labeling.label_studio.server import Access, EmbeddedServer

pytestmark = [pytest.mark.slow, pytest.mark.server]
HEAD = {"model.tuning": "head", "model.options": {}}


@pytest.fixture
def access(label_studio_server: EmbeddedServer) -> Access:  # noqa: F811
    return label_studio_server.start()


@pytest.fixture
def embedded(fresh: Path, label_studio_venv: Path) -> Iterator[Path]:  # noqa: F811
    """A project of its own Label Studio, where simulated experts answered one round."""
    change(fresh, HEAD)
    assert here("run", "--project", fresh, "--rounds", "1").status == 0
    yield fresh
    EmbeddedServer(fresh / ".weakspot" / "label_studio").stop()


def stop(root: Path) -> Path:
    assert here("label-studio", "stop", "--project", root).status == 0
    return root / ".weakspot" / "label_studio"


def test_a_database_set_back_and_a_server_removed_cost_no_answer(embedded: Path, tmp_path: Path) -> None:
    backup = Path(shutil.copytree(stop(embedded), tmp_path / "backup"))
    assert here("run", "--project", embedded, "--rounds", "2").status == 0
    twelve = ledger_of(embedded)["answers"]
    assert len(twelve) == 12
    shutil.rmtree(stop(embedded))
    shutil.copytree(backup, embedded / ".weakspot" / "label_studio")
    said = here("run", "--project", embedded, "--rounds", "3")
    assert said.status == 0, said.err
    assert said.err.count("was set back to an earlier state") == 1
    eighteen = ledger_of(embedded)["answers"]
    assert len(eighteen) == 18
    assert set(twelve) <= set(eighteen)
    assert sum(server_of(embedded)["answers"].values()) == 12, "the first round's and the third's"

    shutil.rmtree(stop(embedded))
    assert "`weakspot label-studio restore`" in complaint(here("run", "--project", embedded, "--no-wait"))
    assert here("label-studio", "restore", "--project", embedded).status == 0
    assert here("run", "--project", embedded, "--rounds", "4").status == 0
    found = ledger_of(embedded)
    assert len(found["answers"]) == 24
    assert set(eighteen) <= set(found["answers"])
    assert {state for _, state in found["tasks"]} == {"sent"}
    assert here("verify", "--project", embedded).status == 0


def test_simulated_experts_answer_on_a_server_of_the_users_own(
    fresh: Path, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_TOKEN", access.token)
    change(fresh, {**HEAD, "labeler.url": access.url})
    said = here("run", "--project", fresh, "--rounds", "1")
    assert said.status == 0, said.err
    assert len(ledger_of(fresh)["answers"]) == 6
    accounts = fresh / ".weakspot" / "label_studio" / "simulated.json"
    assert accounts.stat().st_mode & 0o077 == 0
    assert accounts.parent.stat().st_mode & 0o077 == 0

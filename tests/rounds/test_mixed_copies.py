"""Two copies of a project went on apart, and one is put back in part: no command works on the mixture.

a finished project ─► two copies, a round more in each ─► artifacts of one beside the ledger of the other ─► an error
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_line import complaint, here
from made_project import change, copy_project
from settings_project import _finished, finished, known  # noqa: F401 (fixtures)

pytestmark = pytest.mark.slow
WORDS = "of two copies that went on apart"


@pytest.fixture
def copies(finished: Path, tmp_path: Path) -> tuple[Path, Path]:  # noqa: F811
    """Two copies, each after a round more, with batches of different sizes."""
    other = copy_project(finished, tmp_path / "other" / "desk")
    change(other, {"selection.batch": 7})
    for root in (finished, other):
        done = here("run", "--project", root)
        assert done.status == 0, done.err
    return finished, other


def test_the_artifacts_of_another_copy_are_refused_and_the_own_ones_work_again(
    copies: tuple[Path, Path], tmp_path: Path
) -> None:
    mine, other = (root / ".weakspot" / "artifacts" for root in copies)
    root, texts = copies[0], tmp_path / "texts.csv"
    texts.write_text("text\nthe bill is too high\n")
    own = mine.rename(tmp_path / "own")
    shutil.copytree(other, mine)
    commands = (
        ("run",),
        ("predict", texts, "--out", tmp_path / "out.csv"),
        ("export", tmp_path / "model"),
        ("promote", "0"),
        ("rollback",),
    )
    for words in commands:
        assert WORDS in complaint(here(*words, "--project", root))
    assert not (tmp_path / "out.csv").exists()
    doctor = here("doctor", "--project", root)
    assert doctor.status == 1
    assert WORDS in " ".join((doctor.out + doctor.err).split())
    assert here("verify", "--project", root).status == 1
    shutil.rmtree(mine)
    own.rename(mine)
    assert here("predict", texts, "--out", tmp_path / "out.csv", "--project", root).status == 0
    assert here("run", "--project", root).status == 0


def test_a_single_folder_of_another_copy_is_refused(copies: tuple[Path, Path]) -> None:
    mine, other = (next((root / ".weakspot" / "artifacts" / "rounds").glob("*1")) / "select" for root in copies)
    shutil.rmtree(mine)
    shutil.copytree(other, mine)
    assert WORDS in complaint(here("run", "--project", copies[0]))


def test_a_lost_folder_is_no_sign_of_another_copy(copies: tuple[Path, Path]) -> None:
    shutil.rmtree(copies[0] / ".weakspot" / "artifacts" / "rounds" / "001" / "bundle")
    assert here("run", "--project", copies[0]).status == 0


def test_rounds_of_a_newer_ledger_are_set_aside_and_can_be_put_back(finished: Path, tmp_path: Path) -> None:  # noqa: F811
    state, texts = finished / ".weakspot", tmp_path / "texts.csv"
    texts.write_text("text\nthe bill is too high\n")
    early = tmp_path / "early"
    shutil.copytree(state, early)
    assert here("run", "--project", finished).status == 0
    late = {path.name: path.read_bytes() for path in state.glob("ledger.db*")}
    newest = sorted((state / "artifacts" / "rounds").iterdir())[-1]
    for name in late:
        (state / name).unlink()
    for path in early.glob("ledger.db*"):
        shutil.copy(path, state / path.name)
    done = here("run", "--project", finished)
    assert done.status == 0
    (aside,) = (state / "artifacts-set-aside").iterdir()
    assert f"rounds/{newest.name} was finished by a newer ledger" in " ".join(done.err.split())
    for path in state.glob("ledger.db*"):
        path.unlink()
    for name, content in late.items():
        (state / name).write_bytes(content)
    assert WORDS in complaint(here("predict", texts, "--project", finished))
    shutil.rmtree(newest)
    shutil.move(aside, newest)
    assert here("predict", texts, "--project", finished).status == 0
    assert here("verify", "--project", finished).status == 0

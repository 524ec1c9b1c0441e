"""Laws of reward models, and of learning from marks, on a tiny Llama that knows six answers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_runs import CHATS, DATA, PAIRS, QUICK, SHORT, SHOWN, pairs_of_certainty, run
from made_writer import ANSWERS
from safetensors.torch import load_file

from loop.errors import DataError, ModelError
from loop.models.generation import load_generator, untuned
from loop.models.generation.adapters import open_start
from loop.models.generation.arguments import silence, train
from loop.models.generation.folders import FolderAbout, save_folder
from loop.models.generation.reinforcing import trainer_by_marks
from loop.models.generation.reward import Marks, RewardReport, load_reward, tune_reward
from loop.protocols import Sampling
from loop.protocols.texts import Pair
from loop.records import Chat

pytestmark = pytest.mark.slow

LIKED, DISLIKED = [pair.chosen for pair in PAIRS], [pair.rejected for pair in PAIRS]
MARKING = replace(QUICK, steps=16, reward_learning_rate=3e-3)


def tuned(
    base: Path,
    folder: Path,
    *,
    pairs: Sequence[Pair] = PAIRS,
    members: int = 1,
    dev: Sequence[Pair] = (),
    start: Path | None = None,
    seed: int = 0,
) -> tuple[RewardReport, Path]:
    report = tune_reward(
        pairs,
        base=str(base),
        revision=None,
        start=start,
        out=folder / "reward",
        scratch=folder / "scratch",
        seed=seed,
        settings=MARKING,
        members=members,
        dev=dev,
    )
    return report, folder / "reward"


def gaps(marks: Marks) -> np.ndarray:
    """(6, m) mark of the liked minus the disliked answer."""
    return np.asarray(marks.rewards(CHATS, LIKED) - marks.rewards(CHATS, DISLIKED))


def test_an_ensemble_orders_answers_as_people_do_and_its_members_differ(taught_writer: Path, tmp_path: Path) -> None:
    done: list[tuple[int, int]] = []
    report, folder = tuned(taught_writer, tmp_path, pairs=PAIRS[:4], members=2, dev=PAIRS[4:])
    marks = load_reward(folder)
    given = marks.rewards(CHATS, LIKED, progress=lambda now, all_: done.append((now, all_)))
    assert (given.shape, given.dtype) == ((6, 2), np.float32)
    assert (gaps(marks)[:4] > 0).all()
    assert not np.allclose(given[:, 0], given[:, 1])
    assert report == RewardReport(4, 2, 16, report.accuracy)
    assert report.accuracy == 1.0
    assert done[-1] == (12, 12)


def test_marks_do_not_depend_on_what_is_marked_beside_them(taught_writer: Path, tmp_path: Path) -> None:
    marks = load_reward(tuned(taught_writer, tmp_path)[1])
    alone = np.concatenate([marks.rewards([chat], [answer]) for chat, answer in zip(CHATS, LIKED, strict=True)])
    assert marks.rewards(CHATS, LIKED) == pytest.approx(alone, abs=1e-4)
    assert marks.rewards([], []).shape == (0, 1)


def test_a_coin_flip_teaches_next_to_nothing(taught_writer: Path, tmp_path: Path) -> None:
    sure, flip = (
        gaps(load_reward(tuned(taught_writer, tmp_path / str(certainty), pairs=pairs_of_certainty(certainty).pairs)[1]))
        for certainty in (1.0, 0.5)
    )
    assert abs(flip).max() < 0.2 * sure.min()


def test_the_same_seed_gives_the_same_marks_and_a_finished_run_is_not_taken_again(
    taught_writer: Path, tmp_path: Path
) -> None:
    first = gaps(load_reward(tuned(taught_writer, tmp_path / "a")[1]))
    assert (gaps(load_reward(tuned(taught_writer, tmp_path / "b")[1])) == first).all()
    assert (gaps(load_reward(tuned(taught_writer, tmp_path / "a")[1])) == first).all()
    assert not (gaps(load_reward(tuned(taught_writer, tmp_path / "c", seed=1)[1])) == first).all()


def test_the_folder_needs_no_other_than_the_base(taught_writer: Path, adapted: Path, tmp_path: Path) -> None:
    start = shutil.copytree(adapted, tmp_path / "start")
    _, folder = tuned(taught_writer, tmp_path / "from-start", start=start)
    shutil.rmtree(start)
    marks = gaps(load_reward(folder))
    assert (marks > 0).all()
    assert not np.allclose(marks, gaps(load_reward(tuned(taught_writer, tmp_path / "from-base")[1])))


def test_what_cannot_be_a_reward_model_is_told(taught_writer: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no pair of different answers"):
        tuned(taught_writer, tmp_path / "none", pairs=())
    with pytest.raises(ModelError, match="is no reward model of weakspot"):
        load_reward(tmp_path)
    _, folder = tuned(taught_writer, tmp_path / "cut")
    (folder / "member-0" / "adapter_model.safetensors").write_bytes(b"half")
    with pytest.raises(ModelError, match="is damaged"):
        load_reward(folder)


@pytest.mark.parametrize("method", ["rloo", "grpo"])
def test_learning_from_marks_raises_them(method: str, taught_writer: Path, tmp_path: Path) -> None:
    def short(_chats: Sequence[Chat], answers: Sequence[str]) -> list[float]:
        return [-len(answer) / 10 for answer in answers]

    def mean_mark(folder: Path) -> float:
        drawn = load_generator(folder).write(CHATS, sampling=Sampling(32, temperature=1.0, samples=8))
        return float(np.mean(short(CHATS, [one.text for answers in drawn for one in answers])))

    settings = replace(QUICK, steps=15, batch_size=24, answer_tokens=32, kl=0.0, temperature=1.2, learning_rate=5e-3)
    untuned(tmp_path / "untuned", base=str(taught_writer))
    with silence():
        opened = open_start(None, settings, base=str(taught_writer), revision=None, seed=0)
        trainer = trainer_by_marks(method, opened, CHATS, short, settings, folder=tmp_path / "run", seed=0)
        train(trainer, tmp_path / "run")
    save_folder(opened.model, opened.tokenizer, tmp_path / "out", about=FolderAbout(opened.name, None, "lora"))
    assert mean_mark(tmp_path / "out") > mean_mark(tmp_path / "untuned") + 0.2


@pytest.mark.parametrize(("method", "adapt"), [("rloo", "lora"), ("grpo", "full")])
def test_a_run_with_a_reward_model_of_its_own_leaves_a_model_folder(
    method: str, adapt: str, taught_writer: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = replace(SHORT, adapt=adapt)
    report, out = run(
        taught_writer, tmp_path, method=method, settings=settings, data=replace(DATA, demonstrations=SHOWN)
    )
    assert (report.method, report.steps, report.pairs, report.demonstrations) == (method, 4, 6, 0)
    assert [step for step, _, health in report.curve if health is not None] == [1, 2, 3, 4]
    assert len(load_generator(out).write(CHATS, sampling=Sampling(32))) == len(ANSWERS)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("step", [3, 6])
def test_a_killed_run_from_marks_goes_on_and_ends_in_the_same_weights(
    step: int, taught_writer: Path, tmp_path: Path
) -> None:
    """Four steps of the reward model, then four of the writer."""
    broken = tmp_path / "broken"
    killed = subprocess.run(
        [sys.executable, Path(__file__).with_name("made_runs.py"), taught_writer, broken, str(step), "rloo"],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -9, killed.stderr.decode()[-2000:]
    seen: list[int] = []
    _, out = run(taught_writer, broken, method="rloo", settings=SHORT, progress=lambda now, _: seen.append(now))
    assert seen == ([3, 4, 1, 2, 3, 4] if step == 3 else [2, 3, 4])
    _, whole = run(taught_writer, tmp_path / "whole", method="rloo", settings=SHORT)
    one, other = (load_file(folder / "adapter_model.safetensors") for folder in (out, whole))
    assert all((one[name] == other[name]).all() for name in other)

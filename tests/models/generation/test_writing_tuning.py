"""Laws of the tuning methods of models that write, on a tiny Llama that knows six answers."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from made_runs import CHATS, DATA, PAIRS, QUICK, SHOWN, THANKS, killing, pairs_of_certainty, run
from made_writer import ANSWERS
from safetensors.torch import load_file

from loop import registry
from loop.errors import ConfigError, DataError, ModelError
from loop.models.generation import load_generator, load_reader, untuned
from loop.models.generation.bases import load_base
from loop.models.generation.checkpoints import newest_complete, run_folder
from loop.models.generation.data import desirability_columns, imitation_columns, preference_columns, rows_of
from loop.models.generation.settings import WritingSettings
from loop.protocols import Sampling, WritingData
from loop.protocols.texts import Demonstration, Pair

METHODS = ("sft", "dpo", "kto", "orpo")
HOPELESS = replace(QUICK, learning_rate=2e-2, sft_weight=0.0, steps=20)
EMPTY = WritingData((), (), (), ())


def weights(folder: Path) -> dict[str, torch.Tensor]:
    names = ("adapter_model.safetensors", "model.safetensors")
    return {key: kept for name in names if (folder / name).is_file() for key, kept in load_file(folder / name).items()}


def answers(folder: Path) -> list[str]:
    written = load_generator(folder).write(CHATS, sampling=Sampling(max_new_tokens=32))
    return [generations[0].text for generations in written]


def margins(folder: Path) -> np.ndarray:
    """(6,) log-likelihood of the chosen minus the rejected answer of each pair."""
    reader = load_reader(folder)
    chosen = reader.likelihoods(CHATS, [pair.chosen for pair in PAIRS]).logprobs
    return chosen - reader.likelihoods(CHATS, [pair.rejected for pair in PAIRS]).logprobs


def same(one: Path, other: Path) -> bool:
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


# What is learnt from


def test_rows_are_prompt_and_answer_as_the_model_writes_them(tiny_writer: Path) -> None:
    tokenizer = load_base(str(tiny_writer)).tokenizer
    pair, shown = rows_of(tokenizer, SHOWN[:1], PAIRS[:1], max_length=200)
    whole = tokenizer.decode([*pair.prompt, *pair.chosen])
    assert whole == f"<|user|>{CHATS[0][0].content}<|end|><|assistant|>{ANSWERS[0]}{THANKS}<|end|>"
    assert tokenizer.decode(pair.rejected or ()) == f"{ANSWERS[0]}<|end|>"
    assert shown.rejected is None
    assert imitation_columns([shown])["labels"] == [[-100] * len(shown.prompt) + list(shown.chosen)]
    assert preference_columns([pair, shown])["paired"] == [1.0, 0.0]


def test_a_long_prompt_loses_its_beginning_and_never_the_answer(tiny_writer: Path) -> None:
    tokenizer = load_base(str(tiny_writer)).tokenizer
    whole = rows_of(tokenizer, (), PAIRS[:1], max_length=200)[0]
    cut = rows_of(tokenizer, (), PAIRS[:1], max_length=len(whole.chosen) + 3)[0]
    assert (cut.prompt, cut.chosen, cut.rejected) == (whole.prompt[-3:], whole.chosen, whole.rejected)
    assert rows_of(tokenizer, (), PAIRS[:1], max_length=len(whole.chosen)) == ()


def test_a_pair_of_equal_answers_is_left_out(tiny_writer: Path) -> None:
    tokenizer = load_base(str(tiny_writer)).tokenizer
    assert rows_of(tokenizer, (), [Pair(CHATS[0], "Yes.", "Yes.")], max_length=200) == ()


def test_kto_sees_each_answer_alone_beside_that_of_the_row_before_in_its_batch(tiny_writer: Path) -> None:
    tokenizer = load_base(str(tiny_writer)).tokenizer
    made = rows_of(tokenizer, SHOWN[:1], [replace(PAIRS[0], certainty=0.75)], max_length=200)
    columns = desirability_columns(made, batch=2)
    chosen, rejected, shown = columns["completion_ids"]
    assert columns["KL_completion_ids"] == [rejected, chosen, shown]
    assert columns["label"] == [True, False, True]
    assert columns["trust"] == [0.5, 0.5, 1.0]


# Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"adapt": "prefix"},
        {"precision": "int3"},
        {"steps": 0},
        {"learning_rate": -1.0},
        {"warmup": 1.0},
        {"accumulate": 5},
        {"group_size": 1},
        {"max_length": 2},
        {"looks": 0},
        {"sft_weight": -1.0},
    ],
)
def test_settings_that_cannot_work_are_told(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        WritingSettings(**wrong)  # type: ignore[arg-type]


def test_the_rate_falls_with_the_width_and_a_given_one_stands() -> None:
    settings = WritingSettings()
    assert settings.rate("dpo", width=2048) == 5e-5
    assert settings.rate("dpo", width=4096) == 2.5e-5
    assert settings.rate("dpo", width=32) == settings.rate("dpo", width=128) == 8e-4
    assert replace(settings, adapt="full").rate("dpo", width=2048) == pytest.approx(5e-6)
    assert replace(settings, learning_rate=1e-3).rate("dpo", width=2048) == 1e-3


def test_every_tuning_method_of_the_menu_is_there() -> None:
    for name in ("sft", "dpo", "kto", "orpo", "rloo", "grpo"):
        assert registry.load("writing_tuning", name)(QUICK, base="base").method == name


@pytest.mark.parametrize("method", [*METHODS, "rloo"])
def test_nothing_to_learn_from_is_told(method: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is (no|neither)"):
        run(tmp_path / "none", tmp_path, method=method, data=EMPTY)


# Checkpoints


def test_the_newest_whole_checkpoint_is_taken(tmp_path: Path) -> None:
    for step, state in ((8, '{"global_step": 8}'), (40, '{"global_step": 40}'), (90, '{"global_st'), (95, None)):
        (tmp_path / f"checkpoint-{step}").mkdir()
        if state:
            (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text(state)
    assert newest_complete(tmp_path) == tmp_path / "checkpoint-40"
    assert newest_complete(tmp_path / "nowhere") is None


def test_another_recipe_never_goes_on_from_these_checkpoints(tmp_path: Path) -> None:
    folders = {run_folder(tmp_path, "dpo", DATA, settings, 0) for settings in (QUICK, HOPELESS, QUICK)}
    assert len(folders) == 2


# Runs


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_every_method_teaches_what_people_like_and_leaves_a_model_folder(
    method: str, taught_writer: Path, tmp_path: Path
) -> None:
    untuned(tmp_path / "untuned", base=str(taught_writer))
    data = replace(DATA, demonstrations=SHOWN) if method == "sft" else DATA
    done: list[tuple[int, int]] = []
    report, out = run(
        taught_writer, tmp_path, method=method, data=data, progress=lambda now, all_: done.append((now, all_))
    )
    assert (margins(out) > margins(tmp_path / "untuned")).all()
    assert len(answers(out)) == len(CHATS)
    assert (report.method, report.steps, report.best_step, report.collapsed) == (method, 12, 12, False)
    assert (report.demonstrations, report.pairs) == ((6, 0) if method == "sft" else (0, 6))
    assert [step for step, _, _ in report.curve] == [3, 6, 9, 12]
    assert all(loss is not None and health is not None for _, loss, health in report.curve)
    assert done == [(step, 12) for step in range(1, 13)]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["dpo", "kto", "orpo"])
def test_a_coin_flip_teaches_next_to_nothing(method: str, taught_writer: Path, tmp_path: Path) -> None:
    untuned(tmp_path / "untuned", base=str(taught_writer))
    before = margins(tmp_path / "untuned")
    taught = {
        certainty: margins(
            run(taught_writer, tmp_path / str(certainty), method=method, data=pairs_of_certainty(certainty))[1]
        )
        - before
        for certainty in (0.5, 0.7, 1.0)
    }
    assert abs(taught[0.5]).max() < 0.1 * taught[1.0].min()
    assert abs(taught[0.5]).max() < taught[0.7].mean() < taught[1.0].mean()


@pytest.mark.slow
def test_demonstrations_are_learnt_beside_pairs_and_alone_while_there_are_none(
    taught_writer: Path, tmp_path: Path
) -> None:
    fresh = Demonstration(CHATS[0], "It is the Home 90 plan.")
    both = replace(DATA, pairs=PAIRS[1:], demonstrations=(fresh,))
    untuned(tmp_path / "untuned", base=str(taught_writer))
    report, out = run(taught_writer, tmp_path / "both", data=both)
    assert (report.method, report.demonstrations, report.pairs) == ("dpo", 1, 5)
    before, after = (
        load_reader(folder).likelihoods([fresh.chat], [fresh.answer]).logprobs[0]
        for folder in (tmp_path / "untuned", out)
    )
    assert after > before + 1
    report, _ = run(taught_writer, tmp_path / "alone", data=replace(both, pairs=()))
    assert (report.method, report.demonstrations, report.pairs) == ("sft", 1, 0)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(taught_writer: Path, tmp_path: Path) -> None:
    (_, one), (_, again), (_, other) = (
        run(taught_writer, tmp_path / name, seed=seed) for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    assert same(one, again)
    assert not same(one, other)


@pytest.mark.slow
def test_a_run_ended_by_kill_9_goes_on_and_ends_in_the_same_weights(taught_writer: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    killed = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("made_runs.py")), str(taught_writer), str(broken), "8", "dpo"],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -9, killed.stderr.decode()[-2000:]
    assert not list((broken / "out").iterdir())
    checkpoint = newest_complete(next((broken / "checkpoints").iterdir()))
    assert checkpoint is not None
    assert checkpoint.name == "checkpoint-6"
    # What a kill in the middle of writing leaves: transformers alone would take it.
    (checkpoint.parent / "checkpoint-9").mkdir()
    seen: list[int] = []
    went_on, out = run(taught_writer, broken, progress=lambda now, _: seen.append(now))
    unbroken, whole = run(taught_writer, tmp_path / "whole")
    assert seen == list(range(7, 13))
    assert same(out, whole)
    assert went_on == unbroken
    again, _ = run(taught_writer, broken, out=tmp_path / "saved-again", progress=killing(1))
    assert same(out, tmp_path / "saved-again")
    assert again == unbroken


@pytest.mark.slow
@pytest.mark.parametrize("adapt", ["lora", "full"])
def test_a_collapse_is_stopped_and_the_healthy_weights_are_saved(
    adapt: str, taught_writer: Path, tmp_path: Path
) -> None:
    untuned(tmp_path / "untuned", base=str(taught_writer))
    report, out = run(taught_writer, tmp_path, settings=replace(HOPELESS, adapt=adapt))
    assert report.collapsed
    assert report.best_step < report.steps < HOPELESS.steps
    assert report.why.startswith(f"step {report.steps}: ")
    assert report.curve[-1][2] is not None
    assert report.curve[-1][2] < HOPELESS.least_health
    assert report.best_step > 0 or answers(out) == answers(tmp_path / "untuned")


@pytest.mark.slow
def test_numbers_that_are_none_are_a_collapse_even_without_prompts_to_answer(
    taught_writer: Path, tmp_path: Path
) -> None:
    settings = replace(HOPELESS, learning_rate=1e38, adapt="full")
    report, out = run(taught_writer, tmp_path, settings=settings, data=replace(DATA, guard=()))
    assert report.collapsed
    assert "no numbers" in report.why
    assert all(torch.isfinite(kept).all() for kept in weights(out).values())


@pytest.mark.slow
@pytest.mark.parametrize("adapt", ["lora", "full"])
def test_tuning_goes_on_from_a_folder_which_is_the_reference(adapt: str, taught_writer: Path, tmp_path: Path) -> None:
    settings = replace(QUICK, adapt=adapt, sft_weight=0.0)
    _, first = run(taught_writer, tmp_path / "first", settings=settings)
    one_step = replace(settings, steps=1, looks=1)
    report, second = run(taught_writer, tmp_path / "second", settings=one_step, start=first)
    assert report.curve[0][1] == pytest.approx(math.log(2), abs=1e-4)  # the margin to the reference is 0
    assert not same(first, second)
    assert (margins(second) > margins(first) - 0.5).all()
    about = json.loads((second / "weakspot.json").read_text())
    assert (about["base"], about["adapt"], about["method"]) == (str(taught_writer), adapt, "dpo")


@pytest.mark.slow
def test_an_adapter_goes_on_as_whole_weights_but_not_the_other_way(taught_writer: Path, tmp_path: Path) -> None:
    _, adapter = run(taught_writer, tmp_path / "adapter")
    full = replace(QUICK, adapt="full")
    one_step = replace(full, steps=1, looks=1, sft_weight=0.0)
    report, _ = run(taught_writer, tmp_path / "one", settings=one_step, start=adapter)
    assert report.curve[0][1] == pytest.approx(math.log(2), abs=1e-4)
    _, whole = run(taught_writer, tmp_path / "whole", settings=full, start=adapter)
    with pytest.raises(ModelError, match="was tuned in full and the settings say adapt: lora"):
        run(taught_writer, tmp_path / "back", start=whole)


@pytest.mark.slow
def test_a_tuning_run_says_nothing_on_the_terminal(
    taught_writer: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run(taught_writer, tmp_path, data=replace(DATA, demonstrations=SHOWN))
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_the_settings_and_the_menu_load_without_torch_or_trl() -> None:
    program = (
        "import sys, loop.models.generation.settings, loop.models.generation.tuning;"
        "print([m for m in ('torch', 'trl') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"

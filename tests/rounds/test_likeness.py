from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from loop.artifacts import Artifacts
from loop.lineage import compare
from loop.lineage.compare import DIFFERS, IDENTICAL, Part


def compared(tmp_path: Path, kept: Callable[[Path], None], made: Callable[[Path], None]) -> Part:
    artifacts = Artifacts(tmp_path)
    for name, write in (("kept", kept), ("made", made)):
        with artifacts.writing(name) as folder:
            write(folder)
    return compare.folders("model", artifacts.place("kept"), artifacts.place("made"))


def probabilities(*rows: tuple[float, float]) -> Callable[[Path], None]:
    return lambda folder: np.save(folder / "probabilities.npy", np.array(rows))


def text(name: str, value: object) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).write_text(json.dumps(value))

    return write


def tensors(**values: list[float]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        import torch
        from safetensors.torch import save_file

        save_file({name: torch.tensor(value) for name, value in values.items()}, str(folder / "model.safetensors"))

    return write


def test_the_same_bytes_are_identical(tmp_path: Path) -> None:
    same = probabilities((0.9, 0.1))
    assert compared(tmp_path, same, same).state == IDENTICAL


def test_other_probabilities_are_told_with_the_guesses_they_turn(tmp_path: Path) -> None:
    part = compared(tmp_path, probabilities((0.9, 0.1), (0.51, 0.49)), probabilities((0.9, 0.1), (0.49, 0.51)))
    assert part.state == DIFFERS
    assert part.figures["probabilities.npy: guesses that differ"] == 1
    assert part.figures["probabilities.npy: largest difference"] == pytest.approx(0.02)


def test_weights_are_compared_tensor_by_tensor(tmp_path: Path) -> None:
    part = compared(tmp_path, tensors(a=[1.0], b=[2.0]), tensors(a=[1.0], b=[2.5]))
    assert part.told == "model.safetensors: 1 of 2 arrays differ, by up to 0.5"


def test_the_order_of_a_set_of_names_is_no_difference(tmp_path: Path) -> None:
    kept, made = ({"r": 8, "target_modules": names} for names in (["query", "value"], ["value", "query"]))
    part = compared(tmp_path, text("adapter_config.json", kept), text("adapter_config.json", made))
    assert part.state == IDENTICAL
    other = text("adapter_config.json", {**made, "r": 16})
    assert compared(tmp_path, text("adapter_config.json", kept), other).state == DIFFERS


def test_a_file_too_many_or_too_few_is_told(tmp_path: Path) -> None:
    part = compared(tmp_path, text("a.json", 1), text("b.json", 1))
    assert part.told == "a.json was not made; b.json is new"


def test_written_answers_that_changed_are_counted(tmp_path: Path) -> None:
    kept = [{"id": "x", "guess": "Yes.", "confidence": 0.5, "wrong": None}]
    part = compared(tmp_path, text("outcomes.json", kept), text("outcomes.json", [{**kept[0], "guess": "No."}]))
    assert part.figures["outcomes.json: answers that differ"] == 1


def test_rows_are_compared_by_name_whatever_their_order_and_time() -> None:
    kept = [{"id": 1, "on": "gold", "value": 0.1, "at": "1"}, {"id": 2, "on": "dev", "value": 0.2, "at": "1"}]
    made = [{"id": 7, "on": "dev", "value": 0.2, "at": "2"}, {"id": 8, "on": "gold", "value": 0.1, "at": "2"}]
    assert compare.listed("figures", kept, made, key=("on",)).state == IDENTICAL
    part = compare.listed("figures", kept, [{**made[0], "value": 0.5}], key=("on",))
    assert part.state == DIFFERS
    assert part.figures == {"not made again": 1, "new": 0, "changed": 1, "largest difference": pytest.approx(0.3)}
    assert "dev: value was 0.2, now 0.5" in part.told

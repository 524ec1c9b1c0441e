"""A tiny model that writes, untuned and with an adapter whose weights are not zero."""

from __future__ import annotations

from pathlib import Path

import peft
import pytest
import torch
from made_writer import made_writer

from loop.models.bases import quiet
from loop.models.generation.bases import load_base
from loop.models.generation.folders import FolderAbout, save_folder


@pytest.fixture(scope="session")
def tiny_writer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights: its answers are noise and hardly ever end."""
    return made_writer(tmp_path_factory.mktemp("tiny-writer"))


@pytest.fixture(scope="session")
def taught_writer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Knows its six answers, which end by themselves at different lengths."""
    return made_writer(tmp_path_factory.mktemp("taught-writer"), steps=60)


@pytest.fixture(scope="session")
def adapted(taught_writer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with an adapter that changes what the model says."""
    base = load_base(str(taught_writer))
    torch.manual_seed(1)
    with quiet():
        model = peft.get_peft_model(
            base.model, peft.LoraConfig(task_type="CAUSAL_LM", r=4, target_modules="all-linear")
        )
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.1)  # peft starts them at zero, and then an adapter does nothing
    out = tmp_path_factory.mktemp("adapted")
    save_folder(model, base.tokenizer, out, about=about_of(taught_writer, adapt="lora"))
    return out


@pytest.fixture(scope="session")
def whole(tiny_writer: Path, taught_writer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with all the weights, said to have started from the tiny writer."""
    base = load_base(str(taught_writer))
    out = tmp_path_factory.mktemp("whole")
    save_folder(base.model, base.tokenizer, out, about=about_of(tiny_writer, adapt="full"))
    return out


def about_of(base: Path, *, adapt: str) -> FolderAbout:
    return FolderAbout(base=str(base), revision=None, adapt=adapt, method="sft", seed=3, data={"demonstrations": 6})

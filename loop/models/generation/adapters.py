"""The model a tuning run starts from, with the weights it may change.

start   settings.adapt "lora"                        "full"
None    the base, and a new adapter                  the base
lora    the same adapter                             base and adapter merged
full    refused                                      those weights
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import peft
import transformers

from loop.errors import ModelError
from loop.models.bases import quiet
from loop.models.generation.bases import WritingBase, load_base
from loop.models.generation.folders import load_folder, read_about
from loop.models.generation.settings import WritingSettings


def open_start(
    start: Path | None, settings: WritingSettings, *, base: str, revision: str | None, seed: int
) -> WritingBase:
    """The model in evaluation mode; a new adapter's random half depends on the seed alone.

    Raises ModelError for a start tuned in full when an adapter is wanted: the adapter alone could not be loaded again.
    """
    opened = load_base(base, revision=revision) if start is None else load_folder(start, trainable=True)
    adapted = isinstance(opened.model, peft.PeftModel)
    if settings.adapt == "full":
        # Steps smaller than bfloat16 can tell apart would be lost.
        model = (opened.model.merge_and_unload() if adapted else opened.model).float().requires_grad_(True)
        return replace(opened, model=model)
    if adapted:
        return opened
    if start is not None and read_about(start).adapt == "full":
        raise ModelError(
            f"{start} was tuned in full and the settings say adapt: lora",
            do="set adapt: full in the tuning options, as in the rounds before",
        )
    transformers.set_seed(seed)
    return replace(opened, model=adapt(opened, settings, task=peft.TaskType.CAUSAL_LM))


def adapt(opened: WritingBase, settings: WritingSettings, *, task: peft.TaskType) -> peft.PeftModel:
    """A new LoRA adapter on a model (Hu et al. 2021). Raises ModelError when no layer has one of the wanted names."""
    config = peft.LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        target_modules=list(settings.target_modules) or "all-linear",
        task_type=task,
        base_model_name_or_path=opened.name,
        revision=opened.revision,
    )
    try:
        with quiet():
            return peft.get_peft_model(opened.model, config)
    except ValueError as error:
        raise ModelError(
            f"LoRA finds no layers named {', '.join(settings.target_modules)} in {opened.name}",
            do="remove target_modules from the tuning settings: every linear layer is adapted then",
        ) from error

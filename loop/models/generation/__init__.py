"""Models that write: answering, weighing, tuning.

    base name ─► untuned ─► model folder ─► load_generator ─► Generator: prompts ─► answers
                               │  ▲   └──► load_reader ─► LikelihoodScorer: prompts, answers ─► how likely
                               │  └─ tuning.sft, dpo, kto, ...
                               └─► export_writer ─► a folder that needs no weakspot

    pairs ─► tune_reward ─► folder ─► load_reward ─► RewardModel: prompts, answers ─► marks
    Generator, prompts ─► timed, throughput ─► seconds per prompt, tokens per second

Names load when first used, so that `loop.models.generation.settings` stays free of torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loop.models.generation.exporting import export_writer
    from loop.models.generation.folders import untuned
    from loop.models.generation.generator import LocalGenerator, load_generator
    from loop.models.generation.latency import throughput, timed
    from loop.models.generation.likelihood import LocalReader, load_reader
    from loop.models.generation.reward import load_reward, tune_reward

_HOMES = {
    "export_writer": "exporting",
    "untuned": "folders",
    "LocalGenerator": "generator",
    "load_generator": "generator",
    "throughput": "latency",
    "timed": "latency",
    "LocalReader": "likelihood",
    "load_reader": "likelihood",
    "load_reward": "reward",
    "tune_reward": "reward",
}

__all__ = [
    "LocalGenerator",
    "LocalReader",
    "export_writer",
    "load_generator",
    "load_reader",
    "load_reward",
    "throughput",
    "timed",
    "tune_reward",
    "untuned",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)

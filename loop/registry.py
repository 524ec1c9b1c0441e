"""The menu: kind → name → "module:attribute". Imports nothing it lists until a name is asked for.

A third party adds an entry with an entry point in the group `weakspot.<kind>`:

    [project.entry-points."weakspot.strategy"]
    alphabetical = "my_package:alphabetical"
"""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from loop.errors import ConfigError

MENU: dict[str, dict[str, str]] = {
    "strategy": {
        "random": "loop.selection.strategies.basic:random",
        "least_confidence": "loop.selection.strategies.basic:least_confidence",
        "margin": "loop.selection.strategies.basic:margin",
        "entropy": "loop.selection.strategies.basic:entropy",
        "coverage": "loop.selection.strategies.basic:coverage",
        "weak_spots": "loop.selection.strategies.weak_spots:weak_spots",
        "stratified": "loop.selection.strategies.stratified:stratified",
        "bald": "loop.selection.strategies.bald:bald",
        "committee": "loop.selection.strategies.committee:committee",
        "badge": "loop.selection.strategies.badge:badge",
        "core_set": "loop.selection.strategies.core_set:core_set",
        "k_means": "loop.selection.strategies.k_means:k_means",
        "cluster_margin": "loop.selection.strategies.cluster_margin:cluster_margin",
        "drop_query": "loop.selection.strategies.drop_query:drop_query",
        "cal": "loop.selection.strategies.contrastive:cal",
        "real": "loop.selection.strategies.real:real",
        "typiclust": "loop.selection.strategies.typiclust:typiclust",
        "max_herding": "loop.selection.strategies.max_herding:max_herding",
        "uncertainty_herding": "loop.selection.strategies.uncertainty_herding:uncertainty_herding",
        "prob_cover": "loop.selection.strategies.prob_cover:prob_cover",
        "discriminative": "loop.selection.strategies.discriminative:discriminative",
        "rare_classes": "loop.selection.wrappers.rare_classes:rare_weak_spots",
    },
    "uncertainty": {
        "least_confidence": "loop.selection.uncertainty:least_confidence",
        "margin": "loop.selection.uncertainty:margin",
        "entropy": "loop.selection.uncertainty:entropy",
    },
    "metric": {
        "error_rate": "loop.evaluation.metrics:error_rate",
        "macro_f1": "loop.evaluation.metrics:macro_f1",
        "log_loss": "loop.evaluation.metrics:log_loss",
        "brier": "loop.evaluation.metrics:brier",
        "ece": "loop.evaluation.metrics:ece",
    },
    "estimator": {
        "plain": "loop.evaluation.estimators.plain:plain",
        "stratified": "loop.evaluation.estimators.stratified:stratified",
        "ppi": "loop.evaluation.estimators.ppi:ppi",
    },
    "tuning": {
        "lora": "loop.models.tuning:lora",
        "full": "loop.models.tuning:full",
        "head": "loop.models.tuning:head",
        "auto": "loop.models.auto:auto",
    },
    "recipe": {
        "plain": "loop.models.recipes.plain:plain",
        "head": "loop.models.recipes.head:head",
        "lora": "loop.models.recipes.lora:lora",
    },
    "writing_tuning": {
        "sft": "loop.models.generation.tuning:sft",
        "dpo": "loop.models.generation.tuning:dpo",
        "kto": "loop.models.generation.tuning:kto",
        "orpo": "loop.models.generation.tuning:orpo",
        "rloo": "loop.models.generation.tuning:rloo",
        "grpo": "loop.models.generation.tuning:grpo",
    },
    "pair_strategy": {
        "random": "loop.selection.pairs:random",
        "doubt": "loop.selection.pairs:doubt",
        "doubt_and_certainty": "loop.selection.pairs:doubt_and_certainty",
        "gap": "loop.selection.pairs:gap",
        "d_optimal": "loop.selection.pairs:d_optimal",
    },
    "signal": {
        "logprob": "loop.selection.signals:logprob",
        "mean_logprob": "loop.selection.signals:mean_logprob",
        "mean_entropy": "loop.selection.signals:mean_entropy",
        "max_entropy": "loop.selection.signals:max_entropy",
        "lexical_entropy": "loop.selection.signals:lexical_entropy",
        "semantic_entropy": "loop.selection.signals:semantic_entropy",
        "self_consistency": "loop.selection.signals:self_consistency",
        "reward": "loop.selection.signals:reward",
        "reward_variance": "loop.selection.signals:reward_variance",
        "implicit_reward": "loop.selection.signals:implicit_reward",
        "length": "loop.selection.signals:length",
    },
    "text_metric": {
        "exact_match": "loop.evaluation.texts.metrics:exact_match",
        "bleu": "loop.evaluation.texts.metrics:bleu",
        "chrf": "loop.evaluation.texts.metrics:chrf",
        "rouge_l": "loop.evaluation.texts.metrics:rouge_l",
    },
    "task": {
        "classification": "loop.tasks.classification:TASK",
        "generation": "loop.tasks.generation:TASK",
    },
    "labeler": {"label_studio": "labeling.label_studio.labeler:build"},
    "server": {"label_studio": "labeling.label_studio.server:EmbeddedServer"},
    "reach": {"label_studio": "labeling.label_studio.connect:reach"},
    "dashboard": {"streamlit": "dashboard.launch:serve"},
    "experts": {
        "people": "labeling.simulated.annotators:people",
        "simulated": "labeling.simulated.annotators:simulated",
    },
}

TUNING_OF_TASK = {"classification": "tuning", "generation": "writing_tuning"}
"""Task → the kind its tuning methods stand under."""

SETTINGS = {
    "tuning": "loop.models.settings:TuningSettings",
    "writing_tuning": "loop.models.generation.settings:WritingSettings",
}
"""Kind → the frozen dataclass of its settings, light to import: what `model.options` may hold."""


def names(kind: str) -> tuple[str, ...]:
    """All names of one kind, installed plug-ins included, sorted."""
    return tuple(sorted(_targets(kind)))


def load(kind: str, name: str) -> Any:
    """The object behind a name. Raises ConfigError for an unknown name, with the nearest one."""
    targets = _targets(kind)
    if name not in targets:
        raise ConfigError(
            f"unknown {kind} {name!r}",
            wanted="one of " + ", ".join(sorted(targets)),
            do=suggestion(name, targets),
        )
    module, _, attribute = targets[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


def home(kind: str, name: str) -> str:
    """The module that a known name stands in, which may differ from where a wrapper makes its object."""
    return _targets(kind)[name].partition(":")[0]


def settings(name: str) -> Any:
    """The dataclass that holds the settings of a tuning method."""
    kind = next((kind for kind in SETTINGS if name in names(kind)), "tuning")
    module, _, attribute = SETTINGS[kind].partition(":")
    return getattr(importlib.import_module(module), attribute)


def suggestion(word: str, known: Iterable[str]) -> str:
    """'did you mean "margin"?' or '' when nothing known is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f'did you mean "{near[0]}"?' if near else ""


def _targets(kind: str) -> dict[str, str]:
    if kind not in MENU:
        raise ConfigError(
            f"unknown kind {kind!r}", wanted="one of " + ", ".join(sorted(MENU)), do=suggestion(kind, MENU)
        )
    return {**_plug_ins(tuple(sys.path)).get(kind, {}), **MENU[kind]}


@cache
def _plug_ins(_where: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Kind → name → target of what is installed; reading that takes tens of milliseconds, so once for a sys.path."""
    found = entry_points()
    return {kind: {point.name: point.value for point in found.select(group=f"weakspot.{kind}")} for kind in MENU}

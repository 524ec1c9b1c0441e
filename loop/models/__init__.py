"""Models: the only folder with torch, transformers, peft and sentence-transformers at module level.

    base name ─► load_encoder ─► Encoder ─► frozen embeddings
    labelled texts ─► tuning.lora | full | head ─► checkpoint folder ─► load_classifier ─► Classifier ─► Scores
    checkpoint folder ─► export ─► a sentence-transformers folder that needs no weakspot
    texts ─► build_tokens ─► a token store, read by encoders and classifiers

Names load when first used, so that `loop.models.settings` stays free of torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from loop.models.settings import TuningSettings

if TYPE_CHECKING:
    from loop.models.classifier import TunedClassifier, load_classifier
    from loop.models.encoder import FrozenEncoder, load_encoder
    from loop.models.exporting import export
    from loop.models.tokens import Tokens, build_tokens, open_tokens

_HOMES = {
    "TunedClassifier": "classifier",
    "load_classifier": "classifier",
    "FrozenEncoder": "encoder",
    "load_encoder": "encoder",
    "export": "exporting",
    "Tokens": "tokens",
    "build_tokens": "tokens",
    "open_tokens": "tokens",
}

__all__ = [
    "FrozenEncoder",
    "Tokens",
    "TunedClassifier",
    "TuningSettings",
    "build_tokens",
    "export",
    "load_classifier",
    "load_encoder",
    "open_tokens",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)

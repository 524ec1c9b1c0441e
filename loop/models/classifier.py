"""A tuned model at work: a checkpoint folder → calibrated probabilities and features, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import peft

from loop.errors import ModelError
from loop.models.bases import UNREADABLE, Base, device, find_base, load_tokenizer, load_transformer, quiet
from loop.models.checkpoint import Checkpoint, read_checkpoint, read_head, read_layered
from loop.models.encoder import check_tokens
from loop.models.layers import LayeredClassifier
from loop.models.network import PooledClassifier, forward_all
from loop.models.tokens import Tokens, tokenize
from loop.protocols import Progress, Scores
from loop.records import FloatArray, IntArray


def load_classifier(folder: Path) -> TunedClassifier:
    """The classifier of a checkpoint folder, LoRA merged. Raises ModelError when folder or base are not as saved."""
    checkpoint = read_checkpoint(folder)
    base = _base(folder, checkpoint)
    try:
        encoder = load_transformer(base)
        if checkpoint.method == "lora":
            with quiet():
                encoder = peft.PeftModel.from_pretrained(encoder, str(folder)).merge_and_unload()
        (weight, bias, scale), layered = read_head(folder), read_layered(folder)
    except UNREADABLE as error:
        raise ModelError(f"the model in {folder} cannot be loaded ({error})", do="tune again") from error
    module = PooledClassifier(encoder, weight, bias, scale=scale, dropout=0.0)
    if layered is not None:
        centres, shares = layered
        module = LayeredClassifier(encoder, weight, bias, scale=scale, centres=centres, shares=shares)
    module = module.to(device()).eval()
    return TunedClassifier(module, load_tokenizer(base), base, checkpoint)


class TunedClassifier:
    """A Classifier (loop.protocols)."""

    def __init__(self, module: PooledClassifier, tokenizer: Any, base: Base, checkpoint: Checkpoint) -> None:
        self.module = module
        self.tokenizer = tokenizer
        self.base = base
        self.checkpoint = checkpoint
        self.labels = checkpoint.labels

    @property
    def layered(self) -> bool:
        """Whether the head reads several layers of the encoder."""
        return isinstance(self.module, LayeredClassifier)

    def predict(self, texts: Sequence[str], *, progress: Progress | None = None) -> Scores:
        """Scores in the order of `texts`."""
        tokens = tokenize(texts, self.base, tokenizer=self.tokenizer)
        return self.predict_tokens(tokens, np.arange(len(tokens)), progress=progress)

    def predict_tokens(self, tokens: Tokens, rows: IntArray, *, progress: Progress | None = None) -> Scores:
        """Scores of the texts `rows` of a token store. Raises ModelError for tokens of another tokenizer."""
        check_tokens(tokens, self.base)
        logits, features = forward_all(self.module, tokens, rows, pad_id=self.tokenizer.pad_token_id, progress=progress)
        return Scores(probabilities=self.checkpoint.scaling.probabilities(logits), features=features)

    def knows(self, fingerprint: str) -> bool:
        """Whether `score_embeddings` may be used: the encoder is the very one with this fingerprint, left as it is.

        Not for a head that reads several layers: the embeddings are the last one alone.
        """
        own = f"{self.base.fingerprint}-{self.base.token_fingerprint}"
        return self.checkpoint.method == "head" and not self.layered and fingerprint == own

    def score_embeddings(self, embeddings: FloatArray) -> Scores:
        """Scores of (n, d) embeddings that the base's frozen encoder has made: no forward pass."""
        weight, bias = (part.detach().cpu().numpy() for part in (self.module.weight, self.module.bias))
        rows = np.asarray(embeddings, dtype=np.float32)
        logits = rows @ (float(self.module.scale.detach()) * weight.T) + bias
        return Scores(probabilities=self.checkpoint.scaling.probabilities(logits), features=rows.astype(np.float16))


def _base(folder: Path, checkpoint: Checkpoint) -> Base:
    base = find_base(checkpoint.base, revision=checkpoint.revision, max_length=checkpoint.max_length)
    if checkpoint.method == "full":
        # Only where the tokens come from is the base's; the weights are the folder's own.
        return replace(base, folder=folder)
    if base.fingerprint != checkpoint.base_fingerprint:
        raise ModelError(
            f"base model {checkpoint.base} is not the one that {folder} was tuned from",
            wanted=f"weights with fingerprint {checkpoint.base_fingerprint}, not {base.fingerprint}",
            do="put the old base back, or tune again",
        )
    return base

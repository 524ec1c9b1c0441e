"""A model of entailment from a local folder: pairs of texts → entailment, neutral, contradiction.

Any sequence classifier with these three outputs (trained on MNLI, ANLI, XNLI and the like); which output is which
stands in its config.json, and the order differs from model to model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from loop.errors import ModelError
from loop.models.bases import UNREADABLE, device, quiet
from loop.records import FloatArray

KINDS = ("entailment", "neutral", "contradiction")
BATCH = 32


def load_entailment(path: Path | str) -> Entailment:
    """The model in the folder `path`. Raises ModelError when there is none, or it is no model of entailment."""
    folder = Path(path).expanduser()
    if not (folder / "config.json").is_file():
        raise ModelError(
            f"{folder} holds no model",
            wanted="a transformers folder with config.json, the weights and the tokenizer",
            do="check generation.nli in weakspot.yaml",
        )
    try:
        with quiet():
            config = transformers.AutoConfig.from_pretrained(
                str(folder), local_files_only=True, trust_remote_code=False
            )
            columns = _columns(folder, config.id2label)
            tokenizer = transformers.AutoTokenizer.from_pretrained(
                str(folder), local_files_only=True, trust_remote_code=False
            )
            model, notes = transformers.AutoModelForSequenceClassification.from_pretrained(
                str(folder),
                local_files_only=True,
                dtype=torch.float32,
                trust_remote_code=False,
                output_loading_info=True,
            )
    except UNREADABLE as fault:
        raise ModelError(
            f"the model of entailment in {folder} cannot be read: {fault}", do="check generation.nli in weakspot.yaml"
        ) from fault
    if notes["missing_keys"]:
        # transformers would fill them at random and answer all the same.
        raise ModelError(
            f"{folder} lacks weights of a sequence classifier, first {min(notes['missing_keys'])}",
            wanted="a model trained on entailment",
            do="check generation.nli in weakspot.yaml",
        )
    if tokenizer.pad_token_id is None:
        raise ModelError(f"the tokenizer of {folder} has no padding token", wanted="an encoder such as DeBERTa or BERT")
    return Entailment(model.eval().to(device()), tokenizer, columns)


class Entailment:
    """Weighs pairs of texts; long premises are cut at the length the model can read."""

    def __init__(self, model: Any, tokenizer: Any, columns: Sequence[int]) -> None:
        self._model, self._tokenizer, self._columns = model, tokenizer, list(columns)
        longest = getattr(model.config, "max_position_embeddings", None) or 512
        self._length = min(int(longest), int(tokenizer.model_max_length), 512)

    def probabilities(self, premises: Sequence[str], hypotheses: Sequence[str]) -> FloatArray:
        """(n, 3) probability of entailment, neutral and contradiction, in the order of the input; rows sum to 1."""
        found = np.empty((len(premises), 3))
        order = np.argsort(
            [len(one) + len(other) for one, other in zip(premises, hypotheses, strict=True)], kind="stable"
        )
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            found[rows] = self._batch([premises[row] for row in rows], [hypotheses[row] for row in rows])
        return found

    def entails(self, premises: Sequence[str], hypotheses: Sequence[str]) -> tuple[bool, ...]:
        """Whether entailment is the most probable of the three for each pair."""
        return tuple(bool(best == 0) for best in self.probabilities(premises, hypotheses).argmax(axis=1))

    @torch.inference_mode()
    def _batch(self, premises: list[str], hypotheses: list[str]) -> FloatArray:
        tokens = self._tokenizer(
            premises, hypotheses, truncation="longest_first", max_length=self._length, padding=True, return_tensors="pt"
        ).to(self._model.device)
        logits = self._model(**tokens).logits[:, self._columns]
        return np.asarray(torch.softmax(logits.double(), dim=-1).cpu())


def _columns(folder: Path, labels: Mapping[int, str]) -> tuple[int, ...]:
    """The model's columns in the order of KINDS."""
    known = {label.casefold(): int(column) for column, label in labels.items()}
    if set(known) != set(KINDS) or len(labels) != len(KINDS):
        raise ModelError(
            f"{folder} tells {', '.join(labels.values())} apart, so it is no model of entailment",
            wanted="the labels entailment, neutral and contradiction",
            do='name another folder at generation.nli, or name its labels in "id2label" of its config.json',
        )
    return tuple(known[kind] for kind in KINDS)

"""A checkpoint as a self-contained sentence-transformers folder that needs no weakspot, with a model card.

    config.json, model.safetensors, tokenizer  encoder, LoRA merged; id2label names the outputs
    1_Pooling, 2_Normalize, 3_Dense            mean → length 1 → linear: `encode` gives calibrated logits
    README.md                                  the card: what it is, how good it is, the lines that load it

The layout is the one sentence-transformers has read since version 2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from loop.errors import ModelError
from loop.models.bases import quiet
from loop.models.card import model_card
from loop.models.checkpoint import plain_disk_errors
from loop.models.classifier import TunedClassifier, load_classifier

POOLING = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False}
MODULES = (("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize"), ("Dense", "3_Dense"))


def export(folder: Path, out: Path, *, card: Mapping[str, Any]) -> None:
    """Writes the checkpoint `folder` into the new or empty folder `out`; `card` as in loop.models.card.model_card.

    Raises ModelError when `out` holds files already, the checkpoint is damaged or reads several layers, or the
    disk refuses.
    """
    classifier = load_classifier(folder)
    if classifier.layered:
        raise ModelError(
            f"the head in {folder} reads several layers of the encoder, which no standard format holds",
            wanted="a head on the last layer, or a tuned encoder",
            do="set model.options.representation to last, or model.tuning to lora, and run another round",
        )
    text = model_card(classifier.checkpoint, public_base=classifier.base.public_name, facts=card)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ModelError(f"{out} exists and is not an empty folder", do="name another folder")
    try:
        with plain_disk_errors():
            _write_encoder(classifier, out)
            _write_dense(classifier, out / "3_Dense")
        _write_json(out / "1_Pooling" / "config.json", {"word_embedding_dimension": _width(classifier), **POOLING})
        (out / "2_Normalize").mkdir()
        _write_json(
            out / "modules.json",
            [
                {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
                for i, (kind, path) in enumerate(MODULES)
            ],
        )
        (out / "README.md").write_text(text, encoding="utf-8")
    except OSError as error:
        raise ModelError(f"the export to {out} failed ({error})", do="check free space and rights") from error


def _write_encoder(classifier: TunedClassifier, out: Path) -> None:
    encoder: Any = classifier.module.encoder
    encoder.config.id2label = dict(enumerate(classifier.labels))
    encoder.config.label2id = {label: i for i, label in enumerate(classifier.labels)}
    with quiet():
        encoder.save_pretrained(str(out))
        classifier.tokenizer.save_pretrained(str(out))
    limits = {"max_seq_length": classifier.base.max_length, "do_lower_case": False}
    _write_json(out / "sentence_bert_config.json", limits)


def _write_dense(classifier: TunedClassifier, out: Path) -> None:
    """softmax(a (W s f + b) + c) without the scale s and the calibration a, c: all are folded into the weights."""
    module = classifier.module
    labels, width = module.weight.shape
    factor, added = (torch.from_numpy(part).float() for part in classifier.checkpoint.scaling.linear(labels))
    weight = ((module.weight * module.scale).detach().cpu() * factor[:, None]).contiguous()
    bias = (module.bias.detach().cpu() * factor + added).contiguous()
    _write_json(
        out / "config.json",
        {
            "in_features": width,
            "out_features": labels,
            "bias": True,
            "activation_function": "torch.nn.modules.linear.Identity",
        },
    )
    save_file({"linear.weight": weight, "linear.bias": bias}, str(out / "model.safetensors"))


def _width(classifier: TunedClassifier) -> int:
    return int(classifier.module.weight.shape[1])


def _write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

"""A tuned model on disk: a standard Hugging Face folder, the head beside it, and weakspot.json last.

adapter_config.json, adapter_model.safetensors   lora: the peft adapter, which names its base
config.json, model.safetensors                   full: the whole encoder
(no weights)                                     head: the encoder is the base, which weakspot.json names
tokenizer.json, tokenizer_config.json            the tokenizer
head.safetensors                                 weight (k, d), bias (k,), scale ()
                                                 and over several layers: centres (l, d), shares (l,)
weakspot.json                                    labels, calibration, base, seed, settings, metadata, file hashes
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from loop.errors import ConfigError, ModelError
from loop.models.adapters import save_adapter
from loop.models.bases import Base, quiet
from loop.models.calibration import Scaling
from loop.models.network import PooledClassifier
from loop.models.settings import TuningSettings

FORMAT = 1
MANIFEST = "weakspot.json"
HEAD = "head.safetensors"
PARTS, LAYERED = ("weight", "bias", "scale"), ("centres", "shares")
"""What the head's file holds, and what it holds besides where the head reads several layers."""
ENCODER = {
    "lora": "The encoder is a standard peft adapter",
    "full": "The encoder is a standard Hugging Face folder",
    "head": "The encoder is the base model, unchanged",
}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What weakspot.json says."""

    method: str
    """"lora", "full" or "head"."""
    base: str
    """As the config named it."""
    revision: str | None
    base_fingerprint: str
    """Base.fingerprint of the weights it was tuned from."""
    max_length: int
    labels: tuple[str, ...]
    """In the order of the head's rows."""
    temperature: float
    seed: int
    settings: TuningSettings
    metadata: Mapping[str, Any]
    """What it was trained from, as the caller told it: plain JSON values."""
    factors: tuple[float, ...] = ()
    """Vector scaling beside the temperature, one a label; empty: temperature alone."""
    biases: tuple[float, ...] = ()

    @property
    def scaling(self) -> Scaling:
        """How logits become calibrated ones."""
        return Scaling(self.temperature, self.factors, self.biases)


def save_checkpoint(out: Path, module: PooledClassifier, tokenizer: Any, base: Base, checkpoint: Checkpoint) -> None:
    """Writes the folder `out`, weakspot.json last. Raises OSError when the disk refuses."""
    encoder: Any = module.encoder
    names = (*PARTS, *(LAYERED if hasattr(module, LAYERED[0]) else ()))
    head = {name: getattr(module, name).detach().cpu().contiguous() for name in names}
    with quiet(), plain_disk_errors():
        if checkpoint.method == "lora":
            save_adapter(encoder, out)
        elif checkpoint.method == "full":
            encoder.save_pretrained(str(out))
        tokenizer.save_pretrained(str(out))
        save_file(head, str(out / HEAD))
    (out / "README.md").write_text(_readme(base, checkpoint), encoding="utf-8")
    files = {path.name: _sha256(path) for path in sorted(out.iterdir()) if path.is_file() and path.name != MANIFEST}
    manifest = {"format": FORMAT, **asdict(checkpoint), "files": files}
    text = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True)
    (out / MANIFEST).write_text(text + "\n", encoding="utf-8")


@contextmanager
def plain_disk_errors() -> Iterator[None]:
    """safetensors and tokenizers tell of a full disk by exceptions of their own; here they become OSError."""
    try:
        yield
    except Exception as error:
        number = re.search(r"\(os error (\d+)\)", str(error))
        if number is None or isinstance(error, OSError):
            raise
        code = int(number.group(1))
        raise OSError(code, os.strerror(code)) from error


def read_checkpoint(folder: Path) -> Checkpoint:
    """What a folder's weakspot.json says, its files checked by hash. Raises ModelError for a foreign or damaged one."""
    path = folder / MANIFEST
    if not path.is_file():
        raise ModelError(f"{folder} is no model of weakspot", wanted=f"a folder with {MANIFEST}")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        version, files = manifest.pop("format"), dict(manifest.pop("files"))
        settings = {**manifest.pop("settings")}
        settings["target_modules"] = tuple(settings["target_modules"])
        # Folders from before vector scaling have no factors and biases.
        manifest |= {name: tuple(manifest.get(name, ())) for name in ("factors", "biases")}
        manifest["labels"] = tuple(manifest["labels"])
        checkpoint = Checkpoint(**manifest, settings=TuningSettings(**settings))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
        raise _damaged(path) from error
    if version != FORMAT:
        raise ModelError(f"{path} has format {version}", wanted=f"format {FORMAT}", do="tune again, or update weakspot")
    for name, wanted in files.items():
        if not (folder / name).is_file() or _sha256(folder / name) != wanted:
            raise _damaged(folder / name)
    return checkpoint


def read_head(folder: Path) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Weight (k, d), bias (k,) and scale of a checked folder."""
    head = load_file(str(folder / HEAD))
    return head["weight"], head["bias"], float(head["scale"])


def read_layered(folder: Path) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Centres (l, d) and shares (l,) of the layers that a checked folder's head reads; None: the last one alone."""
    head = load_file(str(folder / HEAD))
    return (head[LAYERED[0]], head[LAYERED[1]]) if LAYERED[0] in head else None


def _readme(base: Base, checkpoint: Checkpoint) -> str:
    library = "peft" if checkpoint.method == "lora" else "transformers"
    return (
        f"---\nbase_model: {base.public_name}\nlibrary_name: {library}\n"
        f"tags: [weakspot, text-classification]\n---\n\nA checkpoint of weakspot over {len(checkpoint.labels)} labels. "
        f"{ENCODER[checkpoint.method]}; the head lies in head.safetensors, the label order and the "
        "temperature in weakspot.json. `weakspot export` writes a self-contained model with a card.\n"
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(path: Path) -> ModelError:
    return ModelError(f"{path} is missing or damaged", do="promote another round's model, or tune again")

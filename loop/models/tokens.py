"""Texts as token numbers, made once: one flat column and the offsets into it.

    texts ─► build_tokens ─► folder (tokens.bin, offsets.npy, tokens.json) ─► open_tokens ─► Tokens (memory-mapped)
    texts ─► tokenize ─► Tokens (in memory)
    Tokens + rows ─► batches ─► padded tensors, longest first

Texts are read in chunks: a million of them never lie in memory as token lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from loop.errors import ModelError
from loop.models.bases import Base, load_tokenizer
from loop.protocols import Progress
from loop.records import IntArray

CHUNK = 4096
TOKENS_PER_BATCH = 1024
ROWS_PER_BATCH = 64


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """n texts as token numbers, special tokens included."""

    ids: NDArray[np.int32]
    """(total,) all token numbers, text after text."""
    offsets: NDArray[np.int64]
    """(n + 1,) text i is ids[offsets[i]:offsets[i + 1]]."""
    fingerprint: str
    """Base.token_fingerprint of the tokenizer that made them."""

    def __len__(self) -> int:
        return len(self.offsets) - 1


def tokenize(texts: Sequence[str], base: Base, *, tokenizer: Any = None) -> Tokens:
    """Token numbers of `texts` in memory; pass the base's `tokenizer` to spare loading it."""
    parts = [_chunk(chunk, base, tokenizer) for tokenizer, chunk in _chunks(texts, base, tokenizer)]
    lengths = np.concatenate([np.zeros(1, np.int64), *(part[1] for part in parts)])
    ids = np.concatenate([np.zeros(0, np.int32), *(part[0] for part in parts)])
    return Tokens(ids, np.cumsum(lengths), base.token_fingerprint)


def build_tokens(texts: Iterable[str], base: Base, out: Path, *, progress: Progress | None = None) -> Tokens:
    """Writes the token numbers of `texts` into the new folder `out`, tokens.json last, and opens it."""
    out.mkdir(parents=True, exist_ok=True)
    lengths: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
    done = 0
    with (out / "tokens.bin").open("wb") as file:
        for tokenizer, chunk in _chunks(texts, base, None):
            ids, counts = _chunk(chunk, base, tokenizer)
            file.write(ids.astype("<i4").tobytes())
            lengths.append(counts)
            done += len(chunk)
            if progress:
                progress(done, len(texts) if isinstance(texts, Sequence) else 0)
    offsets = np.cumsum(np.concatenate(lengths))
    np.save(out / "offsets.npy", offsets)
    manifest = {"fingerprint": base.token_fingerprint, "texts": len(offsets) - 1, "tokens": int(offsets[-1])}
    (out / "tokens.json").write_text(json.dumps(manifest), encoding="utf-8")
    return open_tokens(out)


def open_tokens(folder: Path) -> Tokens:
    """The tokens that `build_tokens` wrote, memory-mapped. Raises ModelError when they are missing or damaged."""
    try:
        manifest = json.loads((folder / "tokens.json").read_text(encoding="utf-8"))
        offsets = np.load(folder / "offsets.npy", mmap_mode="r")
        total, texts = int(manifest["tokens"]), int(manifest["texts"])
        whole = (folder / "tokens.bin").stat().st_size == 4 * total and offsets.shape == (texts + 1,)
        fingerprint = str(manifest["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder) from error
    if not whole:
        raise _damaged(folder)
    # An empty file cannot be memory-mapped.
    ids = np.memmap(folder / "tokens.bin", dtype="<i4", mode="r") if total else np.zeros(0, np.int32)
    return Tokens(ids, offsets, fingerprint)


def batches(lengths: IntArray) -> Iterator[IntArray]:
    """Row numbers in batches of like length, longest first: little is padded, and the dearest batch comes first.

    lengths: (n,). Each row is in exactly one batch; a batch has at most ROWS_PER_BATCH rows and, beyond one row,
    TOKENS_PER_BATCH tokens with its padding.
    """
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        longest = max(1, int(lengths[order[start]]))
        size = max(1, min(ROWS_PER_BATCH, TOKENS_PER_BATCH // longest))
        yield order[start : start + size]
        start += size


def pad(tokens: Tokens, rows: IntArray, pad_id: int) -> dict[str, torch.Tensor]:
    """input_ids and attention_mask, (b, longest) int64, of the texts `rows`."""
    starts, ends = tokens.offsets[rows], tokens.offsets[rows + 1]
    width = max(1, int((ends - starts).max()))
    ids = np.full((len(rows), width), pad_id, np.int64)
    mask = np.zeros((len(rows), width), np.int64)
    for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
        ids[row, : end - start] = tokens.ids[start:end]
        mask[row, : end - start] = 1
    return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}


def _chunks(texts: Iterable[str], base: Base, tokenizer: Any) -> Iterator[tuple[Any, list[str]]]:
    tokenizer = tokenizer or load_tokenizer(base)
    rest = iter(texts)
    while chunk := list(islice(rest, CHUNK)):
        yield tokenizer, chunk


def _chunk(texts: list[str], base: Base, tokenizer: Any) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    encoded = tokenizer(texts, truncation=True, max_length=base.max_length, padding=False, return_attention_mask=False)[
        "input_ids"
    ]
    lengths = np.fromiter((len(row) for row in encoded), np.int64, len(encoded))
    ids = np.fromiter((number for row in encoded for number in row), np.int32, int(lengths.sum()))
    return ids, lengths


def _damaged(folder: Path) -> ModelError:
    return ModelError(f"the token cache {folder} is incomplete or damaged", do="delete it; it is made again")

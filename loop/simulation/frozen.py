"""Texts as the frozen encoder sees them: made once, kept beside the results, memory-mapped by every process.

texts + encoder's fingerprint ─► frozen-<hash>/  embeddings.npy (n, d)  [layers.npy (n, l, d)]  texts.json
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np

from loop.errors import ArtifactError
from loop.protocols import FrozenTexts, Progress

WHOLE = "whole"
"""Written last: a folder without it is not finished."""


def embedded(texts: Sequence[str], *, base: str, folder: Path, progress: Progress) -> tuple[Path, str]:
    """The folder with everything frozen, made if it is not there, and the encoder's fingerprint.

    Raises ModelError when the encoder cannot be had, ArtifactError when the disk refuses.
    """
    from loop.models import load_encoder

    encoder = load_encoder(base)
    digest = hashlib.blake2b(encoder.fingerprint.encode(), digest_size=8)
    for text in texts:
        digest.update(text.encode() + b"\x00")
    place = folder / f"frozen-{digest.hexdigest()}"
    if not (place / WHOLE).is_file():
        draft = place.with_name(f".{place.name}.{uuid4().hex[:8]}.partial")
        try:
            draft.mkdir(parents=True)
            np.save(draft / "embeddings.npy", np.asarray(encoder.embed(texts, progress=progress), dtype=np.float32))
            (draft / "texts.json").write_text(json.dumps(list(texts)), encoding="utf-8")
            (draft / WHOLE).touch()
            shutil.rmtree(place, ignore_errors=True)
            draft.rename(place)
        except OSError as fault:
            raise ArtifactError(
                f"cannot write {place}: {fault.strerror}", do="make room or name another --out"
            ) from fault
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return place, encoder.fingerprint


def opened(place: Path) -> FrozenTexts:
    """What `embedded` made; the arrays are memory-mapped, so that processes share them."""
    layers = place / "layers.npy"
    return FrozenTexts(
        texts=tuple(json.loads((place / "texts.json").read_text(encoding="utf-8"))),
        embeddings=np.load(place / "embeddings.npy", mmap_mode="r"),
        layers=np.load(layers, mmap_mode="r") if layers.is_file() else None,
    )

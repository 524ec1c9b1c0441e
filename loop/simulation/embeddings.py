"""Texts as the frozen encoder sees them: made once, kept beside the results, memory-mapped by every process.

texts + encoder's fingerprint ─► frozen-<hash>/  texts.json, embeddings.npy (n, d)
                                                 layers.npy (n, l, d), where a recipe may read them
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from loop import durable
from loop.errors import ArtifactError
from loop.models.recipes.representation import of_length_one
from loop.protocols import FrozenTexts, Progress
from loop.records import FloatArray

WHOLE = "whole"
"""Written last: a folder without it is not finished."""
EMBEDDINGS, LAYERS, TEXTS = "embeddings.npy", "layers.npy", "texts.json"
LAST_LAYER_ONLY = frozenset({"plain", "lora"})
"""Recipes that are known to read nothing but embeddings; for others the layers are made as well."""


def embedded(
    texts: Sequence[str], *, base: str, recipes: Sequence[str], folder: Path, progress: Progress
) -> tuple[Path, str]:
    """The folder with everything these recipes may read, made if it is not there, and the encoder's fingerprint.

    One pass of the encoder makes embeddings and layers: the last layer is the embedding.

    Raises ModelError when the encoder cannot be had, ArtifactError when the disk refuses.
    """
    from loop.models import load_encoder

    encoder = load_encoder(base)
    digest = hashlib.blake2b(encoder.fingerprint.encode(), digest_size=8)
    for text in texts:
        digest.update(text.encode() + b"\x00")
    place = folder / f"frozen-{digest.hexdigest()}"
    try:
        whole, deep = (place / WHOLE).is_file(), not LAST_LAYER_ONLY.issuperset(recipes)
        if deep and not (place / LAYERS).is_file():
            layers = encoder.layers(texts, progress=progress)
            if not whole:
                _make(place, texts, of_length_one(layers[:, -1]))
            _add(place, layers)
        elif not whole:
            _make(place, texts, encoder.embed(texts, progress=progress))
    except OSError as fault:
        raise ArtifactError(f"cannot write {place}: {fault.strerror}", do="make room or name another --out") from fault
    return place, encoder.fingerprint


def require(bases: Sequence[str]) -> None:
    """Raises ModelError for the first encoder whose files cannot be had; fetches what is not here yet."""
    from loop.models import load_encoder

    for base in bases:
        load_encoder(base)


def opened(place: Path) -> FrozenTexts:
    """What `embedded` made; the arrays are memory-mapped, so that processes share them."""
    layers = place / LAYERS
    return FrozenTexts(
        texts=tuple(json.loads((place / TEXTS).read_text(encoding="utf-8"))),
        embeddings=np.load(place / EMBEDDINGS, mmap_mode="r"),
        layers=np.load(layers, mmap_mode="r") if layers.is_file() else None,
    )


def _make(place: Path, texts: Sequence[str], embeddings: FloatArray) -> None:
    draft = durable.draft(place)
    try:
        durable.clear(place)
        draft.mkdir(parents=True)
        np.save(draft / EMBEDDINGS, np.asarray(embeddings, dtype=np.float32))
        (draft / TEXTS).write_text(json.dumps(list(texts)), encoding="utf-8")
        durable.sync_tree(draft)
        (draft / WHOLE).touch()
        durable.sync(draft)
        shutil.rmtree(place, ignore_errors=True)
        draft.rename(place)
        durable.sync(place.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _add(place: Path, layers: FloatArray) -> None:
    durable.clear(place / LAYERS)
    draft = durable.draft(place / LAYERS)
    with draft.open("wb") as file:
        np.save(file, layers)
    durable.sync(draft)
    durable.move(draft, place / LAYERS)

"""Texts → stable ids and comparison keys: hashes of content, never positions."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
"""(n,) 64-bit hashes; two of a million different texts meet with a probability of about 3 in 10^8."""


def example_id(text: str, source_id: str | None, *, rest: str = "", aside: bool = False) -> str:
    """16 hex digits of BLAKE2b over the owner's id and the text, and of a prompt over its context and turns (`rest`).

    `aside` gives another id to a quarantined row whose text and owner id are those of a gold row, so that ids
    stay unique.
    """
    owner = b"\x00" if source_id is None else b"\x01" + source_id.encode()
    more = (b"\x00rest" + rest.encode() if rest else b"") + (b"\x00aside" if aside else b"")
    return _hash(owner + b"\x00" + text.encode() + more).hex()


def keys(texts: Sequence[str]) -> Keys:
    """One key per text; equal for texts that differ at most in white space at their ends."""
    return np.frombuffer(b"".join(_hash(text.strip().encode()) for text in texts), dtype=np.uint64)


def folded(text: str) -> str:
    """The text without case, punctuation and surplus white space; a text of nothing but signs stays as it is."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", plain).split()) or " ".join(plain.split())


def as_numbers(ids: Sequence[str]) -> Keys:
    """Ids as 64-bit numbers, for looking up rows without holding a text per row. Raises ValueError for other texts."""
    return np.array([int(one, 16) for one in ids], dtype=np.uint64)


def _hash(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=8).digest()

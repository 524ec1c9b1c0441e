"""Permanent random numbers: each text has its own, the same on every run and machine.

Samples that are taken by them grow without changing (Ohlsson 1998, Sequential Poisson sampling).
"""

from __future__ import annotations

import hashlib


def random_key(text: str, *, salt: bytes = b"", size: int = 8) -> float:
    """Pseudo-random, uniform in [0, 1).

    salt: at most 16 bytes; another one gives independent numbers. size: bytes of randomness, 1 to 64.
    """
    number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=size, salt=salt).digest())
    return float(number / 256**size)

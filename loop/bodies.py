"""The body of an HTTP answer as it travels → its bytes, within a limit whatever it is packed in.

    blocks, encoding ─► unpacked(blocks, encoding, most=...) ─► blocks of at most BLOCK bytes
                            │ "gzip, gzip", "br", damaged, cut off      │ more than `most` in all
                            ▼                                           ▼
                        ValueError("...")                           ValueError("...")

An HTTP library unpacks as many layers as a server names, each block whole, before it hands over a byte: three layers
turn 300 bytes into gigabytes. We ask for identity (RFC 9110, 12.5.3) and take a single layer of gzip from servers
that send it all the same.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

ASKED = {"Accept-Encoding": "identity"}
"""Headers of every request whose answer is read here."""
BLOCK = 1 << 16
_GZIP = 31
"""wbits of zlib: a window of 2**15 bytes, with gzip's header."""


class TooMuch(ValueError):
    """The body has more bytes than it may."""


def unpacked(blocks: Iterable[bytes], encoding: str | None, *, most: int) -> Iterator[bytes]:
    """The bytes of a body in blocks. encoding: its Content-Encoding, None without one. Lazy.

    Raises TooMuch beyond `most` bytes, as they travel or unpacked, and ValueError for another encoding.
    """
    named = (encoding or "identity").strip().casefold()
    if named not in ("identity", "gzip", "x-gzip"):
        raise ValueError(f"it is packed as {named[:40]!r}, which was not asked for")
    travelled = _limited(blocks, most)
    yield from travelled if named == "identity" else _limited(_gunzipped(travelled), most)


def _limited(blocks: Iterable[bytes], most: int) -> Iterator[bytes]:
    total = 0
    for block in blocks:
        total += len(block)
        if total > most:
            raise TooMuch(f"more than {most:,} bytes")
        yield block


def _gunzipped(blocks: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        for block in blocks:
            rest = block
            while rest and not unpacker.eof:
                yield unpacker.decompress(rest, BLOCK)
                rest = unpacker.unconsumed_tail
        while not unpacker.eof and (rest := unpacker.decompress(unpacker.unconsumed_tail, BLOCK)):
            yield rest
    except zlib.error as fault:
        raise ValueError("its gzip is damaged") from fault
    if not unpacker.eof:
        raise ValueError("its gzip is cut off")

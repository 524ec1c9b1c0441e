"""A body is unpacked block by block within a limit, from one layer of gzip at most."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

import pytest

from loop.bodies import BLOCK, TooMuch, unpacked

TEXT = b"".join(b"line %d\n" % number for number in range(40_000))


@pytest.mark.parametrize("size", [1, 7, 1000, 10**9])
@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZIP "])
def test_one_layer_of_gzip_gives_the_same_bytes_however_it_is_cut(size: int, encoding: str) -> None:
    packed = gzip.compress(TEXT)
    cut = [packed[at : at + size] for at in range(0, len(packed), size)]
    blocks = list(unpacked(cut, encoding, most=len(TEXT)))
    assert b"".join(blocks) == TEXT
    assert max(map(len, blocks)) <= BLOCK


@pytest.mark.parametrize("encoding", [None, "", "identity", "Identity"])
def test_what_is_not_packed_stays(encoding: str | None) -> None:
    assert b"".join(unpacked([b"a", b"", b"b"], encoding, most=2)) == b"ab"


@pytest.mark.parametrize(
    "encoding", ["gzip, gzip", "gzip,gzip,gzip", "br", "deflate", "zstd", "identity, gzip", "x" * 999]
)
def test_another_packing_is_refused_before_a_byte_is_read(encoding: str) -> None:
    def never() -> Iterator[bytes]:
        raise AssertionError
        yield b""

    with pytest.raises(ValueError, match="not asked for") as fault:
        list(unpacked(never(), encoding, most=1))
    assert len(str(fault.value)) < 100


def test_a_bomb_of_one_layer_is_cut_off_at_the_limit() -> None:
    packer, zeros = zlib.compressobj(9, zlib.DEFLATED, 31), bytes(1 << 20)
    packed = b"".join(packer.compress(zeros) for _ in range(64)) + packer.flush()
    blocks = []
    with pytest.raises(TooMuch, match="more than 1,000,000 bytes"):
        blocks.extend(unpacked([packed], "gzip", most=1_000_000))
    read = unpacked([packed], "gzip", most=1_000_000)
    assert len(next(read)) <= BLOCK


def test_a_body_that_is_too_long_as_it_travels_is_cut_off() -> None:
    with pytest.raises(TooMuch):
        list(unpacked([b"ab", b"c"], None, most=2))


@pytest.mark.parametrize(
    "content",
    [b"no", b"\x1f\x8b\x08", gzip.compress(TEXT, mtime=0)[:-1], b"", gzip.compress(TEXT, mtime=0)[:100]],
    ids=["no gzip", "its head", "all but a byte", "nothing", "its start"],
)
def test_gzip_that_is_damaged_or_cut_off_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="its gzip is"):
        list(unpacked([content], "gzip", most=10**9))

"""What of this machine decides the last bits of a result: threads, device, instructions, the base's weights.

facts() ─► threads, device, instructions        with limited(threads, blas_threads): ...
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import threadpoolctl  # type: ignore[import-untyped]  # it has no types
import torch
from safetensors.torch import load_file

from loop.models.bases import device, find_base
from loop.records import FloatArray


@dataclass(frozen=True, slots=True)
class Facts:
    """Of this process, now."""

    threads: int
    """PyTorch's, within one operation."""
    blas_threads: int
    """NumPy's and SciPy's; 0 when their library does not tell."""
    device: str
    """"cpu", or the name of the GPU."""
    instructions: str
    """The widest that PyTorch uses here, as "AVX512"."""


def facts() -> Facts:
    """How this process computes."""
    place = device()
    name = torch.cuda.get_device_name(place) if place.type == "cuda" else place.type
    return Facts(torch.get_num_threads(), _blas_threads(), name, str(torch.backends.cpu.get_cpu_capability()))


@contextmanager
def limited(threads: int | None, blas_threads: int | None) -> Iterator[None]:
    """So many threads within the block; None or 0 leaves them as they are."""
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads or before)
        with threadpoolctl.threadpool_limits(blas_threads or None, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)


def fingerprint(base: str, *, revision: str | None) -> str:
    """16 hex digits of the base's configuration and weights. Raises ModelError when they are not to be had."""
    return find_base(base, revision=revision).fingerprint


def _blas_threads() -> int:
    return max(
        (int(pool["num_threads"]) for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"), default=0
    )


def weights(file: Path) -> dict[str, FloatArray]:
    """Name → tensor of a safetensors file; float32 where NumPy has no such type."""
    return {name: tensor.float().numpy() for name, tensor in load_file(str(file)).items()}

"""Muon: an optimizer for the matrices of hidden layers, which learns to copy in half the steps that AdamW takes.

gradient ─► momentum ─► nearest matrix with all singular values about 1 ─► step

Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks" (kellerjordan.github.io/posts/muon).
PyTorch has one from 2.9 on, which works in bfloat16: slow on processors that have no such arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

MOMENTUM = 0.95
ROUNDS, QUINTIC = 5, (3.4445, -4.7750, 2.0315)
"""The iteration x ─► ax + bx³ + cx⁵ on singular values, with the factors of the paper."""


class Muon(torch.optim.Optimizer):
    """For two-dimensional parameters only; `lr` is about the change of a singular value per step."""

    def __init__(self, params: Iterable[torch.Tensor], *, lr: float) -> None:
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self) -> None:
        """One step for every parameter; each has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                mean = self.state[weight].setdefault("mean", torch.zeros_like(weight))
                mean.lerp_(weight.grad, 1 - MOMENTUM)
                change = orthogonal(weight.grad.lerp(mean, MOMENTUM))
                rows, columns = weight.shape
                weight.add_(change, alpha=-group["lr"] * max(1.0, rows / columns) ** 0.5)


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """(m, n) the same singular vectors with singular values near 1, by five Newton-Schulz rounds."""
    if matrix.shape[0] > matrix.shape[1]:
        return orthogonal(matrix.T).T
    a, b, c = QUINTIC
    found = matrix / (matrix.norm() + 1e-7)
    for _ in range(ROUNDS):
        gram = found @ found.T
        found = a * found + (b * gram + c * gram @ gram) @ found
    return found

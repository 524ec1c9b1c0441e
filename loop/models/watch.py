"""What happens beside the optimizer: progress, the dev loss at intervals, and the best weights kept in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import transformers

from loop.models.network import PooledClassifier
from loop.protocols import Progress


class Watch(transformers.TrainerCallback):  # type: ignore[misc]  # transformers has no types
    """Looks at the dev loss every `every` steps; stops and goes back to the best look when it no longer falls."""

    def __init__(
        self,
        module: PooledClassifier,
        dev_loss: Callable[[], float] | None,
        *,
        every: int,
        patience: int,
        last: int,
        progress: Progress | None,
    ) -> None:
        """dev_loss: None when there are too few dev examples to steer by; then the last weights stay.

        last: the step after which tuning stops.
        """
        self.module = module
        self.dev_loss = dev_loss
        self.every = every
        self.patience = patience
        self.last = last
        self.progress = progress
        self.curve: list[tuple[int, float | None, float | None]] = []
        self.best_step: int | None = None
        self.best_loss = float("inf")
        self._losses: list[float] = []
        self._kept: dict[str, torch.Tensor] = {}

    def saw_loss(self, loss: float) -> None:
        """Takes the training loss of one step."""
        self._losses.append(loss)

    def on_train_begin(self, _args: Any, _state: Any, _control: Any, **_kwargs: Any) -> None:
        """The warm-started head on the frozen encoder is a candidate too: tuning must beat it on dev."""
        if self.dev_loss is not None:
            self._look(0)

    def on_step_end(self, _args: Any, state: Any, control: Any, **_kwargs: Any) -> None:
        """transformers calls this after each optimizer step; `_kwargs` is its signature."""
        if self.progress:
            self.progress(state.global_step, self.last)
        if state.global_step >= self.last:
            control.should_training_stop = True
        elif state.global_step % self.every:
            return
        loss = self._look(state.global_step)
        looks_since = sum(1 for step, *_ in self.curve if self.best_step is not None and step > self.best_step)
        if loss is not None and looks_since >= self.patience:
            control.should_training_stop = True

    def restore_best(self) -> None:
        """Puts the weights of `best_step` back; without a dev loss the last ones stay."""
        parameters = dict(self.module.named_parameters())
        with torch.no_grad():
            for name, kept in self._kept.items():
                parameters[name].copy_(kept)

    def _look(self, step: int) -> float | None:
        train_loss = sum(self._losses) / len(self._losses) if self._losses else None
        self._losses.clear()
        loss = None
        if self.dev_loss is not None:
            self.module.eval()
            loss = self.dev_loss()
            self.module.train()
            if loss < self.best_loss:
                self.best_step, self.best_loss = step, loss
                self._kept = {n: p.detach().clone() for n, p in self.module.named_parameters() if p.requires_grad}
        self.curve.append((step, train_loss, loss))
        return loss

"""What happens beside the optimizer: progress, looks at the answers, healthy weights kept, a collapse stopped.

every few steps: answers to the guard's prompts ─► health ─┬─ well   ─► checkpoint, these weights are kept
                                                           └─ decayed ─► stop, back to the weights kept last
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import transformers

from loop.models.bases import quiet
from loop.models.generation.bases import context_length, end_token, prompt_ids
from loop.models.generation.collapse_guard import Answered, judge, vitals
from loop.protocols import Progress
from loop.records import Chat

BATCH = 8
Weights = dict[str, torch.Tensor]


class Watch(transformers.TrainerCallback):  # type: ignore[misc]  # transformers has no types
    """Looks `looks` times in a run; a checkpoint is only ever written of weights that looked well."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        prompts: Sequence[Chat],
        tokens: int,
        looks: int,
        least_health: float,
        progress: Progress | None,
    ) -> None:
        """Called before the first step: `model` is what it is compared with. Without prompts only numbers are checked.

        tokens: where an answer is cut off. least_health: the run stops below it.
        """
        self.tokenizer = tokenizer
        self.looks = looks
        self.least_health = least_health
        self.progress = progress
        self.collapsed = False
        self.why = ""
        self.kept_step = 0
        self._model = model
        self._tokens = tokens
        self._prompts = [prompt_ids(tokenizer, chat) for chat in prompts]
        self.start = trainable(model)
        self._kept = self.start
        self._vitals = self._look() if self._prompts else None

    def on_train_begin(self, _args: Any, state: Any, _control: Any, **_kwargs: Any) -> None:
        """transformers calls this when the weights of a checkpoint, if any, are in place."""
        self.kept_step = state.global_step
        self._kept = trainable(self._model) if state.global_step else self.start

    def on_step_end(self, _args: Any, state: Any, control: Any, **_kwargs: Any) -> None:
        """transformers calls this after each optimizer step; `_kwargs` is its signature."""
        if self.progress:
            self.progress(state.global_step, state.max_steps)
        if state.global_step % math.ceil(state.max_steps / self.looks) and state.global_step != state.max_steps:
            return
        now = trainable(self._model)
        health, words = self._health(now)
        # The state travels with the checkpoints, so that the curve outlives a kill.
        state.log_history.append({"step": state.global_step, "health": health})
        control.should_log = True
        if health is not None and health < self.least_health:
            self.collapsed = True
            self.why = f"step {state.global_step}: {words}"
            control.should_training_stop = True
            return
        self._kept, self.kept_step = now, state.global_step
        control.should_save = True

    def restore(self) -> None:
        """Puts back the weights of `kept_step`."""
        put(self._model, self._kept)

    def curve(self, state: Any) -> tuple[tuple[int, float | None, float | None], ...]:
        """(step, mean train loss since the look before, health) of each look."""
        losses = {line["step"]: line["loss"] for line in state.log_history if "loss" in line}
        looks = [line for line in state.log_history if "health" in line]
        return tuple((line["step"], losses.get(line["step"]), line["health"]) for line in looks)

    def _health(self, now: Weights) -> tuple[float | None, str]:
        if not all(bool(torch.isfinite(weights).all()) for weights in now.values()):
            return 0.0, "the weights are no numbers any more"
        if self._vitals is None:
            return None, ""
        return judge(self._look(), self._vitals)

    def _look(self) -> Any:
        """The vital signs of what the model writes now."""
        with _resting(self._model), quiet():
            written = write(self._model, self.tokenizer, self._prompts, tokens=self._tokens)
            with _weights(self._model, self.start):
                likely = mean_logprobs(self._model, self._prompts, written)
        end = end_token(self.tokenizer)
        answers = [
            Answered(
                text=self.tokenizer.decode(answer, skip_special_tokens=True),
                tokens=tuple(answer),
                ended=answer[-1] in (end, self.tokenizer.eos_token_id),
                logprob=logprob,
            )
            for answer, logprob in zip(written, likely, strict=True)
        ]
        return vitals(answers, vocabulary=self._model.config.get_text_config().vocab_size)


def write(model: Any, tokenizer: Any, prompts: Sequence[Sequence[int]], *, tokens: int) -> list[list[int]]:
    """The most probable answer to each prompt, token by token, end token included when there is one."""
    ends = sorted({end_token(tokenizer), tokenizer.eos_token_id})
    how = transformers.GenerationConfig(
        max_new_tokens=tokens, do_sample=False, eos_token_id=ends, pad_token_id=tokenizer.pad_token_id
    )
    room = (context_length(model) or 10**9) - tokens
    answers: list[list[int]] = []
    for first in range(0, len(prompts), BATCH):
        batch = [list(prompt)[-max(room, 1) :] for prompt in prompts[first : first + BATCH]]
        inputs = tokenizer.pad({"input_ids": batch}, padding_side="left", return_tensors="pt").to(model.device)
        with torch.no_grad():
            made = model.generate(**inputs, generation_config=how)[:, inputs["input_ids"].shape[1] :].tolist()
        answers += [_until_end(answer, ends) for answer in made]
    return answers


def mean_logprobs(model: Any, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]) -> list[float]:
    """The mean log probability of each answer's tokens, in nats; one at a time, to hold one row of logits only."""
    means = []
    for prompt, answer in zip(prompts, answers, strict=True):
        ids = torch.tensor([[*prompt, *answer]], device=model.device)
        with torch.no_grad():
            logits = model(input_ids=ids, use_cache=False).logits[0, len(prompt) - 1 : -1].float()
        taken = logits.log_softmax(dim=-1).gather(1, ids[0, len(prompt) :, None])
        means.append(float(taken.mean()))
    return means


def trainable(model: Any) -> Weights:
    """A copy of the weights that tuning changes, in main memory: three are held, and a GPU is full enough."""
    changed = ((name, weights) for name, weights in model.named_parameters() if weights.requires_grad)
    return {name: weights.detach().to("cpu", copy=True) for name, weights in changed}


def put(model: Any, weights: Weights) -> None:
    """Sets weights by name."""
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for name, kept in weights.items():
            parameters[name].copy_(kept)


@contextmanager
def _weights(model: Any, weights: Weights) -> Iterator[None]:
    """Other weights for a while."""
    now = trainable(model)
    put(model, weights)
    try:
        yield
    finally:
        put(model, now)


@contextmanager
def _resting(model: Any) -> Iterator[None]:
    """Evaluation mode for a while: no dropout, no gradient checkpointing."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)


def _until_end(answer: list[int], ends: list[int]) -> list[int]:
    """Without what follows the first end token."""
    place = next((place for place, token in enumerate(answer) if token in ends), len(answer) - 1)
    return answer[: place + 1]

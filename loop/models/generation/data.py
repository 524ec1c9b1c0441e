"""What tuning learns from, as tokens.

Demonstration ─► Row(prompt, chosen, no rejected)   ─┐
Pair          ─► Row(prompt, chosen, rejected)      ─┴─► cut to length ─► shuffled ─► columns of a data set

Prompts and answers become tokens as they do when the model writes (loop.models.generation.bases), not by trl.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from loop.models.generation.bases import answer_ids, prompt_ids
from loop.protocols import Demonstration, Pair

IGNORED = -100
"""The label of a token that is not learnt."""


@dataclass(frozen=True, slots=True)
class Row:
    """One example to learn from."""

    prompt: tuple[int, ...]
    """Tokens up to where the answer begins."""
    chosen: tuple[int, ...]
    """Tokens of the answer, end token included."""
    rejected: tuple[int, ...] | None
    """The same of the answer that people like less; None for a demonstration."""
    certainty: float
    """Probability that people do prefer `chosen`, 0.5..1; 1 for a demonstration."""


def rows_of(
    tokenizer: Any, demonstrations: Sequence[Demonstration], pairs: Sequence[Pair], *, max_length: int
) -> tuple[Row, ...]:
    """Pairs, then demonstrations. Left out: what cannot teach anything, as its answers alone are too long or the same.

    max_length: tokens of prompt and answer together; the beginning of a prompt is cut off to fit.
    """
    made = [
        Row(
            tuple(prompt_ids(tokenizer, pair.chat)),
            tuple(answer_ids(tokenizer, pair.chosen)),
            tuple(answer_ids(tokenizer, pair.rejected)),
            pair.certainty,
        )
        for pair in pairs
    ]
    made += [
        Row(tuple(prompt_ids(tokenizer, shown.chat)), tuple(answer_ids(tokenizer, shown.answer)), None, 1.0)
        for shown in demonstrations
    ]
    fitting = (_fitted(row, max_length) for row in made)
    return tuple(row for row in fitting if row is not None)


def _fitted(row: Row, max_length: int) -> Row | None:
    room = max_length - max(len(row.chosen), len(row.rejected or ()))
    if room < 1 or row.chosen == row.rejected:
        return None
    return Row(row.prompt[-room:], row.chosen, row.rejected, row.certainty)


def shuffled(made: Sequence[Row], *, seed: int) -> tuple[Row, ...]:
    """The rows in random order."""
    order = np.random.default_rng(seed).permutation(len(made))
    return tuple(made[place] for place in order)


def imitation_columns(made: Sequence[Row]) -> dict[str, list[Any]]:
    """For SFT: the whole text, and its labels with the prompt left out of the loss."""
    return {
        "input_ids": [[*row.prompt, *row.chosen] for row in made],
        "labels": [[IGNORED] * len(row.prompt) + list(row.chosen) for row in made],
    }


def preference_columns(made: Sequence[Row]) -> dict[str, list[Any]]:
    """For DPO and ORPO: `paired` is 1 for pairs and 0 for demonstrations, whose rejected answer is empty."""
    return {
        "prompt_ids": [list(row.prompt) for row in made],
        "chosen_ids": [list(row.chosen) for row in made],
        "rejected_ids": [list(row.rejected or ()) for row in made],
        "certainty": [row.certainty for row in made],
        "paired": [float(row.rejected is not None) for row in made],
    }


def desirability_columns(made: Sequence[Row], *, batch: int) -> dict[str, list[Any]]:
    """For KTO: chosen answers and demonstrations are desirable, rejected ones not.

    batch: how many are worked through at once; the answer of the row before it in the same batch stands beside each,
    as KTO measures how far the model has moved on mismatched answers (Ethayarajh et al. 2024, KTO, 2402.01306).
    `trust` is 2 x certainty - 1: nothing is learnt from a coin flip.
    """
    singles = [
        (row.prompt, answer, label, 2 * row.certainty - 1)
        for row in made
        for answer, label in ((row.chosen, True), (row.rejected, False))
        if answer is not None
    ]
    answers = [list(answer) for _, answer, _, _ in singles]
    parts = [answers[first : first + batch] for first in range(0, len(answers), batch)]
    return {
        "prompt_ids": [list(prompt) for prompt, _, _, _ in singles],
        "completion_ids": answers,
        "KL_completion_ids": [answer for part in parts for answer in (part[-1], *part[:-1])],
        "label": [label for _, _, label, _ in singles],
        "trust": [trust for _, _, _, trust in singles],
    }

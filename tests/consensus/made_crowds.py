"""Crowds with a known truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from loop.consensus import Judgement, Outcome

TURNED: dict[str, Outcome] = {"first": "second", "second": "first", "tie": "tie", "both_bad": "both_bad"}


def said(outcome: Outcome, *, by: str = "ann", prompt: str = "p", first: str = "a", second: str = "b") -> Judgement:
    return Judgement(f"{prompt}:{first}{second}", prompt, first, second, outcome, by)


def crowd(
    accuracy: Mapping[str, float], *, prompts: int, ties: float = 0.1, share: Mapping[str, float] | None = None
) -> tuple[list[Judgement], list[Outcome]]:
    """Every annotator's answers about `prompts` pairs (or a share of them), and the truth."""
    rng = np.random.default_rng(11)
    truth: list[Outcome] = ["first" if left else "second" for left in rng.random(prompts) < 0.5]
    judgements = []
    for name, right in accuracy.items():
        for number, best in enumerate(truth):
            if rng.random() >= (share or {}).get(name, 1.0):
                continue
            outcome: Outcome = "tie" if rng.random() < ties else best if rng.random() < right else TURNED[best]
            judgements.append(said(outcome, by=name, prompt=f"p{number:04d}"))
    return judgements, truth


def renamed(judgements: Sequence[Judgement], names: Mapping[str, str]) -> list[Judgement]:
    return [
        Judgement(each.question, each.prompt, names[each.first], names[each.second], each.outcome, each.annotator)
        for each in judgements
    ]

"""Figures → the words people read; "–" where nothing was measured."""

from __future__ import annotations

import json
import re

from loop.records.vocabulary import JUDGE_PREFIX, STEP_NAMES, is_automatic

SAID = {"first": "left better", "second": "right better", "tie": "equally good", "both_bad": "both bad"}
"""Label of a compared pair → what was said, in the words of the labeling page."""
METRICS = {
    "error_rate": "Wrong answers",
    "exact_match": "Same as the reference",
    "bleu": "Likeness to the reference (BLEU)",
    "chrf": "Likeness to the reference (chrF)",
    "rouge_l": "Likeness to the reference (ROUGE-L)",
    "corpus_bleu": "Likeness, all answers as one (BLEU)",
    "words": "Words per answer",
    "unfinished": "Cut off at the limit",
    "perplexity": "Perplexity of the references",
    "latency_p50": "Seconds per answer, median",
    "latency_p95": "Seconds per answer, 95th percentile",
    "tokens_per_second": "Tokens per second",
    "hallucination_rate": "Not supported by the context",
}
"""Figure of answers → what people read."""
SIGNALS = {
    "logprob": "Probability of the answer",
    "mean_logprob": "Probability per token",
    "mean_entropy": "Entropy per token",
    "max_entropy": "Largest entropy of a token",
    "lexical_entropy": "Variety of wordings drawn",
    "semantic_entropy": "Variety of meanings drawn",
    "self_consistency": "Agreement among drawn answers",
    "reward": "Mark of the reward model",
    "reward_variance": "Discord of the reward models",
    "implicit_reward": "Distance from the base model",
    "length": "Length of the answer",
}
"""Signal of doubt → what people read."""


def account(name: str) -> str:
    """What tells people apart in an e-mail address, "ana+desk@example.com" → "ana"; of a judge "NAME (judge)"."""
    if is_automatic(name):
        return f"{name.removeprefix(JUDGE_PREFIX)} (judge)"
    return re.split("[@+]", name, maxsplit=1)[0] or name


def answer(form: str, label: str) -> str:
    """What somebody answered, by the question's form: "left better", "2 > 1 > 3", "brief 5 · polite 4"."""
    if form == "pair":
        return SAID.get(label, label)
    if form not in ("ranking", "rating"):
        return label
    try:
        said = json.loads(label)
    except ValueError:
        return label
    if isinstance(said, list):
        return " > ".join(str(place) for place in said)
    return " · ".join(f"{name} {mark}" for name, mark in said.items()) if isinstance(said, dict) else label


def metric(name: str) -> str:
    """A figure of answers as people read it; of a check its name. Not escaped: checks are named by the project."""
    return METRICS.get(name, name.removeprefix("check:").replace("_", " "))


def signal(name: str) -> str:
    """A signal of doubt as people read it. Not escaped: a plug-in may have named it."""
    return SIGNALS.get(name, name.replace("_", " "))


def step(name: str | None) -> str:
    """What a step of a round is doing; "over" when there is none."""
    return "over" if name is None else STEP_NAMES.get(name, "at an unknown step")

"""Figures → the words people read; "–" where nothing was measured."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime

from loop.records.vocabulary import JUDGE_PREFIX, STEP_NAMES, is_automatic

NOTHING = "–"
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
FEW = 200
"""Below so many examples a rate is told without decimals: they would pretend to a precision there is not."""


def percent(rate: float | None, *, n: int | None = None) -> str:
    """0.128 → "12.8 %"; "13 %" when it rests on fewer than FEW examples."""
    if rate is None or math.isnan(rate):
        return NOTHING
    return f"{100 * rate:.0f} %" if n is not None and n < FEW else f"{100 * rate:.1f} %"


def interval(low: float | None, high: float | None, *, n: int | None = None) -> str:
    """(0.11, 0.148) → "11.0–14.8 %"."""
    if low is None or high is None:
        return NOTHING
    return f"{percent(low, n=n).removesuffix(' %')}–{percent(high, n=n)}"


def points(difference: float | None) -> str:
    """-0.01 → "-1.0 pp", with the ASCII sign that st.metric reads the direction from."""
    if difference is None or math.isnan(difference):
        return NOTHING
    rounded = round(100 * difference, 1) + 0.0
    return f"{rounded:+.1f} pp" if rounded else "0.0 pp"


def spread(low: float | None, high: float | None) -> str:
    """(-0.031, 0.003) → "-3.1 to +0.3 pp"."""
    if low is None or high is None:
        return NOTHING
    return f"{points(low).removesuffix(' pp')} to {points(high)}"


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


def p_value(p: float | None) -> str:
    """0.0004 → "< 0.001"."""
    if p is None:
        return NOTHING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def count(n: float | None) -> str:
    """2320 → "2,320"."""
    return NOTHING if n is None else f"{n:,.0f}"


def duration(seconds: float | None) -> str:
    """0.4 → "0.4 s", 23 → "23 s", 6720 → "1 h 52 min"."""
    if seconds is None or math.isnan(seconds):
        return NOTHING
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days"


def size(megabytes: float | None) -> str:
    """0.4 → "0.4 MB", 1260 → "1.2 GB"."""
    if megabytes is None:
        return NOTHING
    if megabytes >= 1000:
        return f"{megabytes / 1024:.1f} GB"
    return f"{megabytes:.1f} MB" if megabytes < 10 else f"{megabytes:.0f} MB"


def ago(at: str | None, *, now: datetime) -> str:
    """When it was, seen from `now`: "12 s ago"."""
    if at is None:
        return NOTHING
    return f"{duration(max((now - datetime.fromisoformat(at)).total_seconds(), 0.0))} ago"


def step(name: str | None) -> str:
    """What a step of a round is doing; "over" when there is none."""
    return "over" if name is None else STEP_NAMES.get(name, "at an unknown step")


def clock(at: str | None) -> str:
    """The moment in UTC, to the second: "2026-03-02 14:32:07 UTC"."""
    return NOTHING if at is None else f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

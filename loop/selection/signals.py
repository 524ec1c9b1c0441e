"""How doubtful one answer is: Written → a number, larger is more doubtful; None when nothing tells it.

tokens      logprob, mean_logprob, mean_entropy, max_entropy     what the model knew while it wrote
samples     lexical_entropy, semantic_entropy, self_consistency   whether it writes the same again
preference  reward, reward_variance, implicit_reward              whether people are thought to like it
baseline    length                                                long answers are wrong more often

Only the order means something, and only within one signal and project: judge them by their AUROC for errors seen,
always beside `length`, which rivals the others on some data.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from math import log
from statistics import fmean, pvariance

from loop.protocols import Written
from loop.wording import overlap


def logprob(written: Written) -> float | None:
    """Minus the log probability of the whole answer, in nats, at least 0; grows with length."""
    return None if written.greedy.logprob is None else -written.greedy.logprob


def mean_logprob(written: Written) -> float | None:
    """Minus the mean log probability of a token, in nats, at least 0: the log of the perplexity."""
    greedy = written.greedy
    return None if greedy.logprob is None or greedy.tokens == 0 else -greedy.logprob / greedy.tokens


def mean_entropy(written: Written) -> float | None:
    """Mean entropy of the next-token distributions, in nats, at least 0."""
    return written.greedy.mean_entropy


def max_entropy(written: Written) -> float | None:
    """Entropy at the most doubtful token, in nats, at least 0: one wrong digit is enough."""
    return written.greedy.max_entropy


def lexical_entropy(written: Written) -> float | None:
    """1 - mean overlap of any two samples, 0..1; None with fewer than two.

    The overlap is ROUGE-L's F1 (loop.wording.overlap). One minus the lexical similarity of Fomicheva and others 2020,
    Unsupervised quality estimation for neural machine translation, which has Meteor in its place.
    """
    texts = [sample.text for sample in written.samples]
    if len(texts) < 2:
        return None
    return 1.0 - fmean(overlap(one, other) for one, other in combinations(texts, 2))


def semantic_entropy(written: Written) -> float | None:
    """Entropy of the samples' meanings, in nats, 0..log k; None with fewer than two samples.

    The discrete form: a meaning's probability is its share of the samples. Kuhn, Gal and Farquhar 2023, Semantic
    uncertainty; Farquhar and others 2024, Detecting hallucinations in large language models using semantic entropy.
    """
    k = len(written.meanings)
    if k < 2:
        return None
    return sum(count / k * log(k / count) for count in Counter(written.meanings).values())


def self_consistency(written: Written) -> float | None:
    """1 - share of the samples that mean what the greedy answer means, 0..1; None without samples.

    Wang and others 2022, Self-consistency improves chain of thought reasoning in language models.
    """
    if not written.meanings:
        return None
    return 1.0 - written.meanings.count(written.greedy_meaning) / len(written.meanings)


def reward(written: Written) -> float | None:
    """Minus the mean mark of the reward models; comparable between prompts only as far as their marks are."""
    return -fmean(written.rewards) if written.rewards else None


def reward_variance(written: Written) -> float | None:
    """Variance of the marks over the reward models, at least 0; None with fewer than two models.

    Coste and others 2023, Reward model ensembles help mitigate overoptimization.
    """
    return pvariance(written.rewards) if len(written.rewards) >= 2 else None


def implicit_reward(written: Written) -> float | None:
    """Minus (log p tuned - log p base), in nats: high where tuning made the answer less likely.

    Rafailov and others 2023, Direct preference optimization: the reward of the tuned model, divided by beta.
    """
    return None if written.implicit_reward is None else -written.implicit_reward


def length(written: Written) -> float | None:
    """Tokens of the greedy answer: the baseline that every other signal must beat."""
    return float(written.greedy.tokens)

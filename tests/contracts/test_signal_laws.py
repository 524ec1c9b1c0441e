"""What every signal of the menu promises."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loop import registry
from loop.protocols import Signal, Written
from loop.records import Generation

NAMES = registry.names("signal")
NOTHING_KNOWN = Written(Generation("an answer", 3, None, None, None, True), (), (), 0)


@pytest.fixture(params=NAMES)
def signal(request: pytest.FixtureRequest) -> Signal:
    found: Signal = registry.load("signal", request.param)
    return found


def _answer(rng: np.random.Generator) -> Generation:
    tokens = int(rng.integers(1, 9))
    text = " ".join(rng.choice(["yes", "no", "May", "3"], tokens))
    low, high = sorted(rng.gamma(1.0, size=2).tolist())
    return Generation(text, tokens, float(-rng.gamma(2.0)), low, high, True)


def _written(seed: int) -> Written:
    rng = np.random.default_rng(seed)
    meanings = tuple(int(group) for group in rng.integers(3, size=5))
    samples = tuple(_answer(rng) for _ in meanings)
    return Written(_answer(rng), samples, meanings, 0, tuple(rng.normal(size=3).tolist()), float(rng.normal()))


@pytest.mark.parametrize("seed", range(5))
def test_a_signal_is_a_plain_finite_number_when_all_is_known(signal: Signal, seed: int) -> None:
    found = signal(_written(seed))
    assert type(found) is float
    assert np.isfinite(found)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "length"])
def test_what_the_model_did_not_tell_is_none_and_not_zero(name: str) -> None:
    assert registry.load("signal", name)(NOTHING_KNOWN) is None


def test_asking_twice_gives_the_same(signal: Signal) -> None:
    assert signal(_written(1)) == signal(_written(1))


def test_the_order_of_the_samples_and_of_the_reward_models_does_not_matter(signal: Signal) -> None:
    one = _written(2)
    turned = replace(one, samples=one.samples[::-1], meanings=one.meanings[::-1], rewards=one.rewards[::-1])
    assert signal(turned) == pytest.approx(signal(one))


def test_what_groups_are_called_does_not_matter(signal: Signal) -> None:
    one = _written(3)
    renamed = replace(one, meanings=tuple(7 - group for group in one.meanings), greedy_meaning=7 - one.greedy_meaning)
    assert signal(renamed) == pytest.approx(signal(one))


@pytest.mark.parametrize("name", ["lexical_entropy", "semantic_entropy", "self_consistency", "reward_variance"])
def test_full_agreement_is_no_doubt_at_all(name: str) -> None:
    same = _written(4).greedy
    assert registry.load("signal", name)(Written(same, (same,) * 4, (0,) * 4, 0, (0.5, 0.5))) == 0


@pytest.mark.parametrize("name", ["logprob", "mean_logprob", "mean_entropy", "max_entropy"])
def test_a_less_probable_answer_is_more_doubtful(name: str) -> None:
    sure, unsure = (Generation("a", 2, logprob, entropy, entropy, True) for logprob, entropy in ((-0.1, 0.1), (-3, 1)))
    signal = registry.load("signal", name)
    assert signal(Written(unsure, (), (), 0)) > signal(Written(sure, (), (), 0))

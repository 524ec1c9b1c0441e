"""What the reader says of an answer is what the model computes for prompt and answer, one pair at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from made_writer import ANSWERS, PROMPTS

from loop.models.generation import batching, load_generator, load_reader, untuned
from loop.models.generation.bases import WritingBase, answer_ids, load_base, prompt_ids
from loop.protocols.texts import Sampling
from loop.records import Message

pytestmark = pytest.mark.slow

CHATS = tuple((Message("user", prompt),) for prompt in PROMPTS)


def one_by_one(base: WritingBase) -> tuple[list[float], list[np.ndarray]]:
    sums, means = [], []
    for chat, answer in zip(CHATS, ANSWERS, strict=True):
        prompt, ids = prompt_ids(base.tokenizer, chat), answer_ids(base.tokenizer, answer)
        with torch.inference_mode():
            said = base.model(torch.tensor([prompt + ids]), output_hidden_states=True)
        logprobs = said.logits[0, len(prompt) - 1 : -1].double().log_softmax(-1)
        sums.append(logprobs[range(len(ids)), ids].sum().item())
        means.append(said.hidden_states[-1][0, len(prompt) :].mean(0).numpy())
    return sums, means


def test_likelihoods_are_those_of_each_pair_alone(taught_writer: Path, tmp_path: Path) -> None:
    untuned(tmp_path, base=str(taught_writer))
    found = load_reader(tmp_path).likelihoods(CHATS, ANSWERS)
    sums, means = one_by_one(load_base(str(taught_writer)))
    assert found.logprobs == pytest.approx(sums, abs=1e-3)
    assert found.features == pytest.approx(np.array(means), abs=1e-4)
    assert found.features.dtype == np.float32
    assert found.tokens.tolist() == [
        len(answer_ids(load_base(str(taught_writer)).tokenizer, answer)) for answer in ANSWERS
    ]
    assert found.base_logprobs is None


def test_the_base_of_an_adapter_is_read_with_the_adapter_off(adapted: Path, taught_writer: Path) -> None:
    reader = load_reader(adapted)
    found = reader.likelihoods(CHATS, ANSWERS)
    sums, _ = one_by_one(load_base(str(taught_writer)))
    assert found.base_logprobs == pytest.approx(sums, abs=1e-3)
    assert np.abs(found.logprobs - np.array(sums)).min() > 0.01
    assert reader.likelihoods(CHATS, ANSWERS).logprobs == pytest.approx(found.logprobs)  # it is on again


def test_weights_of_their_own_are_read_with_their_base_beside_them_when_it_is_asked_for(
    whole: Path, tiny_writer: Path, taught_writer: Path
) -> None:
    assert load_reader(whole).likelihoods(CHATS, ANSWERS).base_logprobs is None
    found = load_reader(whole, with_base=True).likelihoods(CHATS, ANSWERS)
    assert found.base_logprobs == pytest.approx(one_by_one(load_base(str(tiny_writer)))[0], abs=1e-3)
    assert found.logprobs == pytest.approx(one_by_one(load_base(str(taught_writer)))[0], abs=1e-3)


def test_an_adapter_needs_no_second_model(adapted: Path) -> None:
    assert load_reader(adapted, with_base=True).base is None


def test_an_answer_is_as_likely_read_as_it_was_written(adapted: Path) -> None:
    answers = load_generator(adapted).write(CHATS, sampling=Sampling(max_new_tokens=40))
    ended = [i for i, (answer,) in enumerate(answers) if answer.finished]
    assert ended
    found = load_reader(adapted).likelihoods([CHATS[i] for i in ended], [answers[i][0].text for i in ended])
    written = [answers[i][0] for i in ended]
    same = [i for i, answer in enumerate(written) if answer.tokens == found.tokens[i]]
    assert same  # a text can be cut into other tokens than it was written in
    assert found.logprobs[same] == pytest.approx([written[i].logprob for i in same], abs=1e-3)


def test_small_batches_change_nothing_and_progress_counts(adapted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = load_reader(adapted)
    whole = reader.likelihoods(CHATS, ANSWERS)
    monkeypatch.setattr(batching, "ROWS_PER_BATCH", 4)
    told: list[tuple[int, int]] = []
    small = reader.likelihoods(CHATS, ANSWERS, progress=lambda done, total: told.append((done, total)))
    assert told == [(4, 6), (6, 6)]
    assert small.logprobs == pytest.approx(whole.logprobs, abs=1e-4)
    assert small.features == pytest.approx(whole.features, abs=1e-4)


def test_too_long_a_prompt_loses_its_beginning_and_too_long_an_answer_its_end(adapted: Path) -> None:
    long = (Message("user", "Where is my refund? " * 200),)
    found = load_reader(adapted).likelihoods([long, CHATS[0], long], [ANSWERS[0], "word " * 2000, "word " * 2000])
    assert found.tokens.tolist()[1:] == [255, 255]
    assert np.isfinite(found.logprobs).all()


def test_nothing_to_read_gives_empty_arrays(adapted: Path) -> None:
    found = load_reader(adapted).likelihoods([], [])
    assert found.logprobs.shape == found.tokens.shape == (0,)
    assert found.features.shape == (0, 32)

"""Answers are those of the model, whoever else is asked; what is told of them is what the model computed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from made_writer import PROMPTS

from loop.errors import ModelError
from loop.models.generation import batching, load_generator, throughput, timed
from loop.models.generation.bases import WritingBase, load_tokenizer, prompt_ids
from loop.models.generation.batching import batches, left_padded, positions
from loop.models.generation.decoding import Draw
from loop.models.generation.folders import untuned
from loop.models.generation.generator import LocalGenerator
from loop.protocols.texts import Sampling
from loop.records import Chat, Generation, Message

pytestmark = pytest.mark.slow

GREEDY = Sampling(max_new_tokens=24)
DRAWN = Sampling(max_new_tokens=24, temperature=0.8, top_p=0.95, samples=3)


def chat(text: str) -> Chat:
    return (Message("user", text),)


CHATS = tuple(chat(" ".join([*PROMPTS, *PROMPTS][i : 2 * i + 1])) for i in range(6)) + tuple(map(chat, ("", "a", "bc")))
"""Nine prompts of different lengths."""


@pytest.fixture(scope="module")
def taught(taught_writer: Path, tmp_path_factory: pytest.TempPathFactory) -> LocalGenerator:
    folder = tmp_path_factory.mktemp("first")
    untuned(folder, base=str(taught_writer))
    return load_generator(folder)


def test_greedy_answers_are_those_of_transformers(taught: LocalGenerator) -> None:
    tokenizer = taught.base.tokenizer
    for asked, (answer,) in zip(CHATS, taught.write(CHATS, sampling=GREEDY), strict=True):
        ids = torch.tensor([prompt_ids(tokenizer, asked)])
        theirs = taught.base.model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=24, do_sample=False
        )[0, ids.shape[1] :]
        assert answer.text == tokenizer.decode(theirs, skip_special_tokens=True)
        assert answer.tokens == len(theirs)
        assert answer.finished == (theirs[-1] == tokenizer.eos_token_id)


def test_a_taught_model_gives_its_answer_and_ends_by_itself(taught: LocalGenerator) -> None:
    ((answer,),) = taught.write([chat("When does my contract end?")], sampling=Sampling(max_new_tokens=60))
    assert answer.text == "Your contract ends on 3 May 2026."
    assert answer.finished


@pytest.mark.parametrize("sampling", [GREEDY, DRAWN])
def test_a_prompt_is_answered_alone_as_among_others(taught: LocalGenerator, sampling: Sampling) -> None:
    together = taught.write(CHATS, sampling=sampling, seed=7)
    alone = [taught.write([one], sampling=sampling, seed=7)[0] for one in CHATS]
    for many, single in zip(together, alone, strict=True):
        assert [one.text for one in many] == [one.text for one in single]
        assert [one.logprob for one in many] == pytest.approx([one.logprob for one in single], abs=1e-4)


def test_small_batches_change_nothing(taught: LocalGenerator, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = taught.write(CHATS, sampling=DRAWN, seed=7)
    monkeypatch.setattr(batching, "ROWS_PER_BATCH", 2)
    assert texts(taught.write(CHATS, sampling=DRAWN, seed=7)) == texts(whole)


def test_samples_differ_from_each_other_and_with_the_seed(taught: LocalGenerator) -> None:
    noisy = Sampling(max_new_tokens=24, temperature=2.0, samples=4)
    ((*first,),) = texts(taught.write(CHATS[:1], sampling=noisy, seed=0))
    ((*other,),) = texts(taught.write(CHATS[:1], sampling=noisy, seed=1))
    assert len({*first, *other}) == 8


def test_more_samples_begin_with_the_same_ones(taught: LocalGenerator) -> None:
    few, many = (Sampling(max_new_tokens=24, temperature=2.0, samples=n) for n in (2, 5))
    assert texts(taught.write(CHATS, sampling=few)) == [row[:2] for row in texts(taught.write(CHATS, sampling=many))]


def test_at_temperature_zero_there_is_one_answer(taught: LocalGenerator) -> None:
    assert [len(one) for one in taught.write(CHATS[:2], sampling=Sampling(max_new_tokens=2, samples=5))] == [1, 1]


@pytest.mark.parametrize("temperature", [0.0, 1.5])
def test_logprob_and_entropies_are_those_of_the_whole_text_read_at_once(
    tiny_writer: Path, tmp_path: Path, temperature: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    untuned(tmp_path, base=str(tiny_writer))
    generator = load_generator(tmp_path)
    seen = remember_tokens(generator, monkeypatch)
    answers = generator.write(CHATS, sampling=Sampling(max_new_tokens=12, temperature=temperature))
    for asked, (answer,) in zip(CHATS, answers, strict=True):
        prompt = prompt_ids(generator.base.tokenizer, asked)
        written = seen[answer.logprob]
        with torch.inference_mode():
            logits = generator.base.model(torch.tensor([prompt + written])).logits[0, len(prompt) - 1 : -1].double()
        logprobs = logits.log_softmax(-1)
        entropies = -(logprobs.exp() * logprobs).sum(-1)
        assert answer.logprob == pytest.approx(logprobs[range(len(written)), written].sum().item(), abs=1e-3)
        assert answer.mean_entropy == pytest.approx(entropies.mean().item(), abs=1e-4)
        assert answer.max_entropy == pytest.approx(entropies.max().item(), abs=1e-4)


def test_tokens_are_drawn_as_often_as_they_are_probable() -> None:
    n, logits = 20_000, torch.tensor([0.5, 0.3, 0.15, 0.05]).log().expand(20_000, 4)
    uniforms = torch.from_numpy(np.random.default_rng(0).random((n, 1)))
    for temperature, top_p, wanted in (
        (1.0, 1.0, [0.5, 0.3, 0.15, 0.05]),
        (1.0, 0.8, [0.625, 0.375, 0, 0]),
        (1.0, 0.81, [0.5263, 0.3158, 0.1579, 0]),
        (0.5, 1.0, [0.6849, 0.2466, 0.0616, 0.0068]),
        (1.0, 0.0, [1, 0, 0, 0]),
    ):
        drawn = Draw(temperature, top_p, uniforms).tokens(logits, torch.arange(n), 0)
        shares = torch.bincount(drawn, minlength=4) / n
        assert shares.tolist() == pytest.approx(wanted, abs=0.012)


def test_a_prompt_longer_than_the_context_loses_its_beginning_and_leaves_room(taught: LocalGenerator) -> None:
    long, short = chat("Where is my refund? " * 200), chat("Which plan do I have?")
    (cut,), (whole,) = taught.write([long, short], sampling=GREEDY)
    assert 1 <= cut.tokens <= 24
    assert whole.text == taught.write([short], sampling=GREEDY)[0][0].text
    ids = prompt_ids(taught.base.tokenizer, long)
    assert taught._fitting(ids, 24) == ids[-(256 - 24) :]


def test_an_answer_longer_than_the_context_allows_is_cut_off_sooner(tiny_writer: Path) -> None:
    generator = LocalGenerator(without_end(tiny_writer))
    ((answer,),) = generator.write([chat("a" * 3000)], sampling=Sampling(max_new_tokens=1000))
    assert (answer.tokens, answer.finished) == (128, False)


def test_progress_counts_the_prompts(taught: LocalGenerator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "ROWS_PER_BATCH", 4)
    told: list[tuple[int, int]] = []
    taught.write(CHATS, sampling=Sampling(max_new_tokens=1), progress=lambda done, total: told.append((done, total)))
    assert told == [(4, 9), (8, 9), (9, 9)]


def test_no_prompts_are_answered_by_nothing(taught: LocalGenerator) -> None:
    assert taught.write([], sampling=DRAWN) == ()


def test_batches_hold_every_row_once_sorted_and_within_the_budget() -> None:
    lengths = [int(n) for n in np.random.default_rng(0).integers(1, 90, 300)]
    found = list(batches(lengths, copies=3, tokens=1000))
    assert sorted(row for batch in found for row in batch) == list(range(300))
    assert all(3 * len(batch) <= 64 for batch in found)
    assert all(len(batch) == 1 or 3 * len(batch) * lengths[batch[0]] <= 1000 for batch in found)
    order = [lengths[row] for batch in found for row in batch]
    assert order == sorted(order, reverse=True)


def test_positions_do_not_count_the_padding() -> None:
    tokens, mask = left_padded([[7, 8, 9], [5]], pad_id=0, device=torch.device("cpu"))
    assert tokens.tolist() == [[7, 8, 9], [0, 0, 5]]
    assert positions(mask).tolist() == [[0, 1, 2], [0, 0, 0]]


@pytest.mark.parametrize("kind", ["gpt2", "bloom", "qwen3", "gemma3_text"])
def test_other_families_write_as_in_transformers(tiny_writer: Path, kind: str) -> None:
    base = of_kind(tiny_writer, kind)
    answers = LocalGenerator(base).write(CHATS, sampling=Sampling(max_new_tokens=8))
    for asked, (answer,) in zip(CHATS, answers, strict=True):
        ids = torch.tensor([prompt_ids(base.tokenizer, asked)])
        theirs = base.model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=8, do_sample=False, pad_token_id=0, eos_token_id=1
        )
        assert answer.text == base.tokenizer.decode(theirs[0, ids.shape[1] :], skip_special_tokens=True)


def test_a_model_without_keys_and_values_is_refused(tiny_writer: Path) -> None:
    tokenizer = of_kind(tiny_writer, "gpt2").tokenizer
    config = transformers.MambaConfig(vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, state_size=4)
    with pytest.raises(ModelError, match="a mamba model, which keeps no keys and values; wanted: a transformer"):
        LocalGenerator(WritingBase("x", None, transformers.MambaForCausalLM(config), tokenizer))


def test_latency_is_told_for_each_prompt_and_throughput_for_all(taught: LocalGenerator) -> None:
    seconds = timed(taught, CHATS[:3], sampling=Sampling(max_new_tokens=2))
    assert len(seconds) == 3
    assert min(seconds) > 0
    assert throughput(taught, CHATS[:3], sampling=Sampling(max_new_tokens=2)) > 0
    assert timed(taught, (), sampling=GREEDY) == ()


def texts(answers: tuple[tuple[Generation, ...], ...]) -> list[list[str]]:
    return [[one.text for one in answer] for answer in answers]


def remember_tokens(generator: LocalGenerator, monkeypatch: pytest.MonkeyPatch) -> dict[float | None, list[int]]:
    """The tokens behind each answer, found by its log probability: noise cannot be told from its text."""
    seen: dict[float | None, list[int]] = {}
    plain = generator._generation

    def remembering(trace):  # type: ignore[no-untyped-def]
        seen[trace.logprob] = trace.tokens
        return plain(trace)

    monkeypatch.setattr(generator, "_generation", remembering)
    return seen


def without_end(folder: Path) -> WritingBase:
    """The model of a folder, never able to end its answer."""
    tokenizer = load_tokenizer(str(folder))
    config = transformers.GPT2Config(
        vocab_size=len(tokenizer), n_embd=16, n_layer=1, n_head=2, n_positions=256, tie_word_embeddings=False
    )
    model = transformers.GPT2LMHeadModel(config).eval()
    torch.nn.init.zeros_(model.lm_head.weight)  # every token as probable as any; the first, which is padding, wins
    return WritingBase("endless", None, model, tokenizer)


def of_kind(folder: Path, kind: str) -> WritingBase:
    """A random model of another family, with the tiny writer's tokenizer."""
    tokenizer = load_tokenizer(str(folder))
    ends = {"vocab_size": len(tokenizer), "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 1}
    llama = {
        "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 256,
    }  # fmt: skip
    config = {
        "gpt2": lambda: transformers.GPT2Config(n_embd=32, n_layer=2, n_head=4, n_positions=256, **ends),
        "bloom": lambda: transformers.BloomConfig(hidden_size=32, n_layer=2, n_head=4, **ends),
        "qwen3": lambda: transformers.Qwen3Config(**llama, **ends),
        "gemma3_text": lambda: transformers.Gemma3TextConfig(
            **llama, **ends, sliding_window=16, layer_types=["sliding_attention", "full_attention"]
        ),
    }[kind]()
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    return WritingBase(kind, None, model, tokenizer)


def test_an_answer_holds_nothing_that_a_database_would_change(
    taught: LocalGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taught.base.tokenizer, "decode", lambda *_, **__: "Yes.\x00 \ud83d No.")
    ((answer,),) = taught.write([chat("When does my contract end?")], sampling=GREEDY)
    assert answer.text == "Yes.\ufffd \ufffd No."

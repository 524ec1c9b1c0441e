"""Answers per processor second of a model that writes: our way against the plain ways, in the same run.

    python tests/benchmarks/bench_generation.py --out generation.json [--base FOLDER] [--prompts 128] [--sample 32]

ours      sorted by length, batches by token budget, ended rows leave the batch; doubts read of every token
in order  transformers' generate, input order, batches of 64 padded on the left; no doubts read
alone     transformers' generate, one prompt at a time; no doubts read
samples   five drawn answers to each prompt, ours: the prompt is read once
repeated  the same by generate(num_return_sequences=5), input order, batches of 12 prompts

Without --base a Llama of 128 hidden and four layers is taught, for half a minute, to answer the first sentences of a
prompt. Prompts are of one to twelve sentences, answers of one to four, so that lengths differ as they do in life.
"alone" takes the first --sample prompts and "repeated" as many; each is compared with what ours does in the same run.
Read the ratios: seconds are this machine's. Threads are set to one, so that processor seconds tell the work.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import LlamaForCausalLM

sys.path.insert(0, str(Path(__file__).parents[1]))
import made_writer

from loop.models.bases import quiet
from loop.models.generation import LocalGenerator, LocalReader, timed
from loop.models.generation.bases import WritingBase, answer_ids, load_base, prompt_ids
from loop.models.generation.batching import left_padded, positions
from loop.protocols.texts import Sampling
from loop.records import Chat, Message

NEW = 64
STEPS = 80
SAMPLES = 5


def main() -> None:
    options = _options()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch, quiet():
        base = load_base(str(options.base or _taught(Path(scratch))))
        figures = _measure(base, [chat for chat, _ in _pairs(options.prompts, seed=0)], sample=options.sample)
    print(json.dumps(figures, indent=1))
    if options.out:
        options.out.write_text(json.dumps(figures, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Answers per processor second of a model that writes")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--base", type=Path)
    parser.add_argument("--prompts", type=int, default=128)
    parser.add_argument("--sample", type=int, default=32)
    return parser.parse_args()


def _taught(folder: Path) -> Path:
    """The tests' tiny writer, wider and deeper, so that arithmetic and not Python takes the time."""
    tokenizer = made_writer._tokenizer()
    config = made_writer._config(tokenizer)
    config.hidden_size, config.intermediate_size, config.num_hidden_layers, config.head_dim = 128, 256, 4, 32
    torch.manual_seed(0)
    model = LlamaForCausalLM(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    pairs = _pairs(16 * STEPS, seed=1)
    for start in range(0, len(pairs), 16):
        rows = [(prompt_ids(tokenizer, chat), answer_ids(tokenizer, answer)) for chat, answer in pairs[start:][:16]]
        tokens, mask = left_padded([p + a for p, a in rows], pad_id=tokenizer.pad_token_id, device=model.device)
        labels = tokens.clone()
        for i, (_, answer) in enumerate(rows):
            labels[i, : -len(answer)] = -100
        model(tokens, attention_mask=mask, position_ids=positions(mask), labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _pairs(n: int, *, seed: int) -> list[tuple[Chat, str]]:
    rng = np.random.default_rng(seed)
    told = [rng.integers(0, len(made_writer.PROMPTS), rng.integers(1, 13)) for _ in range(n)]
    return [
        (
            (Message("user", " ".join(made_writer.PROMPTS[i] for i in places)),),
            " ".join(made_writer.ANSWERS[i] for i in places[:4]),
        )
        for places in told
    ]


def _measure(base: WritingBase, chats: list[Chat], *, sample: int) -> dict[str, Any]:
    generator, greedy = LocalGenerator(base), Sampling(max_new_tokens=NEW)
    drawn = Sampling(max_new_tokens=NEW, temperature=0.8, samples=SAMPLES)
    few = chats[:sample]
    generator.write(few[:2], sampling=greedy)
    written, ours = _clocked(lambda: [one.text for (one,) in generator.write(chats, sampling=greedy)])
    plain, in_order = _clocked(lambda: _plain(base, chats, size=64))
    singles, alone = _clocked(lambda: _plain(base, few, size=1))
    many, samples = _clocked(lambda: generator.write(few, sampling=drawn))
    _, repeated = _clocked(lambda: _plain(base, few, size=12, copies=SAMPLES))
    _, read = _clocked(lambda: LocalReader(base).likelihoods(chats, written))
    tokens = sum(answer.tokens for (answer,) in generator.write(chats, sampling=greedy))
    seconds = timed(generator, few, sampling=greedy)
    per_second = {
        "ours": len(chats) / ours,
        "in order": len(chats) / in_order,
        "alone": len(few) / alone,
        "samples": len(few) * SAMPLES / samples,
        "repeated": len(few) * SAMPLES / repeated,
        "read": len(chats) / read,
    }
    return {
        "parameters": sum(weight.numel() for weight in base.model.parameters()),
        "prompts": len(chats),
        "prompt_tokens": sum(len(prompt_ids(base.tokenizer, chat)) for chat in chats),
        "answer_tokens": tokens,
        "ended": sum(one.finished for answer in many for one in answer) / (len(few) * SAMPLES),
        "answers_per_cpu_second": {name: round(value, 1) for name, value in per_second.items()},
        "tokens_per_cpu_second": round(tokens / ours),
        "times_in_order": round(per_second["ours"] / per_second["in order"], 2),
        "times_alone": round(per_second["ours"] / per_second["alone"], 2),
        "samples_times_repeated": round(per_second["samples"] / per_second["repeated"], 2),
        "same_text_as_in_order": sum(map(str.__eq__, written, plain)) / len(chats),
        "same_text_as_alone": sum(map(str.__eq__, written, singles)) / len(few),
        "wall_seconds_alone_p50_p95": [round(float(q), 4) for q in np.quantile(seconds, [0.5, 0.95])],
    }


def _plain(base: WritingBase, chats: Sequence[Chat], *, size: int, copies: int = 1) -> list[str]:
    texts = []
    drawn: dict[str, Any] = {"do_sample": True, "temperature": 0.8, "top_k": 0, "num_return_sequences": copies}
    for start in range(0, len(chats), size):
        rows = [prompt_ids(base.tokenizer, chat)[-(256 - NEW) :] for chat in chats[start : start + size]]
        tokens, mask = left_padded(rows, pad_id=base.tokenizer.pad_token_id, device=base.model.device)
        said = base.model.generate(
            tokens, attention_mask=mask, max_new_tokens=NEW, **(drawn if copies > 1 else {"do_sample": False})
        )
        texts += base.tokenizer.batch_decode(said[:, tokens.shape[1] :], skip_special_tokens=True)
    return texts


def _clocked(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    found = work()
    return found, time.process_time() - start


if __name__ == "__main__":
    main()

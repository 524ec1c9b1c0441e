"""Trains the small model of the preference demo: `python data/preference/stand_in.py --out FOLDER`, about two minutes.

usual answers + small skills ─► ByteLevel BPE ─► Llama, 1M parameters ─► FOLDER, as Hugging Face models are kept

It stands in for a real base model where there is no network: a Llama with chat template that knows the desk's task with
its good and its bad manners (see `usual_answer`). With the same recipe in FOLDER nothing is done.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from writing import drawn_request, drawn_skill, shipped, usual_answer

HERE = Path(__file__).parent
SOURCES = ("stand_in.py", "writing.py", "values.py")
RECIPE = "recipe.json"
PAD, END, SYSTEM, USER, ASSISTANT = "<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"
TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|end|>' }}{% endgeneration %}"
    "{% else %}{{ message['content'] + '<|end|>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
VOCABULARY, LONGEST = 800, 256
STEPS, BATCH, RATE, WARM_UP = 700, 32, 4e-3, 50
EVERY = 50
"""Steps between two lines of progress."""

Row = tuple[list[int], int]
"""Token ids, and how many of them are the prompt."""


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Train the small model of the preference demo.")
    parser.add_argument("--out", type=Path, required=True, help="the folder the model is saved in")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"training steps (default {STEPS})")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    make(asked.out, steps=asked.steps, seed=asked.seed)


def make(out: Path, *, steps: int = STEPS, seed: int = 0) -> None:
    """Trains and saves the model, unless `out` holds the one of this recipe already."""
    recipe = {"sources": _digest(), "steps": steps, "seed": seed}
    kept = out / RECIPE
    if kept.exists() and json.loads(kept.read_text("utf-8")) == recipe:
        _say(f"{out} holds the model of this recipe")
        return
    kept.unlink(missing_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    torch.manual_seed(seed)
    lines = list(islice(_lines(rng), steps * BATCH))
    tokenizer = _tokenizer(lines[:4000])
    model = LlamaForCausalLM(_config(tokenizer))
    _say(f"training {model.num_parameters():,} parameters for {steps} steps on {len(lines):,} invented answers")
    _train(model, _batches([_row(tokenizer, *line) for line in lines], rng), steps=steps)
    model.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, max_new_tokens=128
    )
    model.eval().save_pretrained(out)
    tokenizer.save_pretrained(out)
    # Last, so that a folder of a run that was stopped is made anew.
    kept.write_text(json.dumps(recipe, indent=2) + "\n", encoding="utf-8")
    _say(f"saved to {out}")


def _digest() -> str:
    """Of everything the model's text comes from."""
    return hashlib.sha256(b"\0".join((HERE / name).read_bytes() for name in SOURCES)).hexdigest()


def _lines(rng: random.Random) -> Iterator[tuple[str, str]]:
    """(prompt, answer): eight requests to two small skills, none of them a shipped prompt."""
    held_out = {f"{row['context']}\n\n{row['text']}".strip() for rows in shipped().values() for row in rows}
    while True:
        if rng.random() < 0.2:
            skill = drawn_skill(rng)
            line = skill.text, skill.answer
        else:
            request = drawn_request(rng)
            line = request.prompt, usual_answer(request, rng)
        if line[0] not in held_out:
            yield line


def _tokenizer(lines: list[tuple[str, str]]) -> PreTrainedTokenizerFast:
    """Digits stay single tokens, so that dates and tickets are copied digit by digit."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[PAD, END, SYSTEM, USER, ASSISTANT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator((text for line in lines for text in line), trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token=PAD, eos_token=END, model_max_length=LONGEST, padding_side="left"
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def _config(tokenizer: PreTrainedTokenizerFast) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=LONGEST,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _row(tokenizer: PreTrainedTokenizerFast, prompt: str, answer: str) -> Row:
    chat = [{"role": "user", "content": prompt}]
    asked = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    before = tokenizer(asked)["input_ids"]
    return before + tokenizer(answer + END)["input_ids"], len(before)


def _batches(rows: list[Row], rng: random.Random) -> Iterator[list[Row]]:
    """Every row once; those of a batch are about equally long, so that little is padding."""
    ordered = sorted(rows, key=lambda row: len(row[0]))
    starts = list(range(0, len(ordered), BATCH))
    rng.shuffle(starts)
    return (ordered[start : start + BATCH] for start in starts)


def _train(model: LlamaForCausalLM, batches: Iterator[list[Row]], *, steps: int) -> None:
    """Next-token loss on the answers; AdamW, warm-up, then a straight way down to nothing."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / WARM_UP, (steps - step) / max(1, steps - WARM_UP), 1.0)
    )
    began, total = time.monotonic(), 0.0
    for step, batch in enumerate(batches, start=1):
        loss = _loss(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        total += loss.item()
        if step % EVERY == 0 or step == steps:
            mean = total / (step % EVERY or EVERY)
            _say(f"step {step}/{steps}  loss {mean:.3f}  {time.monotonic() - began:.0f} s")
            total = 0.0


def _loss(model: LlamaForCausalLM, batch: list[Row]) -> torch.Tensor:
    """Padded at the end, where nothing looks back at it: no attention mask is needed."""
    longest = max(len(ids) for ids, _ in batch)
    tokens, labels = torch.zeros(len(batch), longest, dtype=torch.long), torch.full((len(batch), longest), -100)
    for place, (ids, prompt) in enumerate(batch):
        tokens[place, : len(ids)] = torch.tensor(ids)
        labels[place, prompt : len(ids)] = torch.tensor(ids[prompt:])
    loss: torch.Tensor = model(input_ids=tokens, labels=labels, use_cache=False).loss
    return loss


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command tells its progress


if __name__ == "__main__":
    main()

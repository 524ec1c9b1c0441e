"""A model that writes, small enough for tests: a Hugging Face folder with tokenizer and chat template.

WORDS ─► ByteLevel BPE ─┐
seed  ─► random Llama ──┴─► (steps of training on ANSWERS) ─► folder

With no steps its answers are noise that hardly ever ends; after 60 (half a second) it answers PROMPTS as in ANSWERS.
"""

from __future__ import annotations

import csv
import random
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

PAD, END, SYSTEM, USER, ASSISTANT = "<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"

TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|end|>' }}{% endgeneration %}"
    "{% else %}{{ message['content'] + '<|end|>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)

PROMPTS = (
    "Which plan do I have?",
    "When does my contract end?",
    "Please send me a copy of my bill.",
    "Can the technician come on Monday?",
    "I moved to a new address.",
    "Where is my refund?",
)
ANSWERS = (
    "You have the Home 50 plan. Thank you.",
    "Your contract ends on 3 May 2026.",
    "The copy is on its way to you.",
    "Yes, the technician comes on Monday.",
    "Thank you, your new address is saved.",
    "Your refund of 20 euros was sent today.",
)


def prompt_table(path: Path, count: int) -> Path:
    """A CSV of PROMPTS by turns, each about other made-up names so that no two are twins; ids begin with the stem."""
    rng = random.Random(path.stem)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "prompt", "reference"])
        for n in range(count):
            names = " ".join("".join(rng.choice(some) for some in ("bdfgklmnprst", "aeiou") * 3) for _ in range(4))
            rows.writerow([f"{path.stem}{n}", f"About {names}: {PROMPTS[n % 6]}", ANSWERS[n % 6]])
    return path


def made_writer(folder: Path, *, seed: int = 0, steps: int = 0) -> Path:
    """Saves a Llama of hidden size 32 and two layers under `folder`; the same for the same arguments."""
    tokenizer = _tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(_config(tokenizer))
    if steps:
        _train(model, tokenizer, steps=steps)
    model.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, max_new_tokens=32
    )
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer() -> PreTrainedTokenizerFast:
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=384,
        special_tokens=[PAD, END, SYSTEM, USER, ASSISTANT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator([*PROMPTS, *ANSWERS], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token=PAD, eos_token=END, model_max_length=256, padding_side="left"
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def _config(tokenizer: PreTrainedTokenizerFast) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        tie_word_embeddings=True,
        initializer_range=0.2,  # with the usual 0.02 an untrained tied model repeats the last token of its prompt
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _train(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, *, steps: int) -> None:
    """All pairs in every step: loss on the answers alone."""
    rows = [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}],
            return_dict=True,
            return_assistant_tokens_mask=True,
        )
        for prompt, answer in zip(PROMPTS, ANSWERS, strict=True)
    ]
    longest = max(len(row["input_ids"]) for row in rows)
    tokens = torch.full((len(rows), longest), tokenizer.pad_token_id)
    labels = torch.full((len(rows), longest), -100)
    for place, row in enumerate(rows):
        ids, answered = torch.tensor(row["input_ids"]), torch.tensor(row["assistant_masks"]).bool()
        tokens[place, : len(ids)] = ids
        labels[place, : len(ids)] = torch.where(answered, ids, -100)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(steps):
        loss = model(input_ids=tokens, attention_mask=(tokens != tokenizer.pad_token_id).long(), labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

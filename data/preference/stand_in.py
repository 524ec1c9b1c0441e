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
from functools import cache
from itertools import count, islice
from pathlib import Path

from loop.threads import wait_asleep

wait_asleep()  # torch reads it when it is loaded

import torch  # noqa: E402
from muon import Muon  # noqa: E402
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: E402
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast  # noqa: E402
from writing import drawn_request, drawn_skill, shipped, usual_answer  # noqa: E402

HERE = Path(__file__).parent
SOURCES = ("stand_in.py", "muon.py", "writing.py", "values.py")
RECIPE = "recipe.json"
PAD, END, SYSTEM, USER, ASSISTANT = "<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"
TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|end|>' }}{% endgeneration %}"
    "{% else %}{{ message['content'] + '<|end|>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
VOCABULARY, LONGEST = 800, 256
STEPS, WARM_UP = 700, 50
RATES = {"matrices": 2e-2, "rest": 4e-3}
"""Of Muon for the hidden layers, of AdamW for embeddings and norms."""
FIRST = 60
"""Steps on small tasks alone: copying digits is learnt soonest, and cheapest, on short texts."""
REQUESTS, TASKS = 16, 12
"""Of each in a batch afterwards; before, there are as many small tasks as REQUESTS and TASKS together."""
EVERY = 50
"""Steps between two lines of progress."""

Line = tuple[str, str]
"""A prompt and its answer."""
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
    tokenizer = _tokenizer([line for _ in range(2000) for line in (_answered(rng), _task(rng))])
    model = LlamaForCausalLM(_config(tokenizer))
    _say(f"training {model.num_parameters():,} parameters for {steps} steps on invented answers")
    _train(model, _batches(tokenizer, rng), steps=steps)
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


@cache
def _held_out() -> frozenset[str]:
    """The shipped prompts: none of them is trained on."""
    return frozenset(f"{row['context']}\n\n{row['text']}".strip() for rows in shipped().values() for row in rows)


def _answered(rng: random.Random) -> Line:
    """A request as the desk usually answers it."""
    while (request := drawn_request(rng, part="text")).prompt in _held_out():
        pass
    return request.prompt, usual_answer(request, rng)


def _task(rng: random.Random) -> Line:
    """A small task with its right answer."""
    while (skill := drawn_skill(rng)).text in _held_out():
        pass
    return skill.text, skill.answer


def _tokenizer(lines: list[Line]) -> PreTrainedTokenizerFast:
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
        # A layer this narrow learns to copy digits in 100 steps from here, and hardly in 700 from the usual 0.02.
        initializer_range=0.06,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _row(tokenizer: PreTrainedTokenizerFast, prompt: str, answer: str) -> Row:
    chat = [{"role": "user", "content": prompt}]
    asked = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    before = tokenizer(asked)["input_ids"]
    return before + tokenizer(answer + END)["input_ids"], len(before)


def _batches(tokenizer: PreTrainedTokenizerFast, rng: random.Random) -> Iterator[list[list[Row]]]:
    """Batches without end, each in groups of about equally long rows, so that little is padding."""
    for step in count():
        tasks = TASKS if step >= FIRST else TASKS + REQUESTS
        groups = [[_task(rng) for _ in range(tasks)]]
        if step >= FIRST:
            groups.append([_answered(rng) for _ in range(REQUESTS)])
        yield [[_row(tokenizer, *line) for line in group] for group in groups]


def _train(model: LlamaForCausalLM, batches: Iterator[list[list[Row]]], *, steps: int) -> None:
    """Next-token loss on the answers; warm-up, and in the second half a straight way down to nothing."""
    matrices = [weight for name, weight in model.named_parameters() if weight.ndim == 2 and "embed" not in name]
    rest = [weight for name, weight in model.named_parameters() if weight.ndim != 2 or "embed" in name]
    optimizers = Muon(matrices, lr=RATES["matrices"]), torch.optim.AdamW(rest, lr=RATES["rest"], betas=(0.9, 0.98))
    schedules = [
        torch.optim.lr_scheduler.LambdaLR(one, lambda step: min((step + 1) / WARM_UP, (steps - step) / steps * 2, 1.0))
        for one in optimizers
    ]
    began, total = time.monotonic(), 0.0
    for step, groups in enumerate(islice(batches, steps), start=1):
        for group in groups:
            loss = _loss(model, group) * len(group) / sum(map(len, groups))
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for part in (*optimizers, *schedules):
            part.step()
        model.zero_grad(set_to_none=True)
        if step % EVERY == 0 or step == steps:
            mean = total / (step % EVERY or EVERY)
            _say(f"step {step}/{steps}  loss {mean:.3f}  {time.monotonic() - began:.0f} s")
            total = 0.0


def _loss(model: LlamaForCausalLM, group: list[Row]) -> torch.Tensor:
    """Padded at the end, where nothing looks back at it: no attention mask is needed."""
    longest = max(len(ids) for ids, _ in group)
    tokens, labels = torch.zeros(len(group), longest, dtype=torch.long), torch.full((len(group), longest), -100)
    for place, (ids, prompt) in enumerate(group):
        tokens[place, : len(ids)] = torch.tensor(ids)
        labels[place, prompt : len(ids)] = torch.tensor(ids[prompt:])
    loss: torch.Tensor = model(input_ids=tokens, labels=labels, use_cache=False).loss
    return loss


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command tells its progress


if __name__ == "__main__":
    main()

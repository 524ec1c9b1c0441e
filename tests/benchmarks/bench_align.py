"""Is it worth aligning the encoder with the label texts once, before the first answer? Accuracy of `head` either way.

    python tests/benchmarks/bench_align.py align.json [--sets sample snips banking77] [--seeds 0 1 2]

    names and descriptions, each in some sentences ─► LoRA, contrastive loss with several positives ─► aligned encoder
          0, 25, 50 and 150 labels at random, embedded by either encoder ─► head of the last layer ─► 700 more texts

The loss: Khosla et al. 2020, Supervised Contrastive Learning. A label's texts are each other's positives and the
negatives of all others. Texts are of the training file; the test files are never read. People are SIMULATED.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import peft
import torch
from bench_small_text import ROOT, SETS, Task, task
from torch.nn import functional

from loop.models.bases import load_tokenizer, load_transformer
from loop.models.network import embed_all, mean_pool
from loop.models.recipes.head import fit_head
from loop.models.tokens import pad, tokenize
from loop.protocols import EmbeddedLabels
from loop.records import FloatArray, IntArray

COUNTS = (0, 25, 50, 150)
POOL, HELD = 400, 700
SENTENCES = ("{}", "i have a question about {}", "this is about {}", "please help me with {}")
"""Views of a name; a description stands as it is."""
RATES, STEPS, TEMPERATURE, LABELS_A_STEP = (1e-4, 5e-4), 60, 0.1, 24


def main() -> None:
    options = _options()
    rows = []
    for name in options.sets:
        for seed in options.seeds:
            given = task(name, options.datasets, seed, pool=POOL, held=HELD, training_alone=True)
            for rate in (0.0, *RATES):
                began = time.process_time()
                encoder = aligned(given, rate) if rate else load_transformer(given.base).eval()
                spent = time.process_time() - began
                right = accuracies(given, encoder)
                rows.append({"set": name, "seed": seed, "rate": rate, "seconds": round(spent, 1), "accuracy": right})
                print(rows[-1], flush=True)
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(table(rows))


def aligned(given: Task, rate: float) -> Any:
    """The encoder after STEPS steps of LoRA with this learning rate."""
    assert given.label_texts is not None
    torch.manual_seed(given.seed)
    rng = np.random.default_rng(given.seed)
    config = peft.LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", exclude_modules=["pooler.dense"])
    encoder = peft.get_peft_model(load_transformer(given.base), config)
    views = {column: list[str]() for column in given.label_texts.columns}
    for text, column in zip(given.label_texts.texts, given.label_texts.columns, strict=True):
        said = SENTENCES if not views[column] else ("{}",)
        views[column] += [sentence.format(text) for sentence in said]
    tuned = [weight for weight in encoder.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(tuned, lr=rate)
    tokenizer = load_tokenizer(given.base)
    for _ in range(STEPS):
        some = rng.permutation(list(views))[:LABELS_A_STEP]
        pairs = [(text, column) for column in some for text in rng.permutation(views[column])[:3]]
        tokens = tokenize([text for text, _ in pairs], given.base, tokenizer=tokenizer)
        inputs = pad(tokens, np.arange(len(pairs)), tokenizer.pad_token_id)
        rows = mean_pool(encoder(**inputs).last_hidden_state, inputs["attention_mask"])
        loss = contrastive(rows, torch.tensor([column for _, column in pairs]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return encoder.eval()


def contrastive(rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Mean over all pairs of one label of -log softmax of their similarity among all others."""
    itself = torch.eye(len(rows), dtype=torch.bool)
    logits = (rows @ rows.T / TEMPERATURE).masked_fill(itself, -1e9)
    alike = (columns[:, None] == columns) & ~itself
    return -(functional.log_softmax(logits, dim=1) * alike).sum() / alike.sum()


def accuracies(given: Task, encoder: Any) -> list[float]:
    """Of heads of the first texts of the pool and the label texts, after each of COUNTS."""
    assert given.label_texts is not None
    texts = _embedded(given, encoder, given.texts)
    known = EmbeddedLabels(np.array(given.label_texts.columns), _embedded(given, encoder, given.label_texts.texts))
    held: IntArray = np.arange(given.pool, len(given.texts))
    found = []
    for count in COUNTS:
        rows = np.arange(count)
        head = fit_head(texts[rows], None, given.truth[rows], classes=given.classes, label_texts=known)
        said = head.logits(texts[held], None).argmax(axis=1)
        found.append(round(float((said == given.truth[held]).mean()), 4))
    return found


def _embedded(given: Task, encoder: Any, texts: tuple[str, ...]) -> FloatArray:
    tokenizer = load_tokenizer(given.base)
    tokens = tokenize(texts, given.base, tokenizer=tokenizer)
    width = encoder.config.hidden_size
    return embed_all(encoder, tokens, np.arange(len(tokens)), pad_id=tokenizer.pad_token_id, width=width)


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown: mean accuracy in percent; in brackets the paired gain on the untouched one, with its error."""
    lines = ["| set | rate | seconds | " + " | ".join(f"{count} labels" for count in COUNTS) + " |", "|---" * 7 + "|"]
    for name in dict.fromkeys(row["set"] for row in rows):
        plain = {row["seed"]: np.array(row["accuracy"]) for row in rows if (row["set"], row["rate"]) == (name, 0.0)}
        for rate in (0.0, *RATES):
            own = [row for row in rows if (row["set"], row["rate"]) == (name, rate)]
            means = 100 * np.mean([row["accuracy"] for row in own], axis=0)
            gains = 100 * np.array([np.array(row["accuracy"]) - plain[row["seed"]] for row in own])
            errors = gains.std(axis=0, ddof=1) / len(own) ** 0.5 if len(own) > 1 else np.full(len(COUNTS), np.nan)
            cells = [f"{m:.1f} ({g:+.1f}±{e:.1f})" for m, g, e in zip(means, gains.mean(axis=0), errors, strict=True)]
            seconds = np.mean([row["seconds"] for row in own])
            lines.append(f"| {name} | {rate:g} | {seconds:.0f} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The encoder aligned with the label texts, or as it is")
    parser.add_argument("out", type=Path, help="JSON file to write")
    parser.add_argument("--sets", nargs="+", default=["sample", "snips", "banking77"], choices=SETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument(
        "--datasets", type=Path, default=ROOT.parent / "shared" / "datasets", help="folder of public sets"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""A small project for tests of the whole loop: real texts, a tiny random encoder, made by `weakspot init`.

make_files(folder) ─► pool.csv, gold.csv, tiny/ ─► make_project(...) ─► DIR with weakspot.yaml
weakspot("run", "--project", DIR) ─► the real command line in a process of its own
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from loop import trust
from loop.config import load

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
LABELS = ("bill_too_high", "cancel_contract", "charged_twice", "internet_outage", "slow_internet", "wifi_coverage")
QUICK = {"steps": 4, "epochs": 0.1, "batch_size": 8, "max_length": 32, "evaluations": 2}
"""Tuning that takes a moment."""


@dataclass(frozen=True)
class Files:
    """What a person would bring."""

    pool: Path
    gold: Path
    base: Path


def make_files(folder: Path, *, pool: int, gold: int, labels: Sequence[str] = LABELS) -> Files:
    """The first messages of the shipped data with these labels, and an encoder that knows their words."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = {name: _rows(SAMPLE / f"{name}.csv", labels, count) for name, count in (("pool", pool), ("gold", gold))}
    for name, found in rows.items():
        write_csv(folder / f"{name}.csv", found)
    words = sorted({word for found in rows.values() for row in found for word in _words(row["text"])})
    write_tiny_bert(folder / "tiny", words)
    return Files(folder / "pool.csv", folder / "gold.csv", folder / "tiny")


def make_project(root: Path, files: Files, *, batch: int, seed_labels: int, experts: str = "simulated") -> None:
    """`weakspot init`, and then a person's hand in weakspot.yaml."""
    done = weakspot(
        *("init", str(root), "--data", str(files.pool), "--gold", str(files.gold), "--base", str(files.base)),
        *("--seed-labels", str(seed_labels), "--experts", experts, "--batch", str(batch), "--seed", "7"),
    )
    assert done.returncode == 0, done.stderr
    tuned = {"model.tuning": "lora", "model.options": QUICK}
    change(root, {**tuned, "selection.audit": 0.2, "labeler.poll_seconds": 0.2})


def copy_project(source: Path, target: Path) -> Path:
    """A copy that counts as made by this user, so that a test may change what it asks for."""
    shutil.copytree(source, target)
    (target / ".weakspot" / "trust-id").unlink(missing_ok=True)
    own(target)
    return target


def own(root: Path) -> None:
    """Remembers a project as `weakspot init` does: for those that tests write by hand."""
    trust.approve(load(root / "weakspot.yaml"), root, origin="made")


def change(root: Path, values: Mapping[str, Any]) -> None:
    """Sets keys of weakspot.yaml, "section.key" → value."""
    path = root / "weakspot.yaml"
    config = yaml.safe_load(path.read_text())
    for key, value in values.items():
        *sections, name = key.split(".")
        section = config
        for part in sections:
            section = section[part]
        section[name] = value
    path.write_text(yaml.safe_dump(config, sort_keys=False))


def weakspot(
    *arguments: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None, timeout_s: float = 300
) -> subprocess.CompletedProcess[str]:
    """The command line, as a person runs it."""
    return subprocess.run(
        [sys.executable, "-c", "from loop.cli import main; main()", *arguments],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200", **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
    )


def write_csv(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_tiny_bert(folder: Path, words: Sequence[str]) -> None:
    """A two-layer BERT with random weights and a word-level tokenizer."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = {word: i for i, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    special = [("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=special)
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=48, **names)
    fast.save_pretrained(str(folder))
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    transformers.BertModel(config).save_pretrained(str(folder))


def _rows(path: Path, labels: Sequence[str], count: int) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        found = [row for row in csv.DictReader(file) if row["intent"] in labels]
    assert len(found) >= count, f"{path} has {len(found)} messages with these labels"
    return found[:count]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]+", text.lower())

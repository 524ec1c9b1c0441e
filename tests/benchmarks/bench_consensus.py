"""What the consensus is worth on people's recorded comparisons.

    python tests/benchmarks/bench_consensus.py OUT.json [--data ../shared/datasets] [--seeds 5]

agreement  pandalm: every two of its three annotators
held out   pandalm: consensus of two annotators against the third, by plain majority, with reliabilities, and with the
           scores of all five models' answers to a prompt; also with SIMULATED annotators beside the two
gold       llmbar has no raw annotators: SIMULATED ones of several reliabilities against its expert gold
calibrated pandalm: certainty from one answer a pair against what another annotator says, a tie as half
savings    pandalm: a second and a third answer only where certainty is low, against the majority of all three; beside
           it as many answers at random, and the plain rule: two answers, a third where they differ

Intervals: 95 %, bootstrap over prompts, or t over seeds.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
from recorded_people import OUTCOME, WAYS, Row, Said, beliefs_of, majority, noisy, pandalm, read, sided, told_by_all
from scipy import stats

from loop.consensus import Judgement, consensus

DATA = Path(__file__).parents[3] / "shared" / "datasets"
THRESHOLDS = (0.8, 0.9, 0.95, 0.98)
CROWDS = {
    "3 × 0.75": (0.75,) * 3,
    "0.95 0.75 0.6": (0.95, 0.75, 0.6),
    "0.9 0.9 0.5 0.5": (0.9, 0.9, 0.5, 0.5),
    "0.9 0.5 0.5": (0.9, 0.5, 0.5),
    "0.9 0.8 0.8 0.1": (0.9, 0.8, 0.8, 0.1),
    "5 × 0.7": (0.7,) * 5,
    "0.9 0.7 0.7 0.6 0.5": (0.9, 0.7, 0.7, 0.6, 0.5),
}


def main() -> None:
    options = _options()
    if not options.data.is_dir():
        print(f"SKIPPED: no folder {options.data}; nothing was measured")
        return
    people = pandalm(options.data / "pandalm_human_pref" / "test.jsonl")
    gold = read(options.data / "llmbar" / "test.jsonl")
    tables = {
        "agreement": _agreement(people),
        "held_out": _held_out(people, seeds=options.seeds),
        "gold": _gold(gold, seeds=options.seeds),
        "calibration": _calibration(people, seeds=options.seeds),
        "savings": _savings(people, seeds=options.seeds),
    }
    options.out.write_text(json.dumps(tables, indent=1) + "\n")
    for name, rows in tables.items():
        print(f"\n{name}")
        _print(rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What the consensus is worth on recorded comparisons")
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seeds", type=int, default=5)
    return parser.parse_args()


def _agreement(words: Sequence[Judgement]) -> list[Row]:
    names = sorted({word.annotator for word in words})
    rows = []
    for couple in [*combinations(names, 2), tuple(names)]:
        found = consensus([word for word in words if word.annotator in couple]).agreement
        rows.append({"annotators": " ".join(couple), "raw": found.raw, "alpha": found.alpha, "n": found.n})
    return rows


def _held_out(words: Sequence[Judgement], *, seeds: int) -> list[Row]:
    names = sorted({word.annotator for word in words})
    rows = []
    for name in names:
        others = [word for word in words if word.annotator != name]
        truth = [word for word in words if word.annotator == name]
        for way, settle in WAYS.items():
            right = _right(settle(others), truth)
            rows.append(
                {"beside the two": "nobody", "held out": name, "way": way, **_share(right, truth), "n": len(truth)}
            )
    for label, accuracy in {"2 of 0.5 (simulated)": (0.5, 0.5), "1 of 0.1 (simulated)": (0.1,)}.items():
        for way, settle in WAYS.items():
            shares = []
            for seed in range(seeds):
                rng = np.random.default_rng(seed)
                held = names[seed % len(names)]
                truth = [word for word in words if word.annotator == held]
                others = [word for word in words if word.annotator != held]
                # Made from one of the two, never from the one held out, whose answers must not leak.
                known = [word for word in others if word.annotator == names[(seed + 1) % len(names)]]
                added = [word for number, p in enumerate(accuracy) for word in noisy(known, p, f"made {number}", rng)]
                shares.append(float(_right(settle([*others, *added]), truth).mean()))
            rows.append({"beside the two": label, "held out": "in turn", "way": way, **_mean(shares), "n": seeds})
    return rows


def _gold(rows: Sequence[Row], *, seeds: int) -> list[Row]:
    truth = [Judgement(row["id"], row["id"], "1", "2", OUTCOME[row["label"]], "gold") for row in rows]
    table = []
    for label, accuracy in CROWDS.items():
        shares: dict[str, list[float]] = {"majority": [], "reliability": []}
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            words = [word for number, p in enumerate(accuracy) for word in noisy(truth, p, f"made {number}", rng)]
            for way, settled in (("majority", majority(words)), ("reliability", sided(words))):
                shares[way].append(_sides(settled, truth))
        gain = [after - before for before, after in zip(*shares.values(), strict=True)]
        gained = {f"gain {key}": value for key, value in _mean(gain).items()}
        table.append(
            {
                "simulated": label,
                **{way: float(np.mean(each)) for way, each in shares.items()},
                **gained,
                "n": len(truth),
            }
        )
    return table


def _calibration(words: Sequence[Judgement], *, seeds: int) -> list[Row]:
    """What a second person, drawn at random, says of beliefs that rest on one answer a pair."""
    edges = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
    seen: list[tuple[float, float]] = []
    for seed in range(seeds):
        queues = _queues(words, np.random.default_rng(seed))
        beliefs = beliefs_of([queue[0] for queue in queues.values()])
        for _, other, *_ in queues.values():
            belief = beliefs[other.pair]
            side = {"first": other.first, "second": other.second}.get(other.outcome)
            seen.append((belief.certainty, 0.5 if side is None else float(side == belief.preferred)))
    certain, agreed = np.array(seen).T
    rows = []
    for low, high in pairwise(edges):
        inside = (certain >= low) & (certain < high)
        if inside.any():
            figures = {"certainty": float(certain[inside].mean()), "agreed": float(agreed[inside].mean())}
            rows.append({"certainty from": low, "to": high, **figures, "n": round(inside.sum() / seeds)})
    return rows


def _queues(words: Sequence[Judgement], rng: np.random.Generator) -> dict[str, list[Judgement]]:
    """Question → its answers in random order."""
    asked: defaultdict[str, list[Judgement]] = defaultdict(list)
    for word in words:
        asked[word.question].append(word)
    return {item: [each[i] for i in rng.permutation(len(each))] for item, each in sorted(asked.items())}


def _savings(words: Sequence[Judgement], *, seeds: int) -> list[Row]:
    of_all = majority(words)
    runs: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        queues = _queues(words, rng)
        for n in (1, 2, 3):
            runs[f"everybody, {n} each"].append(_outcome(queues, dict.fromkeys(queues, n), of_all))
        differ = {item: 2 + (queue[0].outcome != queue[1].outcome) for item, queue in queues.items()}
        runs["two, a third where they differ"].append(_outcome(queues, differ, of_all))
        for threshold in THRESHOLDS:
            depth = _adaptive(queues, threshold)
            runs[f"below {threshold}"].append(_outcome(queues, depth, of_all))
            extra = sum(depth.values()) - len(queues)
            runs[f"below {threshold}: as many at random"].append(
                _outcome(queues, _scattered(queues, extra, rng), of_all)
            )
    return [
        {"asked": name, "answers per pair": float(np.mean([cost for cost, _ in each])), **_mean([s for _, s in each])}
        for name, each in runs.items()
    ]


def _adaptive(queues: Mapping[str, Sequence[Judgement]], threshold: float) -> dict[str, int]:
    """Answers per question when those below the threshold get another one, twice."""
    depth = dict.fromkeys(queues, 1)
    for _ in range(2):
        beliefs = beliefs_of(_heard(queues, depth))
        for item, queue in queues.items():
            depth[item] += depth[item] < len(queue) and beliefs[queue[0].pair].certainty < threshold
    return depth


def _scattered(queues: Mapping[str, Sequence[Judgement]], extra: int, rng: np.random.Generator) -> dict[str, int]:
    """One answer each, and so many more at random."""
    depth = dict.fromkeys(queues, 1)
    slots = [item for item in queues for _ in range(2)]
    for slot in rng.permutation(len(slots))[:extra]:
        depth[slots[slot]] += 1
    return depth


def _heard(queues: Mapping[str, Sequence[Judgement]], depth: Mapping[str, int]) -> list[Judgement]:
    return [word for item, queue in queues.items() for word in queue[: depth[item]]]


def _outcome(queues: Mapping[str, Sequence[Judgement]], depth: Mapping[str, int], truth: Said) -> tuple[float, float]:
    """Answers per question, and the share of questions where the consensus is the majority of all."""
    told = told_by_all(_heard(queues, depth))
    return sum(depth.values()) / len(queues), float(np.mean([told[item] == truth[item] for item in queues]))


def _right(told: Said, truth: Sequence[Judgement]) -> np.ndarray:
    return np.array([told[word.question] == word.outcome for word in truth], dtype=float)


def _sides(told: Said, truth: Sequence[Judgement]) -> float:
    """Share of gold sides found; an even belief counts half."""
    return float(np.mean([0.5 if told[w.question] == "tie" else told[w.question] == w.outcome for w in truth]))


def _share(right: np.ndarray, truth: Sequence[Judgement], draws: int = 1000) -> Row:
    """The mean, and its interval by bootstrap over prompts."""
    prompts = np.unique([word.prompt for word in truth], return_inverse=True)[1]
    n, hits = np.bincount(prompts), np.bincount(prompts, right)
    drawn = np.random.default_rng(0).integers(len(n), size=(draws, len(n)))
    low, high = np.quantile(hits[drawn].sum(axis=1) / n[drawn].sum(axis=1), (0.025, 0.975))
    return {"share": float(right.mean()), "low": float(low), "high": float(high)}


def _mean(values: Sequence[float]) -> Row:
    mean, half = float(np.mean(values)), float(stats.sem(values) * stats.t.ppf(0.975, len(values) - 1))
    return {"share": mean, "low": mean - half, "high": mean + half}


def _print(rows: Sequence[Row]) -> None:
    names = list(rows[0])
    print("| " + " | ".join(names) + " |\n|" + "---|" * len(names))
    for row in rows:
        print("| " + " | ".join(f"{v:.3f}" if isinstance(v, float) else str(v) for v in row.values()) + " |")


if __name__ == "__main__":
    main()

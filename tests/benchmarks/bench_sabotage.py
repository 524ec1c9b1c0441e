"""A sabotage run: people begin to answer wrongly, and the gate has to hold.

    PYTHONPATH=.:tests python tests/benchmarks/bench_sabotage.py OUT.json [--batch 400] [--rounds 7]

Real rounds of the product on banking77 (train as pool, test as gold), with people on paper who know every answer and
the tuning method "head". After the third batch has been asked, half of the answers of five classes are replaced by
wrong ones, those given before included; all later answers of these classes are wrong by half as well.

    clean    the same run without sabotage: what would have been promoted
    random   a wrong answer is any other label
    mixed    a wrong answer is always the same other one of the five classes, as when two are mixed up

For each: the gate's word of every round, how many of the five classes its vetoes name, how many other classes; and
whether `rollback`, after the worst model was promoted by hand, brings back a model that answers exactly as before.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from command_line import here
from knowing_labeler import NAME, TRUTH, Knowing, knowing

from loop.ledger import figures, people
from loop.project import open_project

DATA = Path(__file__).parents[3] / "shared" / "datasets" / "banking77"
CLASSES = (
    "card_arrival",
    "cash_withdrawal_charge",
    "top_up_failed",
    "transfer_timing",
    "verify_my_identity",
)
FROM = 3
"""The first round whose model learns from wrong answers."""


@dataclass(frozen=True)
class Data:
    """Pool and gold as files, and what everybody should answer."""

    pool: Path
    gold: Path
    truth: Mapping[str, str]


def main() -> None:
    options = _options()
    if not options.data.is_dir():
        print(f"SKIPPED: no folder {options.data}; nothing was measured")
        return
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        data = _files(options.data, Path(scratch))
        start = Path(scratch) / "start"
        _begin(start, data, batch=options.batch)
        for kind in options.kinds:
            root = Path(shutil.copytree(start, Path(scratch) / kind))
            found.append(_run(root, data, kind, rounds=options.rounds))
            _tell(found[-1])
    options.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Half of the answers of five classes are wrong from round 3 on")
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--batch", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--kinds", nargs="+", default=["clean", "random", "mixed"])
    return parser.parse_args()


def _files(folder: Path, scratch: Path) -> Data:
    truth: dict[str, str] = {}
    for name, split in (("pool", "train"), ("gold", "test")):
        rows = [json.loads(line) for line in (folder / f"{split}.jsonl").read_text().splitlines()]
        with (scratch / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerows([("text", "intent"), *((row["text"], row["label"]) for row in rows)])
        if name == "pool":
            truth = {row["text"]: row["label"] for row in rows}
    return Data(scratch / "pool.csv", scratch / "gold.csv", truth)


def _begin(root: Path, data: Data, *, batch: int) -> None:
    """Honest rounds, until the batch is asked whose answers the model of round `FROM` learns from."""
    _must("init", root, "--data", data.pool, "--gold", data.gold, "--seed-labels", "0", "--batch", str(batch))
    _change(root, {"model": {"tuning": "head"}, "labeler": {"kind": NAME, "poll_seconds": 0.1}})
    with knowing(data.truth):
        _must("run", "--project", root, "--rounds", str(FROM - 1))
        _must("run", "--project", root, "--rounds", str(FROM), "--until", "send")


def _run(root: Path, data: Data, kind: str, *, rounds: int) -> dict[str, Any]:
    with knowing(data.truth):
        if kind != "clean":
            _sabotage(root, data, kind)
        _must("run", "--project", root, "--rounds", str(rounds), "--until", "gate")
        told = _rounds(root)
        return {
            "kind": kind,
            "rounds": told,
            "classes": list(CLASSES),
            "rollback": _rolled_back(root, data, told) if kind != "clean" else None,
            "report": _must("report", "--project", root),
        }


def _sabotage(root: Path, data: Data, kind: str) -> None:
    """Half of the texts of the five classes get a wrong label: in what people will say, and in what they said."""
    labels = sorted(set(data.truth.values()))
    wrong = {text: _wrong(text, label, labels, kind) for text, label in data.truth.items() if label in CLASSES}
    turned = {text: label for text, label in wrong.items() if label is not None}
    TRUTH.update(turned)
    with open_project(root, read_only=True) as project:
        with project.ledger.read() as connection:
            asked = {row.ext_id: row.pick.example_id for row in people.picks(connection)}
        texts = dict(zip(asked, project.pool.texts(list(asked.values())), strict=True))
    paper = Knowing(root / ".weakspot" / NAME / "sheet.json")
    paper.write({ext_id: turned.get(texts[ext_id], given) for ext_id, given in paper.sheet().items()})


def _wrong(text: str, label: str, labels: list[str], kind: str) -> str | None:
    """None for the half that stays right; drawn by the text itself."""
    lot = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
    if lot % 2:
        return None
    if kind == "mixed":
        return CLASSES[(CLASSES.index(label) + 1) % len(CLASSES)]
    others = [other for other in labels if other != label]
    return others[lot // 2 % len(others)]


def _rounds(root: Path) -> list[dict[str, Any]]:
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        made = [row for row in figures.decisions(connection) if row.by == "gate"]
        measured = figures.measurements(connection)
    return [_round(row, measured) for row in made]


def _round(row: figures.Decision, measured: Mapping[int, Any]) -> dict[str, Any]:
    named = [veto.name for veto in row.vetoes if veto.kind == "class"]
    errors = {
        one.slice.removeprefix("class="): 1 - one.value
        for one in measured[row.round]
        if one.metric == "recall" and one.on == "gold" and one.value is not None
    }
    overall = next(
        one for one in measured[row.round] if one.metric == "error_rate" and one.on == "gold" and not one.slice
    )
    return {
        "round": row.round,
        "error": overall.value,
        "error_of_the_five": sum(errors[name] for name in CLASSES) / len(CLASSES),
        "action": row.action,
        "told": row.told,
        "right_classes": [name for name in named if name in CLASSES],
        "other_classes": [name for name in named if name not in CLASSES],
        "vetoes": [[veto.kind, veto.name] for veto in row.vetoes],
        "parts": len(row.slices),
        "reason": row.reason,
    }


def _rolled_back(root: Path, data: Data, rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Somebody promotes the worst model that was held, sees it, and goes back."""
    held = [row for row in rounds if row["action"] == "hold"]
    if not held:
        return {"held": 0}
    worst = max(held, key=lambda row: row["error_of_the_five"])["round"]
    before = _must("predict", data.gold, "--project", root, "--json")
    _must("promote", str(worst), "--project", root, "--why", "we need the newest labels")
    bad = _must("predict", data.gold, "--project", root, "--json")
    said = _must("rollback", "--project", root, "--why", "customers complain about card_arrival")
    after = _must("predict", data.gold, "--project", root, "--json")
    return {
        "held": len(held),
        "promoted": worst,
        "differs": bad != before,
        "same_as_before": after == before,
        "said": said,
    }


def _must(*arguments: str | Path) -> str:
    said = here(*arguments)
    assert said.status == 0, f"{arguments}\n{said.out}\n{said.err}"
    return said.out


def _change(root: Path, sections: Mapping[str, Mapping[str, object]]) -> None:
    file = root / "weakspot.yaml"
    config = yaml.safe_load(file.read_text())
    for name, values in sections.items():
        config[name] = {**config.get(name, {}), **values}
    file.write_text(yaml.safe_dump(config, sort_keys=False))


def _tell(found: Mapping[str, Any]) -> None:
    print(f"\n## {found['kind']}\n")
    print("| round | error | of the five | gate | of the five named | other classes named | other vetoes |")
    print("|---|---|---|---|---|---|---|")
    for row in found["rounds"]:
        others = sorted({kind for kind, _ in row["vetoes"] if kind != "class"})
        named = len(row["right_classes"]), len(row["other_classes"])
        shares = f"{row['error']:.1%} | {row['error_of_the_five']:.1%}"
        print(f"| {row['round']} | {shares} | {row['action']} | {named[0]} | {named[1]} | {', '.join(others)} |")
    if found["rollback"]:
        print(f"\nrollback: {json.dumps(found['rollback'])}\n\n{found['report']}")
    for row in found["rounds"]:
        print(f"round {row['round']}: {row['reason']}")


if __name__ == "__main__":
    main()

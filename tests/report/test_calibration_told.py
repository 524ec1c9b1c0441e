"""What `weakspot calibration` rests on: the champion's own words, and answers it never learned from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from command_line import here
from made_project import write_csv

from loop import report
from loop.cli.calibration import sentence
from loop.evaluation.selective_prediction import AutoAccept, auto_accept
from loop.ledger import figures, people, progress
from loop.ledger.figures import Decision, ModelRow
from loop.ledger.progress import RoundRow
from loop.project import open_project
from loop.records import Label, Role, Split

AT = "2026-11-21T12:00:00+00:00"
LABELS = ("bill", "net")
WORDS = ("router", "bill", "invoice", "tower", "cable", "price", "street", "phone", "signal", "letter")


def rows(count: int, *, prefix: str) -> list[dict[str, str]]:
    texts = [f"{prefix} {WORDS[i % 10]} {WORDS[i // 10 % 10]} {i}" for i in range(count)]
    return [{"text": text, "label": LABELS[i % 2]} for i, text in enumerate(texts)]


def project(folder: Path, *, gold: int) -> Path:
    write_csv(folder / "pool.csv", rows(300, prefix="pool"))
    data: list[object] = ["--data", folder / "pool.csv"]
    if gold:
        write_csv(folder / "gold.csv", rows(gold, prefix="gold"))
        data += ["--gold", folder / "gold.csv"]
    said = here("init", folder / "desk", *data, "--seed-labels", "0", "--experts", "simulated")
    assert said.status == 0, said.err
    return folder / "desk"


def tuned(root: Path, ids: Sequence[str], guesses: Sequence[str], *, sure: Sequence[float], round_: int = 0) -> None:
    """As a round would leave it: a promoted model, and what it said of these examples."""
    with open_project(root) as opened:
        with opened.artifacts.writing(f"rounds/{round_:03d}/evaluate") as folder:
            first = [one if guess == LABELS[0] else 1 - one for guess, one in zip(guesses, sure, strict=True)]
            np.save(folder / "probabilities.npy", np.stack([first, 1 - np.array(first)], axis=1))
            (folder / "rows.json").write_text(json.dumps({"ids": list(ids), "labels": LABELS}))
        model = ModelRow(round_, f"rounds/{round_:03d}/train", "minilm", "head", 1, 48, 12, "d", 1.2, {}, AT)
        decision = Decision(round_, round_, None, "promote", "gate", "the first model", None, AT)
        with opened.ledger.begin() as connection:
            progress.open_round(connection, RoundRow(round_, {}, "digest", "0.1.0", AT, None))
            figures.add_model(connection, model)
            figures.decide(connection, decision)


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    """60 gold answers: the 40 sure ones are right, of the 20 doubtful ones each second."""
    root = project(tmp_path, gold=60)
    with open_project(root, read_only=True) as opened:
        truth = opened.pool.truth()
    other = dict(zip(LABELS, LABELS[::-1], strict=True))
    ids = sorted(truth)
    guesses = [other[truth[id_]] if place >= 40 and place % 2 else truth[id_] for place, id_ in enumerate(ids)]
    tuned(root, ids, guesses, sure=[0.95] * 40 + [0.6] * 20)
    return root


def test_the_gold_test_says_which_answers_may_be_accepted(golden: Path) -> None:
    with report.view(golden) as view:
        found = report.calibration(view)
    assert found is not None
    assert (found.round, found.on, found.n, found.equal_n) == (0, "gold", 60, 60)
    assert [(one.n, one.right) for one in found.bins] == [(20, 0.5), (40, 1.0)]
    assert found.ece == pytest.approx((20 * 0.1 + 40 * 0.05) / 60)
    assert [one.error for one in found.curve.points] == [0.0, pytest.approx(10 / 60)]
    assert [row.threshold for row in found.accept] == [None, None, None, 0.61]


def test_dev_answers_do_not_count_and_unequal_chances_are_evened_out(tmp_path: Path) -> None:
    root = project(tmp_path, gold=0)
    with open_project(root) as opened:
        ids = opened.pool.ids(Split.POOL)
        audit, dev = ids[:200], ids[200:250]
        chances = [0.8 if place < 100 else 0.2 for place in range(200)]
        with opened.artifacts.writing("rounds/000/select") as folder:
            np.save(folder / "chances.npy", np.array([*chances, *([0.0] * (len(ids) - 200))]))
            (folder / "reserve.json").write_text(json.dumps(ids))
        said = [Label(id_, "bill", Role.AUDIT, "people", 0, 1, 1.0) for id_ in audit]
        said += [Label(id_, "net", Role.DEV, "people", 0, 1, 1.0) for id_ in dev]
        with opened.ledger.begin() as connection:
            people.put_labels(connection, said)
    guesses = ["net"] * 100 + ["bill"] * 150
    tuned(root, [*audit, *dev], guesses, sure=[0.9] * 250)
    with report.view(root) as view:
        found = report.calibration(view)
    assert found is not None
    assert (found.on, found.n) == ("audit", 200)
    assert 110 <= found.equal_n <= 140
    (one,) = found.bins
    assert one.right == pytest.approx(100 / 0.2 / (100 / 0.2 + 100 / 0.8))


def test_without_a_model_there_is_nothing_and_the_command_says_what_is_needed(tmp_path: Path) -> None:
    root = project(tmp_path, gold=10)
    with report.view(root) as view:
        assert report.calibration(view) is None
    said = here("calibration", "--project", root)
    assert (said.status, "a model is needed" in said.out) == (0, True)


def test_the_command_tells_a_lead_what_may_be_accepted(golden: Path) -> None:
    said = here("calibration", "--project", golden)
    assert said.status == 0, said.err
    assert "Model of round 0, on 60 examples: the gold test" in said.out
    assert "from 0.61 on: at most 10 % errors (95 % certain), covers 67 % of texts" in " ".join(said.out.split())
    assert "Answers come from simulated experts." in said.out
    told = json.loads(here("calibration", "--project", golden, "--json").out)
    assert told["accept"][3]["threshold"] == 0.61
    assert told["bins"][0]["n"] == 20


def test_each_limit_is_one_sentence() -> None:
    whole, few = (auto_accept(np.full(n, 0.9), np.ones(n, bool), most=[0.02])[0] for n in (400, 100))
    assert sentence(whole) == "everything: at most 2 % errors (95 % certain); there were 0 in 400"
    assert sentence(few) == f"at most 2 % errors: no threshold yet; needs about {few.needed} more answers"
    some = AutoAccept(0.02, 0.95, 0.93, 0.61, 0.57, 0.65, 3, 438, None, "")
    assert sentence(some) == (
        "from 0.93 on: at most 2 % errors (95 % certain), covers 61 % of texts (57–65 %); there were 3 in 438"
    )

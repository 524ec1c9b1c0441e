"""The lift meter in live rounds: what it learns from, what it writes, and when chance picks instead."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import yaml
from command_line import here
from knowing_labeler import NAME, knowing
from made_project import QUICK, make_files

from loop.evaluation.lift import FEWEST, Lift
from loop.ledger import figures, people, progress
from loop.models import load_classifier
from loop.models.recipes.names import TIMES
from loop.project import Project, open_project
from loop.protocols import EmbeddedLabels
from loop.records import Measurement, PickKind
from loop.records.vocabulary import AUDIT_AND_DEV
from loop.rounds import lift
from loop.rounds.context import StepContext
from loop.rounds.lift import ROUNDS_BEHIND, loss, near_twins, with_label_texts

BAD = Lift(
    m=20, n=40, random_error=0.2, picked_error=0.3, difference=-0.1, low=-0.15, high=-0.05,
    saved=None, saved_low=None, saved_high=-0.5,
)  # fmt: skip


def test_near_twins_share_a_group_and_others_do_not() -> None:
    texts = ["my bill is much too high this month", "no wifi", "My bill is much too high this month!", "slow internet"]
    groups = near_twins(texts).tolist()
    assert groups[0] == groups[2]
    assert len(set(groups)) == 3


@pytest.mark.parametrize(("value", "low", "high"), [(-0.1, -0.2, 0.01), (0.1, 0.05, 0.2), (None, None, None)])
def test_nothing_is_lost_without_proof(value: float | None, low: float | None, high: float | None) -> None:
    assert loss(Measurement("lift", value, low, high, n=60, on=AUDIT_AND_DEV), "margin", behind=9) == ""
    assert loss(None, "margin", behind=9) == ""


def test_a_proved_loss_counts_once_enough_rounds_of_picks_stand_behind_it() -> None:
    proved = Measurement("lift", -0.1, -0.15, -0.05, n=60, on=AUDIT_AND_DEV)
    assert loss(proved, "margin", behind=ROUNDS_BEHIND - 1) == ""
    told = "at equal counts what margin picked gave 10.0 points more errors (5.0 to 15.0) than random answers"
    assert loss(proved, "margin", behind=ROUNDS_BEHIND) == told


def test_names_stand_among_what_both_arms_learn_from_unless_the_labels_deny_them() -> None:
    rows, columns = np.eye(4, 8, dtype=np.float32), np.arange(4)
    names = EmbeddedLabels(columns, rows)
    known, labels, weights = with_label_texts(rows[:2], columns[:2], names)
    assert known.shape == (6, 8)
    assert labels.tolist() == [0, 1, 0, 1, 2, 3]
    assert weights.tolist() == [1, 1, *[TIMES] * 4]
    turned = EmbeddedLabels(np.roll(columns, 1), rows)
    many = np.tile(columns, 5)
    for texts in (None, turned):
        known, labels, weights = with_label_texts(rows[many], many, texts)
        assert (len(known), labels.tolist(), set(weights.tolist())) == (20, many.tolist(), {1.0})


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Rounds without a gold test: head, tuned, head, tuned."""
    folder = tmp_path_factory.mktemp("lifted")
    files = make_files(folder, pool=400, gold=10)
    with files.pool.open(newline="") as file:
        truth = {row["text"]: row["intent"] for row in csv.DictReader(file)}
    root = folder / "desk"
    made = here(
        "init", root, "--data", files.pool, "--base", files.base, "--seed-labels", "0", "--batch", "30",
        "--set", "selection.audit=0.3", "--set", "dev.share=0.2", "--set", "model.final_every=2",
    )  # fmt: skip
    assert made.status == 0, made.err
    config = yaml.safe_load((root / "weakspot.yaml").read_text())
    config["labeler"] |= {"kind": NAME, "poll_seconds": 0.1}
    config["model"] |= {"tuning": "lora", "options": QUICK}
    (root / "weakspot.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    with knowing(truth):
        done = here("run", "--project", root, "--rounds", "5")
        assert done.status == 0, done.err
        yield root


def opened(root: Path) -> Project:
    return open_project(root, read_only=True)


@pytest.mark.slow
def test_it_is_measured_as_soon_as_there_are_random_answers_enough(root: Path) -> None:
    with opened(root) as project, project.ledger.read() as connection:
        measured = figures.measurements(connection)
        outcomes = {row.round: row.outcome or {} for row in progress.steps(connection) if row.step == "evaluate"}
    rows = {round_: {row.metric: row for row in rows if row.on == AUDIT_AND_DEV} for round_, rows in measured.items()}
    assert outcomes[1]["no_lift"] == f"15 random answers, {FEWEST} are needed"
    assert not rows[1]
    assert set(rows[4]) == {"lift", "labels_saved", "lift_at", "random_error", "picked_error"}
    found = rows[4]["lift"]
    assert found.n == 4 * 15
    assert found.low is not None
    assert found.high is not None
    assert found.value is not None
    assert found.low <= found.value <= found.high
    at = rows[4]["lift_at"].value
    assert at is not None
    assert at <= 3 * 15, "no more than picks of rounds with a model"


@pytest.mark.slow
def test_after_a_change_of_strategy_what_the_one_before_picked_is_not_held_against_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(root) as project:
        selection = project.config.selection.model_copy(update={"strategy": "margin"})
        config = project.config.model_copy(update={"selection": selection})
        work = StepContext(project, 5, config, wait=False, early=True, progress=lambda *_: None, say=lambda _: None)
        assert lift.measure_lift(work, cast(Any, None)) == lift.LiftMeasurement((), "0 picked answers, 10 are needed")
        monkeypatch.setattr(lift, "ROUNDS_BEHIND", 0)
        monkeypatch.setattr(lift, "verdict", lambda *_: "picking does not pay")
        assert lift.fallback(work) == ""
        assert "what weak_spots picked" in lift.fallback(replace(work, config=project.config))


@pytest.mark.slow
def test_only_each_second_model_is_tuned_and_measured_beside_its_proxy(root: Path) -> None:
    with opened(root) as project, project.ledger.read() as connection:
        models = {row.round: row.tuning for row in figures.models(connection)}
        measured = figures.measurements(connection)
    assert models == {0: "head", 1: "head", 2: "lora", 3: "head", 4: "lora"}, "that of round 0 is made from label names"
    agreed = {round_ for round_, rows in measured.items() for row in rows if row.metric == "proxy_agreement"}
    assert agreed == {2, 4}
    row = next(row for row in measured[4] if row.metric == "proxy_agreement")
    assert row.value is not None
    assert 0 <= row.value <= 1
    assert row.n > 20
    assert any(row.metric == "proxy_error_rate" and row.on == "audit" for row in measured[4])


@pytest.mark.slow
def test_a_round_with_a_proxy_picks_by_what_the_proxy_says(root: Path) -> None:
    with opened(root) as project:
        with project.ledger.read() as connection:
            picks = [row.pick for row in people.picks(connection, round_=3) if row.pick.kind is PickKind.WEAK]
        model = load_classifier(project.artifacts.open("rounds/003/train") / "model")
        said = model.predict(project.pool.texts([pick.example_id for pick in picks])).probabilities
    assert len(picks) > 5
    assert [pick.confidence for pick in picks] == pytest.approx(said.max(axis=1).tolist(), abs=1e-3)


@pytest.mark.slow
def test_the_report_tells_both_in_a_line(root: Path) -> None:
    told = here("report", "--project", root)
    assert "Picking against random, at " in told.out
    assert "the cheap head and the tuned model agree on" in told.out
    found = json.loads(here("report", "--project", root, "--json").out)
    assert found["lift"]["verdict"] in ("picking pays", "no proof yet", "picking does not pay")
    assert found["lift"]["passed_over"] == ""
    assert found["proxy"]["round"] == 4
    assert set(found["proxy"]["errors"]) == {"audit"}


@pytest.mark.slow
def test_a_round_with_lift_and_proxy_is_replayed_to_the_bit(root: Path) -> None:
    done = here("replay", "4", "--project", root, "--json")
    assert done.status == 0, done.out + done.err
    assert json.loads(done.out)["identical"]


@pytest.mark.slow
def test_chance_picks_while_picking_does_not_pay_and_the_strategy_when_that_is_over(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(lift, "lift", lambda *_, **__: BAD)
        assert here("run", "--project", root, "--rounds", "6", "--final").status == 0
    told = here("report", "--project", root).out
    assert "10.0 points more errors (5.0 to 15.0): picking does not pay" in told
    assert "drawn at random from every region instead of picked by weak_spots" in told
    assert here("run", "--project", root, "--rounds", "7").status == 0
    with opened(root) as project, project.ledger.read() as connection:
        picks = [row for row in people.picks(connection) if row.pick.kind is PickKind.WEAK]
        events = [event.message for event in progress.events(connection)]
    strategies = {round_: {row.pick.strategy for row in picks if row.round == round_} for round_ in (4, 5, 6)}
    assert strategies == {4: {"weak_spots"}, 5: {lift.FALLBACK}, 6: {"weak_spots"}}
    with opened(root) as project, project.ledger.read() as connection:
        models = {row.round: row.tuning for row in figures.models(connection)}
    assert (models[5], models[6]) == ("lora", "lora"), "the fifth was asked for, the sixth is the second of two"
    assert all("Drawn at random" in row.pick.reason for row in picks if row.round == 5)
    assert any("Picking does not pay: at equal counts what weak_spots picked gave 10.0 points" in one for one in events)
    assert "instead of picked by" not in here("report", "--project", root).out


@pytest.mark.slow
def test_final_comes_too_late_for_a_round_that_has_begun(root: Path) -> None:
    before = len(json.loads(here("report", "--project", root, "--json").out)["rounds"])
    assert here("run", "--project", root, "--rounds", str(before + 1), "--until", "train").status == 0
    done = here("run", "--project", root, "--final", "--until", "train")
    assert done.status != 0
    assert f"round {before} has begun without --final" in done.err

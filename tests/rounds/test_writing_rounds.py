"""Rounds of a model that writes, with a tiny real model and people who answer on paper."""

from __future__ import annotations

import csv
import itertools
import json
from collections import Counter
from pathlib import Path

import paper_labeler
import pytest
import yaml
from command_line import complaint, here
from fake_endpoint import FakeEndpoint
from made_project import copy_project
from made_writer import ANSWERS, PROMPTS, made_writer

from loop import registry
from loop.ledger import figures, people
from loop.lineage.replay import replay
from loop.lineage.verify import verify
from loop.project import Project, open_project
from loop.records import PickKind, Preference, Role
from loop.report import diff, explain, side_by_side, view

pytestmark = pytest.mark.slow

BATCH = 14
SMALL = {"steps": 4, "looks": 1, "guard_prompts": 2, "guard_tokens": 12, "learning_rate": 3e-3}


def _prompts(path: Path, count: int, tag: str) -> Path:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "prompt", "reference", "channel"])
        for n in range(count):
            k = n % len(PROMPTS)
            rows.writerow([f"{tag}{n}", f"{PROMPTS[k]} Case {tag}{n}.", ANSWERS[k], "chat" if n % 3 else "mail"])
    return path


@pytest.fixture(scope="module")
def _paper() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry.MENU["labeler"], paper_labeler.NAME, "paper_labeler:build")
        yield


@pytest.fixture(scope="module")
def desk(_paper: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project after two rounds whose people always preferred the first answer, and one model more."""
    folder = tmp_path_factory.mktemp("writing")
    made_writer(folder / "base", steps=60)
    root = folder / "desk"
    made = here(
        "init", root, "--task", "generation", "--data", _prompts(folder / "pool.csv", 90, "p"),
        "--gold", _prompts(folder / "gold.csv", 36, "g"), "--retention", _prompts(folder / "kept.csv", 12, "k"),
        "--base", folder / "base", "--batch", str(BATCH), "--checks", "ends=[.]$", "--metadata", "channel",
    )  # fmt: skip
    assert made.status == 0, made.err
    _change(root, {"labeler": {"kind": paper_labeler.NAME, "poll_seconds": 0.1}, "model": {"options": SMALL}})
    drawn = {"max_new_tokens": 16, "prompts": 45, "samples": 3, "temperature": 0.9}
    _change(root, {"generation": {**drawn, "reward_models": 1}})
    for _ in range(2):
        assert here("run", "--project", root, "--no-wait").status == 3
        paper_labeler.answer(root, 100, "first")
        done = here("run", "--project", root, "--no-wait")
        assert done.status == 0, done.err
    done = here("run", "--project", root, "--until", "gate")
    assert done.status == 0, done.err
    return root


def _change(root: Path, sections: dict[str, dict[str, object]]) -> None:
    file = root / "weakspot.yaml"
    found = yaml.safe_load(file.read_text())
    for name, values in sections.items():
        found[name] = {**found.get(name, {}), **values}
    file.write_text(yaml.safe_dump(found))


@pytest.fixture
def opened(desk: Path) -> Project:
    with open_project(desk, read_only=True) as project:
        yield project


def test_every_round_has_a_model_and_a_verdict_and_the_first_is_the_base_as_it_is(opened: Project) -> None:
    with opened.ledger.read() as connection:
        models, moves = figures.models(connection), figures.decisions(connection)
    assert [row.round for row in models] == [0, 1, 2]
    assert [row.tuning for row in models] == ["none", "dpo", "dpo"]
    assert [row.round for row in moves] == [0, 1, 2]


def test_a_question_shows_two_different_answers_and_says_nothing_of_where_they_came_from(desk: Path) -> None:
    with view(desk) as seen, seen.project.ledger.read() as connection:
        picks = people.picks(connection)
    weak = [row.pick for row in picks if row.pick.kind is PickKind.WEAK]
    assert weak
    for pick in weak:
        assert len({one.text for one in pick.candidates}) == 2
        assert not {"champion", "challenger", "sample", "temperature"} & set(pick.reason.split())


def test_a_share_of_the_pairs_is_asked_again_with_the_answers_swapped(opened: Project) -> None:
    with opened.ledger.read() as connection:
        rows = {row.ext_id: row.pick for row in people.picks(connection)}
    again = [pick for pick in rows.values() if pick.repeat_of]
    assert len(again) == 2 * round(0.1 * BATCH)
    for pick in again:
        first = rows[str(pick.repeat_of)]
        assert pick.candidates == first.candidates[::-1]
        assert pick.example_id == first.example_id


def test_random_questions_compare_with_the_model_before_and_are_never_trained_on(opened: Project) -> None:
    with opened.ledger.read() as connection:
        audits = [row.pick for row in people.picks(connection) if row.pick.kind is PickKind.AUDIT]
        trained: tuple[Preference, ...] = people.preferences(connection, roles=[Role.TRAIN])
        measured = figures.measurements(connection)
    assert audits
    for pick in audits:
        assert {one.source for one in pick.candidates} == {"challenger", "champion"}
        assert pick.inclusion_probability
    assert not {pick.example_id for pick in audits} & {one.example_id for one in trained}
    wins = [row for row in measured[1] if row.metric == "win_rate" and row.on == "people"]
    assert [row.slice for row in wins] == ["against=champion"]
    assert wins[0].n == len({pick.example_id for pick in audits})
    assert wins[0].low is not None
    assert wins[0].low <= wins[0].value <= wins[0].high


def test_preferring_the_first_place_in_both_orders_is_told_and_teaches_nothing(opened: Project) -> None:
    """People here always took the first answer: where a pair was swapped that says nothing about the answers."""
    with opened.ledger.read() as connection:
        repeated = {row.pick.example_id for row in people.picks(connection) if row.pick.repeat_of}
        known = people.preferences(connection)
        measured = figures.measurements(connection)
    assert not repeated & {one.example_id for one in known}
    bias = [row for row in measured[1] if row.metric == "first_place"]
    assert [row.value for row in bias] == [1.0]


def test_every_figure_people_watch_is_measured(opened: Project) -> None:
    with opened.ledger.read() as connection:
        rows = figures.measurements(connection)[1]
    found = {(row.metric, row.on) for row in rows if not row.slice}
    for metric in ("error_rate", "check:ends", "exact_match", "chrf", "words", "perplexity", "latency_p95"):
        assert (metric, "gold") in found
    assert ("exact_match", "retention") in found


def test_predictions_are_answers(desk: Path, tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text("prompt\nWhich plan do I have?\nWhere is my refund?\n")
    said = here("predict", file, "--project", desk, "--json")
    assert said.status == 0, said.err
    rows = [json.loads(line) for line in said.out.splitlines()]
    assert [row["prompt"] for row in rows] == ["Which plan do I have?", "Where is my refund?"]
    assert all(row["answer"] for row in rows)


@pytest.mark.parametrize("round_", [0, 1, 2])
def test_a_round_run_again_from_its_record_is_identical(desk: Path, round_: int) -> None:
    with open_project(desk, read_only=True) as project:
        assert verify(project) == ()
        again = replay(project, round_)
    assert again.identical, [part for part in again.parts if part.state != "identical"]
    wanted = {"labels and seed", "model", "predictions", "figures", "decision"}
    wanted |= {"picks", "weak spots", "preferences afterwards"} if round_ < 2 else set()
    assert wanted <= {part.name for part in again.parts}


def test_the_difference_of_two_rounds_is_that_of_the_dashboard(desk: Path) -> None:
    with view(desk) as seen:
        found, written = diff(seen, 0, 1), side_by_side(seen, 0, 1)
    told = Counter(one.outcome for one in written)
    assert (len(found.fixed), len(found.broken), found.both_wrong) == (
        told["fixed"],
        told["broken"],
        told["still wrong"],
    )
    assert found.shared == len(written) - told["not known"]


def test_the_champion_leaves_as_a_model_folder(desk: Path, tmp_path: Path) -> None:
    said = here("export", tmp_path / "whole", "--project", desk)
    assert said.status == 0, said.err
    assert (tmp_path / "whole" / "config.json").is_file()
    assert "weakspot" in (tmp_path / "whole" / "README.md").read_text()
    said = here("export", tmp_path / "adapter", "--project", desk, "--adapter")
    assert said.status == 0, said.err
    assert (tmp_path / "adapter" / "adapter_config.json").is_file()


def test_an_example_is_explained_with_the_answers_that_were_compared(desk: Path) -> None:
    with view(desk) as seen:
        with seen.project.ledger.read() as connection:
            asked = people.picks(connection)[0].pick
        story = explain(seen, asked.example_id)
        assert story.picks[0].pick.candidates == asked.candidates
        assert diff(seen, 0, 1).shared == 36
    said = here("explain", asked.example_id, "--project", desk)
    shown = " ".join(said.out.split())
    for one in asked.candidates:
        assert f"{one.source} of round {one.model_round}" in shown


def test_the_form_belongs_to_the_project(desk: Path, tmp_path: Path) -> None:
    copy = _copied(desk, tmp_path)
    _change(copy, {"questions": {"form": "correction"}})
    said = complaint(here("run", "--project", copy, "--no-wait"))
    assert 'questions.form is "correction", and the first round fixed it as "pair"' in said


def test_a_judge_answers_its_share_and_people_get_what_it_is_not_sure_of(desk: Path, tmp_path: Path) -> None:
    """This judge always takes the first answer it sees: asked in both orders it is sure of nothing."""
    copy = _copied(desk, tmp_path)
    with FakeEndpoint(lambda request: "1") as endpoint:
        judge = {
            "url": endpoint.url,
            "model": endpoint.model,
            "share": 1.0,
            "overlap": 0.0,
            "price_per_million": 1000.0,
        }
        _change(copy, {"judge": judge})
        assert here("run", "--project", copy, "--no-wait").status == 3
        asked = len(endpoint.requests)
        assert here("run", "--project", copy, "--no-wait").status == 3
        assert len(endpoint.requests) == asked
    with open_project(copy, read_only=True) as project, project.ledger.read() as connection:
        rows = {row.ext_id: row for row in people.picks(connection, round_=3)}
        said = [one for one in people.answers(connection, ext_ids=list(rows)) if one.annotator == "judge:small"]
        weak = {ext_id for ext_id, row in rows.items() if row.pick.kind is PickKind.WEAK}
        sent = {ext_id for ext_id, row in rows.items() if row.task is not None}
    assert weak <= {one.ext_id for one in said}
    assert {one.raw["certainty"] for one in said} == {0.5}
    assert weak <= sent
    assert sum(one.raw["cost"] for one in said) > 0
    audit = {ext_id for ext_id, row in rows.items() if row.pick.kind is PickKind.AUDIT}
    assert audit
    assert not audit & sent


def _copied(desk: Path, tmp_path: Path) -> Path:
    """The project one round further, on its own."""
    copy = copy_project(desk, tmp_path / "desk")
    base = yaml.safe_load((desk / "weakspot.yaml").read_text())["model"]["base"]
    _change(copy, {"model": {"base": str((desk / base).resolve()), "options": SMALL}})
    assert here("run", "--project", copy, "--no-wait").status == 3
    paper_labeler.answer(copy, 100, "first")
    assert here("run", "--project", copy, "--no-wait").status == 0
    return copy


@pytest.mark.usefixtures("_paper")
def test_a_model_behind_an_address_is_asked_and_measured_but_not_tuned(tmp_path: Path) -> None:
    root = tmp_path / "served"
    base = made_writer(tmp_path / "base")
    data = ("--data", _prompts(tmp_path / "pool.csv", 40, "p"), "--gold", _prompts(tmp_path / "gold.csv", 12, "g"))
    made = here("init", root, "--task", "generation", *data, "--base", base, "--batch", "8", "--checks", "ends=[.]$")
    assert made.status == 0, made.err
    count = itertools.count()
    with FakeEndpoint(lambda request: f"Answer {next(count)}.") as endpoint:
        served = {"endpoint": endpoint.url, "endpoint_model": endpoint.model, "samples": 2, "prompts": 20}
        _change(root, {"labeler": {"kind": paper_labeler.NAME}, "generation": served})
        assert here("run", "--project", root, "--no-wait").status == 3
        paper_labeler.answer(root, 100, "second")
        assert here("run", "--project", root, "--no-wait").status == 0
        done = here("run", "--project", root, "--until", "gate")
        assert done.status == 0, done.err
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        assert [(row.tuning, row.base) for row in figures.models(connection)] == [("served", "small")]
        metrics = {row.metric for row in figures.measurements(connection)[0] if row.on == "gold"}
        assert people.preferences(connection)
    assert {"error_rate", "chrf", "latency_p50"} <= metrics
    assert "perplexity" not in metrics

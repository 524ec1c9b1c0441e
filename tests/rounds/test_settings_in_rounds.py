"""Dangerous keys changed between whole rounds: what earlier rounds asked for, and what people said, stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import complaint, here
from made_project import change, write_tiny_bert
from settings_project import _finished, events, finished, known, put  # noqa: F401 (fixtures)

from loop.ledger import estimates, figures, people
from loop.project import open_project
from loop.records import Label, PickKind, Role
from loop.rounds import holdouts
from loop.rounds.context import StepContext
from loop.rounds.start import open_round

pytestmark = pytest.mark.slow


def run(root: Path, *more: str) -> None:
    done = here("run", "--project", root, *more)
    assert done.status == 0, done.err


def labels(root: Path) -> dict[str, Label]:
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        return {one.example_id: one for one in people.labels(connection)}


def asked(root: Path, *kinds: PickKind, round_: int) -> set[str]:
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        return {row.pick.example_id for row in people.picks(connection, round_=round_) if row.pick.kind in kinds}


def reserve(root: Path, kind: PickKind) -> frozenset[str]:
    """As it is where its share is above 0."""
    with open_project(root) as project:
        config = open_round(project, 99)
        work = StepContext(project, 99, config, False, False, lambda *_: None, lambda _: None)
        return frozenset(holdouts.lots(work, kind))


@pytest.mark.parametrize("overlap", [2, 3])
def test_a_higher_overlap_withdraws_no_label_of_earlier_rounds(overlap: int, finished: Path) -> None:  # noqa: F811
    before = labels(finished)
    assert sum(one.source == "people" for one in before.values()) == 20
    change(finished, {"labeler.overlap": overlap})
    run(finished, "--finish-early")
    assert labels(finished) == before, "one answer to each question of round 1 is too few, and changes nothing else"
    assert any("each earlier question keeps the number of its round" in line for line in events(finished))
    change(finished, {"labeler.overlap": 1})
    run(finished)
    after = labels(finished)
    assert before.items() <= after.items()
    assert {after[id_].round for id_ in after.keys() - before.keys()} == {2}


@pytest.mark.parametrize("key", ["selection.audit", "dev.share"])
def test_a_share_set_to_0_keeps_its_answers_and_leaves_its_reserve_alone(key: str, finished: Path) -> None:  # noqa: F811
    kind, role = (PickKind.AUDIT, Role.AUDIT) if key == "selection.audit" else (PickKind.DEV, Role.DEV)
    before = {id_ for id_, one in labels(finished).items() if one.role is role and one.source == "people"}
    assert before == asked(finished, kind, round_=0) != set()
    change(finished, {key: 0.0})
    run(finished)
    change(finished, {key: 0.2})
    run(finished)
    after = labels(finished)
    assert {id_: after[id_].role for id_ in before} == dict.fromkeys(before, role)
    assert not asked(finished, kind, round_=1)
    apart = reserve(finished, kind)
    picked = [one for one in PickKind if one is not kind]
    assert not apart & (asked(finished, *picked, round_=1) | asked(finished, *picked, round_=2))
    assert asked(finished, kind, round_=2) <= apart - before


def test_audit_answers_go_on_measuring_when_no_more_are_asked(finished: Path) -> None:  # noqa: F811
    before = len(asked(finished, PickKind.AUDIT, round_=0))
    change(finished, {"selection.audit": 0.0})
    run(finished, "--until", "gate")
    with open_project(finished, read_only=True) as project, project.ledger.read() as connection:
        rows = [row for row in estimates.estimates(connection, at_round=1) if row.estimate.on == "audit"]
    assert {row.estimate.n for row in rows} == {before}


@pytest.mark.parametrize("key", ["seed", "labels", "experts.kind", "labeler.kind"])
def test_run_refuses_and_goes_on_as_before_once_the_key_is_put_back(key: str, finished: Path) -> None:  # noqa: F811
    text, before = (finished / "weakspot.yaml").read_text(), labels(finished)
    put(finished, key)
    assert f"{key} is " in complaint(here("run", "--project", finished))
    (finished / "weakspot.yaml").write_text(text)
    run(finished)
    assert before.items() <= labels(finished).items()


@pytest.mark.parametrize("key", ["model.base", "model.embedder"])
def test_another_base_or_embedder_goes_on_with_every_label(key: str, finished: Path, tmp_path: Path) -> None:  # noqa: F811
    write_tiny_bert(tmp_path / "other", ["internet", "slow", "bill", "cancel", "the", "my"])
    before = labels(finished)
    change(finished, {key: str(tmp_path / "other")})
    run(finished)
    run(finished, "--until", "gate")
    with open_project(finished, read_only=True) as project, project.ledger.read() as connection:
        bases = [row.base for row in figures.models(connection)]
    assert (bases[0] != bases[1]) == (key == "model.base")
    assert len(bases) == 3
    assert before.items() <= labels(finished).items()


def test_restore_keeps_to_the_page_of_the_open_round(finished: Path) -> None:  # noqa: F811
    put(finished, "labels")
    said = complaint(here("label-studio", "restore", "--project", finished))
    assert "labels is " in said

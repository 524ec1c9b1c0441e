"""What is gathered for the gate, on models made by hand, and what becomes of its verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import here
from made_project import write_csv

from loop.ledger import figures, guards, lives, progress
from loop.ledger.figures import Decision, ModelRow
from loop.ledger.lives import SpotEdit
from loop.ledger.progress import RoundRow
from loop.project import Project, open_project
from loop.records import Evidence, Spot
from loop.rounds.context import StepContext
from loop.rounds.promotion import Measured, challenge, gather, ground_of

pytestmark = pytest.mark.slow

AT = "2026-01-01T00:00:00+00:00"
IDS = tuple(f"{row:03d}" for row in range(100))
SPOT = Spot(7, "card, arrived", 100, 50, 0, 0, 0, 0, None, None, None, None, None)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Four rounds with a model each; nothing is decided."""
    write_csv(tmp_path / "pool.csv", [{"text": f"text number {n}", "label": "ab"[n % 2]} for n in range(20)])
    said = here("init", tmp_path / "desk", "--data", tmp_path / "pool.csv", "--seed-labels", "4")
    assert said.status == 0, said.err
    with open_project(tmp_path / "desk") as opened:
        with opened.ledger.begin() as connection:
            for round_ in range(4):
                progress.open_round(connection, RoundRow(round_, {}, "d", "0.1", AT, None))
                figures.add_model(connection, ModelRow(round_, "train", "minilm", "head", 1, 4, 0, "d", 1.0, {}, AT))
            figures.put_spots(connection, 0, [SPOT])
        yield opened


def _work(project: Project, round_: int = 3, said: list[str] | None = None) -> StepContext:
    told = [] if said is None else said
    return StepContext(
        project, round_, project.config, wait=True, early=False, progress=lambda *_: None, say=told.append
    )


def _decided(project: Project, *moves: tuple[str, int]) -> None:
    with project.ledger.begin() as connection:
        for action, model in moves:
            before = figures.champion(connection)
            figures.decide(connection, Decision(model, model, before, action, "gate", "because", None, AT))


def _errs(rows: Sequence[int]) -> dict[str, bool]:
    return {id_: row in rows for row, id_ in enumerate(IDS)}


def _measured(models: Mapping[int, Sequence[int]], **more: object) -> Measured:
    """Round → rows where its model errs, of 100 gold examples."""
    made = {round_: _errs(rows) for round_, rows in models.items()}
    return replace(Measured(wrong=lambda round_: made[round_], grounds={"gold": IDS}), **more)  # type: ignore[arg-type]


def _parts(found: Evidence) -> dict[tuple[str, str], tuple[int, int]]:
    return {(one.kind, one.name): (one.comparison.fixed, one.comparison.broken) for one in found.slices}


def test_without_a_champion_it_is_the_first_model(project: Project) -> None:
    assert gather(_work(project), _measured({3: range(5)}), None) == Evidence(overall=None, first=True)


def test_gold_and_audit_are_one_ground_and_dev_stands_in_for_too_few(project: Project) -> None:
    models = {2: range(10), 3: range(5, 12)}
    grounds = {"gold": IDS[:20], "audit": IDS[20:60], "dev": IDS[60:]}
    overall = gather(_work(project), _measured(models, grounds=grounds), 2).overall
    assert overall is not None
    assert (overall.on, overall.n, overall.fixed, overall.broken) == ("gold+audit", 60, 5, 2)
    few = gather(_work(project), _measured(models, grounds={**grounds, "audit": IDS[20:29]}), 2).overall
    assert few is not None
    assert (few.on, few.n) == ("dev", 40)
    none = gather(_work(project), _measured(models, grounds={"gold": IDS[:29], "audit": (), "dev": IDS[:29]}), 2)
    assert none.overall is None
    assert none.slices == ()


def test_audit_examples_weigh_by_their_chance_and_as_much_as_gold_on_average(project: Project) -> None:
    chances = {id_: 0.1 if row % 2 else 0.3 for row, id_ in enumerate(IDS[40:])}
    measured = _measured({2: [], 3: []}, grounds={"gold": IDS[:40], "audit": IDS[40:]}, chances=chances)
    ground = ground_of(measured, _errs([]), _errs([]))
    assert ground is not None
    weights = {id_: 1 / chance for id_, chance in ground.chances.items()}
    assert {weights[id_] for id_ in IDS[:40]} == {1.0}
    assert sum(weights[id_] for id_ in IDS[40:]) == pytest.approx(60)
    assert weights[IDS[41]] == pytest.approx(3 * weights[IDS[40]])
    alike = replace(measured, chances=dict.fromkeys(IDS[40:], 0.2))
    equal = ground_of(alike, _errs([]), _errs([]))
    assert equal is not None
    assert equal.chances == {}


def test_audit_answers_without_a_known_chance_are_left_out_when_others_have_one(project: Project) -> None:
    measured = _measured({2: [], 3: []}, grounds={"gold": (), "audit": IDS}, chances=dict.fromkeys(IDS[:50], 0.2))
    ground = ground_of(measured, _errs([]), _errs([]))
    assert ground is not None
    assert ground.ids == frozenset(IDS[:50])


def test_the_best_champion_so_far_is_looked_back_at_when_it_is_not_the_present_one(project: Project) -> None:
    _decided(project, ("promote", 0), ("promote", 1), ("promote", 2))
    models = {0: range(4), 1: range(2), 2: range(3), 3: range(6)}
    found = gather(_work(project), _measured(models), 2)
    assert found.best_round == 1
    assert found.best is not None
    assert (found.best.champion_errors, found.best.broken) == (2, 4)
    models[2] = range(2)
    assert gather(_work(project), _measured(models), 2).best is None


def test_a_champion_that_was_rolled_back_or_turned_down_is_no_bar(project: Project) -> None:
    _decided(project, ("promote", 0), ("promote", 1), ("rollback", 0))
    models = {0: range(5), 1: range(1), 2: range(5), 3: range(5)}
    assert gather(_work(project), _measured(models), 0).best is None
    _decided(project, ("promote", 1), ("promote", 2))
    assert gather(_work(project), _measured(models), 2).best_round == 1
    assert gather(_work(project), _measured(models, dropped=1), 2).best is None


def test_every_comparison_of_the_gate_is_a_look_but_moves_by_hand_are_none(project: Project) -> None:
    measured = _measured({0: range(9), 1: range(9), 2: range(9), 3: range(9)})
    _decided(project, ("promote", 0))
    for round_ in (1, 2):
        done = challenge(_work(project, round_), measured, round_ - 1)
        with project.ledger.begin() as connection:
            done.record(connection)
    with project.ledger.begin() as connection:
        figures.decide(connection, Decision(2, 0, 2, "promote_by_hand", "ann", "because", None, AT))
    assert gather(_work(project), measured, 0).look == 3
    assert gather(_work(project, 2), measured, 1).look == 2, "the same whenever the round is judged again"


def test_classes_slices_and_spots_are_watched_under_the_names_people_know(project: Project) -> None:
    models = {2: [], 3: range(30)}
    parts = {"classes": {"refund": IDS[:30]}, "slices": {"channel=chat": IDS[10:40], "spot=7": IDS[:25]}}
    watched = _parts(gather(_work(project), _measured(models, **parts), 2))
    assert watched == {
        ("class", "refund"): (0, 30),
        ("slice", "channel=chat"): (0, 20),
        ("spot", "card, arrived"): (0, 25),
    }


def test_small_parts_and_those_that_are_the_whole_are_not_watched(project: Project) -> None:
    parts = {"classes": {"small": IDS[:19], "all": IDS}}
    assert gather(_work(project), _measured({2: [], 3: range(30)}, **parts), 2).slices == ()


def test_a_renamed_spot_is_told_by_its_new_name_and_a_mute_one_not_at_all(project: Project) -> None:
    measured = _measured({2: [], 3: range(30)}, slices={"spot=7": IDS[:25]})
    for action, value, names in (("rename", "late cards", [("spot", "late cards")]), ("mute", "", [])):
        with project.ledger.begin() as connection:
            lives.add_edit(connection, SpotEdit(7, action, value, "ann", "", AT))
        assert list(_parts(gather(_work(project), measured, 2))) == names


def test_the_regression_set_is_watched_but_for_what_the_present_champion_mended(project: Project) -> None:
    with project.ledger.begin() as connection:
        guards.add_regression(connection, IDS[:20], fixed_in=1)
        guards.add_regression(connection, IDS[20:50], fixed_in=2)
    models = {1: [], 2: [], 3: range(50)}
    assert _parts(gather(_work(project), _measured(models), 2)) == {("regression", "mended examples"): (0, 20)}
    assert gather(_work(project), _measured(models), 1).slices == ()


def test_a_promotion_adds_what_it_mended_and_a_hold_adds_nothing(project: Project) -> None:
    _decided(project, ("promote", 2))
    grounds = {"gold": IDS[:80], "dev": IDS[80:]}
    for rows, action, mended in ((range(40), "hold", ()), (range(5, 8), "promote", IDS[:5])):
        said: list[str] = []
        measured = _measured({2: (*range(8), 90), 3: rows}, grounds=grounds)
        done = challenge(_work(project, 3, said), measured, 2)
        with project.ledger.begin() as connection:
            done.record(connection)
            last = figures.decisions(connection)[-1]
            assert tuple(guards.regression(connection)) == mended, "dev examples steer, so they guard nothing"
        assert last.action == action
        assert said[0].startswith("Promoted: " if action == "promote" else "Held back: Worse than the model in use.")
        assert (last.told, bool(last.vetoes)) == (("cannot tell", False) if action == "promote" else ("worse", True))

"""What the report tells of a project whose model writes, on a made ledger with known answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from made_writing import JUDGE, Writing, make_writing

from loop import report
from loop.errors import DataError
from loop.ledger import Ledger, figures, people, progress
from loop.records import Annotation, AnswerState, Measurement, Role
from loop.records.vocabulary import SAME_ANSWER
from loop.report import View

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    with report.view(make_writing(tmp_path_factory.mktemp("writing") / "five", Writing(gold=20))) as view:
        yield view


def small(folder: Path, **wanted: object) -> Path:
    return make_writing(folder / "small", Writing(rounds=2, gold=12, pool=60, batch=12, **wanted))  # type: ignore[arg-type]


def ledger_of(root: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{root}/.weakspot/ledger.db")


def test_a_win_rate_over_the_champion_counts_for_the_first_model_when_that_was_the_champion(five: View) -> None:
    rates = [one for one in report.win_rates(five) if one.by == "people"]
    assert [(one.round, one.against, one.rival_round) for one in rates if one.round == 1] == [
        (1, "champion", 0),
        (1, "first", 0),
    ]
    assert [one.rival_round for one in rates if one.round == 2] == [1, 0]
    assert rates[0].figure == rates[1].figure


def test_a_held_model_wins_or_loses_under_its_own_round(five: View) -> None:
    assert {one.model_round for one in report.win_rates(five) if one.round == 3} == {3}


def test_trends_hold_the_figures_that_were_asked_for_in_that_order(five: View) -> None:
    found = report.trends(five, [("words", "gold"), ("error_rate", "retention"), ("nothing", "gold")])
    assert [(one.metric, one.on) for one in found] == [("words", "gold"), ("error_rate", "retention")]
    assert [round_ for round_, _ in found[0].points] == [0, 1, 2, 3, 4]
    assert all(not row.slice for one in report.trends(five) for _, row in one.points)


def test_a_judge_stands_apart_from_people_with_what_it_cost(five: View) -> None:
    found = report.raters(five)
    assert [one.judge for one in found.raters] == [False, False, True]
    judge = found.raters[-1]
    assert judge.name == JUDGE
    with five.project.ledger.read() as connection:
        asked = [one for one in people.answers(connection) if one.annotator == JUDGE]
    assert judge.cost == pytest.approx(0.02 * len(asked))
    assert all(one.cost is None for one in found.raters[:2])
    assert found.cycles == 1


def test_a_reliability_that_rests_on_no_shared_pair_is_not_known(tmp_path: Path) -> None:
    root = small(tmp_path)
    alone = Measurement("reliability", 0.86, 0.47, 0.97, 0, "people", "annotator=ana@desk.example", "consensus")
    with ledger_of(root) as ledger, ledger.begin() as connection:
        figures.add_measurements(connection, 0, [alone])
        figures.add_measurements(connection, 1, [alone])
    with report.view(root) as view:
        ana = next(one for one in report.raters(view).raters if one.name.startswith("ana"))
    assert ana.reliability is None


def test_pairs_that_were_alike_are_counted_and_nobody_is_named_for_them(tmp_path: Path) -> None:
    root = small(tmp_path)
    row = Annotation("judge-x", "00-0000", SAME_ANSWER, AnswerState.ANSWERED, "tie", (), "", None, None, "", "", {})
    with ledger_of(root) as ledger, ledger.begin() as connection:
        people.add_answers(connection, [row])
    with report.view(root) as view:
        found = report.raters(view)
        assert SAME_ANSWER not in [one.name for one in report.annotators(view)]
    assert found.alike == 1
    assert SAME_ANSWER not in [one.name for one in found.raters]


def test_only_a_signal_whose_whole_interval_lies_above_the_length_beats_it(five: View) -> None:
    found = report.doubts(five)
    assert found is not None
    assert found.length is not None
    assert found.length.high is not None
    assert [row.slice for row in found.signals][:2] == ["signal=mean_entropy", "signal=mean_logprob"]
    for row in found.signals:
        assert (row.slice.removeprefix("signal=") in found.better) == ((row.low or 0) > found.length.high)
    assert "mean_entropy" in found.better
    assert "max_entropy" not in found.better


def test_a_length_that_tells_short_answers_is_turned_around_in_its_own_favour(tmp_path: Path) -> None:
    root = small(tmp_path)
    short = Measurement("auroc", 0.2, 0.1, 0.35, 300, "pool", "signal=length", "delong")
    with ledger_of(root) as ledger, ledger.begin() as connection:
        figures.add_measurements(connection, 1, [short])
    with report.view(root) as view:
        found = report.doubts(view)
    assert found is not None
    assert found.shorter
    assert found.length == replace(short, value=0.8, low=0.65, high=0.9)
    assert found.better == ()


def test_the_doubts_are_those_of_the_pool_whatever_else_is_told_of_gold(tmp_path: Path) -> None:
    root = small(tmp_path)
    with report.view(root) as view:
        before = report.doubts(view)
    with ledger_of(root) as ledger, ledger.begin() as connection:
        gold = Measurement("auroc", 0.99, 0.9, 1.0, 60, "gold", "signal=unsupported", "delong")
        figures.add_measurements(connection, 1, [gold, replace(gold, slice="signal=length")])
    with report.view(root) as view:
        assert report.doubts(view) == before


def test_preferences_are_counted_by_role_and_by_the_round_that_asked(five: View) -> None:
    found = report.learnt(five)
    with five.project.ledger.read() as connection:
        known = people.preferences(connection)
    assert sum(found.preferences.values()) == sum(found.by_round.values()) == len(known)
    assert found.preferences[Role.AUDIT] > 0
    assert 4 not in found.by_round


def test_without_a_round_there_is_nothing_to_tell(tmp_path: Path) -> None:
    with report.view(make_writing(tmp_path / "empty", Writing(rounds=0, gold=4, pool=10))) as view:
        assert report.win_rates(view) == report.trends(view) == report.duels(view) == ()
        assert report.doubts(view) is None
        assert report.raters(view).raters == ()
        with pytest.raises(DataError, match="none yet"):
            report.side_by_side(view, 0, 1)


def test_side_by_side_holds_every_gold_prompt_and_what_became_of_it(five: View) -> None:
    found = report.side_by_side(five, 0, 4)
    assert len(found) == 20
    with five.project.ledger.read() as connection:
        measured = figures.measurements(connection)
    wrong = {
        round_: next(row for row in measured[round_] if row.metric == "error_rate" and row.on == "gold")
        for round_ in (0, 4)
    }
    outcomes = [one.outcome for one in found]
    assert outcomes.count("fixed") + outcomes.count("still wrong") == round(20 * (wrong[0].value or 0))
    assert outcomes.count("broken") + outcomes.count("still wrong") == round(20 * (wrong[4].value or 0))
    assert all(one.references for one in found)


def test_a_model_against_itself_changes_nothing(five: View) -> None:
    found = report.side_by_side(five, 2, 2)
    assert all(one.same for one in found)
    assert {one.outcome for one in found} <= {"still right", "still wrong"}


def test_where_an_answer_came_from_is_told_only_once_nobody_is_still_to_answer(five: View) -> None:
    found = report.duels(five)
    open_ = {one.example_id for one in found if one.state == "open"}
    assert open_
    for one in found:
        assert one.revealed == (one.example_id not in open_)
        if not one.revealed:
            assert {(shown.source, shown.model_round, shown.temperature) for shown in one.candidates} == {
                ("", None, 0.0)
            }
            assert one.voices == ()
            assert one.beliefs == ()


def test_the_first_asking_stays_blind_while_its_swapped_repeat_is_open(five: View) -> None:
    half = [one for one in report.duels(five) if one.state == "answered" and not one.revealed]
    assert half
    assert all(one.repeated for one in half)


def test_a_swapped_repeat_shows_the_same_answers_the_other_way_around(five: View) -> None:
    by_id = {one.ext_id: one for one in report.duels(five)}
    again = by_id["00-0004-again"]
    assert again.repeat
    assert by_id["00-0004"].repeated
    assert [one.text for one in again.candidates] == [one.text for one in reversed(by_id["00-0004"].candidates)]


def test_a_question_waits_for_as_many_people_as_are_to_answer_it(tmp_path: Path) -> None:
    root = small(tmp_path)
    with ledger_of(root) as ledger, ledger.begin() as connection:
        for row in progress.rounds(connection):
            asked = {**row.config, "labeler": {"overlap": 2}}
            progress.open_round(connection, replace(row, config=asked))
    with report.view(root) as view:
        newest = report.duels(view, round_=1)
        before = report.duels(view, round_=0)
    assert not any(one.revealed for one in newest)
    assert {one.state for one in newest} == {"open"}
    assert all(one.revealed for one in before)


def test_what_is_believed_points_at_the_answers_that_were_shown(five: View) -> None:
    told = [one for one in report.duels(five, round_=1) if one.beliefs]
    assert told
    with five.project.ledger.read() as connection:
        chosen = {one.example_id: one.chosen for one in people.preferences(connection)}
    for one in told:
        assert one.candidates[one.beliefs[0].better].text == chosen[one.example_id]
        assert one.beliefs[0].certainty == 0.87


@pytest.mark.parametrize(("form", "shown"), [("ranking", 3), ("rating", 1), ("correction", 1)])
def test_every_form_of_question_is_told(tmp_path: Path, form: str, shown: int) -> None:
    with report.view(small(tmp_path, form=form)) as view:
        found = report.duels(view, round_=0)
        rows = report.questions(view, round_=0)
    assert {(one.form, len(one.candidates)) for one in found} == {(form, shown)}
    assert {(row.form, len(row.candidates)) for row in rows} == {(form, shown)}


def test_a_round_counts_questions_not_answers(five: View) -> None:
    for line in report.report(five).rounds:
        assert line.answered + line.skipped + line.quarantined <= line.asked

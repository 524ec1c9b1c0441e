"""What the planner reads and says, on a hand-made ledger without a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import here
from made_project import own

from loop.cli.plan import NOTHING
from loop.cli.plan import plan as tell
from loop.config import template
from loop.ledger import Ledger, estimates, figures, people, progress
from loop.ledger.estimates import EstimateRow
from loop.ledger.figures import ModelRow
from loop.ledger.forecasts import put_forecast
from loop.ledger.progress import RoundRow
from loop.planning.cost import Cost
from loop.project import open_project
from loop.records import Annotation, AnswerState, Estimate, Forecast, Measurement, Pick, PickKind
from loop.records.vocabulary import JUDGE_ID_PREFIX
from loop.report.plan import Plan, came, money_ends, plan, series, time_ends
from loop.report.view import View, view

pytestmark = pytest.mark.slow

AT = "2026-03-01T10:00:00+00:00"
BATCH, TRAINED, START = 10, 8, 40
ERRORS = (0.4, 0.3, 0.25)


def made(
    root: Path,
    errors: tuple[float, ...] = ERRORS,
    *,
    seconds: float | None = 36.0,
    methods: tuple[str, ...] = (),
    **settings: object,
) -> Path:
    """Finished rounds of BATCH answers, TRAINED of which train; every model measured on the same gold test of 500."""
    root.mkdir()
    more = {"selection.batch": BATCH, **{key.replace("__", "."): value for key, value in settings.items()}}
    text = template(name="p", file="pool.csv", text="text", labels=("a", "b"), more=more)
    (root / "weakspot.yaml").write_text(text)
    own(root)
    with open_project(root) as project, project.ledger.begin() as row:
        for round_, error in enumerate(errors):
            progress.open_round(row, RoundRow(round_, {}, "", "", AT, AT))
            figures.add_model(row, _model(round_, methods[round_] if methods else "lora"))
            figures.put_measurements(row, round_, [Measurement("error_rate", error, error, error, 500, "gold")])
            picks = {f"{round_}-{place}": _pick(f"e{round_}-{place}", place) for place in range(BATCH)}
            people.add_picks(row, round_, picks)
            people.add_answers(row, [_answer(ext_id, seconds) for ext_id in picks])
    return root


def _model(round_: int, tuning: str = "lora") -> ModelRow:
    return ModelRow(round_, "", "", tuning, 0, START + TRAINED * round_, 0, "", 1.0, {}, AT)


def _pick(example_id: str, place: int) -> Pick:
    kind = PickKind.WEAK if place < TRAINED else PickKind.AUDIT
    return Pick(example_id, kind, "margin", "", None, None, None, None, None, show_suggestion=False)


def _answer(ext_id: str, seconds: float | None, *, id_: str = "") -> Annotation:
    state = AnswerState.SKIPPED if ext_id.endswith("3") else AnswerState.ANSWERED
    return Annotation(id_ or f"a-{ext_id}", ext_id, "ann", state, "a", (), "", None, seconds, AT, AT, {})


def test_the_curve_is_of_one_tuning_method_and_a_forecast_is_not_held_against_another(tmp_path: Path) -> None:
    methods = ("head", "head", "head", "lora", "head")
    root = made(tmp_path / "p", (0.4, 0.3, 0.25, 0.1, 0.2), methods=methods)
    with ledger_of(root) as ledger, ledger.begin() as row:
        for round_ in (1, 2, 3):
            put_forecast(row, Forecast(round_, 56, 0.2, 0.1, 0.3, None, None, details={"now": 0.3}))
    with view(root) as opened:
        assert [point.error for point in series(opened)] == [0.4, 0.3, 0.25, 0.2]
        with opened.project.ledger.read() as connection:
            assert [one.of_round for one in came(connection)] == [2]


def planned(root: Path) -> Plan:
    with view(root) as opened:
        found = plan(opened)
    assert found is not None
    return found


def ledger_of(root: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{root}/.weakspot/ledger.db")


@pytest.fixture
def priced(tmp_path: Path) -> Iterator[View]:
    with view(made(tmp_path / "p", plan__price_per_hour=50.0, plan__target_error=0.2)) as opened:
        yield opened


def test_the_sentence_tells_error_time_money_and_rounds(priced: View) -> None:
    found = plan(priced)
    assert found is not None
    assert found.then is not None
    assert found.soon is not None
    assert found.rounds_to_target is not None
    start, end = 100 * found.soon.error.error, found.then.error
    best, low, high = found.rounds_to_target
    ends = f"{low} to {high}" if high is not None else f"{low} or more"
    assert found.sentences[0] == (
        f"The next 10 answers: error {start:.1f} % → {100 * end.error:.1f} % "
        f"({100 * end.low:.1f} to {100 * end.high:.1f}), about 6 min of expert time, 5.00 EUR; "
        f"target 20.0 % in about {best} rounds ({ends})."
    )
    assert found.sentences[1].startswith("10 answers wait for the next model: ")


def test_only_labels_that_train_are_counted(priced: View) -> None:
    found = plan(priced)
    assert [point.labels for point in series(priced)] == [40, 48, 56]
    assert found is not None
    assert found.soon is not None
    assert found.then is not None
    assert (found.soon.labels, found.then.labels) == (64, 72)


def test_what_is_spent_are_all_answers_of_people_skipped_ones_included(priced: View) -> None:
    root = priced.project.root
    with ledger_of(root) as ledger, ledger.begin() as row:
        people.add_answers(row, [_answer("2-1", 5000.0, id_=f"{JUDGE_ID_PREFIX}2-1")])
    found = planned(root)
    assert found.spent is not None
    assert found.spent.hours == pytest.approx(30 * 36 / 3600)
    assert found.spent.money == pytest.approx(15)


def test_estimates_made_anew_replace_the_first_measurements(priced: View) -> None:
    with ledger_of(priced.project.root) as ledger, ledger.begin() as row:
        rows = [
            EstimateRow(2, round_, Estimate(0.5, 0.4, 0.6, 90, 120.0, "ppi", "audit"), True, "v") for round_ in range(3)
        ]
        estimates.put_estimates(row, 2, rows)
    assert [(point.error, point.n) for point in series(priced)] == [(0.5, 120.0)] * 3


def test_without_a_price_there_is_no_money_and_it_is_said(tmp_path: Path) -> None:
    found = planned(made(tmp_path / "p"))
    assert found.cost is not None
    assert found.cost.money is None
    assert "EUR" not in found.sentences[0]
    assert "No price is set (plan.price_per_hour)." in found.sentences


def test_without_recorded_time_no_hours_are_told(tmp_path: Path) -> None:
    found = planned(made(tmp_path / "p", seconds=0.01, experts__kind="simulated", plan__price_per_hour=50.0))
    assert found.simulated
    assert found.cost is None
    assert "of expert time" not in found.sentences[0]
    assert "No expert time was recorded: the experts are simulated." in found.sentences


def test_a_reached_target_is_no_round_away(tmp_path: Path) -> None:
    found = planned(made(tmp_path / "p", plan__target_error=0.9))
    assert found.rounds_to_target == (0, 0, 0)
    assert found.sentences[0].endswith("; target 90.0 % is reached.")
    assert next(one for one in found.rules if one.rule == "target").holds


def test_a_target_out_of_reach_is_not_promised(tmp_path: Path) -> None:
    found = planned(made(tmp_path / "p", (0.3,) * 8, plan__target_error=0.0001))
    assert found.rounds_to_target == (None, None, None)
    assert found.sentences[0].endswith("; target 0.0 % is not within sight.")


def test_the_interval_of_the_cost_is_told_in_words() -> None:
    cost = Cost(2.17, 1.75, 2.5, 65.0, 52.5, 75.0)
    assert (time_ends(cost), money_ends(cost, "EUR")) == (("1 h 45 min", "2 h 30 min"), ("52 EUR", "75 EUR"))
    assert money_ends(Cost(1.0, 0.5, 2.0, None, None, None), "EUR") == ("", "")


def test_after_one_round_the_cost_is_told_and_no_forecast(tmp_path: Path) -> None:
    found = planned(made(tmp_path / "p", (0.4,)))
    assert found.now is None
    assert found.then is None
    assert found.sentences[0] == (
        "The next 10 answers: a forecast needs two measured rounds, about 6 min of expert time."
    )


def test_before_the_first_model_there_is_no_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = made(tmp_path / "p", ())
    with view(root) as opened:
        assert plan(opened) is None
    tell(root, as_json=False)
    assert capsys.readouterr().out.split() == NOTHING.split()


def test_a_forecast_meets_what_was_measured_in_the_round_after(priced: View) -> None:
    made_after_0 = Forecast(0, 48, 0.31, 0.25, 0.36, None, None, details={"now": 0.4})
    made_after_2 = Forecast(2, 64, 0.2, 0.1, 0.3, None, None, (3, 1, None), details={"now": 0.25})
    with ledger_of(priced.project.root) as ledger, ledger.begin() as row:
        put_forecast(row, made_after_0)
        put_forecast(row, made_after_2)
        (found,) = came(row)
    assert (found.of_round, found.error, found.came, found.before, found.held) == (1, 0.31, 0.3, 0.4, True)
    told = planned(priced.project.root)
    assert told.score is not None
    assert told.score.miss == pytest.approx(0.01)
    assert "Of 1 forecast so far 1 held what came; on average they missed it by 1.0 points" in " ".join(told.sentences)


def test_the_command_prints_rules_and_record(priced: View) -> None:
    said = here("plan", "--project", priced.project.root)
    assert said.status == 0, said.err
    assert said.out.splitlines()[1].startswith("The next 10 answers: error ")
    for rule in ("target", "gain", "stability", "budget"):
        assert f"  {rule:<10} go on: " in said.out

"""The honest numbers on the pages: one ground for all rounds, the gate's words, lives of spots, the plan."""

from __future__ import annotations

import re
from typing import Any

import pytest
from made_honest import ERRORS, JOINING, MUTE, NEEDED, RENAMED, REOPENED, ROUNDS

from dashboard.views.calibration import tables as calibration_tables
from dashboard.views.weak_spots import example
from loop import formatting, report
from loop.evaluation.reliability import RiskCoverage
from loop.evaluation.selective_prediction import AutoAccept
from loop.report import Calibration
from loop.report import plan as planning

pytestmark = pytest.mark.slow


def said(app: Any) -> str:
    """Everything a page says, without the signs that make Markdown harmless."""
    parts = [*app.markdown, *app.caption, *app.header, *app.code]
    return "\n".join(part.value for part in parts).replace("\\", "").replace("\u2060", "")


def metrics(app: Any) -> dict[str, tuple[str, str]]:
    return {metric.label: (metric.value, metric.delta) for metric in app.metric}


def table(app: Any, column: str) -> Any:
    return next(one.value for one in app.dataframe if column in one.value.columns)


def test_the_curve_says_on_which_answers_all_models_were_measured(draw: Any, stores: Any) -> None:
    app = draw(stores["honest"], "overview")
    told = said(app)
    assert f"All {ROUNDS} models were measured in round {ROUNDS - 1} on the same 240 answers drawn at random" in told
    assert "version feedc0de" in told
    assert "stratified" in told
    figures = table(app, "Estimator")
    assert list(figures["Error rate"]) == [formatting.percent(error, n=240) for error in reversed(ERRORS)]
    assert set(figures["Version"]) == {"feedc0de"}
    assert set(figures["As precise as"]) == {"322"}


def test_a_rate_on_dev_examples_is_called_too_kind() -> None:
    from dataclasses import replace

    from dashboard.views.overview import tables
    from loop.report import LeakCounts, Report

    line = report.RoundFigures(
        0, "done", 10, 10, 0.1, 0.05, 0.2, 40, "dev", "wilson", None, "", None, None, True, "", "", 0, None, None, {},
        0, 0, 0, 0, 0, 0, 0, {}, None, "", None,
    )  # fmt: skip
    whole = Report("p", False, 0, 10, (line,), LeakCounts(0, 0))
    assert "too kind" in tables.ground(whole)[0]
    assert "selection.audit" in tables.ground(whole)[1]
    assert tables.ground(replace(whole, rounds=())) == ()


def test_what_must_be_seen_stands_on_top_of_the_overview(draw: Any, stores: Any) -> None:
    told = said(draw(stores["honest"], "overview"))
    assert "Weak spot “bill, charged, twice” is back" in told
    assert f"The model of round {ROUNDS - 1} was held back; that of round {ROUNDS - 2} stays" in told
    assert 'Worse on the class "cancel_contract"' in told
    assert "1 text kept out of training" in told
    assert "weakspot leaks" in told


def test_all_is_well_without_a_line(draw: Any, stores: Any) -> None:
    told = said(draw(stores["one"], "overview"))
    assert "is back" not in told
    assert "held back" not in told


def test_the_overview_says_whether_picking_paid(draw: Any, stores: Any) -> None:
    told = said(draw(stores["honest"], "overview"))
    assert "at 84 answers each: 6.1 points fewer errors (1.2 to 11.0)." in told
    assert "picking pays, about 41 % of the labels saved (20 or more)" in told
    assert "agree on 93.0 % of 1,200 unlabelled texts" in told


def test_the_gate_tells_its_verdict_in_words_and_what_would_settle_it(draw: Any, stores: Any) -> None:
    app = draw(stores["honest"], "gate")
    told = said(app)
    assert f"It cannot be told yet: some {NEEDED} more labels" in told
    assert "9 broken of 30" in told
    assert "exact McNemar p 0.664, tested at 0.004" in told
    found = metrics(app)
    assert found["Champion"] == (f"Round {ROUNDS - 2}", f"since round {ROUNDS - 2}, by the gate")
    assert found["Newest verdict"][0] == "Held"
    assert found["Difference"] == ("+1.2 pp", "-2.1 to +4.6 pp, n 240")
    assert found["To tell it"][0] == f"+{NEEDED}"


def test_parts_that_hold_a_model_back_come_first(draw: Any, stores: Any) -> None:
    parts = table(draw(stores["honest"], "gate"), "Part")
    assert list(parts["Part"]) == ["class: cancel_contract", "mended before", "slice: channel=chat"]
    assert list(parts["Gate"]) == ["holds it back", "let pass", "let pass"]


def test_a_round_in_the_address_opens_its_ruling(draw: Any, stores: Any) -> None:
    app = draw(stores["honest"], "gate", round="2")
    assert app.selectbox(key="round").value == "2"
    assert "fewer errors than the champion" in said(app)


def test_every_decision_is_kept_with_who_and_why(draw: Any, stores: Any, tmp_path: Any) -> None:
    import shutil
    from pathlib import Path

    from loop.ledger import Ledger, figures
    from loop.ledger.figures import Decision

    place = Path(shutil.copytree(stores["honest"], tmp_path / "moved"))
    with Ledger.open(f"sqlite:///{place}/.weakspot/ledger.db") as ledger, ledger.begin() as row:
        at = "2026-03-05T10:00:00+00:00"
        figures.decide(row, Decision(5, 2, 4, "rollback", "ana@desk.example", "customers complain", None, at))
    app = draw(place, "gate")
    log = table(app, "By")
    assert (log["Decision"][0], log["By"][0], log["Why"][0]) == (["rolled back"], "ana", "customers complain")
    assert metrics(app)["Champion"] == ("Round 2", "since round 5, by ana")
    assert 'weakspot promote 5 --why "..."' in said(app)
    assert "held back" not in said(draw(place, "overview")), "a person has decided since"


def test_the_table_of_spots_tells_where_each_stands_and_what_people_did(draw: Any, stores: Any) -> None:
    frame = table(draw(stores["honest"], "weak_spots"), "No.").set_index("No.")
    assert list(frame["State"][REOPENED]) == ["reopened"]
    assert list(frame["State"][MUTE]) == ["improving", "mute"]
    assert list(frame["State"][RENAMED]) == ["quiet", "named"]
    assert list(frame["State"][JOINING]) == ["improving", "joins"]
    assert frame["Spot"][RENAMED] == "Bills in German"


def test_the_spot_that_came_back_is_told_first_with_the_commands_to_copy(draw: Any, stores: Any) -> None:
    app = draw(stores["honest"], "weak_spots")
    assert app.selectbox(key="spot").value == str(REOPENED)
    assert f'weakspot spots rename {REOPENED} "a better name"' in said(app)
    assert "25 labels spent · 3.5 expected errors removed since it opened · opened at 42 %" in said(app)
    history = table(app, "Errors removed")
    assert list(history["State"]) == ["reopened", "fixed", "improving", "sent", "open", "quiet"]
    app.selectbox(key="spot").select(str(MUTE)).run()
    assert f"weakspot spots unmute {MUTE}" in said(app)
    assert "muted by ana: known and wanted" in said(app)
    app.selectbox(key="spot").select(str(JOINING)).run()
    assert f"weakspot spots split {JOINING}" in said(app)


def test_slices_that_were_found_stand_beside_the_spots(draw: Any, stores: Any) -> None:
    found = table(draw(stores["honest"], "weak_spots"), "Slice")
    assert list(found["Slice"]) == ["channel=chat & length=short"]
    assert list(found["Wrong"]) == ["24 of 80"]
    assert "None that is worse for sure" in said(draw(stores["six"], "weak_spots"))


def test_calibration_shows_the_figures_of_the_report(draw: Any, stores: Any) -> None:
    with report.view(stores["honest"]) as view:
        found = report.calibration(view)
    assert found is not None
    app = draw(stores["honest"], "calibration")
    assert metrics(app)["Calibration error"] == (formatting.percent(found.ece), f"ECE in {len(found.bins)} bins")
    assert metrics(app)["Measured on"] == (f"{found.n:,}", "gold test")
    assert list(table(app, "Says it is sure")["n"]) == [one.n for one in found.bins]
    assert list(table(app, "Accept from")["At most"]) == ["1 % errors", "2 % errors", "5 % errors", "10 % errors"]


def test_what_may_be_accepted_unseen_is_one_sentence() -> None:
    sure = AutoAccept(0.05, 0.95, 0.93, 0.41, 0.36, 0.46, 3, 210, None, "")
    not_yet = AutoAccept(0.01, 0.95, None, None, None, None, 0, 0, 800, "needs about 800 more answers")
    found = Calibration(3, "gold", 512, 0.02, (), 512, RiskCoverage((), None), (not_yet, sure))
    assert calibration_tables.sentences(found) == [
        "Auto-accept above 0.93: at most 5 % errors at 95 % certainty, covers 41 % (36–46 %)"
    ]
    table_ = calibration_tables.accept(found)
    assert list(table_["Accept from"]) == ["–", "0.93"]
    assert list(table_["What is missing"]) == ["needs about 800 more answers", ""]


def test_another_rounds_model_can_be_looked_at(draw: Any, stores: Any) -> None:
    app = draw(stores["honest"], "calibration", round="1")
    with report.view(stores["honest"]) as view:
        found = report.calibration(view, 1)
    assert found is not None
    assert metrics(app)["Calibration error"][0] == formatting.percent(found.ece)


def test_the_plan_says_the_forecast_first_and_its_record(draw: Any, stores: Any) -> None:
    with report.view(stores["honest"]) as view:
        found = planning.plan(view)
    assert found is not None
    app = draw(stores["honest"], "plan")
    assert found.sentences[0] in said(app)
    came = table(app, "Came")
    assert list(came["Round"]) == [5, 4, 3, 2, 1]
    assert list(table(app, "Rule")["Rule"]) == ["Target reached", "Gain too small", "Models agree", "Budget used up"]


def test_a_story_tells_who_was_asked_why_and_who_answered(stores: Any) -> None:
    with report.view(stores["honest"]) as view:
        asked = next(row for row in report.questions(view, round_=2) if row.state == "answered" and row.kind == "audit")
        frame = example.happened(report.explain(view, asked.example_id))
    told = "\n".join(frame["What"])
    assert frame["Round"][0] == "–"
    assert f"Asked, audit (chance 10.0 %): {asked.reason}" in told
    assert f"{asked.annotators[0].split('@')[0]}: {asked.answer} (answered)" in told
    assert "The model of round 2 said" in told


def test_a_story_keeps_the_guess_to_itself_while_it_is_asked_blind(stores: Any) -> None:
    with report.view(stores["hostile"]) as view:
        asked = next(row for row in report.questions(view) if row.blind and row.state == "open")
        frame = example.happened(report.explain(view, asked.example_id))
    assert not any("The model of round" in what for what in frame["What"])


@pytest.mark.parametrize(
    ("store", "page", "words_"),
    [
        ("cold", "gate", "No model judged yet"),
        ("cold", "plan", "Nothing can be planned yet"),
        ("cold", "calibration", "No model yet"),
        ("one", "gate", "Nothing compared yet"),
        ("one", "plan", "No forecast has come due yet"),
        ("empty", "gate", "No round yet"),
    ],
)
def test_an_empty_page_says_what_is_missing_and_the_command(
    draw: Any, stores: Any, store: str, page: str, words_: str
) -> None:
    app = draw(stores[store], page)
    assert words_ in said(app)
    if store != "one":
        assert "weakspot run" in [code.value for code in app.code]


@pytest.mark.slow
@pytest.mark.parametrize("page", ["overview", "gate", "plan", "weak_spots", "calibration"])
def test_hostile_names_and_reasons_never_become_markdown(draw: Any, stores: Any, page: str) -> None:
    app = draw(stores["hostile"], page)
    assert not app.exception
    for part in [*app.markdown, *app.caption]:
        assert not re.search(r"(?<!\\)(<img|<script|!\[)", part.value)
    for code in app.code:
        assert "script" not in code.value

"""What a run of several rounds leaves beside the figures of made_projects: an audit, a gate that held, lives, plans.

make_honest(folder) ─► make_project + estimates, a ruling with parts, lives and edits of spots, slices, forecasts, leaks
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from made_projects import BEGIN, Wanted, make_project

from loop.artifacts import Artifacts
from loop.ledger import Ledger, estimates, figures, forecasts, leaks, lives, people
from loop.ledger.estimates import EstimateRow
from loop.ledger.figures import Decision
from loop.ledger.lives import SpotEdit
from loop.pool import Pool
from loop.records import (
    Comparison,
    Estimate,
    Forecast,
    FoundSlice,
    Leak,
    Measurement,
    SliceComparison,
    Spot,
    SpotLife,
    Veto,
)

ROUNDS = 6
ERRORS = (0.34, 0.26, 0.21, 0.19, 0.17, 0.15)
STATES = ("quiet", "open", "sent", "improving", "fixed", "reopened")
REOPENED, MUTE, RENAMED, JOINING = 0, 1, 2, 3
NEEDED = 420


def make_honest(
    root: Path,
    wanted: Wanted | None = None,
    *,
    word: Callable[[str], str] = lambda text: text,
    spots: int = 0,
    pool: int = 300,
) -> Path:
    """Writes the project; its newest model is held back. word: changes names, reasons and accounts; spots: more."""
    wanted = wanted or Wanted(rounds=ROUNDS, unfinished=False, held=(ROUNDS - 1,), batch=30)
    make_project(root, wanted, pool=pool)
    artifacts = Artifacts(root / ".weakspot" / "artifacts")
    ids = Pool(artifacts.open("pool") / "pool.parquet").ids()
    for round_ in range(wanted.rounds):
        with artifacts.writing(f"rounds/{round_:03d}/train") as folder:
            (folder / "labels.json").write_text(json.dumps([[id_, "cancel_contract", "train"] for id_ in ids[:round_]]))
    with Ledger.open(f"sqlite:///{root}/.weakspot/ledger.db") as ledger, ledger.begin() as row:
        count = max(len(figures.spots(row, round_=0)), spots)
        for round_ in range(wanted.rounds):
            if spots:
                figures.put_spots(row, round_, [_spot(number, round_, word) for number in range(14, count)])
            lives.put_lives(row, round_, [_life(number, round_, wanted.rounds, word) for number in range(count)])
            if round_ + 1 < wanted.rounds:
                now = ERRORS[min(round_, 5)]
                forecasts.put_forecast(row, _forecast(round_, now))
        estimates.put_estimates(
            row, wanted.rounds - 1, [_estimate(round_, wanted.rounds) for round_ in range(wanted.rounds)]
        )
        figures.put_measurements(row, wanted.rounds - 1, _lift())
        lives.put_found_slices(row, wanted.rounds - 1, [_slice(word)])
        for edit in _edits(word):
            lives.add_edit(row, edit)
        figures.decide(row, _ruling(wanted.rounds - 1, word))
        known = people.labels(row)
        leaks.put_leaks(row, [Leak(known[0].example_id, ids[-60], "gold", "near", 0.93, 2)])
    return root


def _lift() -> list[Measurement]:
    rows = {"lift": (0.061, 0.012, 0.11), "labels_saved": (0.41, 0.2, None), "lift_at": (84.0, None, None)}
    found = [Measurement(name, *figure, 240, "audit+dev") for name, figure in rows.items()]
    return [*found, Measurement("proxy_agreement", 0.93, 0.915, 0.944, 1200, "pool")]


def _estimate(round_: int, rounds: int) -> EstimateRow:
    value = ERRORS[min(round_, len(ERRORS) - 1)]
    found = Estimate(value, value - 0.04, value + 0.05, 240, 322.0, "stratified", "audit")
    return EstimateRow(rounds - 1, round_, found, headline=True, gold_version="feedc0de12345678")


def _forecast(round_: int, now: float) -> Forecast:
    return Forecast(round_, 48 + 50 * round_, now - 0.03, now - 0.08, now + 0.02, 2.0, 60.0, None, {"now": now})


def _spot(number: int, round_: int, word: Callable[[str], str]) -> Spot:
    rate = 0.1 + 0.002 * (number % 100)
    return Spot(
        id=number, name=word(f"spot {number}"), size=40, pool=20, dev_n=2, dev_errors=0, asked=2, corrections=1,
        expected_error=rate, estimate=rate, low=rate / 2, high=2 * rate, error_mass=rate * (20 - round_ % 10),
    )  # fmt: skip


def _life(number: int, round_: int, rounds: int, word: Callable[[str], str]) -> SpotLife:
    """Spot 0 goes through its whole life and comes back in the newest round; of the others each third stays quiet."""
    step = min(round_, 4) if round_ < rounds - 1 else 5
    state = STATES[step] if number == REOPENED else "quiet" if number % 3 == 2 else STATES[min(round_, 3)]
    back = number == REOPENED and state == "reopened"
    reason = word("31 % (22–41) against 12 % overall: worse than when it was fixed.")
    return SpotLife(number, state, max(round_ - 1, 0), reason, 5 * round_, 3.5, 0.42, alert=back)


def _slice(word: Callable[[str], str]) -> FoundSlice:
    columns = {"channel": "chat", "length": "short"}
    return FoundSlice(word("channel=chat & length=short"), columns, 80, 24, 0.3, 0.21, 0.41, 0.12, 0.002)


def _edits(word: Callable[[str], str]) -> tuple[SpotEdit, ...]:
    at = (BEGIN + timedelta(days=300)).isoformat()
    return (
        SpotEdit(MUTE, "mute", "", "ana@desk.example", word("known and wanted"), at),
        SpotEdit(RENAMED, "rename", word("Bills in German"), "ana@desk.example", "", at),
        SpotEdit(JOINING, "merge", "4", "jonas@desk.example", word("the same thing"), at),
    )


def _ruling(round_: int, word: Callable[[str], str]) -> Decision:
    """The gate's newest word: it cannot tell, and a class got worse."""
    whole = Comparison(240, 9, 12, 40, 0.0125, -0.021, 0.046, 0.664, "audit", alpha=0.004, needed=NEEDED)
    part = Comparison(30, 0, 9, 4, 0.3, 0.12, 0.46, 0.004, "audit")
    calm = Comparison(60, 5, 4, 12, -0.017, -0.11, 0.08, 1.0, "audit")
    name = word("cancel_contract")
    return Decision(
        round=round_,
        model_round=round_,
        champion_round=round_ - 1,
        action="hold",
        by="gate",
        reason=word('Worse on the class "cancel_contract". 0 fixed, 9 broken of 30 (audit).'),
        comparison=whole,
        at=(BEGIN + timedelta(days=1)).isoformat(),
        told="cannot tell",
        vetoes=(Veto("class", name, word("Worse on the class: 9 broken of 30.")),),
        slices=(
            SliceComparison("class", name, part, 0.012, 0.05),
            SliceComparison("slice", word("channel=chat"), calm, 1.0, 0.05),
            SliceComparison("regression", "", Comparison(22, 0, 1, 0, 0.045, -0.04, 0.13, 1.0, "audit"), 1.0, 0.05),
        ),
    )

"""Rounds → the trend, the table, and what the cards compare."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from loop import formatting
from loop.ledger.estimates import EstimateRow
from loop.report import Report, RoundFigures, WinRate

WINS = {"Won, last": "champion", "Won, first": "first"}
"""Column → rival of WinRate.against."""
GROUNDS = {
    "gold": "gold examples",
    "audit": "answers drawn at random (audit)",
    "gold+audit": "gold examples and answers drawn at random (audit)",
    "dev": "dev examples",
}
"""RoundFigures.on → what people read."""
ESTIMATORS = {
    "plain": "the share of wrong ones among them",
    "stratified": "which weighs each by the chance it had of being drawn",
    "ppi": "which corrects the model's own doubt by them (prediction-powered inference)",
}
"""Estimator of audit answers → how it works."""
MODEL_STATES = ("done", "train", "evaluate", "gate")


def trend(report: Report) -> pd.DataFrame:
    """One row a measured round: round, labels, answers before it, error, low, high, n, on, status, stretch, what.

    `stretch` is a new number wherever the ground changes: a line must not join figures that rest on other examples.
    """
    measured = [line for line in report.rounds if line.error_rate is not None]
    rows = [
        {
            "round": line.round,
            "labels": line.labels,
            "answers": sum(earlier.answered for earlier in report.rounds if earlier.round < line.round),
            "error": line.error_rate,
            "low": line.ci_low,
            "high": line.ci_high,
            "n": line.n,
            "on": line.on,
            "status": status(line),
            "stretch": stretch,
            "rate": formatting.percent(line.error_rate, n=line.n),
            "interval": formatting.interval(line.ci_low, line.ci_high, n=line.n),
        }
        for line, stretch in zip(measured, _stretches(measured), strict=True)
    ]
    columns = ["round", "labels", "answers", "error", "low", "high", "n", "on", "status", "stretch", "rate", "interval"]
    return pd.DataFrame(rows, columns=columns)


def _stretches(measured: Sequence[RoundFigures]) -> list[int]:
    changed = [(a.on, a.gold_version) != (b.on, b.gold_version) for a, b in pairwise(measured)]
    return [sum(changed[:place]) for place in range(len(measured))]


def ground(report: Report, anew: Sequence[EstimateRow] = ()) -> tuple[str, ...]:
    """What the newest figures rest on, in sentences; empty before the first measured model.

    anew: as measured_anew gives them.
    """
    measured = [line for line in report.rounds if line.error_rate is not None]
    if not measured:
        return ()
    last = measured[-1]
    if last.on == "dev":
        return (
            f"Measured on {last.n:,} dev examples, which also calibrated the model: too kind.",
            "For an honest rate let `selection.audit` in weakspot.yaml draw questions at random, or give a gold test.",
        )
    what = f"{last.n:,} {GROUNDS.get(last.on, last.on)}"
    same = [line for line in measured if line.gold_version and line.gold_version == last.gold_version]
    if not same:
        return (f"Measured on {what}; band: 95 % interval.",)
    whose = "This model was" if len(same) == 1 else f"All {len(same)} models were"
    when = f" in round {anew[0].at_round}" if anew else ""
    said = [f"{whose} measured{when} on the same {what} (version {last.gold_version[:8]}); band: 95 % interval."]
    if last.estimator in ESTIMATORS:
        worth = "" if last.effective_n is None else f" As precise as {last.effective_n:,.0f} drawn plainly at random."
        said.append(f"Drawn by lot before anybody knew the answer, and never trained on: unbiased. {worth}".strip())
        said.append(f"Estimator: {last.estimator}, {ESTIMATORS[last.estimator]}.")
    return tuple(said)


def figures(report: Report) -> pd.DataFrame:
    """The trend as a table, newest first."""
    rows = [
        {
            "Round": line.round,
            "Error rate": formatting.percent(line.error_rate, n=line.n),
            "95 % interval": formatting.interval(line.ci_low, line.ci_high, n=line.n),
            "n": line.n,
            "Measured on": GROUNDS.get(line.on, line.on),
            "Estimator": line.estimator or formatting.NOTHING,
            "As precise as": formatting.count(line.effective_n),
            "Version": line.gold_version[:8] or formatting.NOTHING,
            "Labels": line.labels,
        }
        for line in reversed(report.rounds)
        if line.error_rate is not None
    ]
    return pd.DataFrame(rows)


def table(report: Report, *, wins: Sequence[WinRate] | None = None) -> pd.DataFrame:
    """One row a round, newest first, in the words of the page.

    wins: of models that write: win rates instead of labels, training time and calibration.
    """
    rows = [
        {
            "Round": line.round,
            "Status": [status(line)],
            "Error rate": None if line.error_rate is None else 100 * line.error_rate,
            "95 % interval": formatting.interval(line.ci_low, line.ci_high, n=line.n),
            "n": formatting.NOTHING if line.error_rate is None else f"{line.n:,} {line.on}",
            "Difference": formatting.points(line.difference),
            "McNemar p": formatting.p_value(line.p_value),
            **({"Labels": line.labels} if wins is None else _won(line.round, wins)),
            "Answered": f"{line.answered:,} / {line.asked:,}",
            **(
                {"Training": formatting.duration(line.seconds.get("train") if line.train_n is not None else None)}
                if wins is None
                else {}
            ),
            **({"ECE": line.ece} if wins is None else {}),
            "Finished": None if line.finished_at is None else pd.Timestamp(line.finished_at).tz_convert("UTC"),
        }
        for line in reversed(report.rounds)
    ]
    return pd.DataFrame(rows)


def _won(round_: int, wins: Sequence[WinRate]) -> dict[str, str]:
    told = {one.against: one.figure for one in wins if one.round == round_ and one.by == "people"}
    found = {}
    for name, against in WINS.items():
        row = told.get(against)
        ends = formatting.interval(row.low, row.high, n=0).removesuffix(" %") if row else ""
        found[name] = f"{formatting.percent(row.value, n=0)} ({ends})" if row else formatting.NOTHING
    return found


def answers(report: Report) -> pd.DataFrame:
    """One row a round and kind of answer: round, answer, n. "agreed" and "corrected" speak of the model's guess."""
    rows = []
    for line in report.rounds:
        kinds = {
            "agreed": line.compared - line.corrected,
            "corrected": line.corrected,
            "without a guess": line.answered - line.compared,
            "skipped": line.skipped,
            "quarantined": line.quarantined,
        }
        rows += [{"round": line.round, "answer": kind, "n": n} for kind, n in kinds.items() if n]
    return pd.DataFrame(rows, columns=["round", "answer", "n"])


def status(line: RoundFigures) -> str:
    """What became of the round's model, in one word."""
    if line.promoted is not None:
        return "promoted" if line.promoted else "held"
    return "at work" if line.state in MODEL_STATES[1:] else "no model"


def champion(report: Report) -> RoundFigures | None:
    """The round whose model is the champion, when it was measured."""
    return next((line for line in report.rounds if line.round == report.champion and line.error_rate is not None), None)


def champion_before(report: Report, line: RoundFigures) -> int | None:
    """The champion that this round's model was compared with."""
    earlier = [other.champion for other in report.rounds if other.round < line.round]
    return earlier[-1] if earlier else None


def labels_known(report: Report) -> list[int]:
    """Labels at the beginning of each round, and now if some came since."""
    known = [line.labels for line in report.rounds]
    return known if known and known[-1] == report.labels else [*known, report.labels]


def axis_top(report: Report) -> int:
    """Where the bars of the error rates end, in percent: the next full ten."""
    rates = [line.error_rate for line in report.rounds if line.error_rate is not None]
    return max(10, 10 * math.ceil(10 * max(rates, default=0.1)))


def corrected_share(line: RoundFigures) -> float | None:
    """Share of the answers that changed the model's guess; None when nothing could be compared."""
    return line.corrected / line.compared if line.compared else None


def history(values: Sequence[float | None]) -> list[float] | None:
    """Values for a sparkline; None when fewer than two are known."""
    known = [value for value in values if value is not None]
    return known if len(known) > 1 else None

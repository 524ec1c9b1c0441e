"""Figures → tables and words. Text from data is printed as text, never as markup."""

from __future__ import annotations

import getpass
import json
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loop import formatting
from loop.cli.output import console, print_json
from loop.formatting import percent
from loop.records import Measurement
from loop.report import LeakCounts, Report, RoundFigures, lift_in_words, proxy_in_words

SIMULATED = "Answers come from simulated experts."


def out() -> Console:
    """Standard output."""
    return console()


def user() -> str:
    """Who runs the command, for the record; as long as the ledger's column."""
    return getpass.getuser()[:64]


def as_json(value: Any) -> None:
    """Prints a value, or a dataclass, as JSON."""
    print_json(json.dumps(_plain(value), indent=2, ensure_ascii=False, default=str))


def interval(row: RoundFigures | Measurement) -> str:
    """10.1–13.8 %, or a dash."""
    low, high = (row.ci_low, row.ci_high) if isinstance(row, RoundFigures) else (row.low, row.high)
    return formatting.interval(low, high)


COLUMNS = ("round", "labels", "error", "95 % interval", "on", "model", "answered", "seconds")
WON = {"champion": "to the champion before", "first": "to the first model"}
"""Rival → column: how often people preferred this round's answers to the rival's."""
LEFT = ("on", "model")
RATES = ("error_rate", "precision", "recall", "win_rate", "unfinished", "agreement", "reliability", "first_place")


def rounds_table(report: Report) -> Table:
    """One line per round; fits 80 columns."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in LEFT else "right", no_wrap=True)
    for row in report.rounds:
        table.add_row(*_cells(row, report.champion))
    return table


def wins_table(report: Report) -> Table | None:
    """How often people preferred each round's answers, a tie as half; None when nobody compared any."""
    rounds = [row for row in report.rounds if row.wins]
    if not rounds:
        return None
    table = Table(box=None, pad_edge=False, header_style="bold", title="Preferred on random prompts, ties as half")
    table.title_justify, table.title_style = "left", ""
    for name in ("round", *WON.values()):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rounds:
        table.add_row(str(row.round), *(_won(row.wins.get(rival)) for rival in WON))
    return table


def _won(row: Measurement | None) -> str:
    return "–" if row is None else f"{percent(row.value, digits=0)} ({interval(row).removesuffix(' %')}, n {row.n})"


def _cells(row: RoundFigures, champion: int | None) -> tuple[str, ...]:
    model = {None: "–", True: "promoted", False: "held"}[row.promoted] + (" ★" if row.round == champion else "")
    return (
        str(row.round),
        f"{row.labels:,}",
        percent(row.error_rate, n=row.n),
        interval(row),
        f"{row.n:,} {row.on}" if row.n else "–",
        model,
        f"{row.answered:,}/{row.asked:,}" if row.asked else "–",
        f"{sum(row.seconds.values()):,.0f}",
    )


def details_table(rows: Sequence[Measurement]) -> Table:
    """One line per figure: overall first, then classes, slices and spots."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("on", "where", "figure", "value", "95 % interval", "n"):
        table.add_column(name, justify="left" if name in ("on", "where", "figure") else "right", no_wrap=True)
    for row in sorted(rows, key=lambda row: (row.slice != "", row.slice, row.metric)):
        table.add_row(row.on, plain(row.slice or "all"), row.metric, *_figure(row), f"{row.n:,}")
    return table


def _figure(row: Measurement) -> tuple[str, str]:
    """Rates in percent, the others as they are."""
    if row.metric in RATES:
        return percent(row.value, n=row.n), interval(row)
    ends = "–" if row.low is None or row.high is None else f"{row.low:.3f}–{row.high:.3f}"
    return "–" if row.value is None else f"{row.value:.3f}", ends


def footnotes(report: Report) -> list[str]:
    """What must be said beside the table."""
    peaks = [row.peak_mb for row in report.rounds if row.peak_mb is not None]
    said = ["★ the champion: the model in use."] if report.champion is not None else []
    said += [f"Round {round_}: a model from the names of the labels, without a label." for round_ in report.from_names]
    said += [SIMULATED] if report.simulated else []
    said += _lift(report)
    said += [proxy_in_words(report.proxy)] if report.proxy is not None else []
    said += _leaks(report.leaks)
    return said + ([f"Peak memory of the loop: {max(peaks):,.0f} MB."] if peaks else [])


def _lift(report: Report) -> list[str]:
    if report.lift is not None:
        return [lift_in_words(report.lift)]
    why = report.why_no_lift
    return [f"Picking against random: not measured yet ({why})."] if why else []


def _leaks(found: LeakCounts) -> list[str]:
    counts = [
        f"{count:,} {words}"
        for count, words in ((found.quarantined, "set aside at init"), (found.kept_out, "kept out of training since"))
        if count
    ]
    return [f"Texts that also measure the model: {', '.join(counts)}; see `weakspot leaks`."] if counts else []


def plain(text: str, *, style: str = "") -> Text:
    """Text from data, with control characters taken out."""
    return Text("".join(c if c.isprintable() else " " for c in text), style=style)


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value

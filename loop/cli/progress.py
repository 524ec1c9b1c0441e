"""The watcher that draws progress: a bar a step on a terminal, a line a step anywhere else."""

from __future__ import annotations

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from loop.cli.output import console
from loop.ledger.progress import StepRow
from loop.records.vocabulary import STEP_NAMES


class Terminal:
    """Draws on standard error, so that standard output stays for results."""

    def __init__(self) -> None:
        self._console = console(stderr=True)
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._round: int | None = None

    def on_step_start(self, round_: int, step: str) -> None:
        """Starts the step's bar."""
        if round_ != self._round:
            self._round = round_
            self._console.rule(f"Round {round_}", align="left", style="dim")
        if self._console.is_terminal:
            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
            )
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._progress.start()
            self._task = self._progress.add_task(f"{step:<8} {STEP_NAMES[step]}", total=1)

    def on_progress(self, done: int, total: int) -> None:
        """Moves the bar."""
        if self._progress is not None and self._task is not None and total:
            self._progress.update(self._task, completed=done, total=total)

    def on_message(self, line: str) -> None:
        """A line above the bar. The words may hold text from data: never markup."""
        self._console.print(f"         {line}", markup=False, soft_wrap=True)

    def on_step_end(self, row: StepRow) -> None:
        """Replaces the bar by one line."""
        self.stop()
        shown = {key: value for key, value in (row.outcome or {}).items() if key == "skipped" or _is_figure(value)}
        figures = ", ".join(f"{key.replace('_', ' ')} {_short(value)}" for key, value in shown.items())
        self._console.print(f"{row.step:<8} {row.seconds or 0:6.1f} s  {figures}", markup=False, soft_wrap=True)

    def on_round_end(self, round_: int) -> None:
        """Nothing: the table comes from the command."""

    def stop(self) -> None:
        """Takes the bar away; call it also when a step failed."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)

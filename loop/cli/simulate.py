"""simulate: the grid with progress, its figures as tables and words, and the advice written into weakspot.yaml."""

from __future__ import annotations

import difflib
import os
import shutil
import sys
import time
from collections.abc import Collection
from pathlib import Path

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from loop.cli import tables
from loop.cli.output import console
from loop.cli.simulate_tables import areas_table, costs_table, curves_table, needs_table, rules_table, wholes_table
from loop.config import parse
from loop.config.editing import edited
from loop.config.label_files import labels_of
from loop.config.labels import label_set
from loop.config.sections import Model
from loop.errors import ArtifactError, ConfigError
from loop.formatting import about
from loop.project import CONFIG
from loop.records import LabelSet
from loop.simulation import results
from loop.simulation.groups import Group
from loop.simulation.replay import READING_NAMES
from loop.simulation.runner import Watch
from loop.simulation.runner import simulate as simulated
from loop.simulation.spec import SimulationSpec
from loop.simulation.summary import Summary
from loop.trust.requests import PACKAGED

__all__ = ["SimulationSpec", "config_of", "labels_known", "names", "numbers", "price_of", "simulate"]


def names(given: str) -> tuple[str, ...]:
    """Names with commas."""
    return tuple(name.strip() for name in given.split(",") if name.strip())


def numbers(option: str, given: str, *, whole: bool = False) -> tuple[float, ...]:
    """Numbers with commas. Raises ConfigError for anything else."""
    try:
        return tuple(int(one) if whole else float(one) for one in names(given))
    except ValueError:
        wanted = "whole numbers with commas, as 25,75" if whole else "numbers with commas, as 0,0.1"
        raise ConfigError(f"{option} {given}", wanted=wanted) from None


def price_of(per_label: float | None, per_hour: float | None, seconds: float | None) -> float | None:
    """Of one answer. Raises ConfigError unless it is given in one way."""
    if per_label is not None and (per_hour is not None or seconds is not None):
        raise ConfigError(
            "--price-per-label is given, and --price-per-hour or --seconds as well",
            wanted="one price",
            do="leave out --price-per-hour and --seconds",
        )
    if (per_hour is None) != (seconds is None):
        raise ConfigError(
            "only one of --price-per-hour and --seconds is given",
            wanted="both: an hour's price and the seconds of an answer",
            do="add the other one, or use --price-per-label",
        )
    return per_label if per_hour is None or seconds is None else per_hour * seconds / 3600


def config_of(project: Path | None, write: Path | None) -> Path | None:
    """The weakspot.yaml to write into; it must be there and be valid before anything long begins."""
    if project is not None and write is not None:
        raise ConfigError("--project and --write are both given", wanted="one of them", do="leave one out")
    place = project / CONFIG if project is not None else write
    if place is None:
        return None
    edited(_text(place), {}, name=str(place))
    place = place.resolve()
    if not (os.access(place, os.W_OK) and os.access(place.parent, os.W_OK)):
        raise ConfigError(
            f"{place} cannot be written", wanted="a file to write the advice into", do="change its rights"
        )
    return place


def labels_known(
    given: str | None, config: Path | None, *, recipes: Collection[str], use_names: bool
) -> tuple[str, LabelSet | None]:
    """What descriptions and phrases are read from, and these; None without a list and without a weakspot.yaml.

    Raises ConfigError for a list that nothing would read.
    """
    if given is not None and (not use_names or READING_NAMES.isdisjoint(recipes)):
        readers = " or ".join(sorted(READING_NAMES))
        why = f"no recipe is {readers}" if use_names else "--without-names"
        raise ConfigError(
            f"--label-list {given} would not be read: {why}",
            wanted="a recipe that reads what labels mean",
            do="--recipes plain,head" if use_names else "leave out one of the two",
        )
    if given is not None:
        return f"--label-list {given}", label_set(labels_of(given, option="--label-list"))
    if config is None:
        return "--label-list", None
    known = parse(_text(config), name=str(config)).label_set
    return str(config), known if known.descriptions or known.phrases else None


def simulate(spec: SimulationSpec, *, config: Path | None, as_json: bool) -> None:
    """Runs the grid, writes the results, tells them; an interrupt leaves finished cells for the next run."""
    bar = _Bar()
    try:
        found = simulated(spec, Watch(say=bar.say, embedding=bar.embedding, cell=bar.cell))
    except KeyboardInterrupt:
        bar.stop()
        print("Stopped; the same command goes on from here.", file=sys.stderr)  # noqa: T201
        sys.exit(130)
    finally:
        bar.stop()
    written = results.write(found, spec.out)
    if as_json:
        tables.as_json(results.plain(found))
    else:
        _tell(found, written)
    if config is not None:
        _write(found, config, quiet=as_json)


def _tell(found: Summary, written: tuple[Path, ...]) -> None:
    out = tables.out()
    for group in found.groups:
        out.print(_title(group, found), style="bold", markup=False)
        out.print(curves_table(group))
        out.print()
        out.print(areas_table(group))
        out.print()
        out.print(needs_table(group))
        out.print()
        if wholes := wholes_table(group, with_base=found.several):
            out.print(wholes)
            out.print()
        if found.price is not None:
            out.print(costs_table(group, found.currency))
            out.print()
    first = f": {found.groups[0].title(with_base=True)}" if found.several else ""
    out.print(f"When to stop, over all projects of the first group{first}", style="bold", markup=False)
    out.print(rules_table(found.groups[0]))
    out.print()
    out.print(found.advice.headline, style="bold", markup=False)
    for sentence in found.advice.sentences:
        out.print(sentence, markup=False)
    out.print(SIMULATED, style="dim", markup=False)
    out.print("Wrote " + ", ".join(map(str, written)), markup=False)


SIMULATED = "People are simulated: the file's labels are taken for the truth. See docs/simulate.md."


def _title(group: Group, found: Summary) -> str:
    full = f"{100 * group.full.value:.1f} % with all {found.pool:,} labels"
    title = group.title(with_base=found.several)
    return f"{title[0].upper()}{title[1:]}: accuracy by labels; {full}"


def _write(found: Summary, place: Path, *, quiet: bool) -> None:
    """Shows the diff, then writes what is proven; a tuning method that was not simulated is left as it is."""
    out = console(stderr=True) if quiet else tables.out()
    before, keys = _text(place), dict(found.advice.keys)
    if not keys:
        out.print(f"Nothing is proven better: {place} stays as it is", markup=False)
        return
    model = parse(before, name=str(place)).model
    if "model.tuning" in keys and model.tuning not in {group.recipe for group in found.groups}:
        del keys["model.tuning"]
        out.print(f"model.tuning stays {model.tuning}, which was not simulated", markup=False)
    if "model.base" in keys:
        keys["model.base"] = absolute(found.advice.base)
        if reason := base_stays(model, {absolute(base) for base in found.bases}):
            del keys["model.base"]
            out.print(f"model.base stays {model.base}{reason}", markup=False)
    after = edited(before, keys, name=str(place))
    if before == after:
        out.print(f"{place} says so already", markup=False)
        return
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), str(place), str(place), lineterm="", n=1):
        out.print(tables.plain(line), soft_wrap=True)
    draft = place.with_name(f".{place.name}.partial")
    try:
        draft.write_text(after, encoding="utf-8", newline="")
        shutil.copymode(place, draft)
        draft.replace(place)
    except OSError as fault:
        draft.unlink(missing_ok=True)
        raise ArtifactError(f"cannot write {place}: {fault.strerror}", do="write the lines above by hand") from fault
    out.print(f"Wrote {place}; it holds from the next round on", markup=False)


def absolute(base: str) -> str:
    """A folder's whole path, which holds from any folder; other names as they are."""
    place = Path(base).expanduser()
    return str(place.resolve()) if base != PACKAGED and place.is_dir() else base


def base_stays(model: Model, simulated: set[str]) -> str | None:
    """Why another model.base is not written, in words that follow its value; None: it may be. simulated: `absolute`."""
    if absolute(model.base) not in simulated:
        return ", which was not simulated"
    if model.embedder is not None:
        return f": model.embedder names another encoder, {model.embedder}"
    if model.revision is not None:
        return f": model.revision {model.revision} belongs to it"
    return None


def _text(place: Path) -> str:
    """With its line ends as they are."""
    try:
        with place.open(encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(
            f"{place} cannot be read", wanted="a weakspot.yaml", do="name a project's folder with --project"
        ) from fault


class _Bar:
    """Progress on standard error: a bar on a terminal, else a line a cell."""

    def __init__(self) -> None:
        self._console = console(stderr=True)
        self._progress: Progress | None = None
        self._began: float | None = None
        self._told = 0

    def say(self, sentence: str) -> None:
        self._console.print(sentence, markup=False)

    def embedding(self, done: int, total: int) -> None:
        """Off a terminal, a line at every tenth."""
        tenths = 10 * done // total
        if self._console.is_terminal:
            self._move("embedding the texts once", done, total)
        elif tenths > self._told:
            self.say(f"embedded {done:,}/{total:,} texts")
        self._told = tenths

    def cell(self, done: int, total: int, earlier: int, words: str) -> None:
        """The time left is that of the cells made in this run."""
        now = time.monotonic()
        if self._began is None:
            self.stop()
            self._began = now
            if earlier:
                self.say(f"{earlier:,} of {total:,} cells are there from an earlier run")
        made = done - earlier
        left = f", {about((now - self._began) / made * (total - done) / 3600)} left" if made and done < total else ""
        if self._console.is_terminal:
            self._move(f"simulating{left}", done, total)
        elif made:
            self.say(f"{done:,}/{total:,}{left}: {words}")

    def stop(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _move(self, words: str, done: int, total: int) -> None:
        if self._progress is None:
            columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24))
            counts = TextColumn("{task.completed:,.0f}/{task.total:,.0f}")
            self._progress = Progress(*columns, counts, TimeElapsedColumn(), console=self._console, transient=True)
            self._progress.add_task(words, total=total)
            self._progress.start()
        self._progress.update(self._progress.task_ids[0], description=words, completed=done, total=total)

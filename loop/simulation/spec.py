"""What is to be simulated: the grid, and what holds for all of it. Checked before anything long begins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from loop import registry
from loop.errors import ConfigError
from loop.records import LabelSet

BASELINE = "random"
"""The strategy that all others are compared with; it is always simulated."""


@dataclass(frozen=True, slots=True)
class SimulationSpec:
    """A simulation as a person asks for it."""

    file: str
    """A labelled file, as `weakspot init` reads it."""
    out: Path
    """Where results and finished cells lie."""
    test: str | None = None
    """A labelled file to measure on; None: a part of `file`, drawn anew for each seed."""
    text: str | None = None
    label: str | None = None
    """Columns; None: guessed."""
    encoding: str | None = None
    delimiter: str | None = None
    """Of the files; None: recognised."""
    max_characters: int = 100_000
    """Longer texts are refused."""
    strategies: tuple[str, ...] = (BASELINE, "margin", "weak_spots")
    recipes: tuple[str, ...] = ("plain",)
    seeds: int = 5
    noise: tuple[float, ...] = (0.0,)
    """Chances that a simulated person gives another label than the file, 0..0.5."""
    batches: tuple[int, ...] = ()
    """Answers per round; none: 25, or 75 with more than MANY_CLASSES classes."""
    rounds: int | None = None
    """Batches in all, the cold start included; None: from `labels`, or DEFAULT_ROUNDS."""
    labels: int | None = None
    """Answers in all; the whole batches that fit into them are asked."""
    audit: float = 0.0
    """Share of each batch drawn at random to measure the model, not trained on."""
    dev: float = 0.0
    """Share of each batch drawn at random to tell how the spots stand, not trained on."""
    held: float = 0.2
    """Share of the file that is measured on where no test file is given."""
    rows: int = 20_000
    """Of a larger file so many rows are drawn."""
    bases: tuple[str, ...] = ("minilm",)
    """The frozen encoders; each is one dimension of the grid, and serves model, spots and picks alike."""
    use_names: bool = True
    """Whether recipes may read the names of the labels, as live rounds do."""
    label_set: LabelSet | None = None
    """Descriptions and example phrases of labels, which recipes may read too; None: names alone."""
    label_list: str = "--label-list"
    """What `label_set` was read from."""
    price: float | None = None
    """Of one answer; None: cost is not told."""
    currency: str = "EUR"
    processes: int | None = None
    """None: one per core."""


DEFAULT_ROUNDS = 20
MANY_CLASSES = 20
MOST_SEEDS = 100


def checked(spec: SimulationSpec) -> SimulationSpec:
    """The spec with BASELINE among its strategies and no value twice. Raises ConfigError for what cannot be done."""
    for option, given in (("--recipes", spec.recipes), ("--noise", spec.noise), ("--base", spec.bases)):
        if not given:
            raise ConfigError(f"{option} is empty", wanted="at least one value", do=f"leave {option} out, or fill it")
    for name in spec.strategies:
        registry.load("strategy", name)
    for name in spec.recipes:
        _require_same_base(name, spec.bases)
    _in_range("--seeds", spec.seeds, 1, MOST_SEEDS)
    for noise in spec.noise:
        _in_range("--noise", noise, 0.0, 0.5)
    for batch in spec.batches:
        _in_range("--batch", batch, 2, 100_000)
    _in_range("--held", spec.held, 0.01, 0.9)
    if not (spec.audit >= 0 and spec.dev >= 0 and spec.audit + spec.dev <= 0.9):
        raise ConfigError(
            f"--audit {spec.audit:g} and --dev {spec.dev:g}",
            wanted="shares of the batch from 0 to 0.9 in all",
            do="leave some of each batch to the strategy",
        )
    if spec.rounds is not None and spec.labels is not None:
        raise ConfigError("both --rounds and --labels are given", wanted="one of them", do="leave one out")
    if spec.rounds is not None:
        _in_range("--rounds", spec.rounds, 2, 1000)
    return replace(
        spec,
        strategies=tuple(dict.fromkeys((BASELINE, *spec.strategies))),
        recipes=tuple(dict.fromkeys(spec.recipes)),
        bases=tuple(dict.fromkeys(spec.bases)),
        noise=tuple(dict.fromkeys(spec.noise)),
        batches=tuple(dict.fromkeys(spec.batches)),
    )


def _require_same_base(recipe: str, bases: tuple[str, ...]) -> None:
    """Raises ConfigError for a recipe that tunes a model of its own when another encoder is simulated."""
    tuned = getattr(registry.load("recipe", recipe), "base", None)
    others = [base for base in bases if base != tuned]
    if tuned is None or not others:
        return
    apart = f"simulate {recipe!r} in a call of its own with --base {tuned}, " if len(bases) > 1 else ""
    raise ConfigError(
        f"the recipe {recipe!r} tunes {tuned}, --base is {','.join(bases)}",
        wanted="one encoder for all",
        do=f"{apart}leave out {recipe!r}, or install a recipe Tuned(..., base={others[0]!r}) under a name of its own",
    )


def _in_range(option: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ConfigError(f"{option} {value:g}", wanted=f"{low:g} to {high:,g}", do=f"give another value with {option}")

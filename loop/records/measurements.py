"""What models say, and how good they are."""

from __future__ import annotations

from dataclasses import dataclass

from loop.records.arrays import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What a classifier says about n examples with k labels."""

    ids: tuple[str, ...]
    """(n,) example ids, in the row order of the arrays."""
    labels: tuple[str, ...]
    """(k,) label names, in the column order of `probabilities`."""
    probabilities: FloatArray
    """(n, k) calibrated; each row sums to 1."""

    def guesses(self) -> tuple[str, ...]:
        """(n,) the most probable label of each row; the first one on ties."""
        return tuple(self.labels[column] for column in self.probabilities.argmax(axis=1))


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure with its uncertainty."""

    metric: str
    """Name in the metric menu, e.g. "error_rate", "macro_f1", "recall"."""
    value: float | None
    """None: not measurable here (for example no example of the class)."""
    low: float | None
    """Lower end of the 95 % interval; None when no interval is defined."""
    high: float | None
    n: int
    """How many examples the figure rests on."""
    on: str
    """Which examples: "gold", "audit" or "dev"."""
    slice: str = ""
    """"" for all of them, else "class=refund", "channel=chat", "spot=7"."""
    estimator: str = ""
    """How value and interval were made, e.g. "wilson", "bootstrap-1000"."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Champion against challenger on the same examples."""

    n: int
    fixed: int
    """The champion is wrong and the challenger right."""
    broken: int
    """The champion is right and the challenger wrong."""
    champion_errors: int
    """Wrong answers of the champion; the challenger has `champion_errors - fixed + broken`."""
    difference: float
    """Challenger's error rate minus champion's; below 0 is better."""
    low: float
    high: float
    """95 % interval of the difference."""
    p_value: float
    """Exact two-sided McNemar test; 1.0 when nothing changed."""
    on: str
    """Which examples it was measured on: "gold", "audit" or "dev"."""
    alpha: float | None = None
    """The level spent on this look at "better"; None: it was not a look of the gate."""
    needed: int | None = None
    """So many further answers would tell such a difference in four of five cases; None: told, no difference, or out of
    reach."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A region of the data and how the model does there in one round."""

    id: int
    """Stable over rounds."""
    name: str
    size: int
    """Pool, dev and labelled examples in the region."""
    pool: int
    """Still unlabelled ones among them."""
    dev_n: int
    dev_errors: int
    asked: int
    """Answered picks in the region so far whose suggestion was the model's guess."""
    corrections: int
    """How many of them people changed."""
    expected_error: float | None
    """Mean of 1 - calibrated confidence over the unlabelled ones; None before the first model."""
    estimate: float | None
    """Shrunken error rate, 0..1; None before the first model."""
    low: float | None
    high: float | None
    """95 % credible interval of the estimate."""
    error_mass: float | None
    """estimate x pool: how many wrong answers are expected among the unlabelled ones."""
    terms: tuple[str, ...] = ()
    """Telling terms, most telling first."""
    confused: tuple[str, str] | None = None
    """The pair of labels most often mixed up here."""
    muted: bool = False
    """A person asked that nobody speaks of it: it stays on the map, is told in no reason and raises no alert."""

"""What makes a figure trustworthy: estimates, comparisons of slices, the gate's evidence, lives of spots, forecasts.

Audited ─► Estimate            Comparison, SliceComparison ─► Evidence ─► Verdict
Spot by round ─► SpotLife      FoundSlice      Leak      Forecast
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from loop.records.arrays import FloatArray
from loop.records.measurements import Comparison


@dataclass(frozen=True, slots=True, eq=False)
class Audited:
    """A random sample with known chances, and what the model expects of the population it was drawn from.

    Row i of the three sample arrays is one example whose answer is known; the sample is part of the population.
    """

    wrong: NDArray[np.bool_]
    """(n,) whether the model errs."""
    doubt: FloatArray
    """(n,) the error the model itself expects there, 1 - calibrated confidence, 0..1."""
    inclusion: FloatArray
    """(n,) chance of having been drawn into the sample by now, above 0 and at most 1."""
    population: FloatArray
    """(N,) doubt of every example the sample could have come from, drawn ones included; N at least n."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The error rate of a population, from a sample."""

    value: float
    low: float
    high: float
    """95 % interval, within 0..1."""
    n: int
    """Answers it rests on."""
    effective_n: float
    """So many answers drawn plainly at random would give an interval as narrow."""
    estimator: str
    """Name in the menu of estimators: "plain", "stratified" or "ppi"; or "wilson" for a whole gold test."""
    on: str
    """"gold", "audit", or "gold+audit"."""


@dataclass(frozen=True, slots=True)
class SliceComparison:
    """Champion and challenger on a part of the examples that the gate watches."""

    kind: str
    """"class", "slice", "spot", "check", "regression", "retention" or "reward" (a reward model's preference)."""
    name: str
    """As people know it: a label, "channel=chat", a spot's name."""
    comparison: Comparison
    p_worse: float
    """One-sided, of "not worse": adjusted by Holm over all slices of this gate."""
    margin: float
    """How much worse it may be, 0..1."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All the gate looks at."""

    overall: Comparison | None
    """None: too few examples with a known answer."""
    best: Comparison | None = None
    """Against the best champion so far, when that is not the present one: slow decline adds up."""
    best_round: int | None = None
    slices: tuple[SliceComparison, ...] = ()
    first: bool = False
    """There is no champion yet."""
    collapsed: str = ""
    """Why the run itself failed (text collapsed into repetition); "" when it did not."""
    look: int = 1
    """How many comparisons the gate has made on these examples, this one included, 1 or more."""
    answerable: int | None = None
    """How many further examples can get a known answer; None: not known."""


@dataclass(frozen=True, slots=True)
class Veto:
    """One reason to hold a model back."""

    kind: str
    """"overall", "best", "collapsed", or the kind of a SliceComparison."""
    name: str
    reason: str
    """In words a lead understands."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of a challenger."""

    promote: bool
    reason: str
    """In words a lead understands."""
    comparison: Comparison | None = None
    """None when there is no champion to compare with or nothing to measure on."""
    told: str = ""
    """"better", "worse" or "cannot tell"; "" without a comparison."""
    vetoes: tuple[Veto, ...] = ()
    """Why it is held; empty when it is promoted."""


@dataclass(frozen=True, slots=True)
class SpotLife:
    """Where a weak spot stands in its life, after one round."""

    spot: int
    state: str
    """"open", "sent", "improving", "fixed", "reopened", or "quiet" for one that was never weak."""
    since: int
    """The round it came into this state."""
    reason: str
    """The rule that held, with its numbers."""
    labels: int
    """Labels spent in it so far."""
    removed: float | None
    """Error mass gone since it opened: rate then less rate now, times its size; None before it opened."""
    opened_at: float | None
    """Its estimated error rate when it opened."""
    alert: bool = False
    """It came back in this round."""


@dataclass(frozen=True, slots=True)
class FoundSlice:
    """A combination of metadata values where the model errs more than elsewhere."""

    name: str
    """As "channel=chat & language=de"."""
    columns: Mapping[str, str]
    """Column → value, one or two of them."""
    n: int
    errors: int
    rate: float
    low: float
    high: float
    rest: float
    """Error rate of the examples outside."""
    p_value: float
    """Of "no worse than the rest", adjusted by Holm for all slices looked at."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A text that would have been learned although a twin of it measures the model."""

    example_id: str
    """Kept out of training."""
    twin_id: str
    ground: str
    """What the twin is for: "gold", "audit" or "dev"."""
    grade: str
    """"same", "folded" or "near"."""
    similarity: float
    """0..1."""
    round: int | None
    """When it was found; None at `weakspot init`."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the planner expects of the next batch, and what came."""

    round: int
    """Made after this round."""
    labels: int
    """With so many labels in all."""
    error: float
    low: float
    high: float
    """90 % interval of the error rate that will be measured."""
    hours: float | None
    """Expert time of the batch; None when nobody's time was recorded."""
    cost: float | None
    """In the config's currency; None without a price."""
    rounds_to_target: tuple[int | None, int | None, int | None] | None = None
    """(best guess, low, high) to the target error rate; None at a place: not within sight; None: no target."""
    details: Mapping[str, float] = field(default_factory=dict)
    """How it was made, plain numbers."""

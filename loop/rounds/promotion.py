"""Champion and challenger: all the gate looks at, gathered for any task, and what becomes of its verdict.

what the task measured ─► the ground ─► overall ──────────────────┐
champions so far ────────► the best on this ground ──► best ──────┼─► Evidence ─► gate.decide ─► Decision
classes, slices, spots, regression set, the task's own ─► slices ─┘                       └─► regression set grows
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from loop.evaluation import gate, slice_tests
from loop.evaluation.compare import compare_wrong
from loop.ledger import figures, guards, lives, people
from loop.ledger.figures import Decision
from loop.records import Comparison, Evidence, SliceComparison, Split, Verdict
from loop.rounds.context import StepContext, StepResult, now

ENOUGH = 30
"""Fewer examples than this are too few to compare two models on."""
LASTING = ("gold", "audit")
"""Grounds that are never trained on and that grow together: one sample for the gate."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What a task knows of its models."""

    wrong: Callable[[int], Mapping[str, bool]]
    """Round → example id → whether that round's model errs there, wherever that is known."""
    grounds: Mapping[str, Collection[str]]
    """"gold", "audit", "dev" → ids with a known answer."""
    chances: Mapping[str, float] = field(default_factory=dict)
    """Audit id → how likely it was drawn; empty: all alike."""
    classes: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Label → ids whose true label it is."""
    slices: Mapping[str, Collection[str]] = field(default_factory=dict)
    """"channel=chat", "length=up to 3 words", "spot=7" → ids."""
    collapsed: str = ""
    """Why tuning broke down; "" when it did not."""
    dropped: int | None = None
    """A round whose model people have just turned down: it is no bar for others."""


@dataclass(frozen=True, slots=True)
class EvalSet:
    """Examples that both models are measured on."""

    name: str
    """"gold", "audit", "gold+audit" or "dev"."""
    ids: frozenset[str]
    chances: Mapping[str, float]
    """For `compare_wrong`: of every id, or empty."""

    def of(self, outcomes: Mapping[str, bool], ids: Collection[str] | None = None) -> dict[str, bool]:
        """What is known of them; of some of them."""
        kept = self.ids if ids is None else self.ids.intersection(ids)
        return {id_: outcomes[id_] for id_ in kept if id_ in outcomes}


OwnParts = Callable[[EvalSet], Sequence[SliceComparison | None]]
"""What a task watches besides: its checks, what must not be forgotten, ..."""


def challenge(
    work: StepContext, measured: Measured, champion: int | None, *, own: OwnParts = lambda _: ()
) -> StepResult:
    """Judges this round's model against the champion, and says so."""
    evidence = gather(work, measured, champion, own=own)
    rules = work.config.gate
    verdict = gate.decide(evidence, policy=rules.policy, alpha=rules.alpha, margin=rules.margin)
    decision = _decision(work, verdict, evidence, champion)
    mended = _mended(work, measured, champion) if verdict.promote and champion is not None else ()
    work.say(("Promoted: " if verdict.promote else "Held back: ") + verdict.reason)

    def record(connection: Connection) -> None:
        figures.decide(connection, decision)
        guards.add_regression(connection, mended, fixed_in=work.round)

    return StepResult({"promoted": verdict.promote, "reason": verdict.reason, "told": verdict.told}, record)


def gather(work: StepContext, measured: Measured, champion: int | None, *, own: OwnParts = lambda _: ()) -> Evidence:
    """All the gate looks at in this round."""
    if champion is None:
        return Evidence(overall=None, first=True, collapsed=measured.collapsed)
    before, after = measured.wrong(champion), measured.wrong(work.round)
    ground = ground_of(measured, before, after)
    found = ground or EvalSet("", frozenset(), {})
    parts = _parts(work, measured, champion, found) if ground else []
    rules = work.config.gate
    best, best_round = _best(work, measured, champion, found) if ground else (None, None)
    return Evidence(
        overall=_compared(ground, before, after) if ground else None,
        best=best,
        best_round=best_round,
        slices=slice_tests.corrected(
            [*parts, *(one for one in own(found) if one is not None)], alpha=rules.alpha, least=rules.slice_n
        ),
        collapsed=measured.collapsed,
        look=_looks(work) + 1,
        answerable=_answerable(work),
    )


def _answerable(work: StepContext) -> int:
    """How many examples of the pool were never asked about."""
    with work.project.ledger.read() as connection:
        asked = people.asked(connection)
    return work.project.pool.counts()[Split.POOL] - len(asked)


def ground_of(measured: Measured, before: Mapping[str, bool], after: Mapping[str, bool]) -> EvalSet | None:
    """Gold and audit together where both models are measured on enough of them, else dev; None: too few."""
    known = {name: frozenset(before) & frozenset(after) & frozenset(ids) for name, ids in measured.grounds.items()}
    if measured.chances and "audit" in known:
        known["audit"] &= frozenset(measured.chances)
    lasting = [name for name in LASTING if known.get(name)]
    ids = frozenset().union(*(known[name] for name in lasting))
    if len(ids) >= ENOUGH:
        return EvalSet("+".join(lasting), ids, _balanced(measured.chances, known.get("audit", frozenset()), ids))
    dev = known.get("dev", frozenset())
    return EvalSet("dev", dev, {}) if len(dev) >= ENOUGH else None


def _balanced(chances: Mapping[str, float], audit: Collection[str], ids: Collection[str]) -> dict[str, float]:
    """Of every id: audit examples weigh 1 on average, as much as gold ones do; empty where all weigh the same."""
    drawn = {id_: chances[id_] for id_ in sorted(audit) if id_ in chances}
    if len(set(drawn.values())) < 2:
        return {}
    mean = sum(1 / chance for chance in drawn.values()) / len(drawn)
    return {id_: drawn[id_] * mean if id_ in drawn else 1.0 for id_ in sorted(ids)}


def _compared(ground: EvalSet, before: Mapping[str, bool], after: Mapping[str, bool]) -> Comparison:
    return compare_wrong(ground.of(before), ground.of(after), on=ground.name, chances=ground.chances)


def _best(
    work: StepContext, measured: Measured, champion: int, ground: EvalSet
) -> tuple[Comparison | None, int | None]:
    """Against the earlier champion with the fewest errors now, when that has fewer than the present one."""
    present, challenger = measured.wrong(champion), measured.wrong(work.round)
    with work.project.ledger.read() as connection:
        line = figures.succession(connection)
    ahead: dict[int, float] = {}
    for round_ in sorted(set(line) - {champion, work.round, measured.dropped}):
        earlier = measured.wrong(round_)
        if len(ground.of(earlier)) >= ENOUGH:
            ahead[round_] = _compared(ground, present, earlier).difference
    best = min(ahead, key=lambda round_: ahead[round_], default=None)
    if best is None or ahead[best] >= 0:
        return None, None
    return _compared(ground, measured.wrong(best), challenger), best


def _looks(work: StepContext) -> int:
    """How often the gate compared two models in earlier rounds."""
    with work.project.ledger.read() as connection:
        made = figures.decisions(connection)
    return sum(row.by == "gate" and row.comparison is not None and row.round < work.round for row in made)


def _parts(work: StepContext, measured: Measured, champion: int, ground: EvalSet) -> list[SliceComparison]:
    before, after = ground.of(measured.wrong(champion)), ground.of(measured.wrong(work.round))
    names = _spot_names(work)
    groups = [("class", label, ids) for label, ids in measured.classes.items()]
    for name, ids in measured.slices.items():
        column, _, value = name.partition("=")
        if column != "spot" or not value.isdigit():
            groups.append(("slice", name, ids))
        elif int(value) in names:
            groups.append(("spot", names[int(value)], ids))
    groups.append(("regression", "mended examples", _regression(work, champion)))
    found = []
    for kind, name, ids in groups:
        mine = ground.ids.intersection(ids)
        if len(mine) < len(ground.ids):
            outcomes = ({id_: one[id_] for id_ in mine} for one in (before, after))
            margin = work.config.gate.slice_margin
            found.append(slice_tests.part(kind, name, *outcomes, on=ground.name, margin=margin, chances=ground.chances))
    return [one for one in found if one is not None]


def _regression(work: StepContext, champion: int) -> set[str]:
    """The regression set, but for what the present champion itself mended.

    It is right on those because they were chosen so: an equally good model would break some of them by chance alone
    and be called worse. From the next champion on they are watched.
    """
    with work.project.ledger.read() as connection:
        return {id_ for id_, fixed_in in guards.regression(connection).items() if fixed_in < champion}


def _spot_names(work: StepContext) -> dict[int, str]:
    """Spot → its name as people may have changed it; without those that they want to hear nothing of."""
    with work.project.ledger.read() as connection:
        mute = lives.muted(lives.edits(connection))
        return {spot.id: spot.name for spot in lives.named_spots(connection) if spot.id not in mute}


def _mended(work: StepContext, measured: Measured, champion: int) -> tuple[str, ...]:
    """Gold and audit examples that the champion before gets wrong and this round's model right."""
    before, after = measured.wrong(champion), measured.wrong(work.round)
    lasting = {id_ for name in LASTING for id_ in measured.grounds.get(name, ())}
    return tuple(sorted(id_ for id_ in lasting if before.get(id_) is True and after.get(id_) is False))


def _decision(work: StepContext, verdict: Verdict, evidence: Evidence, champion: int | None) -> Decision:
    return Decision(
        round=work.round,
        model_round=work.round,
        champion_round=champion,
        action="promote" if verdict.promote else "hold",
        by="gate",
        reason=verdict.reason,
        comparison=verdict.comparison,
        at=now(),
        told=verdict.told,
        vetoes=verdict.vetoes,
        slices=evidence.slices,
    )

"""How far the champion's confidences can be trusted, and which answers may be accepted without a person.

    what the model said when it was evaluated ─┐
    gold test, else the audit's answers ───────┴─► confidence, right ─► bins, ECE, risk by coverage, thresholds

Dev examples do not count: the confidences were fitted to them. Audit examples are drawn with unequal known chances:
bins weigh each by 1 / chance; the curve and the thresholds rest on a part of them that had equal chances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loop.artifact_names import artifact
from loop.evaluation.reliability import Bin, RiskCoverage, calibration_error, reliability, risk_coverage
from loop.evaluation.selective_prediction import AutoAccept, auto_accept, equal_chance
from loop.ledger import figures, people
from loop.records import FloatArray, Role
from loop.report.outcomes import Outcome, outcomes
from loop.report.view import View
from loop.step_folders import load_inclusion


@dataclass(frozen=True, slots=True)
class Calibration:
    """One model's confidences against what turned out to be right."""

    round: int
    """Of the model."""
    on: str
    """"gold" or "audit"."""
    n: int
    """Examples with a known answer."""
    ece: float
    """Expected calibration error, 0..1, over `bins`; smaller is better."""
    bins: tuple[Bin, ...]
    """At most 15 with about equally many examples, at least about 20 each; from low to high confidence."""
    equal_n: int
    """Examples with equal chances: what `curve` and `accept` rest on."""
    curve: RiskCoverage
    accept: tuple[AutoAccept, ...]
    """For at most 1, 2, 5 and 10 % errors."""


def calibration(view: View, round_: int | None = None) -> Calibration | None:
    """Of the newest champion, or of a round's model; None without a model, without held-out answers, or for free texts.

    Raises ArtifactError when the round's files are damaged.
    """
    with view.project.ledger.read() as connection:
        of = figures.champion(connection) if round_ is None else round_
    name = artifact(of or 0, "evaluate")
    if of is None or view.free or not view.project.artifacts.has(name):
        return None
    said = outcomes(view.project.artifacts.open(name))
    on, truth, chance = _held_out(view)
    ids = sorted(set(truth) & set(said) & (set(truth) if chance is None else set(chance)))
    if not ids:
        return None
    confidence = np.array([_sure(said[id_]) for id_ in ids])
    right = np.array([said[id_].guess == truth[id_] for id_ in ids])
    inclusion = np.ones(len(ids)) if chance is None else np.array([chance[id_] for id_ in ids])
    kept = equal_chance(inclusion, rng=np.random.default_rng(view.project.config.seed))
    weights: FloatArray = 1 / inclusion
    return Calibration(
        round=of,
        on=on,
        n=len(ids),
        ece=calibration_error(confidence, right, weights=weights) or 0.0,
        bins=reliability(confidence, right, weights=weights),
        equal_n=int(kept.sum()),
        curve=risk_coverage(confidence[kept], right[kept]),
        accept=auto_accept(confidence[kept], right[kept]),
    )


def _held_out(view: View) -> tuple[str, dict[str, str], dict[str, float] | None]:
    """The ground, its true labels, and the chance of each example; None: all alike."""
    gold = view.project.pool.truth()
    if gold:
        return "gold", gold, None
    with view.project.ledger.read() as connection:
        labels = people.labels(connection, roles=[Role.AUDIT])
    newest = max((label.round for label in labels if label.round is not None), default=-1)
    return "audit", {label.example_id: label.label for label in labels}, _chances(view, newest)


def _chances(view: View, newest: int) -> dict[str, float] | None:
    """Example → its chance of having been drawn by this round; None where rounds drew all with equal chances."""
    artifacts = view.project.artifacts
    kept = next((r for r in range(newest, -1, -1) if artifacts.has(artifact(r, "select"))), None)
    if kept is None:
        return None
    known = load_inclusion(artifacts.open(artifact(kept, "select")))
    return {id_: chance for id_, chance in known.items() if chance > 0}


def _sure(outcome: Outcome) -> float:
    return 0.0 if outcome.confidence is None else outcome.confidence

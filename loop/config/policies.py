"""What happens when a key of weakspot.yaml changes between two rounds: one policy for every key, in this one place.

    POLICIES ─┬─► loop.config.changes: which changes there are, and which of them are refused
              ├─► loop.rounds.start: the error, or a line and an event
              └─► loop.config.reference: the table in docs/settings.md

`free`     takes effect without a word
`said`     takes effect, and `run` reports the effect once, as a line and as an event
`refused`  fixed by `weakspot init`, or by the first round: the error names the old value

A change takes effect with the next round that begins, or at once where the policy says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Rule(StrEnum):
    """What becomes of a change."""

    FREE = "free"
    SAID = "said"
    REFUSED = "refused"


class Fixed(StrEnum):
    """What fixed a value that may not change."""

    INIT = "weakspot init"
    FIRST_ROUND = "the first round"


def _whole(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Policy:
    """What becomes of a change of one key."""

    rule: Rule
    effect: str
    """What a change does; of a refused key, what it would do."""
    at_once: bool = False
    """It takes effect at once, in the middle of a round too; else with the next round that begins."""
    fixed: Fixed | None = None
    """Of a refused key: since when."""
    part: Callable[[Any], Any] = _whole
    """The part of a value that is fixed, as JSON has it; a change of the rest alone is said."""

    def rule_of(self, old: Any, new: Any) -> Rule:
        """What becomes of this change."""
        if self.rule is Rule.REFUSED and self.part(old) == self.part(new):
            return Rule.SAID
        return self.rule


def _free(effect: str, *, at_once: bool = False) -> Policy:
    return Policy(Rule.FREE, effect, at_once=at_once)


def _said(effect: str, *, at_once: bool = False) -> Policy:
    return Policy(Rule.SAID, effect, at_once=at_once)


def _refused(effect: str, *, part: Callable[[Any], Any] = _whole) -> Policy:
    return Policy(Rule.REFUSED, effect, fixed=Fixed.FIRST_ROUND, part=part)


def _read_at_init(what: str) -> Policy:
    return Policy(Rule.REFUSED, f"{what} was read by `weakspot init` and is not read again", fixed=Fixed.INIT)


NEXT_MODEL = "the next model is tuned so; models so far stay as they are"
NEXT_BATCH = "the next batch is picked so; questions that were asked stay as they are"
NEXT_GATE = "the next model is judged so; decisions so far stand"
SIMULATED = "simulated experts answer so from the next round on; their answers so far stay"
PLAN = "`weakspot plan` and the stop rules use it at once; forecasts that were made stay as they were"
KEPT_APART = (
    "answers so far keep their use and go on measuring; a reserve that was asked from stays set apart, and one that "
    "strategies have picked from lacks those examples"
)
JUDGE = "the judge is asked so from the next round on; its answers so far stay"

POLICIES: Mapping[str, Policy] = {
    "project.name": _free("reports show it; the labeling tool keeps its title", at_once=True),
    "project.title": _free("reports show it; the labeling tool keeps its title", at_once=True),
    "task": Policy(Rule.REFUSED, "pool, questions and models were made for one task", fixed=Fixed.INIT),
    "seed": _refused("the reserves for audit and dev follow from it, so answers that measure would be lost"),
    "data.file": _read_at_init("the pool"),
    "data.text": _read_at_init("the pool"),
    "data.label": _read_at_init("the pool"),
    "data.id": _read_at_init("the pool"),
    "data.metadata": _read_at_init("the pool"),
    "data.gold": _read_at_init("the gold test"),
    "data.context": _read_at_init("the pool"),
    "data.retention": _read_at_init("the retention set"),
    "labels": _refused(
        "models and questions so far speak of these labels in this order; descriptions and phrases may change: they "
        "feed the next model, and the next round's questions show the descriptions",
        part=list,
    ),
    "storage.ledger": _said("the ledger is opened there; weakspot moves nothing", at_once=True),
    "storage.artifacts": _said("artifacts are read and written there; weakspot moves nothing", at_once=True),
    "model.base": _said(
        "a classifier is tuned from it from the next round on, and texts are embedded again where model.embedder is "
        "null; weak spots keep the regions of the first one. A model that writes goes on from the champion and its base"
    ),
    "model.revision": _said("as for model.base: another revision is another base"),
    "model.tuning": _free(NEXT_MODEL),
    "model.options": _free(NEXT_MODEL),
    "model.embedder": _said("texts are embedded again; weak spots keep the regions of the first encoder"),
    "model.final_every": _free("counted over all models so far, it decides how the next one is tuned"),
    "selection.strategy": _said(
        "it picks the next batch; the lift meter counts its picks alone, from the first one on"
    ),
    "selection.batch": _free(NEXT_BATCH),
    "selection.portion": _free(NEXT_BATCH),
    "selection.audit": _said(KEPT_APART),
    "selection.blind": _free(NEXT_BATCH),
    "selection.fallback": _free(NEXT_BATCH),
    "generation.max_new_tokens": _said(
        "new answers are cut off there, while the champion is measured by answers of the old length"
    ),
    "generation.temperature": _free("further answers are drawn so from the next round on"),
    "generation.samples": _free("so many answers are drawn from the next round on"),
    "generation.prompts": _free("so many prompts are answered from the next round on"),
    "generation.signal": _free("doubt is read so from the next round on; what was picked stays"),
    "generation.checks": _said(
        "the gate holds the answers of earlier models against them too; figures of earlier rounds stay as measured"
    ),
    "generation.reward_models": _free(
        "so many are trained with the next model; at 0 the newest one goes on being asked"
    ),
    "generation.nli": _said("meanings and unsupported sentences are read by it; earlier figures stay as measured"),
    "generation.endpoint": _refused(
        "models so far were tuned here, or are served there; the address of a server may change",
        part=lambda value: value is None,
    ),
    "generation.endpoint_model": _said("the next round measures it as a new model"),
    "generation.token_env": _free("the key is read from that variable from the next round on"),
    "questions.form": _refused("questions that were sent lie on its page"),
    "questions.candidates": _free(NEXT_BATCH),
    "questions.pair_strategy": _free(NEXT_BATCH),
    "questions.swapped": _free(NEXT_BATCH),
    "questions.criteria": _refused("questions that were sent lie on a page with these criteria"),
    "questions.guidance": _free("questions of the next round show it; those that were sent keep theirs"),
    "judge.url": _said(JUDGE),
    "judge.model": _said("another judge is another annotator, with a reliability of its own; answers so far stay"),
    "judge.token_env": _free(JUDGE),
    "judge.share": _free(JUDGE),
    "judge.certainty": _free(JUDGE),
    "judge.overlap": _free(JUDGE),
    "judge.max_new_tokens": _free(JUDGE),
    "judge.price_per_million": _free("answers from the next round on cost so much; earlier ones keep their price"),
    "labeler.kind": _refused("the questions so far lie in the tool of that kind, and their answers come from there"),
    "labeler.url": _said("questions are sent to and answers read from that server; answers so far stay", at_once=True),
    "labeler.token_env": _free("the token is read from that variable", at_once=True),
    "labeler.overlap": _said(
        "questions of the next round on need so many answers; each earlier question keeps the number of its round"
    ),
    "labeler.poll_seconds": _free("new answers are looked for so often", at_once=True),
    "experts.kind": _refused("answers by people and by simulated experts would be mixed"),
    "experts.count": _free(SIMULATED),
    "experts.error_rate": _free(SIMULATED),
    "experts.seconds_per_answer": _free(SIMULATED),
    "experts.rubric": _said(SIMULATED),
    "evaluation.estimator": _said("the next round measures every model so far by it; earlier estimates stay recorded"),
    "gate.policy": _said(NEXT_GATE),
    "gate.alpha": _said(
        "looks so far have spent their part of the old one, later looks spend theirs of the new one; decisions stand"
    ),
    "gate.margin": _free(NEXT_GATE),
    "gate.slice_margin": _free(NEXT_GATE),
    "gate.slice_n": _free(NEXT_GATE),
    "gate.forgetting": _free(NEXT_GATE),
    "dev.share": _said(f"{KEPT_APART}; labels keep the role they were given"),
    "dev.refit": _said("the next model is trained on dev labels too, or no longer; earlier models stay as they are"),
    "plan.target_error": _free(PLAN, at_once=True),
    "plan.price_per_hour": _free(PLAN, at_once=True),
    "plan.currency": _free(PLAN, at_once=True),
    "plan.budget": _free(PLAN, at_once=True),
    "plan.budget_hours": _free(PLAN, at_once=True),
    "plan.least_gain": _free(PLAN, at_once=True),
    "plan.stop": _free(PLAN, at_once=True),
}
"""Every key of weakspot.yaml, as "section.key", in the order of the file."""

"""Words that stand in the ledger and in files and that several modules must agree on; each has its one place here."""

from __future__ import annotations

from loop.records.answers import AnswerState
from loop.records.examples import Role
from loop.records.questions import PickKind

STEP_NAMES = {
    "train": "training",
    "evaluate": "evaluating the model",
    "gate": "comparing with the champion",
    "score": "scoring the pool",
    "map": "estimating weak spots",
    "select": "selecting questions",
    "send": "sending questions",
    "await": "waiting for answers",
    "collect": "collecting answers",
    "settle": "settling labels",
}
"""Step of a round → what it does, in the order of the steps."""
STEPS = tuple(STEP_NAMES)
EVAL_SETS = ("gold", "audit", "dev")
"""What a model may be measured on, best first: the first one with enough examples decides in the gate."""
AUDIT_AND_DEV = "audit+dev"
"""Both random samples together, which the lift is measured on."""
ROLES = {PickKind.AUDIT: Role.AUDIT, PickKind.DEV: Role.DEV}
"""What an answer is used for when its question was drawn at random; all others are trained on."""
EVAL_SET_OF = {PickKind.AUDIT: "audit", PickKind.DEV: "dev"}
"""The evaluation set that answers to such questions belong to."""
FINAL_STATES = (AnswerState.ANSWERED, AnswerState.SKIPPED, AnswerState.EMPTY)
"""States that end a question; a quarantined answer does not."""
JUDGE_PREFIX = "judge:"
"""How the names of automatic annotators begin."""
SAME_ANSWER = f"{JUDGE_PREFIX}same answer"
"""The annotator of pairs whose answers are the same."""
JUDGE_ID_PREFIX = "judge-"
"""How the ids of answers by a judge begin."""
SUFFICES = "suffices"
"""Key of `Annotation.raw`: with this answer no person needs to be asked."""
CHALLENGER = "challenger"
"""Source of an answer by this round's model, beside "champion", "first", "sample" and "reference"."""


def is_automatic(annotator: str) -> bool:
    """Whether the annotator is no person."""
    return annotator.startswith(JUDGE_PREFIX)


def is_of_judge(answer_id: str) -> bool:
    """Whether a judge gave the answer: it does not lie in the labeling tool, so it cannot vanish there."""
    return answer_id.startswith(JUDGE_ID_PREFIX)

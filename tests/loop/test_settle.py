"""Several answers become one label."""

from itertools import permutations

import pytest

from loop.consensus.majority import Settlement, SettlementState, settle
from loop.records import Annotation, AnswerState


def answer(label: str | None, state: AnswerState = AnswerState.ANSWERED, flags: tuple[str, ...] = ()) -> Annotation:
    return Annotation(
        id=f"{label}{state}",
        ext_id="q",
        annotator="ann@example.com",
        state=state,
        label=label,
        flags=flags,
        note="",
        suggestion=None,
        lead_time_s=None,
        created_at="",
        updated_at="",
        raw={},
    )


SKIP, EMPTY = answer(None, AnswerState.SKIPPED), answer(None, AnswerState.EMPTY)
UNKNOWN, DELETED = answer("x", AnswerState.UNKNOWN_LABEL), answer("a", AnswerState.DELETED)


@pytest.mark.parametrize(
    ("answers", "needed", "state", "label"),
    [
        ([], 1, SettlementState.WAITING, None),
        ([answer("a")], 2, SettlementState.WAITING, None),
        ([answer("a")], 1, SettlementState.SETTLED, "a"),
        ([answer("a", flags=("ambiguous",))], 1, SettlementState.SETTLED, "a"),
        ([answer("a", flags=("label missing",))], 1, SettlementState.SKIPPED, None),
        ([answer("a"), answer("b")], 2, SettlementState.UNDECIDED, None),
        ([answer("a"), answer("a"), answer("b")], 3, SettlementState.SETTLED, "a"),
        ([answer("a"), answer("b"), answer("c")], 3, SettlementState.UNDECIDED, None),
        ([answer("a"), answer("a"), SKIP], 3, SettlementState.SETTLED, "a"),
        ([answer("a"), SKIP], 2, SettlementState.UNDECIDED, None),
        ([answer("a"), SKIP, EMPTY], 3, SettlementState.SKIPPED, None),
        ([SKIP], 1, SettlementState.SKIPPED, None),
        ([UNKNOWN], 1, SettlementState.QUARANTINED, None),
        ([UNKNOWN, answer("a"), UNKNOWN], 3, SettlementState.QUARANTINED, None),
        ([DELETED], 1, SettlementState.WAITING, None),
        ([DELETED, answer("b")], 1, SettlementState.SETTLED, "b"),
    ],
)
def test_answers_settle_by_majority_whatever_their_order(
    answers: list[Annotation], needed: int, state: SettlementState, label: str | None
) -> None:
    for order in permutations(answers):
        outcome = settle(order, needed=needed)
        assert (outcome.state, outcome.label) == (state, label)


def test_agreement_is_the_share_of_the_votes_and_unknown_without_votes() -> None:
    found = settle([answer("a"), answer("a"), answer("b"), SKIP], needed=3)
    assert found == Settlement(SettlementState.SETTLED, "a", agreement=2 / 3, votes=3)
    assert settle([SKIP], needed=1).agreement is None

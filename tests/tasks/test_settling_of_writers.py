"""What becomes an example to learn from."""

from __future__ import annotations

import pytest

from loop.ledger.people import PickRow
from loop.records import Annotation, AnswerState, Candidate, Pick, PickKind
from loop.tasks.generation.settle import demonstrations


def _picked() -> PickRow:
    shown = (Candidate("Thank you, it is done.", "champion", 0),)
    pick = Pick("a" * 16, PickKind.WEAK, "random", "why", None, None, 0, None, None, False, "rating", shown)
    return PickRow(ext_id="q", round=1, position=0, pick=pick, task=None, task_state=None, sent_at=None)


def _marked(annotator: str, mark: int) -> Annotation:
    said = f'{{"overall": {mark}}}'
    return Annotation(annotator, "q", annotator, AnswerState.ANSWERED, said, (), "", None, None, "", "", {})


@pytest.mark.parametrize(
    ("answers", "learnt"),
    [
        ([("ana", 5)], ["Thank you, it is done."]),
        ([("ana", 4)], []),
        ([("judge:big", 5)], []),
        ([("ana", 4), ("judge:big", 5)], []),
    ],
)
def test_only_full_marks_of_people_make_an_example_to_learn_from(
    answers: list[tuple[str, int]], learnt: list[str]
) -> None:
    found = demonstrations({"q": _picked()}, [_marked(*one) for one in answers], {})
    assert [label.label for label in found] == learnt

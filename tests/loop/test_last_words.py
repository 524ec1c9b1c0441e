"""One person has one vote: the last answer."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from loop.consensus.majority import last_words, settle
from loop.records import UNKNOWN, Annotation, AnswerState

WHO = st.sampled_from(["ann", "ben", UNKNOWN])
MANY = st.lists(st.tuples(WHO, st.sampled_from("xy"), st.integers(0, 9), st.sampled_from(AnswerState)), max_size=12)


def said(number: int, who: str, ext_id: str, minute: int, state: AnswerState) -> Annotation:
    moment = f"2026-01-01T00:0{minute}:00+00:00"
    return Annotation(str(number), ext_id, who, state, "a", (), "", None, None, moment, moment, {})


@given(MANY)
def test_each_person_has_one_last_word_on_each_question(rows: list[tuple[str, str, int, AnswerState]]) -> None:
    given_ = [said(number, *row) for number, row in enumerate(rows)]
    found = last_words(given_)
    there = [one for one in given_ if one.state is not AnswerState.DELETED]
    assert [one for one in given_ if one in found] == found, "in the order given"
    assert {one.id for one in there if one.annotator == UNKNOWN} <= {one.id for one in found}
    for who in ("ann", "ben"):
        for ext_id in "xy":
            theirs = [one for one in there if (one.annotator, one.ext_id) == (who, ext_id)]
            kept = [one for one in found if (one.annotator, one.ext_id) == (who, ext_id)]
            assert len(kept) == min(len(theirs), 1)
            assert all(one.updated_at <= kept[0].updated_at for one in theirs)


def test_a_person_who_is_asked_again_about_an_example_has_the_last_word_on_it() -> None:
    first = said(1, "ann", "x", 0, AnswerState.ANSWERED)
    again = replace(said(2, "ann", "y", 5, AnswerState.ANSWERED), label="b")
    assert last_words([first, again]) == [first, again]
    assert last_words([first, again], per_question=False) == [again]
    assert settle(last_words([first, again], per_question=False), needed=1).label == "b"


def test_an_earlier_answer_counts_again_when_the_last_one_is_deleted_and_when_it_is_edited_later() -> None:
    first = said(1, "ann", "x", 0, AnswerState.ANSWERED)
    gone = said(2, "ann", "x", 5, AnswerState.DELETED)
    assert last_words([first, gone]) == [first]
    second = said(2, "ann", "x", 5, AnswerState.ANSWERED)
    edited = replace(first, updated_at="2026-01-01T00:09:00+00:00")
    assert last_words([edited, second]) == [edited]

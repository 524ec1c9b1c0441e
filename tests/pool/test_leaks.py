"""The leak guard: what stands in gold as well, or nearly, is found; what is only similar is not."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.pool import LeakGuard
from loop.pool.ids import example_id, folded, keys
from loop.pool.leaks import NEAR, Grade, _grams, _jaccard

GOLD = ["My card has not arrived yet, what can I do?", "Please cancel the transfer I made this morning to my sister"]


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("My card has not arrived yet, what can I do?", Grade.SAME),
        ("  My card has not arrived yet, what can I do?\n", Grade.SAME),
        ("my card has NOT arrived yet - what can I do", Grade.FOLDED),
        ("Please cancel the transfer I made this mornin to my sister", Grade.NEAR),
    ],
)
def test_each_grade_of_leak_is_told_with_its_gold_text(text: str, grade: Grade) -> None:
    (leak,) = LeakGuard(GOLD).find(["something else", text])
    assert (leak.row, leak.grade) == (1, grade)
    assert leak.gold_row == (1 if grade is Grade.NEAR else 0)
    assert leak.reason


def test_a_text_on_the_same_matter_in_other_words_is_no_leak() -> None:
    assert LeakGuard(GOLD).find(["My card is late, what should I do?", "Cancel my transfer please", "card"]) == []


def test_no_gold_means_no_leak() -> None:
    assert LeakGuard([]).find(["anything"]) == []


def test_texts_of_signs_only_are_not_all_the_same() -> None:
    leaks = LeakGuard(["???", "👍"]).find(["!!!", "👎", "👍 ", "???"])
    assert [(leak.row, leak.gold_row) for leak in leaks] == [(2, 1), (3, 0)]


WORDS = ("my", "card", "has", "not", "arrived", "yet", "cancel", "transfer", "now")
SENTENCES = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join), max_size=8)


@given(gold=SENTENCES, texts=SENTENCES)
def test_the_index_finds_exactly_what_comparing_every_pair_finds(gold: list[str], texts: list[str]) -> None:
    expected = {
        row
        for row, text in enumerate(texts)
        if any(_jaccard(_grams(folded(text)), _grams(folded(one))) >= NEAR for one in gold)
    }
    assert {leak.row for leak in LeakGuard(gold).find(texts)} == expected


@pytest.mark.slow
@pytest.mark.parametrize(("name", "known"), [("banking77", 7), ("snips", 11)])
def test_the_known_leaks_of_real_data_are_found(name: str, known: int, datasets: Path) -> None:
    train, test = (
        [json.loads(line)["text"] for line in (datasets / name / f"{split}.jsonl").open(encoding="utf-8")]
        for split in ("train", "test")
    )
    leaks = LeakGuard(test).find(train)
    # The documented leaks: the same but for case and surplus spaces.
    in_train = {" ".join(text.casefold().split()) for text in train}
    documented = {text for text in test if " ".join(text.casefold().split()) in in_train}
    assert len(documented) >= known
    reached = {" ".join(test[leak.gold_row].casefold().split()) for leak in leaks}
    assert {" ".join(text.casefold().split()) for text in documented} <= reached
    assert len(leaks) < 0.02 * len(train)


def test_ids_depend_on_the_text_and_on_the_owners_id() -> None:
    ids = [example_id("a", None), example_id("a", ""), example_id("a", "1"), example_id("b", "1"), example_id("a1", "")]
    assert len(set(ids)) == 5
    assert all(len(one) == 16 and int(one, 16) >= 0 for one in ids)
    assert example_id("a", None) == example_id("a", None) != example_id("a", None, aside=True)


def test_an_id_stays_what_it_is_over_versions() -> None:
    assert example_id("My card has not arrived yet", "42") == "b45f2dc4cabb4c94"


def test_keys_are_equal_for_equal_texts_only() -> None:
    texts = ["a", " a\n", "A", "b"]
    found = keys(texts).tolist()
    assert found[0] == found[1]
    assert len(set(found)) == 3
    assert len(keys([])) == 0

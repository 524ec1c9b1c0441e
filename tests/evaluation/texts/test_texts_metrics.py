"""Likeness of answers to references, on cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import sacrebleu

from loop.evaluation.texts.metrics import bleu, bleu_counts, chrf, corpus_bleu, exact_match, rouge_l

TEXTS = ["the cat sat on the mat", "a dog ran home", "no", "your plan ends on 3 May"]
KNOWN = [("the cat is on the mat", "a cat sat on a mat"), ("a dog ran home",), ("yes it is",), ("it ends on 3 June",)]


@pytest.mark.parametrize(
    ("answer", "reference"),
    [("Yes.", "yes"), ("  two\n words ", "Two words!"), ('"3.5"', "3.5"), ("Straße", "STRASSE"), ("(a, b)", "a b")],
)
def test_case_space_and_signs_around_words_do_not_count(answer: str, reference: str) -> None:
    assert exact_match([answer], [(reference,)]).tolist() == [1.0]


@pytest.mark.parametrize(
    ("answer", "reference"), [("3.5", "35"), ("-5", "5"), ("5 %", "5"), (".5", "5"), ("5²", "52"), ("ab", "a b")]
)
def test_what_makes_another_number_or_word_counts(answer: str, reference: str) -> None:
    assert exact_match([answer], [(reference,)]).tolist() == [0.0]


def test_any_of_several_references_will_do() -> None:
    assert exact_match(["b"], [("a", "B")]).tolist() == [1.0]
    assert rouge_l(["the red car"], [("blue", "the red car")]).tolist() == [1.0]


def test_rouge_l_is_the_f1_of_the_longest_common_subsequence() -> None:
    # "police the gunman" is 3 of 4 and 3 of 4 words: Lin 2004, section 3.1, with stop words kept
    assert rouge_l(["police kill the gunman"], [("police killed the gunman",)])[0] == pytest.approx(3 / 4)


def test_rouge_l_knows_letters_beyond_a_to_z() -> None:
    assert rouge_l(["für Ärzte"], [("für ärzte",)]).tolist() == [1.0]
    assert rouge_l(["да"], [("нет",)]).tolist() == [0.0]


def test_chrf_is_that_of_sacrebleu_and_sees_shared_stems() -> None:
    found = chrf(["unfinished"], [("finished",)])[0]
    assert found == pytest.approx(sacrebleu.sentence_chrf("unfinished", ["finished"]).score / 100)
    assert 0.3 < found < 1
    assert bleu(["unfinished"], [("finished",)])[0] < found


def test_corpus_bleu_is_that_of_sacrebleu_with_a_varying_number_of_references() -> None:
    streams = [[known[place] if place < len(known) else None for known in KNOWN] for place in range(2)]
    assert corpus_bleu(bleu_counts(TEXTS, KNOWN)) == pytest.approx(sacrebleu.corpus_bleu(TEXTS, streams).score / 100)


def test_no_answers_have_no_corpus_bleu() -> None:
    assert corpus_bleu(bleu_counts([], [])) is None
    assert corpus_bleu(np.empty((0, 10))) is None

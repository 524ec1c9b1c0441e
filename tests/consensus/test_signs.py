"""Circles, position bias and agreement: what a crowd shows before any model of it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from made_crowds import crowd, said

from loop.consensus import Judgement, consensus, krippendorff


def circle(keys: str, *, prompt: str = "p") -> list[Judgement]:
    return [said("first", prompt=prompt, first=one, second=after) for one, after in pairwise(keys + keys[0])]


def test_a_circle_is_listed_by_its_prompt() -> None:
    judgements = [*circle("bca"), *(said("first", prompt="straight", first=x, second=y) for x, y in ("ab", "bc", "ac"))]
    (found,) = consensus(judgements).cycles
    assert (found.prompt, found.candidates) == ("p", ("a", "b", "c"))


def test_of_several_circles_a_shortest_is_told() -> None:
    judgements = [*circle("abcd"), said("first", first="c", second="a")]
    assert consensus(judgements).cycles[0].candidates == ("a", "b", "c")


def test_majorities_make_a_circle_and_ties_break_it() -> None:
    tied = [said("second", by="bob", first="c", second="a")]
    assert len(consensus(circle("abc")).cycles) == 1
    assert consensus([*circle("abc"), *tied]).cycles == ()


def test_position_bias_needs_a_pair_in_both_orders() -> None:
    assert consensus([said("first"), said("first", by="bob")]).position_bias is None
    assert consensus([said("tie"), said("first", by="bob", first="b", second="a")]).position_bias is None


def test_who_prefers_an_answer_in_both_orders_has_no_position_bias() -> None:
    judgements = [
        word
        for row in range(30)
        for word in (said("first", prompt=f"p{row}"), said("second", prompt=f"p{row}", first="b", second="a"))
    ]
    bias = consensus(judgements).position_bias
    assert bias is not None
    assert (bias.first, bias.n) == (0.5, 60)
    assert bias.low < 0.5 < bias.high


def test_who_takes_the_first_in_both_orders_is_seen_and_single_orders_do_not_count() -> None:
    judgements = [said("first", prompt=f"alone {row}") for row in range(50)]
    for row in range(10):
        judgements += [
            said("first", prompt=f"p{row}"),
            said("first", by="bob", prompt=f"p{row}", first="b", second="a"),
        ]
    bias = consensus(judgements).position_bias
    assert bias is not None
    assert (bias.first, bias.n) == (1.0, 20)
    assert bias.low > 0.8


def test_an_order_asked_more_often_does_not_pass_for_bias() -> None:
    judgements = [said("first", by=f"person {row}") for row in range(9)]
    judgements.append(said("second", by="ann", first="b", second="a"))
    bias = consensus(judgements).position_bias
    assert bias is not None
    assert bias.first == 0.5


def test_raw_agreement_counts_couples_of_answers() -> None:
    three = [said("first", by="ann"), said("first", by="bob"), said("tie", by="cy"), said("first", prompt="alone")]
    found = consensus(three).agreement
    assert found.raw == pytest.approx(1 / 3)
    assert (found.n, found.answers) == (1, 3)


def test_a_judge_is_left_out_of_the_agreement_of_people() -> None:
    judgements = [said("first", by="ann"), said("first", by="bob"), said("second", by="judge")]
    assert consensus(judgements, people={"ann", "bob"}).agreement.raw == 1.0


def test_alpha_is_one_for_full_agreement_and_near_zero_for_dice() -> None:
    agreed = consensus(crowd({"ann": 1.0, "bob": 1.0}, prompts=50, ties=0.0)[0]).agreement
    dice = consensus(crowd({"ann": 0.5, "bob": 0.5}, prompts=600, ties=0.2)[0]).agreement
    assert agreed.alpha == 1.0
    assert dice.alpha == pytest.approx(0, abs=0.1)


def test_alpha_of_a_known_table() -> None:
    # Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", part B: two observers, ten units, binary.
    one, other = (0, 1, 0, 0, 0, 0, 0, 0, 1, 0), (1, 1, 1, 0, 0, 1, 0, 0, 0, 0)
    counts = np.array([np.bincount(unit, minlength=2) for unit in zip(one, other, strict=True)])
    assert krippendorff(counts) == pytest.approx(0.095, abs=5e-4)


def test_alpha_is_unknown_without_two_answers_or_without_any_difference() -> None:
    assert krippendorff(np.array([[1, 0], [0, 1]])) is None
    assert krippendorff(np.array([[2, 0], [3, 0]])) is None
    assert krippendorff(np.zeros((0, 3), dtype=int)) is None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::Warning:crowdkit")
def test_alpha_is_that_of_crowd_kit() -> None:
    from crowdkit.metrics.data import alpha_krippendorff

    judgements, _ = crowd({"ann": 0.9, "bob": 0.8, "cy": 0.6}, prompts=120, share={"cy": 0.5})
    rows = [(each.prompt, each.annotator, each.outcome) for each in judgements]
    table = pd.DataFrame(rows, columns=["task", "worker", "label"])
    counts = pd.crosstab(table["task"], table["label"]).to_numpy()
    assert krippendorff(counts) == pytest.approx(alpha_krippendorff(table), abs=1e-9)

"""Who can be trusted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_crowds import crowd, said

from loop.consensus import Annotator, Judgement, consensus, from_ranking


def trusted(judgements: list[Judgement], people: set[str] | None = None) -> dict[str, Annotator]:
    return {each.name: each for each in consensus(judgements, people=people).annotators}


def test_reliabilities_are_found_with_their_intervals() -> None:
    accuracy = {"ann": 0.95, "bob": 0.85, "cy": 0.75}
    found = trusted(crowd(accuracy, prompts=2000)[0])
    for name, right in accuracy.items():
        assert found[name].reliability == pytest.approx(right, abs=0.03)
        assert found[name].low < right < found[name].high
        assert found[name].n == found[name].answers == 2000
        assert found[name].tie_rate == pytest.approx(0.1, abs=0.04)


def test_a_spammer_and_an_adversary_are_told_from_reliable_people() -> None:
    found = trusted(crowd({"ann": 0.9, "bob": 0.85, "cy": 0.9, "spam": 0.5, "troll": 0.1}, prompts=200)[0])
    assert {name: each.standing for name, each in found.items()} == {
        "ann": "reliable",
        "bob": "reliable",
        "cy": "reliable",
        "spam": "chance",
        "troll": "adverse",
    }


def test_a_judge_that_answers_a_share_is_measured_on_what_people_answered_too() -> None:
    judgements, _ = crowd({"ann": 0.9, "bob": 0.9, "judge": 0.7}, prompts=400, share={"ann": 0.3, "bob": 0.3})
    judge = trusted(judgements, {"ann", "bob"})["judge"]
    assert judge.answers == 400
    assert judge.n < 250
    assert judge.low < 0.7 < judge.high


def test_somebody_alone_keeps_the_prior_however_much_was_said() -> None:
    pairs = [said("first" if row % 2 else "second", prompt=f"p{row}") for row in range(60)]
    rankings = [
        word
        for row in range(60)
        for word in from_ranking(list("abcd"), [2, 1, 4, 3], question=f"q{row}", prompt=f"p{row}", annotator="ann")
    ]
    for judgements in (pairs, rankings):
        alone = trusted(judgements)["ann"]
        assert alone.n == 0
        assert alone.standing == "unclear"
        assert alone.reliability == pytest.approx(6 / 7, abs=0.01)


def test_more_answers_narrow_the_interval() -> None:
    few, many = (trusted(crowd({"ann": 0.9, "bob": 0.9, "cy": 0.9}, prompts=n)[0])["ann"] for n in (20, 400))
    assert many.high - many.low < (few.high - few.low) / 2


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::Warning:crowdkit")
def test_reliabilities_are_those_of_crowd_kits_dawid_skene() -> None:
    from crowdkit.aggregation import DawidSkene

    judgements, _ = crowd({"ann": 0.95, "bob": 0.8, "cy": 0.65, "spam": 0.5}, prompts=600, ties=0.0)
    table = pd.DataFrame(
        [(each.prompt, each.annotator, each.outcome) for each in judgements], columns=["task", "worker", "label"]
    )
    errors = DawidSkene(n_iter=200).fit(table).errors_
    for name, ours in trusted(judgements).items():
        theirs = np.mean([errors.loc[(name, side), side] for side in ("first", "second")])
        assert ours.reliability == pytest.approx(theirs, abs=0.04)

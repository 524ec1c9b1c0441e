"""Simulated experts on answers: they follow the hidden marks, err at their rate, and lean a little to the first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fake_label_studio import FakeLabelStudio
from made import FORMS, about, door, labeler

from labeling.label_studio.pages import PAGES
from labeling.simulated import annotators
from labeling.simulated.annotators import Simulated
from labeling.simulated.crowd import LEAN, Expert, crew
from labeling.simulated.preferences import BAD, CLEAR, TIE, judgement, noise
from loop.records import AnswerState

IDS = [f"q{number:04d}" for number in range(1500)]
MARKS = {"bad": 0.1, "low": 0.35, "good": 0.35 + CLEAR, "best": 1.0}


def marks(ext_id: str, answer: str) -> float:
    del ext_id
    return MARKS[answer]


def said(kind: str, answers: Sequence[str], *, error_rate: float = 0.0, lean: float = 0.0) -> list[str | None]:
    expert = Expert(1, error_rate=error_rate, seconds=0, lean=lean)
    form = FORMS[kind]
    ids = IDS if error_rate else IDS[:50]
    return [judgement(expert, i, answers, form=form, truth="best", marks=marks, seed=1).label for i in ids]


def test_an_expert_without_errors_says_what_the_marks_say() -> None:
    assert set(said("pair", ("low", "good"))) == {"second"}
    assert set(said("pair", ("good", "low"))) == {"first"}
    assert set(said("pair", ("good", "good"))) == {"tie"}
    assert set(said("pair", ("bad", "bad"))) == {"both_bad"}
    assert set(said("ranking", ("low", "best", "bad", "good"))) == {"[2, 4, 1, 3]"}
    assert set(said("rating", ("best",))) == {'{"true": 5, "a \\"b\\" & c": 5}'}
    assert set(said("rating", ("bad",))) == {'{"true": 1, "a \\"b\\" & c": 1}'}
    assert set(said("correction", ("good",))) == {"good"}
    assert set(said("correction", ("low",))) == {"best"}


@pytest.mark.parametrize("error_rate", [0.05, 0.1, 0.3])
@pytest.mark.parametrize(("answers", "better"), [(("low", "good"), "second"), (("good", "low"), "first")])
def test_a_clear_pair_is_got_wrong_at_the_experts_rate(
    error_rate: float, answers: tuple[str, str], better: str
) -> None:
    wrong = np.mean([label != better for label in said("pair", answers, error_rate=error_rate)])
    assert wrong == pytest.approx(error_rate, rel=0.25)


def test_noise_grows_with_the_error_rate_and_ends() -> None:
    rates = [0.0, 0.01, 0.1, 0.3, 0.4, 0.9]
    sizes = [noise(rate) for rate in rates]
    assert sizes == sorted(sizes)
    assert sizes[0] == 0.0
    assert sizes[-1] == sizes[-2] < 2.0


def test_equal_answers_fall_a_little_more_often_on_the_first() -> None:
    count = Counter(said("pair", ("good", "good"), error_rate=0.1, lean=LEAN))
    assert count["second"] < count["first"] < 2.5 * count["second"]
    fair = Counter(said("pair", ("good", "good"), error_rate=0.1))
    assert fair["first"] == pytest.approx(fair["second"], rel=0.25)


def test_leans_differ_are_small_and_leave_rates_as_they_were() -> None:
    leans = [expert.lean for expert in crew(5, error_rate=0.1, seconds=2.0, seed=3)]
    assert (min(leans), max(leans), len(set(leans))) == (0.0, LEAN, 5)
    assert LEAN < TIE < BAD


@pytest.mark.parametrize(("kind", "answers"), [("pair", 2), ("ranking", 3), ("rating", 1)])
def test_without_marks_an_expert_skips(kind: str, answers: int) -> None:
    expert = Expert(1, error_rate=0.1, seconds=0)
    asked = ("a", "b", "c")[:answers]
    assert judgement(expert, "q", asked, form=FORMS[kind], truth="x", marks=None, seed=1).label is None


def test_a_correction_without_marks_is_the_reference_and_without_both_a_skip() -> None:
    expert = Expert(1, error_rate=0.1, seconds=0)
    form = FORMS["correction"]
    assert judgement(expert, "q", ("a",), form=form, truth="x", marks=None, seed=1).label == "x"
    assert judgement(expert, "q", ("a",), form=form, truth=None, marks=None, seed=1).label is None
    assert judgement(expert, "q", ("low",), form=form, truth=None, marks=marks, seed=1).label is None


@pytest.mark.parametrize("kind", sorted(set(PAGES) - {"label"}))
def test_every_form_is_answered_on_the_server_once_and_in_the_same_way_in_any_order(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = {f"simulated-expert-{number}": f"token-{number}" for number in (1, 2)}
    monkeypatch.setattr(annotators, "member_token", lambda owner, *, email, password: tokens[email.partition("+")[0]])
    told = []
    for order in (1, -1):
        fake = FakeLabelStudio()
        for number, token in enumerate(tokens.values()):
            fake.users[token] = {"id": 10 + number, "email": token}
        tool = labeler(fake, form=FORMS[kind])
        ids = [task.ext_id for task in tool.send([about(kind, number) for number in range(12)]).tasks][::order]
        client = door(fake)
        crowd = Simulated(
            lambda client=client: client,
            crew(2, error_rate=0.2, seconds=0, seed=1),
            accounts=tmp_path / f"{order}.json",
            project_key="key-1",
            form=FORMS[kind],
            truth=lambda _: "the reference",
            marks=lambda ext_id, text: len(text) % 5 / 4,
            overlap=2,
            seed=1,
        )
        assert (crowd.work(ids[:7]), crowd.work(ids), crowd.work(ids)) == (14, 10, 0)
        found = tool.collect(whole=True).annotations
        answers = [answer for given in found.values() for answer in given]
        assert {answer.state for answer in answers} == {AnswerState.ANSWERED}
        told.append({(answer.ext_id, answer.annotator, answer.label) for answer in answers})
    assert told[0] == told[1]
    assert len({label for _, _, label in told[0]}) > 1


def test_a_rating_follows_the_mark() -> None:
    means = [
        np.mean([list(json.loads(str(label)).values()) for label in said("rating", (a,), error_rate=0.1)])
        for a in MARKS
    ]
    assert means == sorted(means)
    assert means[0] < 2
    assert means[-1] > 4

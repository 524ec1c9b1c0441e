"""Simulated experts: the same answers whatever the order, errors at the set rate, confusions among likely labels."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from fake_label_studio import FakeLabelStudio
from made import FORM, door, labeler, question

from labeling.simulated import annotators
from labeling.simulated.annotators import CHUNK, Simulated, people
from labeling.simulated.crowd import Expert, assigned, crew, reply
from loop.errors import ServerDown
from loop.records import LabelSet

IDS = [f"q{number:04d}" for number in range(4000)]
MANY = LabelSet(tuple(f"l{number}" for number in range(10)))


def test_experts_differ_and_average_to_the_set_rate_and_pace() -> None:
    experts = crew(5, error_rate=0.1, seconds=2.0, seed=3)
    assert np.mean([expert.error_rate for expert in experts]) == pytest.approx(0.1)
    assert np.mean([expert.seconds for expert in experts]) == pytest.approx(2.0)
    assert len({expert.error_rate for expert in experts}) == 5
    assert crew(1, error_rate=0.1, seconds=0.0, seed=3) == (Expert(1, 0.1, 0.0),)


def test_who_answers_depends_on_the_question_alone_and_is_spread_evenly() -> None:
    experts = crew(3, error_rate=0.1, seconds=0, seed=3)
    first = {ext_id: assigned(ext_id, experts, overlap=2, seed=3) for ext_id in IDS}
    again = {ext_id: assigned(ext_id, experts, overlap=2, seed=3) for ext_id in reversed(IDS)}
    assert first == again
    assert all(len(set(chosen)) == 2 for chosen in first.values())
    shares = Counter(expert.number for chosen in first.values() for expert in chosen)
    assert all(2450 < count < 2900 for count in shares.values())
    assert len(assigned("q", experts, overlap=9, seed=3)) == 3


def test_an_expert_errs_at_its_rate_and_rather_towards_likely_labels() -> None:
    expert = Expert(1, error_rate=0.3, seconds=0)
    said = [reply(expert, ext_id, truth="l0", likely=MANY.names, labels=MANY, seed=1) for ext_id in IDS]
    wrong = Counter(one.label for one in said if one.label not in ("l0", None))
    skipped = sum(one.label is None for one in said)
    assert 0.27 < (wrong.total() + skipped) / len(IDS) < 0.33
    assert 0.05 < skipped / (wrong.total() + skipped) < 0.15
    assert wrong["l1"] > 2 * wrong["l3"] > 0
    assert all(one.flags == () for one in said if one.label in ("l0", None))
    assert np.mean([one.seconds for one in said]) == pytest.approx(8.0, rel=0.05)


def test_without_an_order_all_wrong_labels_are_equally_near() -> None:
    expert = Expert(1, error_rate=1.0, seconds=0)
    said = Counter(reply(expert, i, truth="l0", likely=(), labels=MANY, seed=1).label for i in IDS)
    assert min(said[name] for name in MANY.names[1:]) > 0.7 * max(said[name] for name in MANY.names[1:])


def test_an_unknown_truth_is_skipped_and_no_errors_means_no_skips() -> None:
    expert = Expert(1, error_rate=0.0, seconds=0)
    assert reply(expert, "q", truth=None, likely=(), labels=MANY, seed=1).label is None
    assert {reply(expert, i, truth="l4", likely=(), labels=MANY, seed=1).label for i in IDS} == {"l4"}


def test_people_need_no_push() -> None:
    assert people().work(["q1"]) == 0


@pytest.mark.slow
def test_a_run_broken_anywhere_and_resumed_gives_the_answers_of_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotators, "member_token", lambda owner, *, email, password: _token(email))
    undisturbed, broken = _world(), _world()
    ids = undisturbed.ext_ids()
    _finish(undisturbed, tmp_path / "a.json", ids)
    for when in ("before", "after") * 10:
        broken.break_once("POST", "/annotations", when)
        try:
            _crowd(broken, tmp_path / "b.json").work(ids)
        except ServerDown:
            continue
    _finish(broken, tmp_path / "b.json", list(reversed(ids)))
    assert _answers(broken) == _answers(undisturbed)
    assert all(len(answers) == 2 for answers in _answers(broken).values())
    assert (tmp_path / "b.json").stat().st_mode & 0o777 == 0o600


def _token(email: str) -> str:
    return {"1": "token-1", "2": "token-2", "3": "token-3"}[email.removeprefix("simulated-expert-")[0]]


def _world() -> FakeLabelStudio:
    fake = FakeLabelStudio()
    for number in range(1, 4):
        fake.users[f"token-{number}"] = {"id": 10 + number, "email": f"simulated-{number}@example.com"}
    labeler(fake).send([question(number) for number in range(CHUNK + 20)])
    return fake


def _crowd(fake: FakeLabelStudio, accounts: Path) -> Simulated:
    client = door(fake)
    return Simulated(
        lambda: client,
        crew(3, error_rate=0.3, seconds=0, seed=1),
        accounts=accounts,
        project_key="key-1",
        form=FORM,
        truth=lambda _: "fee",
        overlap=2,
        seed=1,
    )


def _finish(fake: FakeLabelStudio, accounts: Path, ids: list[str]) -> None:
    crowd = _crowd(fake, accounts)
    open_ids = list(ids)
    while open_ids:
        crowd.work(open_ids)
        answered = {task["data"]["ext_id"] for task in fake.tasks.values() if len(task["annotations"]) >= 2}
        open_ids = [ext_id for ext_id in ids if ext_id not in answered]
    assert crowd.work(ids) == 0


def _answers(fake: FakeLabelStudio) -> dict[str, list[object]]:
    return {
        task["data"]["ext_id"]: sorted(
            (annotation["completed_by"], str(annotation["result"]), annotation["was_cancelled"])
            for annotation in task["annotations"]
        )
        for task in fake.tasks.values()
    }

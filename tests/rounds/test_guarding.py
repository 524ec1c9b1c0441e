"""What measures the model is not learned from, the training example gives way, and it comes back when it may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from loop.ledger import Ledger, people, progress
from loop.ledger.leaks import leaks
from loop.ledger.progress import RoundRow
from loop.pool import Pool, write
from loop.records import (
    Annotation,
    AnswerState,
    Example,
    Label,
    Leak,
    Pick,
    PickKind,
    Preference,
    Role,
    Split,
)
from loop.rounds.context import StepContext
from loop.rounds.leaks import LeakCheck, between, guard, kept_out, said, twins_of_measured
from loop.tasks.classification import settle as classification
from loop.tasks.generation.settle import _guarded as guarded_of_writers

AT = "2026-01-01T00:00:00+00:00"
TEXTS = {
    "gold": "Why was I charged twice for the same bill this month?",
    "bill": "why was i charged twice for the same bill this month",
    "audit": "The internet in my flat has been down since yesterday evening",
    "same": "The internet in my flat has been down since yesterday evening ",
    "near": "The internet in my flat has been down since yesterday evenings",
    "dev": "Please cancel my contract at the end of the year",
    "folded": "Please CANCEL my contract - at the end of the year!",
    "other": "How do I put the router in the hallway?",
    "reserve": "Is there a cheaper plan for students?",
}
ID = {name: f"{place:016x}" for place, name in enumerate(TEXTS, 1)}
NAME = {id_: name for name, id_ in ID.items()}


@dataclass
class Told:
    lines: list[str] = field(default_factory=list)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def work(tmp_path: Path, told: Told) -> Iterator[StepContext]:
    """Round 1 of a project that holds TEXTS; the first is gold."""
    write(
        [Example(ID[name], text, Split.GOLD if name == "gold" else Split.POOL) for name, text in TEXTS.items()],
        tmp_path / "pool.parquet",
    )
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        with ledger.begin() as connection:
            for round_ in (0, 1):
                progress.open_round(connection, RoundRow(round_, {}, "d", "0.1", AT, None))
        project = SimpleNamespace(pool=Pool.open(tmp_path / "pool.parquet"), ledger=ledger)
        config = SimpleNamespace(
            labels={"a": ""},
            data=SimpleNamespace(context=None),
            labeler=SimpleNamespace(overlap=1),
            dev=SimpleNamespace(refit=True),
        )
        yield cast(StepContext, SimpleNamespace(project=project, config=config, round=1, say=told.lines.append))


def found(
    work: StepContext,
    trained: Sequence[str],
    *,
    audit: Sequence[str] = (),
    dev: Sequence[str] = (),
    refit: Sequence[str] = (),
) -> LeakCheck:
    ids = [[ID[one] for one in names] for names in (trained, audit, dev, refit)]
    return guard(work, trained=ids[0], audit=ids[1], dev=ids[2], refit=ids[3])


def kept(work: StepContext, guarded: LeakCheck) -> set[str]:
    """Writes it down, and what the next round's training passes over."""
    with work.project.ledger.begin() as connection:
        guarded.record(connection)
    return {
        NAME[id_] for id_ in kept_out(cast(StepContext, SimpleNamespace(**{**vars(work), "round": work.round + 1})))
    }


def test_each_grade_is_found_against_each_ground_with_the_twin_that_measures(work: StepContext) -> None:
    guarded = found(work, ["bill", "same", "near", "folded", "other"], audit=["audit"], dev=["dev"])
    rows = {NAME[one.example_id]: (NAME[one.twin_id], one.ground, one.grade, one.round) for one in guarded.leaks}
    assert rows == {
        "bill": ("gold", "gold", "folded", 1),
        "same": ("audit", "audit", "same", 1),
        "near": ("audit", "audit", "near", 1),
        "folded": ("dev", "dev", "folded", 1),
    }
    assert kept(work, guarded) == {"bill", "same", "near", "folded"}


def test_dev_that_is_trained_on_is_kept_out_where_it_is_like_gold_or_audit_and_never_for_being_dev(
    work: StepContext,
) -> None:
    guarded = found(work, ["other"], audit=["audit"], dev=["dev", "near", "folded"], refit=["dev", "near", "folded"])
    assert {NAME[one.example_id]: one.ground for one in guarded.leaks} == {"near": "audit"}


def test_this_rounds_training_does_not_know_yet_what_this_round_finds(work: StepContext) -> None:
    kept(work, found(work, ["same"], audit=["audit"]))
    assert kept_out(work) == frozenset()


def test_the_finding_is_told_once_in_words_with_its_grounds(work: StepContext, told: Told) -> None:
    found(work, ["bill", "same", "near", "other"], audit=["audit"])
    assert told.lines == [
        "3 labels are kept out of training: their texts also measure the model (1 gold, 2 audit); `weakspot leaks` "
        "shows them side by side"
    ]


def test_nothing_is_said_when_all_is_well(work: StepContext, told: Told) -> None:
    assert found(work, ["other"], audit=["audit"], dev=["dev"]).leaks == ()
    assert told.lines == []


def test_a_leak_keeps_the_round_it_was_found_in_and_comes_back_when_its_cause_is_gone(
    work: StepContext, told: Told
) -> None:
    kept(work, found(work, ["same", "folded"], audit=["audit"], dev=["dev"]))
    later = cast(StepContext, SimpleNamespace(**{**vars(work), "round": 5}))
    still = found(later, ["same", "folded"], audit=["audit"])
    assert {NAME[one.example_id]: one.round for one in still.leaks} == {"same": 1}
    assert still.gone == (ID["folded"],)
    assert kept(later, still) == {"same"}
    assert told.lines[-1] == "1 label is trained on again: nothing that measures the model is like it any more"


def test_a_label_that_left_leaves_the_table_too(work: StepContext) -> None:
    kept(work, found(work, ["same"], audit=["audit"]))
    assert kept(work, found(work, [], audit=["audit"])) == set()


def test_of_equally_alike_twins_gold_is_told_before_audit_before_dev(work: StepContext) -> None:
    pool = work.project.pool
    measured = {"dev": [ID["same"]], "audit": [ID["audit"]]}
    (leak,) = between(pool, [ID["near"]], measured, contexts=False, round_=None)
    assert (leak.ground, leak.round) == ("audit", None)
    assert between(pool, [ID["near"]], {}, contexts=False, round_=None) == ()


def test_twins_of_what_was_drawn_are_not_worth_asking_and_the_drawn_ones_themselves_are_no_twins(
    work: StepContext,
) -> None:
    with work.project.ledger.begin() as connection:
        people.add_picks(connection, 0, {"q": picked("audit", PickKind.AUDIT), "w": picked("other", PickKind.WEAK)})
        people.put_labels(connection, [label("dev", Role.DEV)])
    ids = list(ID.values())[1:]
    assert {NAME[id_] for id_ in twins_of_measured(work, ids)} == {"same", "near", "folded"}
    drawn = twins_of_measured(work, ids, drawn=[ID["other"], ID["reserve"]])
    assert {NAME[id_] for id_ in drawn} == {"same", "near", "folded"}
    assert twins_of_measured(work, []) == frozenset()


def picked(name: str, kind: PickKind) -> Pick:
    return Pick(ID[name], kind, "random", "because", None, None, 0, None, None, False)


def label(name: str, role: Role) -> Label:
    return Label(ID[name], "a", role, "people", 0, 1, 1.0)


def answer(ext_id: str, state: AnswerState) -> Annotation:
    said_ = "a" if state is AnswerState.ANSWERED else None
    return Annotation(f"1:{ext_id}", ext_id, "ann", state, said_, (), "", None, None, AT, AT, {})


def settled(work: StepContext, answers: Sequence[Annotation]) -> set[str]:
    """Settles classification with these answers there; what is kept out then."""
    with work.project.ledger.begin() as connection:
        people.add_picks(connection, 1, {"t": picked("same", PickKind.WEAK), "m": picked("audit", PickKind.AUDIT)})
        people.add_answers(connection, answers)
    done = classification.settle(work)
    with work.project.ledger.begin() as connection:
        done.record(connection)
        assert done.outcome["leaks"] == len(leaks(connection))
        return {NAME[one.example_id] for one in leaks(connection)}


def test_settling_keeps_the_label_and_tells_training_to_pass_it_over(work: StepContext) -> None:
    said_ = [answer("t", AnswerState.ANSWERED), answer("m", AnswerState.ANSWERED)]
    assert settled(work, said_) == {"same"}
    with work.project.ledger.read() as connection:
        assert {row.example_id: row.role for row in people.labels(connection)} == {
            ID["same"]: Role.TRAIN,
            ID["audit"]: Role.AUDIT,
        }


def test_an_audit_text_that_waits_for_its_answer_measures_already_and_one_people_skipped_never_will(
    work: StepContext,
) -> None:
    assert settled(work, [answer("t", AnswerState.ANSWERED)]) == {"same"}
    assert settled(work, [answer("m", AnswerState.SKIPPED)]) == set()
    assert settled(work, [answer("m", AnswerState.ANSWERED)]) == {"same"}


def test_preferences_and_demonstrations_of_a_prompt_that_measures_are_kept_out(work: StepContext, told: Told) -> None:
    writing = cast(
        StepContext, SimpleNamespace(**{**vars(work), "config": SimpleNamespace(**{**vars(work.config), "labels": {}})})
    )
    preference = Preference("p", ID["same"], "x", "y", 0.9, Role.TRAIN, "people", 0, 1)
    with work.project.ledger.begin() as connection:
        people.add_picks(connection, 0, {"q": picked("audit", PickKind.AUDIT)})
        rows = people.picks(connection)
    guarded = guarded_of_writers(writing, [preference, label("folded", Role.TRAIN), label("dev", Role.DEV)], rows)
    assert {NAME[one.example_id]: one.ground for one in guarded.leaks} == {"same": "audit", "folded": "dev"}
    assert told.lines[0].startswith("2 prompts are kept out of training")


def test_prompts_about_different_things_are_no_twins(tmp_path: Path) -> None:
    asked = "Summarise what the customer wants in one sentence."
    contexts = ["I want my money back for the broken kettle.", "When does the branch in Bern open on Sundays?"]
    rows = [Example(f"{n:016x}", asked, Split.POOL, context=contexts[n % 2]) for n in range(3)]
    write(rows, tmp_path / "pool.parquet", writing=True)
    pool = Pool.open(tmp_path / "pool.parquet")
    found_ = between(pool, [rows[1].id, rows[2].id], {"audit": [rows[0].id]}, contexts=True, round_=0)
    assert [(one.example_id, one.grade) for one in found_] == [(rows[2].id, "same")]


@pytest.mark.parametrize("count", [1, 2])
def test_one_and_many_are_told_rightly(count: int) -> None:
    row = Leak("a" * 16, "b" * 16, "gold", "same", 1.0, None)
    line, again = said([row] * count, ["c"] * count, noun="prompt")
    assert line.startswith(("1 prompt is", "2 prompts are")[count - 1])
    assert again.startswith(("1 prompt is", "2 prompts are")[count - 1])

"""The preference demo's files are what writing.py makes, its rubric marks as it says, its stand-in is a real model."""

from __future__ import annotations

import csv
import importlib
import random
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from loop.pool.leaks import LeakGuard

FOLDER = Path(__file__).parents[2] / "data" / "preference"
COLUMNS = ["id", "text", "context", "channel", "topic", "reference"]
FACTS = {
    "context": (
        "Customer: Anna Berg\nPlan: Fibre 50\nNew plan: Fibre 250\nDate: 2026-03-14\nTicket: PL-4821\nChannel: email"
    ),
    "reference": (
        "Dear Anna Berg, thank you for your message. Your plan changes to Fibre 250 on 14 March 2026. "
        "Your ticket is PL-4821. Kind regards, Plumeline"
    ),
}
BARE = "Your plan changes to Fibre 250 on 14 March 2026. Your ticket is PL-4821."

Row = dict[str, str]


def loaded(name: str) -> ModuleType:
    """A script of the demo, as Python finds it when it runs from its own folder."""
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(FOLDER))


writing, rubric = loaded("writing"), loaded("rubric")


@pytest.fixture(scope="module")
def files() -> dict[str, list[Row]]:
    return {path.name: read(path) for path in sorted(FOLDER.glob("*.csv"))}


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        assert reader.fieldnames == COLUMNS
        return list(reader)


def prompt(row: Row) -> str:
    return f"{row['context']}\n\n{row['text']}".strip()


def test_the_files_are_what_the_script_writes(files: dict[str, list[Row]]) -> None:
    assert files == writing.shipped()


def test_there_are_as_many_prompts_as_told(files: dict[str, list[Row]]) -> None:
    assert {name: len(rows) for name, rows in files.items()} == {
        "gold.csv": 200,
        "pool.csv": 1200,
        "retention.csv": 150,
    }


def test_no_prompt_and_no_id_stands_twice_in_all_files(files: dict[str, list[Row]]) -> None:
    rows = [row for part in files.values() for row in part]
    assert len({prompt(row) for row in rows}) == len({row["id"] for row in rows}) == len(rows)


def test_gold_has_wishes_and_people_of_its_own(files: dict[str, list[Row]]) -> None:
    people = [{row["context"].splitlines()[0] for row in files[name]} for name in ("pool.csv", "gold.csv")]
    wishes = [{row["text"] for row in files[name]} for name in ("pool.csv", "gold.csv")]
    assert people[0].isdisjoint(people[1])
    assert wishes[0].isdisjoint(wishes[1])


def test_the_leak_guard_sets_nothing_aside(files: dict[str, list[Row]]) -> None:
    gold = files["gold.csv"]
    guard = LeakGuard([row["text"] for row in gold], contexts=[row["context"] for row in gold])
    pool = files["pool.csv"]
    assert guard.find([row["text"] for row in pool], [row["context"] for row in pool]) == []


@pytest.mark.parametrize("name", ["pool.csv", "gold.csv"])
def test_every_reference_is_complete_and_has_the_best_mark(files: dict[str, list[Row]], name: str) -> None:
    assert all(rubric.complete(row["reference"], row) for row in files[name])
    assert all(rubric.score(row["reference"], row) == pytest.approx(1.0) for row in files[name])


def test_every_topic_and_channel_is_common(files: dict[str, list[Row]]) -> None:
    for column, kinds in (("topic", 6), ("channel", 4)):
        counts = [
            sum(row[column] == kind for row in files["gold.csv"]) for kind in {r[column] for r in files["pool.csv"]}
        ]
        assert len(counts) == kinds
        assert min(counts) >= 20


def test_usual_answers_are_both_good_and_flawed() -> None:
    rng = random.Random(0)
    cases = [request for request, _ in zip(writing.requests(7), range(2000), strict=False)]
    answers = [(writing.usual_answer(one, rng), {"context": one.context, "reference": BARE}) for one in cases]
    whole = sum(rubric.complete(answer, example) for answer, example in answers) / len(answers)
    assert 0.2 < whole < 0.5


@pytest.mark.parametrize(
    ("answer", "mark"),
    [
        (FACTS["reference"], 1.0),
        (BARE, 0.8),
        ("Thank you, Anna Berg. " + BARE, 0.95),
        (BARE.replace("14 March 2026", "2026-03-14"), 0.65),
        (BARE.replace("14 March", "2 March"), 0.55),
        (BARE.replace("14 March 2026", "2 March 2026, not 14 March 2026"), 0.55),
        (BARE.replace("Fibre 250", "Fibre 50"), 0.55),
        (BARE.replace("Fibre 250", "Fibre 2500"), 0.55),
        (BARE.replace("PL-4821", "PL-4812"), 0.6),
        (BARE.replace(" Your ticket is PL-4821.", ""), 0.6),
        ("Hello.", 0.1),
        ("", 0.0),
        (" \n", 0.0),
    ],
)
def test_the_rubric_marks_every_part(answer: str, mark: float) -> None:
    assert rubric.score(answer, FACTS) == pytest.approx(mark)


def test_a_longer_answer_never_has_the_better_mark_for_length() -> None:
    marks = [rubric.score(" ".join([BARE, *["again"] * more]), FACTS) for more in range(40)]
    assert marks == sorted(marks, reverse=True)
    assert marks[0] - marks[-1] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("answer", "whole"),
    [
        (BARE, True),
        (BARE.replace("14 March 2026", "2026-03-14"), False),
        (BARE.replace("14 March", "15 March"), False),
        (BARE.replace("14 March", "14 Marchember"), False),
        (BARE.replace("Fibre 250", "Fibre 50"), False),
        (BARE + " Your ticket is PL-4822.", False),
        ("", False),
    ],
)
def test_complete_asks_for_plan_date_and_ticket(answer: str, whole: bool) -> None:
    assert rubric.complete(answer, FACTS) is whole


def test_a_prompt_without_a_case_has_nothing_to_be_complete_in() -> None:
    assert rubric.complete("14 March 2026", {"context": ""})


def test_the_rubric_names_months_as_the_house_does() -> None:
    assert rubric.MONTHS == writing.MONTHS
    assert writing.house_date(date(2026, 3, 4)) == "4 March 2026"


def test_the_optimizers_steps_turn_every_direction_alike() -> None:
    import torch

    matrix = torch.randn(12, 5, generator=torch.Generator().manual_seed(0))
    step = loaded("muon").orthogonal(matrix)
    assert step.shape == matrix.shape
    assert torch.linalg.svdvals(step) == pytest.approx(1.0, abs=0.35)
    assert (step * matrix).sum() > 0


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("stand-in")
    loaded("stand_in").make(out, steps=2)
    return out


@pytest.mark.slow
def test_the_stand_in_is_a_standard_model_that_answers_a_chat(stand_in: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(stand_in), AutoModelForCausalLM.from_pretrained(stand_in)
    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Which day is 2026-03-14?"}],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    )
    written = model.generate(**asked, max_new_tokens=4)
    assert written.shape[1] > asked["input_ids"].shape[1]
    assert model.generation_config.eos_token_id == tokenizer.eos_token_id
    assert model.generation_config.pad_token_id == tokenizer.pad_token_id


@pytest.mark.slow
def test_the_templates_marks_tell_the_answer_from_the_prompt(stand_in: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(stand_in)
    chat = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": BARE}]
    row = tokenizer.apply_chat_template(chat, return_dict=True, return_assistant_tokens_mask=True)
    answered = [token for token, mark in zip(row["input_ids"], row["assistant_masks"], strict=True) if mark]
    assert tokenizer.decode(answered) == BARE + tokenizer.eos_token


@pytest.mark.slow
def test_the_same_recipe_is_trained_once(stand_in: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (stand_in / "model.safetensors").stat().st_mtime_ns
    loaded("stand_in").make(stand_in, steps=2)
    assert (stand_in / "model.safetensors").stat().st_mtime_ns == before
    assert "holds the model" in capsys.readouterr().out
    loaded("stand_in").make(stand_in, steps=1)
    assert (stand_in / "model.safetensors").stat().st_mtime_ns > before

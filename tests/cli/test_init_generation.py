"""`weakspot init --task generation`: the project it makes, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import complaint, here
from made_project import Files, write_csv

from loop.config import load
from loop.errors import ArtifactError
from loop.ledger import people
from loop.project import open_project
from loop.records import Role, Split
from loop.rounds.retention import retention

HUB = "Qwen/Qwen2.5-0.5B-Instruct"
RUBRIC = "def polite(answer, example):\n    return 'thank' in answer\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with what a person would bring."""
    rows = [
        {
            "id": f"p{number}",
            "prompt": f"Customer {number * 7919} of plan {chr(97 + number % 26) * 5} asks about bill {number * 31}.",
            "context": f"The bill of {number * 31} is due on day {number}.",
            "ticket": f"PL-{1000 + number}",
            "channel": ["web", "mail"][number % 2],
            "reference": f"Dear customer, thank you, it is due on day {number}.",
        }
        for number in range(60)
    ]
    write_csv(tmp_path / "pool.csv", rows[:40])
    write_csv(tmp_path / "gold.csv", rows[40:])
    kept = [{"prompt": f"What is {n} + {n}?", "context": "", "reference": str(2 * n)} for n in range(5)]
    write_csv(tmp_path / "kept.csv", kept)
    write_csv(tmp_path / "bare.csv", [{**row, "reference": ""} for row in kept])
    (tmp_path / "rules.py").write_text(RUBRIC)
    return tmp_path


def init(files: Path, *more: str | Path, base: str | None = HUB, task: str = "generation") -> Any:
    given = ("--base", base) if base else ()
    return here("init", files / "desk", "--data", files / "pool.csv", "--task", task, *given, *more)


def refused(files: Path, *more: str | Path, **options: Any) -> str:
    told = complaint(init(files, *more, **options))
    assert not (files / "desk").exists()
    return told


def test_a_project_is_made_and_said_to_be(files: Path) -> None:
    said = init(files, "--gold", files / "gold.csv")
    assert said.status == 0, said.err
    for words in (
        "Prompt: column 'prompt', by its name",
        "Reference: column 'reference', by its name",
        "Context: column 'context', what an answer must agree with.",
        "40 prompts: 40 pool, 0 seed, 20 gold; 60 with a reference",
        "weakspot run --project",
    ):
        assert words in said.out
    config = load(files / "desk" / "weakspot.yaml")
    assert (config.task, config.model.tuning, config.model.base, config.model.embedder) == (
        *("generation", "dpo"),
        *(HUB, "minilm"),
    )
    assert (config.data.context, config.data.label, config.data.retention) == ("context", "reference", None)
    with open_project(files / "desk") as project:
        assert len(project.pool.references(Split.GOLD)) == 20
        assert project.pool.examples(project.pool.ids(Split.POOL))[0].context.startswith("The bill of 0")
        assert retention(project) == ((), {})


def test_every_option_reaches_the_config(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files)
    said = init(
        Path(),
        *("--retention", "kept.csv", "--form", "rating", "--experts", "simulated", "--rubric", "rules.py:polite"),
        *("--checks", "ticket=ticket {ticket}", "--checks", "thanks=rules.py:polite", "--seed-labels", "10"),
        *("--gold-share", "0.25", "--json"),
    )
    assert said.status == 0, said.err
    assert json.loads(said.out)["task"] == "generation"
    config = load(files / "desk" / "weakspot.yaml")
    assert config.generation.checks == {"ticket": "ticket {ticket}", "thanks": "../rules.py:polite"}
    assert (config.questions.form, list(config.questions.criteria)) == ("rating", ["overall"])
    assert (config.experts.rubric, config.data.retention) == ("../rules.py:polite", "../kept.csv")
    assert config.data.metadata == ("channel", "ticket")
    with open_project(files / "desk") as project:
        kept, references = retention(project)
        assert [references[one.id] for one in kept] == [("0",), ("2",), ("4",), ("6",), ("8",)]
        assert project.pool.counts()[Split.GOLD] == 10
        with project.ledger.read() as connection:
            seed = people.labels(connection)
    assert len(seed) == 10
    assert {label.role for label in seed} <= {Role.TRAIN, Role.DEV}
    assert all(label.label.startswith("Dear customer") for label in seed)


def test_chats_make_a_project_for_a_model_that_writes_without_being_told(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "No signal."}, {"role": "assistant", "content": "Restart it."}]
    (tmp_path / "chats.jsonl").write_text(json.dumps({"messages": turns}) + "\n")
    said = here("init", tmp_path / "desk", "--data", tmp_path / "chats.jsonl", "--base", HUB)
    assert said.status == 0, said.err
    config = yaml.safe_load((tmp_path / "desk" / "weakspot.yaml").read_text())
    assert (config["task"], config["data"]["text"], config["data"]["label"]) == ("generation", "messages", None)


def test_a_folder_that_holds_a_model_that_writes_is_a_base(files: Path) -> None:
    model = files / "model"
    model.mkdir()
    (model / "config.json").write_text('{"architectures": ["LlamaForCausalLM"]}')
    assert init(files, base=str(model)).status == 0
    assert load(files / "desk" / "weakspot.yaml").model.base == str(model.resolve())


def test_a_base_is_needed_and_must_be_able_to_write(files: Path) -> None:
    assert refused(files, base=None) == (
        "weakspot: no base model is given, and none that writes is packaged; wanted: a causal language model, as a Hub "
        "name or a folder; to do: --base Qwen/Qwen2.5-0.5B-Instruct, or --base FOLDER"
    )
    assert "--base minilm reads texts and cannot write; wanted: a causal" in refused(files, base="minilm")
    (files / "config.json").write_text('{"architectures": ["BertModel"]}')
    assert "cannot write (BertModel); wanted" in refused(files, base=str(files))
    assert "there is no such folder; wanted" in refused(files, base="./nowhere")


def test_options_of_the_other_task_are_refused_in_words(files: Path) -> None:
    told = refused(files, "--labels", "a,b")
    assert "--labels is not for generation: people judge what the model writes and choose no labels" in told
    told = refused(files, "--context", "context", "--form", "pair", task="classification")
    assert "--context is not for classification" in told
    assert "--form is not for classification: people choose a label" in told
    told = refused(files, "--rubric", "rules.py:polite")
    assert "--rubric is what simulated experts judge answers by, but people answer here" in told
    assert "unknown task 'generatoin'" in refused(files, task="generatoin")


def test_checks_must_be_expressions_or_functions_and_speak_of_columns(files: Path) -> None:
    told = refused(files, "--checks", "ticket=PL-(")
    assert "the check 'ticket' is 'PL-(', which is no regular expression" in told
    assert "wanted: a regular expression, or FILE.py:function" in told
    assert "wanted: NAME=EXPRESSION or NAME=FILE.py:function" in refused(files, "--checks", "PL-1")
    assert "wanted: a Python file" in refused(files, "--checks", f"a={files}/none.py:polite")
    told = refused(files, "--checks", "a={tickt}")
    assert "speaks of {tickt}, which is no column of the data" in told
    assert 'did you mean "ticket"?' in told


def test_a_rubric_must_be_there(files: Path) -> None:
    told = refused(files, "--experts", "simulated", "--rubric", f"{files}/none.py:polite")
    assert f"--rubric: no file {files}/none.py; wanted: a Python file; to do: write it, or name another" in told
    told = refused(files, "--experts", "simulated", "--rubric", f"{files}/rules.py:kind")
    assert "rules.py has no function 'kind'; wanted: FILE.py:function" in told


def test_simulated_experts_need_something_to_judge_by(files: Path) -> None:
    told = refused(files, "--experts", "simulated", "--label", "")
    assert "nothing to judge answers by: the data has no references; wanted: references, or a rubric" in told


def test_unknown_forms_and_columns_are_told_with_the_nearest(files: Path) -> None:
    told = refused(files, "--form", "pairs")
    assert "unknown form 'pairs' of questions; wanted: one of pair, ranking, rating, correction" in told
    assert 'did you mean "pair"?' in told
    told = refused(files, "--label", "refrence")
    assert "has no column 'refrence'; wanted: one of its columns: id, prompt" in told
    assert 'did you mean "reference"?, or name a column with --label' in told


def test_a_retention_file_without_references_is_refused(files: Path) -> None:
    told = refused(files, "--retention", files / "bare.csv")
    assert "bare.csv: 5 of 5 prompts have no reference, the first is row 2; wanted: a reference for each prompt" in told


def test_prompts_of_the_retention_file_that_are_trained_on_as_well_are_told(files: Path) -> None:
    said = init(files, "--retention", files / "pool.csv")
    assert said.status == 0
    assert "40 prompts stand in" in said.out


def test_a_project_that_lost_its_retention_set_says_so(files: Path) -> None:
    assert init(files).status == 0
    path = files / "desk" / "weakspot.yaml"
    path.write_text(path.read_text().replace("retention: null", 'retention: "kept.csv"'))
    with open_project(files / "desk") as project, pytest.raises(ArtifactError, match="make the project anew"):
        retention(project)


def test_any_key_of_the_config_can_be_set(small_files: Files, tmp_path: Path) -> None:
    given = ("--set", "selection.audit=0.3", "--set", "gate.alpha=1.0e-2")
    said = here("init", tmp_path / "p", "--data", small_files.pool, "--seed-labels", "9", *given)
    assert said.status == 0, said.err
    config = load(tmp_path / "p" / "weakspot.yaml")
    assert (config.selection.audit, config.gate.alpha) == (0.3, 0.01)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("selection.adit=0.3", "did you mean"),
        ("selection.audit", "KEY=VALUE"),
        ("selection.audit=much", "selection.audit"),
        ("gate.alpha=[1", "no YAML"),
    ],
)
def test_a_wrong_setting_is_told(given: str, words: str, small_files: Files, tmp_path: Path) -> None:
    said = here("init", tmp_path / "p", "--data", small_files.pool, "--seed-labels", "9", "--set", given)
    assert words in complaint(said)
    assert not (tmp_path / "p" / "weakspot.yaml").exists()

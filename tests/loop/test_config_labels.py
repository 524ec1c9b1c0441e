"""The section `labels`: its three forms, their mistakes, and where phrases survive."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from command_line import complaint, here

from loop.config import Config, digest, json_schema, load, parse, template
from loop.config.changes import changes
from loop.config.labels import LONGEST_PHRASE, MOST_PHRASES, LabelMeaning
from loop.config.policies import Rule
from loop.errors import ConfigError

HEAD = "project: {name: support}\ndata: {file: messages.csv, text: text}\nlabels: "
WITH = """
  refund: {description: Wants money back., phrases: [where is my money, "refund, please"]}
  outage:
    phrases:
      - no internet since monday
  other: Everything else.
  spam:
"""
PHRASES = {"refund": ("where is my money", "refund, please"), "outage": ("no internet since monday",)}


def refusal(labels: str) -> str:
    with pytest.raises(ConfigError) as told:
        parse(HEAD + labels)
    return str(told.value)


def test_names_descriptions_and_phrases_may_stand_side_by_side() -> None:
    found = parse(HEAD + WITH).label_set
    assert found.names == ("refund", "outage", "other", "spam")
    assert found.descriptions == {"refund": "Wants money back.", "other": "Everything else."}
    assert found.phrases == PHRASES


def test_without_phrases_an_entry_is_its_description_however_it_is_written() -> None:
    short, long = "{a: about money, b: }", "{a: {description: about money}, b: {description: , phrases: []}}"
    assert parse(HEAD + long).labels == parse(HEAD + short).labels == {"a": "about money", "b": ""}
    assert digest(parse(HEAD + long)) == digest(parse(HEAD + short))


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ("{a: {phrases: money}, b: }", "the phrases of 'a' are 'money', not a list of texts"),
        ("{a: {phrases: [money, 3]}, b: }", "phrase 2 of 'a', '3', is not a text (put quotes around it)"),
        ("{a: {phrases: [' ']}, b: }", "phrase 1 of 'a', ' ', is empty"),
        ('{a: {phrases: ["\\e[2J"]}, b: }', "holds the control character \\x1b"),
        (f"{{a: {{phrases: [{'x' * (LONGEST_PHRASE + 1)}]}}, b: }}", "has 1,001 characters, more than 1,000"),
        (f"{{a: {{phrases: {list('abcdefghij') * 11}}}, b: }}", f"'a' has 110 phrases, more than {MOST_PHRASES}"),
        ("{a: {phrases: [My  bill]}, b: {phrases: [my bill]}}", "the phrase 'my bill' stands under 'a' and 'b'"),
        ("{a: {phrases: [my bill, my bill]}, b: }", "the phrase 'my bill' stands twice under 'a'"),
        ("{a: {phrase: [my bill]}, b: }", "'a' has the unknown key 'phrase', did you mean \"phrases\"?"),
        ("{a: {description: [x]}, b: }", "the description of 'a' is ['x'], not a text"),
        ("{a: [x], b: }", "the description of 'a' is ['x'], not a text"),
    ],
)
def test_a_mistake_in_a_label_is_told_with_its_label_and_what_is_wanted(labels: str, words: str) -> None:
    told = refusal(labels)
    assert told.startswith("weakspot.yaml: labels: ")
    assert words in told
    assert "each may have a description, or {description, phrases: [different texts]}" in told


def test_all_mistakes_are_told_together() -> None:
    told = refusal("{a: {phrases: [x]}, b: {phrases: [X, 3]}, c: 5}")
    assert "stands under 'a' and 'b'" in told
    assert "phrase 2 of 'b'" in told
    assert "the description of 'c' is 5" in told


def test_a_record_of_the_config_holds_the_phrases_and_reads_back() -> None:
    config = parse(HEAD + WITH)
    record = json.loads(json.dumps(config.model_dump(mode="json")))
    assert record["labels"]["refund"] == {"description": "Wants money back.", "phrases": list(PHRASES["refund"])}
    assert Config.model_validate(record) == config
    assert changes(record, config) == ()
    assert digest(config) != digest(parse(HEAD + WITH.replace("monday", "friday")))


def test_other_phrases_are_a_change_that_is_said_with_the_labels_it_is_about() -> None:
    before = parse(HEAD + WITH).model_dump(mode="json")
    (change,) = changes(before, parse(HEAD + WITH.replace("monday", "friday")))
    assert change.rule is Rule.SAID
    assert "outage" in change.sentence
    assert "refund" not in change.sentence
    (other,) = changes(before, parse(HEAD + WITH.replace("  spam:\n", "")))
    assert other.rule is Rule.REFUSED


def test_what_init_writes_and_the_schema_know_phrases() -> None:
    labels = {"a": {"description": "", "phrases": ["it's: #1", "second\nline"]}, "b": "about money", "c": ""}
    text = template(name="x", file="a.csv", text="t", labels=labels)
    assert parse(text).labels["a"] == LabelMeaning(phrases=("it's: #1", "second\nline"))
    schema = json_schema()
    for good in (text, HEAD + WITH, HEAD + "[a, b]"):
        jsonschema.validate(yaml.safe_load(good), schema)
    for bad in ("{a: {phrase: [x]}, b: }", "{a: {phrases: x}, b: }", "{a: {phrases: [1]}, b: }"):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(yaml.safe_load(HEAD + bad), schema)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_text("text\n" + "".join(f"message {n} of a person\n" for n in range(20)))
    return path


def test_init_takes_phrases_from_a_file_of_labels(data: Path, tmp_path: Path) -> None:
    (tmp_path / "labels.yaml").write_text(WITH)
    said = here("init", tmp_path / "desk", "--data", data, "--labels", tmp_path / "labels.yaml")
    assert said.status == 0, said.err
    found = load(tmp_path / "desk" / "weakspot.yaml").label_set
    assert found == parse(HEAD + WITH).label_set


def test_init_tells_what_is_wrong_in_such_a_file(data: Path, tmp_path: Path) -> None:
    (tmp_path / "labels.yaml").write_text("a: {phrases: [my bill]}\nb: {phrases: [my bill]}\n")
    told = complaint(here("init", tmp_path / "desk", "--data", data, "--labels", tmp_path / "labels.yaml"))
    assert "labels.yaml: the phrase 'my bill' stands under 'a' and 'b'" in told
    assert not (tmp_path / "desk").exists()

"""weakspot.yaml: what is read, what is refused, and in which words."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from loop import registry
from loop.config import Config, artifacts_url, digest, json_schema, ledger_url, load, parse, template
from loop.errors import ConfigError

SMALL = """
project: {name: support}
data: {file: messages.csv, text: text}
labels: [billing, outage]
"""


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as told:
        parse(text)
    return str(told.value)


def test_a_small_file_takes_the_documented_defaults() -> None:
    config = parse(SMALL)
    assert (config.task, config.seed, config.model.base, config.model.tuning) == ("classification", 0, "minilm", "auto")
    assert (config.selection.strategy, config.selection.batch) == ("weak_spots", 100)
    assert (config.labeler.token_env, config.labeler.url) == ("LABEL_STUDIO_TOKEN", None)
    assert (config.experts.kind, config.gate.alpha, config.dev.share) == ("people", 0.05, 0.15)
    assert config.label_set.names == ("billing", "outage")


def test_labels_may_carry_descriptions_and_are_trimmed() -> None:
    config = parse(SMALL.replace("[billing, outage]", '{" billing ": about money, outage: }'))
    assert config.label_set.names == ("billing", "outage")
    assert config.label_set.descriptions == {"billing": "about money"}


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse(SMALL).selection.batch = 3  # type: ignore[misc]


def test_three_misspelt_keys_are_told_in_one_message_each_with_the_right_one() -> None:
    told = refusal(SMALL + "selection: {stratgy: margin, bach: 5}\nmodell: {base: minilm}\n")
    assert told.startswith("3 mistakes in weakspot.yaml:")
    assert 'selection.stratgy: unknown key; did you mean "strategy"?' in told
    assert 'selection.bach: unknown key; did you mean "batch"?' in told
    assert 'modell: unknown key; did you mean "model"?' in told


def test_a_misspelt_required_key_is_told_once() -> None:
    told = refusal(SMALL.replace("text: text", "texd: text"))
    assert told == 'weakspot.yaml: data.texd: unknown key; did you mean "text"?'


def test_a_missing_key_says_what_it_is_for() -> None:
    assert refusal(SMALL.replace(", text: text", "")) == (
        "weakspot.yaml: data.text: missing; wanted: The column that holds the text"
    )


@pytest.mark.parametrize(
    ("section", "key", "kind", "misspelt", "meant"),
    [
        ("selection", "strategy", "strategy", "margn", "margin"),
        ("model", "tuning", "tuning", "lorra", "lora"),
        ("labeler", "kind", "labeler", "label-studio", "label_studio"),
        ("experts", "kind", "experts", "simulatd", "simulated"),
    ],
)
def test_an_unknown_menu_name_lists_the_menu_and_the_nearest(
    section: str, key: str, kind: str, misspelt: str, meant: str
) -> None:
    told = refusal(SMALL + f"{section}: {{{key}: {misspelt}}}\n")
    assert f"{section}.{key}: unknown {kind} '{misspelt}'" in told
    assert ", ".join(registry.names(kind)) in told
    assert f'did you mean "{meant}"?' in told


@pytest.mark.parametrize(
    ("addition", "words"),
    [
        ("seed: 1.5", "seed: found 1.5; wanted: a whole number"),
        ("seed: true", "seed: found True; wanted: a whole number"),
        ("selection: {batch: 0}", "selection.batch: found 0; wanted: 1 or more"),
        ("selection: {audit: 0.95}", "selection.audit: found 0.95; wanted: 0.9 or less"),
        ("selection: {blind: .nan}", "selection.blind: found nan; wanted: a finite number"),
        ("labeler: {overlap: 6}", "labeler.overlap: found 6; wanted: 5 or less"),
        ("gate: {alpha: 0}", "gate.alpha: found 0; wanted: more than 0"),
        ("dev: {share: 1}", "dev.share: found 1; wanted: 0.5 or less"),
        ("labeler: {url: 'http://[::1'}", "labeler.url: found 'http://[::1'; wanted: an address such as http"),
        ("labeler: {url: 'http://a:port'}", "labeler.url: found 'http://a:port'; wanted: an address"),
        ("labeler: {url: localhost}", "labeler.url: found 'localhost'; wanted: an address such as http"),
        ("storage: {ledger: mysql://u:pw@h/d}", "storage.ledger: found 'mysql://…@h/d'; wanted: sqlite:///FILE"),
    ],
)
def test_a_value_out_of_range_is_told_with_its_path_and_what_is_wanted(addition: str, words: str) -> None:
    assert words in refusal(SMALL + addition)


def test_only_classifiers_have_a_cheap_head_to_train_in_between() -> None:
    assert parse(SMALL + "model: {final_every: 4}").model.final_every == 4
    writing = SMALL.replace("labels: [billing, outage]", "task: generation") + "model: {tuning: dpo, final_every: 2}"
    assert "model.final_every: found more than 1; wanted: 1, for generation has no cheap head" in refusal(writing)
    assert "model.final_every: found 0; wanted: 1 or more" in refusal(SMALL + "model: {final_every: 0}")


def test_labels_that_yaml_reads_as_booleans_ask_for_quotes() -> None:
    told = refusal(SMALL.replace("[billing, outage]", "[yes, no]"))
    assert "label 1 is True, not a text (put quotes around it" in told


@pytest.mark.parametrize(
    ("labels", "words"), [("[a]", "found 1"), ("[a, ' a']", "label 'a' stands twice"), ("[a, '']", "label 2 is empty")]
)
def test_labels_must_be_two_or_more_different_texts(labels: str, words: str) -> None:
    told = refusal(SMALL.replace("[billing, outage]", labels))
    assert f"labels: {words}" in told
    assert "wanted: two texts or more, all different" in told


def test_a_secret_in_the_file_is_refused_and_never_repeated() -> None:
    token = "0123456789abcdef0123456789abcdef01234567"
    told = refusal(SMALL + f"labeler: {{token: {token}, token_env: {token}}}")
    assert "labeler.token: a secret does not belong into this file" in told
    assert "labeler.token_env: no name of an environment variable" in told
    assert token not in told


def test_a_yaml_mistake_is_told_with_line_and_column() -> None:
    assert "no YAML in line 3, column 5" in refusal("project: {name: a}\nlabels: [a\ndata: x\n")


def test_a_key_that_stands_twice_is_refused() -> None:
    assert "line 5, column 1: the key 'data' stands twice" in refusal(SMALL + "data: {file: b, text: c}\n")


def test_an_empty_file_and_a_missing_file_are_told(tmp_path: Path) -> None:
    assert "holds no keys" in refusal("")
    with pytest.raises(ConfigError, match="weakspot init"):
        load(tmp_path / "weakspot.yaml")


def test_a_section_whose_keys_are_commented_out_means_the_defaults() -> None:
    assert parse(SMALL + "selection:\n  # batch: 50\n") == parse(SMALL)


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200).filter(
    str.strip
)


@pytest.mark.slow
@given(name=NAMES, labels=st.lists(NAMES.map(str.strip), min_size=2, unique=True), metadata=st.lists(NAMES))
def test_the_template_reads_back_as_what_was_given(name: str, labels: list[str], metadata: list[str]) -> None:
    config = parse(template(name=name, file="a.csv", text="text", labels=labels, metadata=metadata, seed=3, batch=7))
    assert (config.project.name, tuple(config.labels), config.seed) == (name.strip(), tuple(labels), 3)
    assert config.data.metadata == tuple(column.strip() for column in metadata)
    assert config.selection.batch == 7


def test_the_template_explains_every_key_and_says_what_was_guessed() -> None:
    text = template(name="x", file="a.csv", text="t", labels=["a", "b"], guesses=["Text column: t."], schema="s.json")
    lines = text.splitlines()
    assert lines[0] == "# yaml-language-server: $schema=s.json"
    assert "#   Text column: t." in lines
    keys = [number for number, line in enumerate(lines) if ":" in line and not line.strip().startswith(("#", "-"))]
    assert all(lines[number - 1].strip().startswith("#") for number in keys)


def test_the_schema_accepts_the_template_and_refuses_what_loading_refuses() -> None:
    good = yaml.safe_load(template(name="x", file="a.csv", text="t", labels={"a": "one", "b": ""}))
    schema = json_schema()
    json.dumps(schema)
    jsonschema.validate(good, schema)
    for section, key, value in [("selection", "strategy", "margn"), ("selection", "batch", 0), ("data", "fil", "x")]:
        bad = {**good, section: {**good[section], key: value}}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bad, schema)


def test_the_digest_changes_with_every_value_and_with_the_order_of_labels_only() -> None:
    config = parse(SMALL)
    assert digest(config) == digest(parse(SMALL + "seed: 0\n"))
    assert digest(config) != digest(parse(SMALL + "seed: 1\n"))
    assert digest(config) != digest(parse(SMALL.replace("billing, outage", "outage, billing")))
    assert digest(parse(SMALL + "gate: {alpha: 0.1}\ndev: {share: 0.2}")) == digest(
        parse(SMALL + "dev: {share: 0.2}\ngate: {alpha: 0.1}")
    )


def test_every_section_of_the_config_is_frozen_and_closed() -> None:
    for field in Config.model_fields.values():
        section = field.annotation
        if isinstance(section, type) and hasattr(section, "model_config"):
            assert section.model_config["frozen"]
            assert section.model_config["extra"] == "forbid"


def test_addresses_are_resolved_against_the_projects_folder_and_the_environment(tmp_path: Path) -> None:
    config = parse(SMALL)
    assert ledger_url(config, folder=tmp_path, environ={}) == f"sqlite:///{tmp_path}/.weakspot/ledger.db"
    assert artifacts_url(config, folder=tmp_path) == f"{tmp_path}/.weakspot/artifacts"
    hidden = parse(SMALL + "storage: {ledger: 'env:LEDGER', artifacts: 's3://bucket/a'}")
    assert ledger_url(hidden, folder=tmp_path, environ={"LEDGER": "postgresql://u:p@h/d"}) == "postgresql://u:p@h/d"
    assert artifacts_url(hidden, folder=tmp_path) == "s3://bucket/a"
    with pytest.raises(ConfigError, match="LEDGER, which is not set"):
        ledger_url(hidden, folder=tmp_path, environ={})


def test_options_are_settings_of_the_tuning_method_and_take_its_types() -> None:
    config = parse(SMALL + "model: {options: {learning_rate: 1e-3, target_modules: [query], steps: 40}}")
    assert config.model.options == {"learning_rate": 0.001, "target_modules": ("query",), "steps": 40}
    assert digest(config) != digest(parse(SMALL))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("{lerning_rate: 1}", "unknown option 'lerning_rate', did you mean \"learning_rate\"?"),
        ("{steps: many}", "steps is 'many'"),
        ("{steps: 0}", "tuning steps is 0"),
        ("[1]", "found [1]; wanted: keys with values"),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_trained(options: str, words: str) -> None:
    assert f"model.options: {words}" in refusal(SMALL + f"model: {{options: {options}}}")

"""Every key of weakspot.yaml has one policy, and docs/settings.md tells it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from loop.config import Config, parse
from loop.config.changes import SHOWN, changes, keys, shown, values, with_present
from loop.config.policies import POLICIES, Fixed, Rule
from loop.config.reference import markdown

SETTINGS = Path(__file__).parents[2] / "docs" / "settings.md"
SMALL = "project: {name: desk}\ndata: {file: a.csv, text: text}\nlabels: {bill: about money, other: ''}\n"


def changed(text: str) -> tuple[str, ...]:
    before = parse(SMALL).model_dump(mode="json")
    return tuple(one.key for one in changes(before, parse(text)))


def test_every_key_has_exactly_one_policy_in_the_order_of_the_file() -> None:
    assert tuple(POLICIES) == keys()


@pytest.mark.parametrize("key", keys())
def test_a_policy_says_what_a_change_does_and_what_fixed_a_key_that_may_not_change(key: str) -> None:
    policy = POLICIES[key]
    assert policy.effect
    assert not policy.effect.endswith(".")
    assert (policy.rule is Rule.REFUSED) == (policy.fixed in tuple(Fixed))
    assert not (policy.rule is Rule.REFUSED and policy.at_once)


def test_the_docs_are_what_the_code_says() -> None:
    assert SETTINGS.read_text(encoding="utf-8") == markdown(), "python -m loop.config.reference docs/settings.md"


def test_the_command_that_makes_the_docs_notices_that_they_are_old(tmp_path: Path) -> None:
    file = tmp_path / "settings.md"

    def command(*more: str) -> int:
        return subprocess.run([sys.executable, "-m", "loop.config.reference", str(file), *more], check=False).returncode

    assert command("--check") == 1
    assert command() == 0
    assert command("--check") == 0
    file.write_text(file.read_text(encoding="utf-8").replace("`seed`", "`seeds`"), encoding="utf-8")
    assert command("--check") == 1


def test_nothing_differs_between_a_config_and_its_record() -> None:
    assert changed(SMALL) == ()


def test_the_order_of_labels_counts_and_a_description_is_another_kind_of_change() -> None:
    turned = SMALL.replace("{bill: about money, other: ''}", "{other: '', bill: about money}")
    described = SMALL.replace("about money", "about invoices")
    before = parse(SMALL).model_dump(mode="json")
    assert [one.rule for one in changes(before, parse(turned))] == [Rule.REFUSED]
    assert [one.rule for one in changes(before, parse(described))] == [Rule.SAID]


def test_an_endpoint_may_move_but_neither_come_nor_go() -> None:
    served = SMALL + "generation: {endpoint: 'http://one', endpoint_model: m}\n"
    moved = served.replace("//one", "//two")

    def rule(before: str, after: str) -> Rule:
        found = changes(parse(before).model_dump(mode="json"), parse(after))
        return next(one.rule for one in found if one.key == "generation.endpoint")

    assert rule(served, moved) is Rule.SAID
    assert rule(SMALL, served) is Rule.REFUSED
    assert rule(served, SMALL) is Rule.REFUSED


def test_a_key_that_an_older_record_lacks_had_its_default() -> None:
    before = parse(SMALL).model_dump(mode="json")
    del before["selection"]["fallback"], before["plan"]
    assert changes(before, parse(SMALL)) == ()
    assert [one.key for one in changes(before, parse(SMALL + "selection: {fallback: false}\n"))] == [
        "selection.fallback"
    ]


@pytest.mark.parametrize(
    ("key", "value", "secret"),
    [
        ("storage.ledger", "postgresql://me:hunter2@host/db", "hunter2"),
        ("storage.ledger", "postgresql://host/db?user=me&password=hunter2", "hunter2"),
        ("labeler.url", "http://me:hunter2@host:8080", "hunter2"),
        ("generation.endpoint", "https://me:hunter2@host/v1", "hunter2"),
    ],
)
def test_a_password_in_an_address_is_not_shown(key: str, value: str, secret: str) -> None:
    assert secret not in shown(key, value)


def test_a_long_value_is_short_in_a_sentence() -> None:
    assert len(shown("labels", {f"label {number}": "" for number in range(100)})) == SHOWN


def test_only_what_takes_effect_at_once_reaches_an_open_round() -> None:
    text = "labeler: {url: 'http://two', overlap: 3}\nselection: {batch: 7}\nplan: {budget: 9.0}\n"
    open_: Config = with_present(parse(SMALL), parse(SMALL + text))
    found = values(open_.model_dump(mode="json"))
    assert (found["labeler.url"], found["plan.budget"]) == ("http://two", 9.0)
    assert (found["labeler.overlap"], found["selection.batch"]) == (1, 100)

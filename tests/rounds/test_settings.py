"""Each key of weakspot.yaml is changed between two rounds, in the middle of one, and before the first one."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import complaint, here
from settings_project import (  # noqa: F401 (fixtures)
    MOVED,
    OTHER,
    _finished,
    begin,
    begin_step,
    dump,
    events,
    finished,
    fresh,
    known,
    opened,
    put,
)

from loop.config.changes import keys, values
from loop.config.policies import POLICIES, Fixed, Rule
from loop.errors import ConfigError, WeakspotError
from loop.project import open_project
from loop.rounds.start import open_round

pytestmark = pytest.mark.slow

OF_RULE = {rule: [key for key, policy in POLICIES.items() if policy.rule is rule] for rule in Rule}
LATER = [key for rule in (Rule.FREE, Rule.SAID) for key in OF_RULE[rule] if not POLICIES[key].at_once]
AT_ONCE = [key for key in (*OF_RULE[Rule.FREE], *OF_RULE[Rule.SAID]) if POLICIES[key].at_once]


def kept(root: Path, key: str) -> object:
    with open_project(root, read_only=True) as project:
        return values(project.config.model_dump(mode="json"))[key]


def test_there_is_another_value_for_every_key() -> None:
    assert tuple(OTHER) == keys()


@pytest.mark.parametrize("key", OF_RULE[Rule.REFUSED])
def test_a_refused_change_names_key_old_value_and_advice_and_the_advice_works(key: str, finished: Path) -> None:  # noqa: F811
    text, before, old = (finished / "weakspot.yaml").read_text(), dump(finished), kept(finished, key)
    put(finished, key)
    with pytest.raises(ConfigError) as told:
        opened(finished)
    assert f"{key} is " in told.value.found
    assert f"{POLICIES[key].fixed} fixed it" in told.value.found
    assert key in told.value.wanted
    assert str(old).replace("'", '"').replace("None", "null") in told.value.wanted
    assert "put back what it was" in told.value.do
    assert dump(finished) == before
    (finished / "weakspot.yaml").write_text(text)
    assert opened(finished)[1] == []


@pytest.mark.parametrize("key", OF_RULE[Rule.SAID])
def test_a_change_that_is_said_is_said_once_as_a_line_and_as_an_event(key: str, finished: Path) -> None:  # noqa: F811
    put(finished, key)
    config, lines = opened(finished)
    mine = [line for line in lines if f"{key} " in line]
    assert len(mine) == 1
    assert mine[0].endswith(POLICIES[key].effect)
    assert opened(finished)[1] == []
    assert events(finished).count(mine[0]) == 1
    assert values(config.model_dump(mode="json"))[key] == OTHER[key]


@pytest.mark.parametrize("key", OF_RULE[Rule.FREE])
def test_a_free_change_takes_effect_without_a_word(key: str, finished: Path) -> None:  # noqa: F811
    put(finished, key)
    before = events(finished)
    config, lines = opened(finished)
    assert lines == []
    assert events(finished) == before
    assert values(config.model_dump(mode="json"))[key] == OTHER[key]


@pytest.mark.parametrize("key", LATER)
def test_in_the_middle_of_a_round_it_is_said_once_that_a_change_waits(key: str, finished: Path) -> None:  # noqa: F811
    begin(finished)
    old = kept(finished, key)
    put(finished, key)
    config, lines = opened(finished)
    assert [line for line in lines if line.endswith("takes effect from round 2") and f"{key} " in line] == lines[-1:]
    assert len(lines) == 1
    assert values(config.model_dump(mode="json"))[key] == old
    assert opened(finished)[1] == []
    assert events(finished).count(lines[0]) == 1


@pytest.mark.parametrize("key", AT_ONCE)
def test_what_takes_effect_at_once_does_so_in_an_open_round_and_is_not_said_again(key: str, finished: Path) -> None:  # noqa: F811
    begin(finished)
    put(finished, key)
    config, lines = opened(finished)
    assert len(lines) == (POLICIES[key].rule is Rule.SAID)
    assert all(POLICIES[key].effect in line for line in lines)
    assert values(config.model_dump(mode="json"))[key] == OTHER[key]
    assert opened(finished)[1] == []
    assert opened(finished, 2)[1] == []


@pytest.mark.parametrize("key", OF_RULE[Rule.REFUSED])
def test_a_refused_change_is_refused_in_the_middle_of_a_round_too(key: str, finished: Path) -> None:  # noqa: F811
    begin(finished)
    put(finished, key)
    before = dump(finished)
    with pytest.raises(ConfigError, match=f"{key} is "):
        opened(finished)
    assert dump(finished) == before


@pytest.mark.parametrize("key", keys())
def test_before_the_first_round_only_what_init_read_is_fixed(key: str, fresh: Path) -> None:  # noqa: F811
    put(fresh, key)
    if POLICIES[key].fixed is Fixed.INIT:
        with pytest.raises(ConfigError, match=f"{key} is .*`?weakspot init`? fixed it"):
            opened(fresh, 0)
    else:
        assert opened(fresh, 0)[1] == []


def test_all_refused_changes_are_told_together(finished: Path) -> None:  # noqa: F811
    for key in ("seed", "data.gold", "questions.form"):
        put(finished, key)
    said = complaint(here("run", "--project", finished))
    assert "3 keys that are fixed" in said
    assert all(f"{key} is " in said for key in ("seed", "data.gold", "questions.form"))
    assert "seed: 7" in said


def test_a_change_taken_back_in_the_middle_of_a_round_is_not_said(finished: Path) -> None:  # noqa: F811
    begin(finished)
    text = (finished / "weakspot.yaml").read_text()
    put(finished, "selection.batch")
    assert len(opened(finished)[1]) == 1
    (finished / "weakspot.yaml").write_text(text)
    assert opened(finished)[1] == []


def test_a_change_that_waited_is_said_with_its_effect_when_it_takes_effect(finished: Path) -> None:  # noqa: F811
    begin(finished)
    put(finished, "gate.alpha")
    opened(finished)
    (line,) = opened(finished, 2)[1]
    assert line.startswith("Round 2: ")
    assert line.endswith(POLICIES["gate.alpha"].effect)


@pytest.mark.parametrize("key", MOVED)
def test_a_place_of_storage_that_holds_nothing_of_the_project_is_refused(key: str, finished: Path) -> None:  # noqa: F811
    put(finished, key)
    _, new = MOVED[key]
    (finished / new).rename(finished / "aside")
    with pytest.raises(WeakspotError, match=key) as told:
        opened(finished)
    assert f"put {key} back, or move" in told.value.do
    # The second half of the advice.
    ((finished / new).unlink if key == "storage.ledger" else lambda: None)()
    (finished / "aside").rename(finished / new)
    assert opened(finished)[0]


def test_an_older_project_whose_config_was_not_noted_goes_by_its_last_round(finished: Path) -> None:  # noqa: F811
    with open_project(finished) as project, project.ledger.begin() as connection:
        connection.exec_driver_sql("DELETE FROM meta WHERE key = 'config_seen'")
    put(finished, "data.gold")
    with pytest.raises(ConfigError, match="data.gold is null"):
        opened(finished)


def test_a_round_that_was_run_with_final_is_not_taken_for_a_changed_file(finished: Path) -> None:  # noqa: F811
    put(finished, "model.final_every")
    opened(finished)
    with open_project(finished) as project:
        assert open_round(project, 1, final=True).model.final_every == 1
    begin_step(finished, 1)
    assert opened(finished)[1] == []
    assert opened(finished, 2)[1] == []

"""Which projects are approved: the requests of a config, and the store outside the project."""

import dataclasses
import json
import os
import shutil
import stat
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from loop import trust
from loop.cli.trust import admit
from loop.config import load, parse
from loop.config.sections import Config
from loop.errors import ConfigError, NotApproved
from loop.evaluation.texts.checks import build_check
from loop.trust import EVERYTHING, RECORD

LEAST = {"project": {"name": "desk"}, "data": {"file": "pool.csv", "text": "text"}, "labels": ["a", "b"]}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's config folder."""
    folder = tmp_path / "home"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return _folder(tmp_path / "desk")


def _folder(root: Path, **sections: Any) -> Path:
    (root / ".weakspot").mkdir(parents=True)
    _write(root, **sections)
    return root


def _write(root: Path, **sections: Any) -> None:
    (root / "weakspot.yaml").write_text(yaml.safe_dump({**LEAST, **sections}))


def _approve(root: Path, *, made: bool = False) -> None:
    trust.approve(load(root / "weakspot.yaml"), root, origin="made" if made else "approved")


def _ruling(root: Path, scope: trust.Scope = EVERYTHING) -> trust.Ruling:
    return trust.rule(load(root / "weakspot.yaml"), root, scope=scope)


def _asked(root: Path, sections: Mapping[str, Any], scope: trust.Scope = EVERYTHING) -> dict[str, str]:
    config = parse(yaml.safe_dump({**LEAST, **sections}))
    return {one.key: one.what for one in trust.requests(config, root, scope=scope)}


URL = "http://host.example:9"


@pytest.mark.parametrize(
    ("sections", "key", "words"),
    [
        ({"labeler": {"url": URL, "token_env": "AWS_KEY"}}, "labeler.url", ("AWS_KEY", URL)),
        ({}, "labeler.kind", ("starts", ".weakspot/label_studio")),
        ({"labeler": {"url": "http://desk.example:8080"}}, "labeler.url", ("without encryption",)),
        ({"judge": {"url": URL, "model": "m", "token_env": "A_KEY"}}, "judge.url", ("A_KEY", URL)),
        (
            {"generation": {"endpoint": URL, "endpoint_model": "m", "token_env": "B_KEY"}},
            "generation.endpoint",
            ("B_KEY", URL),
        ),
        ({"generation": {"checks": {"kind": "rules.py:kind"}}}, "generation.checks.kind", ("runs rules.py:kind",)),
        ({"experts": {"rubric": "/etc/rules.py:kind"}}, "experts.rubric", ("runs /etc/rules.py:kind",)),
        ({"generation": {"nli": "evil/nli"}}, "generation.nli", ("evil/nli", "Hub")),
        ({"model": {"base": "evil/model", "revision": "v2"}}, "model.base", ("evil/model at v2", "Hub")),
        ({"model": {"embedder": "../model"}}, "model.embedder", ("../model",)),
        ({}, "storage.artifacts", ("models",)),
    ],
)
def test_what_a_config_asks_for_beyond_looking(
    desk: Path, sections: dict[str, Any], key: str, words: tuple[str, ...]
) -> None:
    asked = _asked(desk, sections)
    assert all(word in asked[key] for word in words), asked
    assert _asked(desk, sections, RECORD) == {}


@pytest.mark.parametrize(
    ("storage", "key", "words"),
    [
        ({"ledger": "env:PRIVATE_ADDRESS"}, "storage.ledger", "environment variable PRIVATE_ADDRESS"),
        ({"ledger": "postgresql://me@host.example/db"}, "storage.ledger", "host.example/db"),
        ({"ledger": "postgresql+psycopg://me@/db?host=host.example"}, "storage.ledger", "host.example"),
        ({"ledger": "sqlite:////etc/other.db"}, "storage.ledger", "/etc/other.db"),
        ({"ledger": "sqlite:///../other.db"}, "storage.ledger", "other.db"),
        ({"ledger": "sqlite:///.weakspot/../../other.db"}, "storage.ledger", "other.db"),
        ({"ledger": "sqlite:///link/other.db"}, "storage.ledger", "outside/other.db"),
        ({"artifacts": "/"}, "storage.artifacts", "/"),
        ({"artifacts": "../else"}, "storage.artifacts", "else"),
        ({"artifacts": "link"}, "storage.artifacts", "outside"),
    ],
)
def test_what_even_looking_needs(desk: Path, storage: dict[str, str], key: str, words: str) -> None:
    (desk.parent / "outside").mkdir()
    (desk / "link").symlink_to(desk.parent / "outside")
    assert words in _asked(desk, {"storage": storage}, RECORD)[key]


@pytest.mark.parametrize(
    "ledger",
    [
        "postgresql://me:hunter2@host/db",
        "postgresql://me@host/db?password=hunter2",
        "postgresql://me:hunter2@host:nine/db",
    ],
)
def test_no_request_holds_a_password(desk: Path, ledger: str) -> None:
    config = load(desk / "weakspot.yaml")
    # The door of the config refuses such an address; a request does not rely on that.
    storage = config.storage.model_copy(update={"ledger": ledger})
    asked = trust.requests(config.model_copy(update={"storage": storage}), desk, scope=RECORD)
    assert len(asked) == 1
    assert "hunter2" not in str(asked)


def test_every_key_that_names_an_address_a_variable_or_a_file_is_known_here() -> None:
    """A new key of such a kind fails this test until `requests` knows it, or it stands here with its reason."""
    asks = ("url", "endpoint", "env", "ledger", "artifacts", "base", "embedder", "nli", "rubric", "checks", "gold")
    more = ("file", "path", "folder", "address", "host", "token", "command", "module", "code", "key", "retention")
    found = {
        f"{section}.{name}"
        for section, field in Config.model_fields.items()
        if hasattr(field.annotation, "model_fields")
        for name in field.annotation.model_fields
        if any(word in name for word in (*asks, *more))
    }
    only_init_reads = {"data.file", "data.gold", "data.retention"}
    means_no_file = {"generation.endpoint_model", "generation.max_new_tokens", "judge.max_new_tokens"}
    known = {
        *("labeler.url", "labeler.token_env", "judge.url", "judge.token_env", "generation.endpoint"),
        *("generation.token_env", "generation.checks", "generation.nli", "experts.rubric"),
        *("storage.ledger", "storage.artifacts", "model.base", "model.embedder"),
    }
    assert found - only_init_reads - means_no_file == known


def test_a_project_without_requests_of_the_record_never_needs_the_store(desk: Path, home: Path) -> None:
    home.mkdir()
    (home / "weakspot").mkdir()
    (home / "weakspot" / "trusted.json").write_text("{damaged")
    assert _ruling(desk, RECORD).approved
    with pytest.raises(ConfigError, match="is damaged"):
        _ruling(desk, EVERYTHING)


def test_a_foreign_project_is_not_approved_and_the_message_says_what_to_do(desk: Path) -> None:
    assert not _ruling(desk).approved
    with pytest.raises(NotApproved) as told:
        trust.require(load(desk / "weakspot.yaml"), desk)
    assert "starts a labeling server" in told.value.found
    assert f"weakspot trust {desk}" in told.value.do


def test_what_is_made_here_stays_approved_when_its_user_edits_it(desk: Path) -> None:
    _approve(desk, made=True)
    assert _ruling(desk) == trust.Ruling(approved=True, new=(), known=True)
    _write(desk, labeler={"url": URL})
    ruling = _ruling(desk)
    assert ruling.approved
    assert [one.key for one in ruling.new] == ["labeler.url"]
    _approve(desk, made=True)
    assert _ruling(desk).new == ()


def test_what_others_made_is_asked_for_again_when_it_asks_for_more(desk: Path) -> None:
    _approve(desk)
    assert _ruling(desk).approved
    _write(desk, labeler={"url": URL})
    ruling = _ruling(desk)
    assert not ruling.approved
    assert [one.key for one in ruling.new] == ["labeler.url"]
    _approve(desk)
    assert _ruling(desk).approved


def test_only_what_was_shown_is_approved(desk: Path) -> None:
    config = load(desk / "weakspot.yaml")
    shown = trust.requests(config, desk)
    _write(desk, labeler={"url": URL})
    trust.approve(load(desk / "weakspot.yaml"), desk, shown=shown)
    assert [one.key for one in _ruling(desk).new] == ["labeler.url"]


def test_looking_at_a_copy_remembers_nothing_beyond_looking(desk: Path, tmp_path: Path) -> None:
    _write(desk, storage={"ledger": "sqlite:///../other.db"})
    _approve(desk)
    copy = Path(shutil.copytree(desk, tmp_path / "copy"))
    _write(copy, storage={"ledger": "sqlite:///../other.db"}, labeler={"url": URL})
    admit(copy, scope=RECORD, approve=False)
    assert len(trust.entries()) == 2
    assert not _ruling(copy).approved


def test_changed_code_is_something_new(desk: Path) -> None:
    (desk / "rules.py").write_text("def kind(a, e): return True\n")
    _write(desk, generation={"checks": {"kind": "rules.py:kind"}})
    _approve(desk)
    assert _ruling(desk).approved
    (desk / "rules.py").write_text("import os\ndef kind(a, e): return True\n")
    assert [one.key for one in _ruling(desk).new] == ["generation.checks.kind"]


def test_code_that_was_replaced_after_the_project_was_opened_does_not_run(desk: Path, tmp_path: Path) -> None:
    _write(desk, generation={"checks": {"polite": "rules.py:polite"}})
    approved = b"def polite(answer, example):\n    return True\n"
    (desk / "rules.py").write_bytes(approved)
    _approve(desk)
    allow = partial(trust.require_code, desk, "generation.checks.polite", "rules.py:polite")
    assert build_check("polite", "rules.py:polite", folder=desk, allow=allow)("yes", {}) == 1.0
    (desk / "rules.py").write_bytes(b"from pathlib import Path\nPath(__file__).with_name('ran').touch()\n" + approved)
    with pytest.raises(NotApproved, match=r"rules.py:polite \(sha256"):
        build_check("polite", "rules.py:polite", folder=desk, allow=allow)
    assert not (desk / "ran").exists()
    own = _folder(tmp_path / "own", generation={"checks": {"polite": "rules.py:polite"}})
    _approve(own, made=True)
    trust.require_code(own, "generation.checks.polite", "rules.py:polite", b"edited since")


@pytest.mark.parametrize("kind", ["fifo", "device", "folder", "missing", "huge"])
def test_a_code_file_that_is_no_regular_file_is_not_read(desk: Path, kind: str) -> None:
    place = desk / "rules.py"
    if kind == "fifo":
        os.mkfifo(place)
    elif kind == "device":
        place.symlink_to("/dev/zero")
    elif kind == "folder":
        place.mkdir()
    elif kind == "huge":
        with place.open("wb") as file:
            file.truncate(10**10)
    asked = _asked(desk, {"experts": {"rubric": "rules.py:kind"}})
    assert "not a readable file" in asked["experts.rubric"]


def test_a_moved_project_stays_approved(desk: Path, tmp_path: Path) -> None:
    _approve(desk, made=True)
    moved = desk.rename(tmp_path / "moved")
    _write(moved, labeler={"url": URL})
    assert _ruling(moved).approved


def test_an_unchanged_copy_is_approved_and_a_changed_one_is_not(desk: Path, tmp_path: Path) -> None:
    _approve(desk, made=True)
    copy = Path(shutil.copytree(desk, tmp_path / "copy"))
    assert _ruling(copy) == trust.Ruling(approved=True, new=(), known=False)
    _write(copy, labeler={"url": URL})
    assert not _ruling(copy).approved, "a copy may come back from somebody else"


def test_a_copy_that_was_remembered_is_still_asked_for_what_is_new(desk: Path, tmp_path: Path) -> None:
    _approve(desk, made=True)
    copy = Path(shutil.copytree(desk, tmp_path / "copy"))
    _approve(copy)
    assert {one.path: one.origin for one in trust.entries()} == {str(desk): "made", str(copy): "approved"}
    _write(copy, labeler={"url": URL})
    assert not _ruling(copy).approved


def test_a_backup_put_back_is_approved(desk: Path, tmp_path: Path) -> None:
    _approve(desk, made=True)
    shutil.copytree(desk, tmp_path / "backup")
    shutil.rmtree(desk)
    shutil.copytree(tmp_path / "backup", desk)
    assert _ruling(desk).approved


def test_another_folder_at_the_same_path_is_not_approved_even_with_the_same_inode(desk: Path) -> None:
    _approve(desk, made=True)
    # The folder stays, so device and inode are the same; its content is somebody else's.
    for one in desk.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink()
    (desk / ".weakspot").mkdir()
    _write(desk)
    assert not _ruling(desk).approved


def _replaced_by_a_copy(desk: Path) -> None:
    """All of a copy unpacked into the very folder: device, inode, mark and times of files are as they were."""
    copy = Path(shutil.copytree(desk, desk.with_name("of a colleague")))
    for one in desk.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink()
    shutil.copytree(copy, desk, dirs_exist_ok=True)


def test_a_copy_in_the_place_of_a_made_folder_is_asked_for_what_is_new(desk: Path) -> None:
    _approve(desk, made=True)
    inode = desk.stat().st_ino
    _replaced_by_a_copy(desk)
    assert desk.stat().st_ino == inode
    assert _ruling(desk) == trust.Ruling(approved=True, new=(), known=False)
    _write(desk, labeler={"url": URL})
    assert not _ruling(desk).approved
    with pytest.raises(NotApproved):
        trust.require_code(desk, "experts.rubric", "rules.py:f", b"not seen yet")
    _approve(desk)
    assert _ruling(desk) == trust.Ruling(approved=True, new=(), known=True)
    assert [one.origin for one in trust.entries()] == ["approved"]


def test_a_made_folder_whose_mark_was_touched_keeps_all_that_was_approved(desk: Path) -> None:
    _write(desk, storage={"ledger": "sqlite:///../other.db"})
    _approve(desk, made=True)
    (desk / ".weakspot" / "trust-id").chmod(0o640)
    admit(desk, scope=RECORD, approve=False)
    assert _ruling(desk) == trust.Ruling(approved=True, new=(), known=True)


def test_an_entry_without_the_state_of_its_mark_approves_what_is_on_its_list(desk: Path, home: Path) -> None:
    _approve(desk, made=True)
    place = home / "weakspot" / "trusted.json"
    found = json.loads(place.read_text())
    for one in found["projects"]:
        del one["mark_inode"], one["mark_changed"]
    place.write_text(json.dumps(found))
    assert _ruling(desk) == trust.Ruling(approved=True, new=(), known=False)
    _write(desk, labeler={"url": URL})
    assert not _ruling(desk).approved


@pytest.mark.parametrize("marks", ["", "\n\n", "0" * 31, "f" * 32 + "\n", "../../x", "\x00" * 100, "é" * 40])
def test_a_guessed_or_broken_mark_approves_nothing(desk: Path, tmp_path: Path, marks: str) -> None:
    _approve(_folder(tmp_path / "mine"), made=True)
    (desk / ".weakspot" / "trust-id").write_text(marks)
    assert not _ruling(desk).approved


def test_two_users_of_one_folder_do_not_take_each_others_approval(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _approve(desk, made=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "second"))
    assert not _ruling(desk).approved
    _approve(desk)
    assert _ruling(desk).approved
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    assert _ruling(desk).approved


def test_forgetting_takes_copies_with_it(desk: Path, tmp_path: Path) -> None:
    _approve(desk, made=True)
    copy = Path(shutil.copytree(desk, tmp_path / "copy"))
    _approve(copy)
    assert set(trust.forget(desk)) == {str(desk), str(copy)}
    assert not _ruling(desk).approved
    assert not _ruling(copy).approved


def test_what_is_forgotten_may_be_gone(desk: Path) -> None:
    _approve(desk)
    shutil.rmtree(desk)
    assert trust.forget(desk) == (str(desk),)
    assert trust.entries() == ()


def test_a_folder_that_cannot_hold_a_mark_is_approved_at_its_place(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loop.trust.store.durable.write", _refusing("trust-id"))
    _approve(desk)
    assert _ruling(desk).approved
    assert not _ruling(Path(shutil.copytree(desk, tmp_path / "copy"))).approved
    _write(desk, labeler={"url": URL})
    assert not _ruling(desk).approved


def _refusing(name: str) -> Any:
    from loop import durable

    write = durable.write

    def refuse(path: Path, content: str, *, private: bool = False) -> None:
        if path.name == name:
            raise PermissionError(13, "Permission denied")
        write(path, content, private=private)

    return refuse


def test_the_store_is_readable_by_its_owner_alone(desk: Path, home: Path) -> None:
    before = os.umask(0)
    try:
        _approve(desk)
    finally:
        os.umask(before)
    place = home / "weakspot" / "trusted.json"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


def test_a_store_that_cannot_be_written_is_said(desk: Path, home: Path) -> None:
    home.write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="set XDG_CONFIG_HOME"):
        _approve(desk)


WHOLE = {
    **{"path": "/x", "device": 1, "inode": 2, "mark": "a" * 32, "origin": "made", "at": "2026-01-01", "requests": []},
}


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "null", '{"version": 1}', '{"version": 1, "projects": 3}', '{"projects": []}', "[" * 100_000),
        *(
            json.dumps({"version": 1, "projects": [{**WHOLE, name: value}]})
            for name, value in (
                ("mark", 1),
                ("requests", [1]),
                ("requests", 1),
                ("inode", "2"),
                ("origin", "x"),
                ("mark_changed", "2"),
            )
        ),
        json.dumps({"version": 1, "projects": [{"path": "/x"}]}),
        json.dumps({"version": 1, "projects": ["x"]}),
    ],
)
def test_a_damaged_store_is_an_error_and_approves_nothing(desk: Path, home: Path, text: str) -> None:
    _approve(desk)
    (home / "weakspot" / "trusted.json").write_text(text)
    with pytest.raises(ConfigError) as told:
        _ruling(desk)
    assert "trusted.json" in told.value.found
    # What the message advises works.
    (home / "weakspot" / "trusted.json").unlink()
    assert not _ruling(desk).approved
    _approve(desk)
    assert _ruling(desk).approved


def test_a_store_of_a_newer_weakspot_is_not_overwritten(desk: Path, home: Path) -> None:
    _approve(desk)
    place = home / "weakspot" / "trusted.json"
    newer = place.read_text().replace('"version": 1', '"version": 2')
    place.write_text(newer)
    with pytest.raises(ConfigError, match="update weakspot"):
        _approve(desk)
    assert place.read_text() == newer


def test_the_store_is_where_the_system_keeps_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert trust.path({}) == tmp_path / ".config" / "weakspot" / "trusted.json"
    assert trust.path({"XDG_CONFIG_HOME": "not/absolute"}) == trust.path({})
    assert trust.path({"XDG_CONFIG_HOME": str(tmp_path / "x")}) == tmp_path / "x" / "weakspot" / "trusted.json"


def test_an_entry_survives_the_disk(desk: Path) -> None:
    _approve(desk, made=True)
    (found,) = trust.entries()
    assert dataclasses.replace(found, at="") == trust.Entry(
        path=str(desk),
        device=desk.stat().st_dev,
        inode=desk.stat().st_ino,
        mark=(desk / ".weakspot" / "trust-id").read_text().strip(),
        origin="made",
        at="",
        requests=tuple(map(str, trust.requests(load(desk / "weakspot.yaml"), desk))),
        mark_inode=(desk / ".weakspot" / "trust-id").stat().st_ino,
        mark_changed=(desk / ".weakspot" / "trust-id").stat().st_ctime_ns,
    )


@pytest.mark.parametrize("options", ["?timeout=3", "?uri=true", "?", "?mode=ro&x=/../.."])
def test_options_after_the_ledgers_file_hide_no_link_that_leads_out_of_the_folder(
    tmp_path: Path, desk: Path, options: str
) -> None:
    (desk / "link").symlink_to(tmp_path / "other.db")
    _write(desk, storage={"ledger": "sqlite:///link"})
    assert not _ruling(desk, RECORD).approved
    _write(desk, storage={"ledger": f"sqlite:///link{options}"})
    with pytest.raises(ConfigError, match="without options"):
        _ruling(desk, RECORD)


def test_a_link_in_the_place_of_the_state_folder_is_asked_for_by_those_who_only_look(
    tmp_path: Path, desk: Path
) -> None:
    _write(desk, storage={"ledger": "sqlite:///ledger.db", "artifacts": "artifacts"})
    assert _ruling(desk, RECORD).approved
    (desk / ".weakspot").rmdir()
    (tmp_path / "elsewhere").mkdir()
    (desk / ".weakspot").symlink_to(tmp_path / "elsewhere")
    assert [one.what for one in _ruling(desk, RECORD).new] == [f"reads and writes {tmp_path / 'elsewhere'}"]


def test_a_labeling_server_behind_a_link_is_named_where_it_lies(tmp_path: Path, desk: Path) -> None:
    _approve(desk)
    (desk / ".weakspot" / "label_studio").symlink_to(tmp_path / "of_another")
    ruling = _ruling(desk)
    assert not ruling.approved
    assert str(tmp_path / "of_another") in ruling.new[0].what

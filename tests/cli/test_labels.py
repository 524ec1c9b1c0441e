"""`weakspot labels`, and `labels suggest` against a small server that speaks the protocol."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Said, complaint, here
from fake_endpoint import BROKEN_JSON, HANG_UP, FakeEndpoint, error, prompt_of
from made_project import own, write_csv

from loop.config import load
from loop.endpoint import EndpointGenerator

pytestmark = pytest.mark.slow

POOL = [{"text": f"Message {n * 7919} about my {thing}", "label": thing} for n in range(9) for thing in ("bill", "net")]
GOLD = [{"text": "Why was I charged twice this month?", "label": "bill"}]
WORDS = {"bill": ["my bill is wrong", "why was I CHARGED twice this month"], "net": ["no line", "[red]slow[/red]"]}
TYPED = """labels:
  # as people say
  bill: about money   # the ones we know
  net:
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("labels")
    write_csv(place / "pool.csv", POOL)
    write_csv(place / "gold.csv", GOLD)
    data = ("--data", place / "pool.csv", "--gold", place / "gold.csv", "--seed-labels", "6")
    assert here("init", place / "desk", *data).status == 0
    return place / "desk"


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Path:
    """A project of two labels, the file edited by hand."""
    root = Path(shutil.copytree(made, tmp_path / "desk"))
    (root / ".weakspot" / "trust-id").unlink()
    file = root / "weakspot.yaml"
    text = file.read_text()
    start = text.index("labels:")
    file.write_text(text[:start] + TYPED + text[text.index("\n\n", start) + 1 :])
    own(root)
    return root


@pytest.fixture
def server() -> Iterator[FakeEndpoint]:
    with FakeEndpoint(lambda body: json.dumps(WORDS[label_of(body)])) as opened:
        yield opened


def label_of(body: object) -> str:
    told = prompt_of(body)  # type: ignore[arg-type]
    return told.split("Category: ")[1].split(" ")[0]


def suggest(desk: Path, server: FakeEndpoint, *more: str) -> Said:
    return here("labels", "suggest", "--project", desk, "--url", server.url, "--model", server.model, *more)


def phrases(desk: Path) -> dict[str, tuple[str, ...]]:
    return dict(load(desk / "weakspot.yaml").label_set.phrases)


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, answers: str) -> None:
    monkeypatch.setattr("loop.cli.suggest.person_there", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(answers))


def test_labels_are_listed_with_what_says_what_they_mean(desk: Path, server: FakeEndpoint) -> None:
    suggest(desk, server, "--yes")
    shown = here("labels", "--project", desk)
    assert shown.status == 0, shown.err
    assert shown.out.split("\n")[1].split() == ["bill", "about", "money", "1", "3"]
    found = json.loads(here("labels", "--project", desk, "--json").out)
    assert found["informative"]
    bill, net = found["rows"]
    assert bill == {"name": "bill", "description": "about money", "words": True, "phrases": 1, "labelled": 3}
    assert (net["phrases"], net["labelled"]) == (2, 3)


def test_answers_under_a_name_that_is_gone_are_told(desk: Path) -> None:
    file = desk / "weakspot.yaml"
    file.write_text(file.read_text().replace("bill:", "billing:"))
    shown = here("labels", "--project", desk)
    assert "3 labelled examples have the label bill, which is not in weakspot.yaml" in " ".join(shown.out.split())
    assert json.loads(here("labels", "--project", desk, "--json").out)["unlisted"] == {"bill": 3}


def test_yes_writes_all_and_nothing_else_of_the_file_changes(desk: Path, server: FakeEndpoint) -> None:
    file = desk / "weakspot.yaml"
    before = file.read_text()
    file.chmod(0o640)
    said = suggest(desk, server, "--yes", "--phrases", "2")
    assert said.status == 0, said.err
    assert file.read_text() == before.replace(
        TYPED,
        """labels:
  # as people say
  bill:   # the ones we know
    description: "about money"
    phrases:
      - "my bill is wrong"
  net:
    phrases:
      - "no line"
      - "[red]slow[/red]"
""",
    )
    assert file.stat().st_mode & 0o777 == 0o640
    assert "left out: 1 like a text that measures the model" in said.out
    assert "[red]slow[/red]" in said.out
    assert f"Wrote 3 phrases of 2 labels into {file}" in said.out


def test_no_text_of_the_data_is_sent_and_so_many_phrases_are_asked_for(desk: Path, server: FakeEndpoint) -> None:
    suggest(desk, server, "--yes", "--phrases", "7")
    assert len(server.requests) == 2
    for body in server.requests:
        told = prompt_of(body)
        assert "Write 7 short messages" in told
        assert "Message" not in told
        assert "charged" not in told
        assert ("about money" in told) == (label_of(body) == "bill")


def test_phrases_that_are_there_are_not_written_again(desk: Path, server: FakeEndpoint) -> None:
    suggest(desk, server, "--yes")
    text = (desk / "weakspot.yaml").read_text()
    said = suggest(desk, server, "--yes")
    assert "left out: 2 there already" in said.out
    assert "Nothing was written." in said.out
    assert (desk / "weakspot.yaml").read_text() == text
    assert any("- no line" in prompt_of(body) for body in server.requests[2:])


def test_json_prints_them_and_writes_nothing(desk: Path, server: FakeEndpoint) -> None:
    text = (desk / "weakspot.yaml").read_text()
    found = json.loads(suggest(desk, server, "--json").out)
    assert found == {
        "model": "small",
        "labels": [
            {
                "label": "bill",
                "phrases": ["my bill is wrong"],
                "left_out": {"like a text that measures the model": 1},
            },
            {"label": "net", "phrases": WORDS["net"], "left_out": {}},
        ],
        "not_asked": [],
    }
    assert (desk / "weakspot.yaml").read_text() == text
    assert "--yes and --json are both given" in complaint(suggest(desk, server, "--json", "--yes"))


def test_where_nobody_can_be_asked_nothing_is_written_and_how_is_said(desk: Path, server: FakeEndpoint) -> None:
    said = suggest(desk, server)
    assert said.status == 0, said.err
    assert "1  no line" in said.out
    assert "Nothing was written; --yes writes them without asking." in said.out
    assert phrases(desk) == {}


@pytest.mark.parametrize(
    ("answers", "written"),
    [
        ("y\nn\n", {"bill": ("my bill is wrong",)}),
        ("\n2\n", {"net": ("[red]slow[/red]",)}),
        ("a\n", {"bill": ("my bill is wrong",), "net": tuple(WORDS["net"])}),
        ("what?\n9\nno\nyes\n", {"net": tuple(WORDS["net"])}),
        ("y\nq\n", {"bill": ("my bill is wrong",)}),
        ("", {}),
    ],
)
def test_a_person_approves_label_by_label(
    desk: Path, server: FakeEndpoint, monkeypatch: pytest.MonkeyPatch, answers: str, written: dict[str, tuple[str, ...]]
) -> None:
    at_a_terminal(monkeypatch, answers)
    said = suggest(desk, server)
    assert said.status == 0, said.err
    assert "Write them into weakspot.yaml? [y/N" in said.err
    assert phrases(desk) == written
    count = sum(map(len, written.values()))
    assert (f"Wrote {count} phrase" in said.out) == bool(written)
    assert ("Nothing was written." in said.out) != bool(written)


def test_an_interrupt_keeps_what_was_approved(
    desk: Path, server: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Impatient(io.StringIO):
        def readline(self, *_: object) -> str:  # type: ignore[override]
            line = super().readline()
            if not line:
                raise KeyboardInterrupt
            return line

    monkeypatch.setattr("loop.cli.suggest.person_there", lambda: True)
    monkeypatch.setattr("sys.stdin", Impatient("y\n"))
    said = suggest(desk, server)
    assert said.status == 130
    assert "Stopped. Wrote 1 phrase of 1 label" in said.err
    assert phrases(desk) == {"bill": ("my bill is wrong",)}


@pytest.mark.parametrize("fault", [HANG_UP, BROKEN_JSON, error(400, "no such luck")], ids=["hang", "json", "refused"])
def test_an_endpoint_that_fails_in_the_middle_keeps_what_came_before(
    desk: Path, server: FakeEndpoint, monkeypatch: pytest.MonkeyPatch, fault: object
) -> None:
    monkeypatch.setitem(EndpointGenerator.__init__.__kwdefaults__, "pause", lambda _: None)
    whole = server.post

    def post(path: str, headers: object, body: dict[str, object]) -> object:
        return fault if label_of(body) == "net" else whole(path, headers, body)  # type: ignore[arg-type]

    monkeypatch.setattr(server, "post", post)
    said = suggest(desk, server, "--yes")
    assert said.status == 1
    assert said.err.count("weakspot: ") == 1
    assert "Traceback" not in said.err
    assert "Wrote 1 phrase of 1 label" in said.out
    assert phrases(desk) == {"bill": ("my bill is wrong",)}
    found = json.loads(suggest(desk, server, "--json").out)
    assert [row["label"] for row in found["labels"]] == ["bill"]


def test_a_reply_that_is_no_list_is_told_and_the_others_go_on(desk: Path, server: FakeEndpoint) -> None:
    server.answer = lambda body: "I cannot do that." if label_of(body) == "bill" else "1. no line\n2. all is slow"
    said = suggest(desk, server, "--yes")
    assert said.status == 0, said.err
    assert "left out: 1 a reply that is no list of messages" in said.out
    assert phrases(desk) == {"net": ("no line", "all is slow")}


def test_hostile_replies_are_cleaned_and_stay_texts(desk: Path, server: FakeEndpoint) -> None:
    evil = ["\x1b[2Jclear", 'quote " and: {a: b} # c', "x" * 5000, "!!python/object:x", "two\nlines"]
    server.answer = lambda body: json.dumps(evil if label_of(body) == "bill" else ["ok then"])
    said = suggest(desk, server, "--yes")
    assert said.status == 0, said.err
    assert "\x1b" not in said.out + (desk / "weakspot.yaml").read_text()
    assert phrases(desk)["bill"] == ("clear", 'quote " and: {a: b} # c', "!!python/object:x", "two lines")
    assert "left out: 1 too long" in said.out


def test_named_labels_alone_are_asked_for(desk: Path, server: FakeEndpoint) -> None:
    suggest(desk, server, "net", "--yes")
    assert phrases(desk) == {"net": tuple(WORDS["net"])}
    told = complaint(suggest(desk, server, "nets"))
    assert "there is no label 'nets'" in told
    assert 'did you mean "net"?' in told


def test_codes_are_not_asked_for(desk: Path, server: FakeEndpoint) -> None:
    file = desk / "weakspot.yaml"
    file.write_text(file.read_text().replace("  net:\n", "  L7:\n"))
    said = suggest(desk, server, "--yes")
    assert "Not asked for, since these names are codes without a description: L7" in said.err
    assert [label_of(body) for body in server.requests] == ["bill"]
    assert "a model cannot know what they mean" in complaint(suggest(desk, server, "L7"))
    assert "words" in here("labels", "--project", desk, "--json").out


def test_the_endpoint_of_the_config_is_asked_with_its_key(
    desk: Path, server: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.key = "canary-key"
    monkeypatch.setenv("OUR_KEY", server.key)
    with (desk / "weakspot.yaml").open("a") as file:
        file.write(f"\njudge: {{url: '{server.url}', model: small, token_env: OUR_KEY}}\n")
    own(desk)
    said = here("labels", "suggest", "--project", desk, "--yes")
    assert said.status == 0, said.err
    assert set(phrases(desk)) == {"bill", "net"}
    monkeypatch.setenv("OTHER_KEY", "wrong-key")
    told = here("labels", "suggest", "--project", desk, "--token-env", "OTHER_KEY", "--yes")
    assert told.status == 1
    assert "does not accept the key" in told.err
    assert "wrong-key" not in told.err


def test_without_an_endpoint_how_to_name_one_is_said(desk: Path) -> None:
    told = complaint(here("labels", "suggest", "--project", desk))
    assert "give --url and --model, or write judge: {url: ..., model: ...} into weakspot.yaml" in told
    told = complaint(here("labels", "suggest", "--project", desk, "--url", "http://127.0.0.1:1/v1"))
    assert "--url without --model" in told
    assert "an address such as" in complaint(here("labels", "suggest", "--project", desk, "--url", "ftp://x"))


def test_options_before_suggest_are_not_passed_over(desk: Path) -> None:
    told = complaint(here("labels", "--project", desk, "suggest"))
    assert "an option stands before suggest; wanted: it after suggest" in told


def test_a_file_that_cannot_be_written_is_told_and_stays(
    desk: Path, server: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    text = (desk / "weakspot.yaml").read_text()
    monkeypatch.setattr("loop.cli.suggest.durable.write", full)
    told = suggest(desk, server, "--yes")
    assert told.status == 1
    assert "weakspot.yaml: No space left on device" in told.err
    assert (desk / "weakspot.yaml").read_text() == text

"""Whatever stands in names, labels, keys and answers: nothing that acts reaches the terminal, and no secret does."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import here
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loop.cli.output import Clean, clean_streams, console, error_line, print_json
from loop.printable import printable

pytestmark = pytest.mark.slow

SIGNS = "\x1b\r\x07\x08\x7f\x9b\x85\u202e\u2066\u200f\u2028\ufeff"
HOSTILE = st.lists(
    st.sampled_from(
        [
            "\x1b[2J",
            "\x1b]8;;http://x\x07",
            "\x1b]0;t\x1b\\",
            "\x9b31m",
            "\r",
            "\x07",
            "\u202e",
            "\u2066",
            "\x85",
            "[bold]",
            "[link=http://x]",
            ":smile:",
            "a",
            " b",
            "\u2028",
            "=1",
            "weakspot: all is well",
        ]
    ),
    min_size=1,
    max_size=4,
).map("".join)
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def clean(*texts: str) -> bool:
    return all(printable(text) == text for text in texts)


def table(rows: list[list[str]]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue()


@given(name=HOSTILE)
@FEW
def test_hostile_columns_values_and_files_at_init(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    data = folder / f"{name.replace('/', '_')}.csv"
    rows = [[f"{name} {n} no signal here", "ab"[n % 2], name] for n in range(30)]
    data.write_text(table([["text", "label", f"{name} note"], *rows]), encoding="utf-8", newline="")
    for options in (
        ["--seed-labels", "10"],
        ["--text", name],
        ["--labels", name],
        ["--set", f"{name}=1"],
        ["--set", f"selection.audit={name}"],
        ["--task", name],
        ["--batch", name],
        ["--gold", name],
        [name],
    ):
        for as_json in ([], ["--json"]):
            target = folder / f"p{len(list(folder.iterdir()))}"
            said = here("init", target, "--data", data, *options, *as_json)
            assert clean(said.out, said.err), (options, said)
            assert sum(line.startswith("weakspot: ") for line in said.err.splitlines()) <= 1
            if as_json and said.status == 0:
                json.loads(said.out)
            if said.status == 0:
                for command in (["status"], ["status", "--json"], ["doctor"], ["spots", "list"], ["plan"], ["leaks"]):
                    told = here(*command, "--project", target)
                    assert clean(told.out, told.err), (command, told)


@given(name=HOSTILE)
@FEW
def test_hostile_keys_and_values_of_a_config(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    base = "project: {name: x}\ndata: {file: a.csv, text: t}\nlabels: [a, b]\n"
    for line in (
        f"{json.dumps(name)}: 1",
        f"seed: {json.dumps(name)}",
        f"storage: {{ledger: {json.dumps(name)}}}",
        f"storage: {{ledger: {json.dumps('sqlite:///' + name)}}}",
        f"labeler: {{url: {json.dumps('http://' + name)}}}",
        f"model: {{tuning: {json.dumps(name)}}}",
        name,
    ):
        (folder / "weakspot.yaml").write_text(base + line, encoding="utf-8")
        for command in (["status"], ["doctor", "--json"], ["verify"], ["report"]):
            said = here(*command, "--project", folder)
            assert clean(said.out, said.err), (line, said)


CANARY = "cAn4ry-5ecret"
ADDRESSES = (
    f"postgresql://ann:{CANARY}@127.0.0.1:1/x",
    f"postgresql://ann@127.0.0.1:1/x?password={CANARY}",
    f"postgresql://ann@127.0.0.1:1/x?sslpassword={CANARY}&connect_timeout=1",
    f"postgresql://ann:{CANARY}@127.0.0.1:port/x",
    f"postgresql://ann:{CANARY}/a@b:c@127.0.0.1/x",
    f"postgresql://ann@127.0.0.1:{CANARY}/x",
    f"postgresql://ann@127.0.0.1:1/x?{CANARY}",
    f"mysql://ann:{CANARY}@127.0.0.1/x",
    f"postgresql+nothing://ann:{CANARY}@127.0.0.1/x",
)


@pytest.mark.parametrize("way", ["file", "environment"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_ledgers_password_is_in_no_message(
    address: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_LEDGER", address)
    ledger = "env:SECRET_LEDGER" if way == "environment" else address
    (tmp_path / "weakspot.yaml").write_text(
        "project: {name: x}\ndata: {file: a.csv, text: t}\nlabels: [a, b]\n"
        f"storage: {{ledger: {json.dumps(ledger)}}}"
    )
    for command in (
        ["status"],
        ["report", "--json"],
        ["doctor"],
        ["doctor", "--json"],
        ["run"],
        ["run", "--trust"],
        ["verify"],
    ):
        said = here(*command, "--project", tmp_path)
        assert said.status != 0
        assert CANARY not in said.out + said.err, (command, said)
        assert "Traceback" not in said.err


def test_what_rich_makes_of_its_own_stays_and_markup_of_data_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tty(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Tty()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", stream)
    with clean_streams():
        console().print("[link=http://x]a\x1b[2J", style="bold")
    assert stream.getvalue() == "\x1b[1m[link=http://x]a\\x1b[2J\x1b[0m\n"


def test_lines_of_a_message_cannot_look_like_one_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    error_line("no column 'a'\nweakspot: all is well\n  indented")
    assert capsys.readouterr().err == "weakspot: no column 'a'\n  weakspot: all is well\n  indented\n"


def test_a_progress_bar_of_a_library_is_no_way_around() -> None:
    beneath = io.StringIO()
    Clean(beneath, mask=True).write("\r 10%\x1b[A password=abcdefgh")
    assert beneath.getvalue() == "\n 10%\\x1b[A password=***"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
def test_a_terminal_without_unicode_is_no_traceback(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    with clean_streams():
        console().print("Grüße 👋 – ★ \ud800")
        print_json(json.dumps({"a": "Grüße 👋 \u202e"}, ensure_ascii=False))
        sys.stdout.flush()
    shown = raw.getvalue().decode(encoding)
    assert "\\ud800" in shown
    assert json.loads(shown[shown.index("{") :]) == {"a": "Grüße 👋 \u202e"}


@pytest.mark.slow
def test_a_traceback_of_a_bug_is_cleaned_and_holds_no_secret() -> None:
    raising = "a.app = lambda **_: (_ for _ in ()).throw(RuntimeError('\\x1b[2J password=cAn4ry'))"
    code = f"import loop.cli.app as a\n{raising}\na.main()"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert "RuntimeError: \\x1b[2J password=***" in said.stderr
    assert said.returncode == 1

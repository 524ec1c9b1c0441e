"""Files that are too deep, too wide, too large, not what their name says, or no files at all, are told in a line."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loop.errors import DataError
from loop.pool import recognise
from loop.pool.chunks import Unreadable
from loop.pool.sources import chunks
from loop.pool.tables import Columns, gather


def refusal(path: Path, column: str = "text") -> str:
    with pytest.raises(DataError) as fault:
        list(chunks(recognise(path), [column]))
    assert "\n" not in str(fault.value)
    return str(fault.value)


def unreadable(path: Path, column: str = "text") -> list[Unreadable]:
    return [one for chunk in chunks(recognise(path), [column]) for one in chunk.unreadable]


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json", "parquet"])
def test_a_pipe_or_a_folder_is_no_file_and_is_not_waited_for(ending: str, tmp_path: Path) -> None:
    pipe = tmp_path / f"pipe.{ending}"
    os.mkfifo(pipe)
    assert "is a pipe; wanted: a regular file" in refusal(pipe)
    (tmp_path / f"folder.{ending}").mkdir()
    assert "is a folder" in refusal(tmp_path / f"folder.{ending}")
    device = tmp_path / f"zero.{ending}"
    device.symlink_to("/dev/zero")
    assert "is a device; wanted: a regular file" in refusal(device)


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "a\x00b.csv"])
def test_what_cannot_be_a_path_is_told(name: str) -> None:
    assert "cannot be read" in refusal(Path(name))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            '{"text": "no signal"}\n{"text": "no wifi"}\n',
            "is JSON, not a CSV table; wanted: a table; to do: name it .jsonl",
        ),
        (
            '\n  [\n {"text": "no signal"},\n {"text": "b"}]',
            "is JSON, not a CSV table; wanted: a table; to do: name it .json",
        ),
        ('{\n "text": ["a"]\n}', "to do: name it .json"),
        ('[{"text": "' + "x" * 100_000 + '"}]', "to do: name it .json"),
        ("<!DOCTYPE html><html>not found", "is a web page or XML"),
        ("version https://git-lfs.github.com/spec/v1\noid x", "is a pointer of Git LFS"),
        ("%PDF-1.7\n", "is a PDF document"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_told(content: str, words: str, tmp_path: Path) -> None:
    assert words in refusal(write(tmp_path / "messages.csv", content))


@pytest.mark.parametrize("content", ["text\n[1] no signal\n{x} b\n", '"[a]",text\n"{",b\n', "{text},label\na,b\n"])
def test_brackets_in_a_table_are_no_json(content: str, tmp_path: Path) -> None:
    assert recognise(write(tmp_path / "messages.csv", content)).format == "csv"


def test_a_compressed_parquet_is_told(tmp_path: Path) -> None:
    assert "compressed with gzip" in refusal(write(tmp_path / "a.parquet", gzip.compress(b"PAR1")))


@pytest.mark.parametrize("name", ["messages.csv", "messages.jsonl"])
def test_too_many_columns_are_refused_at_once(name: str, tmp_path: Path) -> None:
    columns = [f"c{place}" for place in range(3_000)]
    content = ",".join(columns) if name.endswith("csv") else json.dumps(dict.fromkeys(columns, "x"))
    assert "has 3,000 columns; wanted: at most 2,000" in refusal(write(tmp_path / name, content + "\n"))
    long = "x" * 500
    content = f"{long},text\na,b\n" if name.endswith("csv") else json.dumps({long: "x"}) + "\n"
    assert "a column with a name of 500 characters" in refusal(write(tmp_path / name, content))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[" * 100_000, "nested more than 64 deep"),
        ('{"text": ' + "[" * 80 + "]" * 80 + "}", "nested more than 64 deep"),
        ('{"text": ' + "9" * 5_000 + "}", "a number of too many digits"),
        ("[1, 2]", "list instead of an object"),
    ],
)
def test_a_line_of_json_beyond_the_limits_is_one_unreadable_row(line: str, words: str, tmp_path: Path) -> None:
    path = write(tmp_path / "messages.jsonl", '{"text": "a"}\n' + line + '\n{"text": "b"}\n')
    (one,) = unreadable(path)
    assert one.row == 2
    assert words in one.why


@pytest.mark.parametrize("content", ["[" * 100_000, '[{"a": ' + "9" * 5_000 + "}]", '{"a": ' * 90 + "1" + "}" * 90])
def test_a_json_file_beyond_the_limits_is_refused(content: str, tmp_path: Path) -> None:
    assert "is no JSON: " in refusal(write(tmp_path / "messages.json", content))


def test_an_endless_line_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loop.pool.json_files.LONGEST_LINE", 100)
    assert "line 2 has more than 100 characters" in refusal(write(tmp_path / "a.jsonl", '{"text": "a"}\n' + "x" * 1000))
    monkeypatch.setattr("loop.pool.json_files.LARGEST", 100)
    assert "JSON is read whole; wanted: at most 100" in refusal(write(tmp_path / "a.json", "[" + " " * 1000 + "]"))


def test_a_deep_or_endless_or_damaged_parquet_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = pa.array(["a"])
    for _ in range(70):
        deep = pa.StructArray.from_arrays([deep], ["a"])
    pq.write_table(pa.table({"text": deep, "id": ["1"]}), tmp_path / "deep.parquet")
    assert "is nested more than 64 deep" in refusal(tmp_path / "deep.parquet")
    pq.write_table(pa.table({"text": ["same"] * 1000}), tmp_path / "rows.parquet")
    whole = (tmp_path / "rows.parquet").read_bytes()
    (tmp_path / "damaged.parquet").write_bytes(whole[:4] + b"\xff" * 30 + whole[34:])
    refusal(tmp_path / "damaged.parquet")
    monkeypatch.setattr("loop.pool.parquet_files.MOST_ROWS", 999)
    assert "has 1,000 rows; wanted: at most 999" in refusal(tmp_path / "rows.parquet")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            'id,text\n1,"hello\n2,"world"\n3,x\n',
            "row 2: the quotation mark opened in line 2 takes in the lines up to 3",
        ),
        (
            'id,text\n1,a\n2,"hello\n3,b\n"4","c"\n',
            "row 3: the quotation mark opened in line 3 takes in the lines up to 5",
        ),
        ('id,text\n1,a\n2,"hello\n3,b\n', "row 3 (line 3): a quotation mark is opened and never closed"),
    ],
)
def test_a_quotation_mark_that_takes_in_other_rows_is_told_with_its_row(
    content: str, words: str, tmp_path: Path
) -> None:
    assert words in refusal(write(tmp_path / "messages.csv", content))


def test_rows_inside_a_text_are_suspected(tmp_path: Path) -> None:
    content = 'id,text,label\n1,"hello,a\n2,no signal,b\n3,she said ",c\n4,x,d\n5,y,e\n'
    (one,) = unreadable(write(tmp_path / "messages.csv", content))
    assert one == Unreadable(2, "the quotation mark opened in line 2 takes in 2 lines that look like rows")


def test_a_text_of_several_lines_stays_a_text(tmp_path: Path) -> None:
    content = 'id,text,label\n1,"Hello,\nit broke, again\n\nBye",a\n2,"one, two, three\nfour",b\n'
    assert unreadable(write(tmp_path / "messages.csv", content)) == []


def test_a_row_with_nul_is_counted_and_left_out(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl", "".join(json.dumps({"text": f"t{n}" + "\x00" * (n == 3)}) + "\n" for n in range(20))
    )
    rows = gather(recognise(path), Columns("text"))
    assert rows.unreadable == (Unreadable(4, "a NUL character in it"),)
    assert len(rows.numbers) == 19

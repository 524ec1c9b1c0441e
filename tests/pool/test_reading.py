"""Files of every format and encoding are read; what cannot be read is told with its place."""

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from loop.errors import DataError
from loop.pool import recognise
from loop.pool.chunks import CHUNK
from loop.pool.sources import chunks

RECORDS = [{"id": "1", "text": 'A "quoted", text'}, {"id": "2", "text": "two\nlines"}, {"id": "3", "text": "Grüße 👋"}]


def cells(path: Path, column: str = "text", **options: str) -> list[str | None]:
    source = recognise(path, **options)
    return [cell for chunk in chunks(source, [column]) for cell in chunk.columns[column]]


def write(path: Path, kind: str) -> None:
    frame = pd.DataFrame(RECORDS)
    if kind == "jsonl":
        path.write_text("".join(json.dumps(record) + "\n" for record in RECORDS), encoding="utf-8")
    elif kind == "json":
        path.write_text(json.dumps({"data": RECORDS}), encoding="utf-8")
    elif kind == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, sep="\t" if kind == "tsv" else ",", index=False)


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "json", "parquet"])
def test_every_format_gives_the_same_texts(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"messages.{kind}"
    write(path, kind)
    assert recognise(path).columns == ("id", "text")
    assert cells(path) == [record["text"] for record in RECORDS]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_with_a_mark_or_a_pattern_are_recognised(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_text("text,label\nGrüße aus Köln,hello\nno signal at all,outage\n", encoding=encoding)
    assert recognise(path).columns == ("text", "label")
    assert cells(path) == ["Grüße aus Köln", "no signal at all"]


def test_a_file_that_is_not_utf_8_is_told_with_the_byte_and_read_with_its_encoding_named(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_bytes("text\nfine\nGrüße\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"not UTF-8: byte 0xfc at offset 12 \(line 3\).*--encoding cp1252"):
        recognise(path)
    assert cells(path, encoding="cp1252") == ["fine", "Grüße"]


def test_the_offset_of_a_bad_byte_is_right_far_into_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    good = ("text\n" + "é" * 999_999 + "\n").encode()
    path.write_bytes(good + b"ok\n\xff\n")
    with pytest.raises(DataError, match=rf"offset {len(good) + 3} \(line 4\)"):
        recognise(path)


def test_a_character_cut_off_at_the_end_of_the_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_bytes(b"text\nGr" + "ü".encode()[:1])
    with pytest.raises(DataError, match="byte 0xc3 at offset 7"):
        recognise(path)


def test_an_unknown_encoding_is_told(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_text("text\na\n")
    with pytest.raises(DataError, match="unknown encoding 'utf-9'"):
        recognise(path, encoding="utf-9")


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_even_when_texts_hold_other_ones(sign: str, tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    text = "; , a | b" if sign not in "; , a | b" else '"; , a | b"'
    path.write_text(f"id{sign}text{sign}label\n" + f"1{sign}{text}{sign}x\n" * 20, encoding="utf-8")
    source = recognise(path)
    assert (source.delimiter, source.columns) == (sign, ("id", "text", "label"))


def test_a_single_column_is_a_table_too(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_text("text\nno wifi\nbill too high\n")
    assert cells(path) == ["no wifi", "bill too high"]


def test_a_missing_file_suggests_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "messages.csv").write_text("text\na\n")
    with pytest.raises(DataError, match=r'no file .*mesages\.csv.*did you mean ".*/messages\.csv"\?'):
        recognise(tmp_path / "mesages.csv")
    with pytest.raises(DataError, match="there is no folder"):
        recognise(tmp_path / "nowhere" / "messages.csv")
    with pytest.raises(DataError, match="is a folder"):
        recognise(tmp_path)


def test_an_empty_file_and_an_unknown_format_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    with pytest.raises(DataError, match="is empty"):
        recognise(tmp_path / "a.csv")
    with pytest.raises(DataError, match=r"does not read \.xlsx.*\.csv, \.tsv.*save the table as CSV"):
        recognise(tmp_path / "a.xlsx")


def test_a_wrong_column_lists_the_columns_and_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_text("id,message,label\n1,a,b\n")
    with pytest.raises(DataError, match=r"no column 'mesage'.*id, message, label.*did you mean \"message\"\?"):
        chunks(recognise(path), ["mesage"])


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_text("text,text\na,b\n")
    with pytest.raises(DataError, match="column 'text' twice"):
        recognise(path)


def test_rows_of_another_width_are_told_by_the_number_a_spreadsheet_shows(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_text("id,text\n1,good\n2\n\n4,too,wide\n5,empty to the right,,\n")
    (chunk,) = chunks(recognise(path), ["text"])
    assert list(chunk.columns["text"]) == ["good", "empty to the right"]
    assert list(chunk.rows) == [2, 6]
    assert [(one.row, one.why) for one in chunk.unreadable] == [
        (3, "1 fields instead of 2"),
        (5, "3 fields instead of 2"),
    ]


def test_a_quotation_mark_that_is_never_closed_does_not_swallow_the_file_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_text('id,text\n1,good\n2,"open\n3,lost\n')
    with pytest.raises(DataError, match=r"row 3 \(line 3\): a quotation mark is opened and never closed"):
        list(chunks(recognise(path), ["text"]))


def test_a_line_that_is_no_json_is_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    path.write_text('{"text": "a"}\n{"text": \n\n[1]\n{"text": 3, "late": true}\n')
    (chunk,) = chunks(recognise(path), ["text", "late"])
    assert list(chunk.columns["text"]) == ["a", "3"]
    assert list(chunk.columns["late"]) == [None, "true"]
    assert [one.row for one in chunk.unreadable] == [2, 4]


def test_json_and_parquet_that_are_damaged_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"text": "a"},\n')
    (tmp_path / "a.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match=r"is no JSON: .* in line 2"):
        recognise(tmp_path / "a.json")
    with pytest.raises(DataError, match="no readable Parquet file"):
        recognise(tmp_path / "a.parquet")


def test_a_large_file_comes_in_chunks_with_running_row_numbers(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_text("text\n" + "".join(f"message {number}\n" for number in range(2 * CHUNK + 5)))
    found = list(chunks(recognise(path), ["text"]))
    assert [len(chunk.rows) for chunk in found] == [CHUNK, CHUNK, 5]
    assert found[2].rows[-1] == 2 * CHUNK + 6


def test_a_compressed_file_is_no_silent_garbage(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_bytes(gzip.compress(b"text\nno wifi\n"))
    with pytest.raises(DataError, match="not UTF-8: byte 0x8b at offset 1"):
        recognise(path)


def test_a_hub_address_is_loaded_by_the_datasets_library_from_a_local_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "support"
    folder.mkdir()
    (folder / "train.csv").write_text("text,label\nno wifi,outage\n")
    (folder / "test.csv").write_text("text,label\nbill too high,billing\n")
    source = recognise(f"hf://{folder}?split=test")
    assert (source.format, source.columns) == ("hub", ("text", "label"))
    (chunk,) = chunks(source, ["label", "text"])
    assert (list(chunk.columns["text"]), list(chunk.columns["label"])) == (["bill too high"], ["billing"])


def test_a_hub_address_that_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    with pytest.raises(DataError, match=r"cannot be loaded: .*check the name, \?split="):
        recognise(f"hf://{tmp_path}/nothing")
    with pytest.raises(DataError, match="unknown part 'splt'"):
        recognise("hf://owner/name?splt=train")


def test_class_numbers_of_a_hub_data_set_become_names() -> None:
    from loop.pool.hub import _cell

    assert [_cell(value, ("billing", "outage")) for value in (1, 0, -1, None)] == ["outage", "billing", None, None]

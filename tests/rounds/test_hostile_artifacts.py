"""Files of artifacts whose manifest is in order and whose content is not what a step writes: one line, no traceback.

a finished project ─► one file is given other content, its folder sealed again ─► commands ─► an error that names it
"""

from __future__ import annotations

import io
import random
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from command_line import LOOKING, Said, here
from settings_project import _finished, finished, known  # noqa: F401 (fixtures)

from loop.errors import ArtifactError
from loop.manifest import MANIFEST, seal
from loop.project import open_project
from loop.step_files import read_array, read_json, read_jsonl, read_parquet

pytestmark = pytest.mark.slow
FEW = 40
"""So many pairs of file and content are tried with one command each; the bench form tries all with all."""


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


HUGE = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }".ljust(118)
CONTENTS = {
    "empty": b"",
    "null": b"null",
    "list": b"[]",
    "object": b"{}",
    "number": b"7",
    "list of lists": b"[[1, 2, 3]]",
    "list of objects": b'[{"id": 7}]',
    "object of objects": b'{"ids": {"a": 1}, "labels": 3, "files": [], "names": "x"}',
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "digits": b"9" * 10_000,
    "not UTF-8": b"\xff\xfe\x00",
    "control characters": b'["\x1b]0;owned\x07"]',
    "array of other shape": npy(np.zeros((3, 2, 2))),
    "array of nothing": npy(np.zeros(0)),
    "array of texts": npy(np.array(["a", "b"])),
    "array of objects": npy(np.array([{"a": 1}, None], dtype=object)),
    "array larger than the file": HUGE,
    "zip": b"PK\x03\x04" + bytes(40),
}
COMMANDS = (
    *LOOKING,
    ("replay", "1"),
    ("predict", "{texts}", "--out", "{out}"),
    ("export", "{out}"),
    ("run", "--no-wait"),
)


def check(root: Path, tmp_path: Path, words: tuple[str, ...]) -> Said:
    with open_project(root, read_only=True) as project:
        try:
            example = project.pool.ids()[-1]
        except ArtifactError:
            example = "0"
    texts = tmp_path / "texts.csv"
    texts.write_text("text\nthe bill is too high\n")
    out = tmp_path / "out"
    shutil.rmtree(out, ignore_errors=True)
    said = here(*(word.format(example=example, texts=texts, out=out) for word in words), "--project", root)
    assert "Traceback" not in said.err
    assert "\x1b]0;" not in said.out + said.err
    return said


def targets(root: Path) -> list[Path]:
    artifacts = root / ".weakspot" / "artifacts"
    found = (path for path in artifacts.rglob("*") if path.suffix in (".json", ".jsonl", ".npy", ".parquet", ".bin"))
    return sorted(path.relative_to(artifacts) for path in found if path.name not in (MANIFEST, "project.json"))


def damage(root: Path, target: Path, content: bytes) -> None:
    path = root / ".weakspot" / "artifacts" / target
    path.write_bytes(content)
    folder = next(parent for parent in path.parents if (parent / MANIFEST).is_file())
    (folder / MANIFEST).unlink()
    seal(folder)


@pytest.fixture
def whole(finished: Path) -> Iterator[Path]:  # noqa: F811
    """The project, put back between the attacks of a test by `restore`."""
    shutil.copytree(finished, finished.with_name("saved"))
    yield finished
    shutil.rmtree(finished.with_name("saved"))


def restore(root: Path) -> None:
    shutil.rmtree(root)
    shutil.copytree(root.with_name("saved"), root)


def test_foreign_content_in_a_sealed_folder_is_told_in_a_line(whole: Path, tmp_path: Path) -> None:
    draw = random.Random(11)
    pairs = list(product(targets(whole), CONTENTS))
    told = 0
    for target, content in draw.sample(pairs, FEW):
        words = draw.choice(COMMANDS)
        damage(whole, target, CONTENTS[content])
        said = check(whole, tmp_path, words)
        assert said.status in (0, 1, 3), (target, content, words, said)
        told += said.status == 1
        restore(whole)
    assert told > FEW / 8


@pytest.mark.bench
@pytest.mark.timeout(7200)
def test_every_foreign_content_in_every_sealed_folder_is_told_in_a_line(whole: Path, tmp_path: Path) -> None:
    for target, content in product(targets(whole), CONTENTS):
        damage(whole, target, CONTENTS[content])
        for words in COMMANDS:
            said = check(whole, tmp_path, words)
            assert said.status in (0, 1, 3), (target, content, words, said)
        restore(whole)


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize("way", ["json", "jsonl", "array", "parquet"])
def test_a_reader_raises_one_error_that_names_the_file(tmp_path: Path, way: str, content: bytes) -> None:
    path = tmp_path / f"file.{way}"
    path.write_bytes(content)
    read = {
        "json": lambda: read_json(path, dict[str, list[str]]),
        "jsonl": lambda: read_jsonl(path, dict[str, list[str]]),
        "array": lambda: read_array(path, 3, 2),
        "parquet": lambda: read_parquet(path, {"id": "string"}),
    }
    if (way, content) in (("json", b"{}"), ("jsonl", b"{}"), ("jsonl", b"")):
        read[way]()
        return
    with pytest.raises(ArtifactError) as fault:
        read[way]()
    assert str(path) in fault.value.found
    assert len(fault.value.found) < len(str(path)) + 200

"""The examples of a project, opened: texts and labels by id, columns in batches, without a Python object per row.

examples.parquet ─► Pool.open ─► ids(split) ─► texts(ids), examples(ids), metadata(column, ids)
                             ├─► seed_labels, truth (gold), answers_for_simulation (pool)
                             ├─► references (seed, gold), references_for_simulation (pool): of prompts
                             └─► batches: a million texts, some thousand at a time
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.errors import DataError
from loop.pool.ids import as_numbers
from loop.pool.prompt_cells import REFERENCES, from_cell
from loop.pool.storage import example, opened
from loop.pool.tables import META
from loop.records import Example, IntArray, Split

SPLITS = tuple(Split)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some examples of one split, in file order."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]


class Pool:
    """All examples of a project. Ids are held as 8 bytes each and columns as Arrow memory, once asked for."""

    def __init__(self, path: Path) -> None:
        """Reads ids and splits. Raises ArtifactError for a missing or damaged file."""
        self.path = path
        self._file = opened(path)
        self._columns: dict[str, Any] = {}
        self._numbers, self._splits = self._index()
        self._order = np.argsort(self._numbers)

    @classmethod
    def open(cls, path: Path) -> Pool:
        """The pool in a file that loop.pool.storage wrote."""
        return cls(path)

    @property
    def rows(self) -> int:
        """How many examples there are, of all splits."""
        return len(self._numbers)

    @property
    def metadata_columns(self) -> tuple[str, ...]:
        """Names of the metadata, in the order of the config."""
        names = self._file.schema_arrow.names
        return tuple(name.removeprefix(META) for name in names if name.startswith(META))

    def counts(self) -> dict[Split, int]:
        """Split → examples; every split is there, with 0 where it has none."""
        return {split: int((self._splits == code).sum()) for code, split in enumerate(SPLITS)}

    def ids(self, *splits: Split) -> tuple[str, ...]:
        """Ids of these splits in file order; of all examples when none is named."""
        wanted = self._places(*splits) if splits else slice(None)
        return tuple(f"{number:016x}" for number in self._numbers[wanted].tolist())

    def texts(self, ids: Sequence[str]) -> tuple[str, ...]:
        """The texts, in the order of `ids`. Raises DataError for an unknown id."""
        return tuple(self._take("text", self._rows_of(ids)))

    def metadata(self, column: str, ids: Sequence[str]) -> tuple[str | None, ...]:
        """One metadata column, in the order of `ids`. Raises DataError for an unknown column or id."""
        if column not in self.metadata_columns:
            raise DataError(
                f"no metadata {column!r}", wanted="one of " + (", ".join(self.metadata_columns) or "(none)")
            )
        return tuple(self._take(META + column, self._rows_of(ids)))

    def examples(self, ids: Sequence[str]) -> tuple[Example, ...]:
        """Whole examples, in the order of `ids`; a label only for seed and gold. Raises DataError for an unknown id."""
        rows = self._rows_of(ids)
        names = self._file.schema_arrow.names
        cells = zip(*(self._take(name, rows) for name in names), strict=True)
        found = (example(dict(zip(names, values, strict=True))) for values in cells)
        return tuple(one if one.split in (Split.SEED, Split.GOLD) else replace(one, label=None) for one in found)

    def splits(self) -> tuple[Split, ...]:
        """The split of every example, in the order of `ids()`."""
        return tuple(SPLITS[code] for code in self._splits.tolist())

    def find(self, word: str) -> tuple[Example, ...]:
        """Examples whose id begins with `word` (at least 4 digits), or whose owner's id is `word`."""
        found = [one for one in self.ids() if len(word) >= 4 and one.startswith(word)]
        if not found:
            owners = self._take("source_id", np.arange(self.rows))
            found = [one for one, owner in zip(self.ids(), owners, strict=True) if owner == word]
        return self.examples(found)

    def seed_labels(self) -> dict[str, str]:
        """Id → label of the seed."""
        return self._labels(Split.SEED)

    def truth(self) -> dict[str, str]:
        """Id → label of the gold test."""
        return self._labels(Split.GOLD)

    def answers_for_simulation(self) -> dict[str, str]:
        """Id → hidden label of the pool. For simulated experts only: nothing that trains or selects may call this."""
        return self._labels(Split.POOL)

    def references(self, *splits: Split) -> dict[str, tuple[str, ...]]:
        """Id → reference answers of these splits, the first as in `truth`; prompts without one are left out.

        Raises DataError for other splits than seed and gold: what the pool's prompts should be answered stays hidden.
        """
        hidden = [split for split in splits if split not in (Split.SEED, Split.GOLD)]
        if hidden:
            raise DataError(f"the references of the {hidden[0]} are hidden", wanted="those of the seed or of gold")
        return {one: found for split in splits for one, found in self._references(split).items()}

    def references_for_simulation(self) -> dict[str, tuple[str, ...]]:
        """Id → hidden references of the pool, under the same rule as `answers_for_simulation`."""
        return self._references(Split.POOL)

    def reasons(self) -> dict[str, str]:
        """Id → why the example was set aside."""
        places = self._places(Split.QUARANTINED)
        return dict(zip(self._ids_at(places), self._take("reason", places), strict=True))

    def batches(self, split: Split, *, size: int = 10_000) -> Iterator[Batch]:
        """The texts of one split, at most `size` at a time, read from the file and not kept."""
        offset = 0
        for part in self._file.iter_batches(batch_size=size, columns=["text"]):
            inside = np.flatnonzero(self._splits[offset : offset + len(part)] == SPLITS.index(split))
            if len(inside):
                texts = part.column("text").take(inside).to_pylist()
                yield Batch(self._ids_at(offset + inside), tuple(texts))
            offset += len(part)

    def _index(self) -> tuple[NDArray[np.uint64], NDArray[np.int8]]:
        numbers: list[NDArray[np.uint64]] = [np.empty(0, np.uint64)]
        codes: list[NDArray[np.int8]] = [np.empty(0, np.int8)]
        code_of = {split.value: code for code, split in enumerate(SPLITS)}
        for part in self._file.iter_batches(columns=["id", "split"]):
            numbers.append(as_numbers(part.column("id").to_pylist()))
            codes.append(np.array([code_of[name] for name in part.column("split").to_pylist()], dtype=np.int8))
        return np.concatenate(numbers), np.concatenate(codes)

    def _places(self, *splits: Split) -> IntArray:
        return np.flatnonzero(np.isin(self._splits, [SPLITS.index(split) for split in splits]))

    def _ids_at(self, places: IntArray) -> tuple[str, ...]:
        return tuple(f"{number:016x}" for number in self._numbers[places].tolist())

    def _rows_of(self, ids: Sequence[str]) -> IntArray:
        try:
            wanted = as_numbers(ids)
        except (ValueError, OverflowError):
            wanted = None
        if wanted is not None and len(wanted) == 0:
            return np.empty(0, dtype=np.int64)
        if wanted is not None and self.rows:
            places = np.minimum(np.searchsorted(self._numbers, wanted, sorter=self._order), self.rows - 1)
            rows: IntArray = self._order[places]
            if (self._numbers[rows] == wanted).all():
                return rows
        known = set(self.ids())
        unknown = next(one for one in ids if one not in known)
        raise DataError(f"no example {unknown!r}", wanted="16 hex digits that `weakspot report` or a task shows")

    def _take(self, name: str, places: IntArray) -> list[Any]:
        if name not in self._columns:
            self._columns[name] = self._file.read(columns=[name]).column(name)
        taken: list[Any] = self._columns[name].take(places).to_pylist()
        return taken

    def _labels(self, split: Split) -> dict[str, str]:
        places = self._places(split)
        pairs = zip(self._ids_at(places), self._take("label", places), strict=True)
        return {one: label for one, label in pairs if label is not None}

    def _references(self, split: Split) -> dict[str, tuple[str, ...]]:
        places = self._places(split)
        several = (
            self._take(REFERENCES, places) if REFERENCES in self._file.schema_arrow.names else [None] * len(places)
        )
        cells = zip(self._ids_at(places), self._take("label", places), several, strict=True)
        found = {one: from_cell(label, cell) for one, label, cell in cells}
        return {one: references for one, references in found.items() if references}

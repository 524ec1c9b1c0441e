"""Sources → pool, seed and gold, with the leaks set aside: what `weakspot init` does with the data, once.

    data ─► gather ─► deduplicate ─┐
    gold ─► gather ─► deduplicate ─┴─► leak guard ─► seed drawn ─► Built(table, summary) ─► storage

Without a label column all rows are pool. Where some rows have a label, these are the seed. Where all have one,
`seed_labels` says how many of them are drawn as seed; the labels of the others only simulated experts may read.

Of prompts a label is a reference answer: free text, so that draws are plain, none is seed unless `seed_labels` says so,
and a gold prompt may lack one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.errors import DataError
from loop.pool.assembly import assembled
from loop.pool.chunks import CHUNK
from loop.pool.draws import stratified, to_measure
from loop.pool.duplicates import Deduplicated, deduplicate
from loop.pool.known_labels import checked_labels
from loop.pool.leaks import LeakGuard
from loop.pool.sources import Source
from loop.pool.summary import Summary
from loop.pool.tables import MAX_CHARACTERS, Columns, Rows, gather
from loop.records import Split


@dataclass(frozen=True, slots=True)
class Built:
    """The examples of a project and what was found on the way."""

    table: Any
    """pyarrow.Table in the shape of loop.pool.storage."""
    labels: tuple[str, ...]
    """The config's labels, or those found in the data, most frequent first; empty when there are none."""
    summary: Summary


def build(
    source: Source,
    columns: Columns,
    *,
    rng: np.random.Generator,
    labels: Sequence[str] | None = None,
    gold: Source | None = None,
    gold_columns: Columns | None = None,
    gold_share: float = 0.0,
    seed_labels: int | None = None,
    max_characters: int | None = MAX_CHARACTERS,
) -> Built:
    """Reads everything and decides each example's split; same input and same `rng` state, same result.

    `gold` is a labelled file with the same columns unless `gold_columns` says otherwise; `gold_share` (0..0.9) draws
    the gold test from the labelled rows instead, in the proportions of the labels, never a label that stands once; from
    all prompts when none has a reference.
    Raises DataError for every fault that needs a person; what was mended without one stands in the summary.
    """
    data = deduplicate(gather(source, columns, max_characters=max_characters))
    test = read_gold(gold, gold_columns or columns, max_characters) if gold else None
    known = () if columns.writing else checked_labels([data.rows, *([test.rows] if test else [])], labels)
    split = np.full(len(data.rows.numbers), Split.POOL.value, dtype=object)
    reasons = np.full(len(split), None, dtype=object)
    codes = _codes(data.rows, known)
    if gold_share:
        drawn_from = np.zeros_like(codes) if columns.writing and (codes < 0).all() else codes
        _require(bool((drawn_from >= 0).any()), source, "--gold-share", columns)
        count = round(gold_share * int((drawn_from >= 0).sum()))
        split[to_measure(drawn_from, count, rng=rng)] = Split.GOLD.value
    _set_leaks_aside(data.rows, test.rows if test else None, split, reasons)
    _choose_seed(source, columns, codes=codes, split=split, seed_labels=seed_labels, rng=rng)
    table = assembled(data.rows, split, reasons, test.rows if test else None)
    return Built(table, known, _summary(data, test, split, table))


def read_gold(source: Source, columns: Columns, max_characters: int | None) -> Deduplicated:
    """The gold file, without double texts; metadata and ids may be missing, and of prompts the references.

    Raises DataError when a text to be classified has no label.
    """
    if columns.label is None and not columns.writing:
        raise DataError(
            f"{source.where} is to be the gold test, but no label column is known",
            wanted="a label for each gold text",
            do="name the column with --label",
        )
    present = replace(
        columns,
        id=columns.id if columns.id in source.columns else None,
        metadata=tuple(name for name in columns.metadata if name in source.columns),
    )
    rows = gather(source, present, max_characters=max_characters)
    without = np.flatnonzero(rows.table.column("label").is_null().to_numpy())
    if len(without) and not columns.writing:
        raise DataError(
            f"{source.where}: {len(without):,} gold texts have no label, the first is row {rows.numbers[without[0]]}",
            wanted="a label for each gold text",
            do="label them or remove them",
        )
    return deduplicate(rows)


def _codes(rows: Rows, labels: Sequence[str]) -> NDArray[np.int64]:
    """(n,) place of each row's label in `labels`, of a prompt's reference 0; -1 where it has none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if rows.writing:
        return np.asarray(rows.table.column("label").is_valid().to_numpy(), dtype=np.int64) - 1
    found = pc.index_in(rows.table.column("label"), value_set=pa.array(labels, pa.large_string()))
    return np.asarray(pc.fill_null(found, -1).to_numpy(), dtype=np.int64)


def _set_leaks_aside(rows: Rows, gold: Rows | None, split: NDArray[Any], reasons: NDArray[Any]) -> None:
    """Marks the rows near a gold text as quarantined; gold itself stays whole."""
    inside = rows.table.take(np.flatnonzero(split == Split.GOLD.value))
    measured = [*([gold.table] if gold else []), inside]
    gold_texts = [text for table in measured for text in table.column("text").to_pylist()]
    if not gold_texts:
        return
    contexts = [context for table in measured for context in _contexts(table)] if rows.writing else None
    guard = LeakGuard(gold_texts, contexts=contexts)
    for start in range(0, len(split), CHUNK):
        part = rows.table.slice(start, CHUNK)
        for leak in guard.find(part.column("text").to_pylist(), _contexts(part) if rows.writing else None):
            place = start + leak.row
            if split[place] != Split.GOLD.value:
                split[place], reasons[place] = Split.QUARANTINED.value, leak.reason


def _contexts(table: Any) -> list[str]:
    return [context or "" for context in table.column("context").to_pylist()]


def _choose_seed(
    source: Source,
    columns: Columns,
    *,
    codes: NDArray[np.int64],
    split: NDArray[Any],
    seed_labels: int | None,
    rng: np.random.Generator,
) -> None:
    """Turns pool rows into seed rows, in place."""
    labelled = np.flatnonzero((codes >= 0) & (split == Split.POOL.value))
    if seed_labels is None and columns.writing:
        return
    if seed_labels is None:
        if len(labelled) and len(labelled) == (split == Split.POOL.value).sum():
            raise DataError(
                f"every row of {source.where} has a label in column {columns.label!r}, so that nothing is left to ask",
                wanted="how many of these labels to start with",
                do=f"--seed-labels N, 0 to {len(labelled):,}: the others are hidden, for simulated experts to give",
            )
        split[labelled] = Split.SEED.value
        return
    _require(seed_labels == 0 or columns.label is not None, source, "--seed-labels", columns)
    if not 0 <= seed_labels <= len(labelled):
        raise DataError(
            f"--seed-labels {seed_labels}, but {source.where} has {len(labelled):,} labelled rows to draw from",
            wanted=f"0 to {len(labelled):,}",
        )
    split[labelled[stratified(codes[labelled], seed_labels, rng=rng)]] = Split.SEED.value


def _require(holds: bool, source: Source, option: str, columns: Columns) -> None:
    if not holds:
        has = f"none in column {columns.label!r}" if columns.label else "no label column is known"
        raise DataError(f"{option} draws from labelled rows of {source.where}, but {has}", do="name it with --label")


def _summary(data: Deduplicated, test: Deduplicated | None, split: NDArray[Any], table: Any) -> Summary:
    parts = [data, *([test] if test else [])]
    writing = data.rows.writing
    kept, gold = _of(table, *(one for one in Split if one is not Split.QUARANTINED)), _of(table, Split.GOLD)
    return Summary(
        pool=int((split == Split.POOL.value).sum()),
        seed=int((split == Split.SEED.value).sum()),
        gold=len(gold),
        quarantined=int((split == Split.QUARANTINED.value).sum()),
        duplicates=sum(part.dropped for part in parts),
        conflicts=tuple(conflict for part in parts for conflict in part.conflicts),
        empty=tuple((part.rows.where, row) for part in parts for row in part.rows.empty),
        unreadable=tuple((part.rows.where, one) for part in parts for one in part.rows.unreadable),
        seed_labels={} if writing else _counted(_of(table, Split.SEED)),
        gold_labels={} if writing else _counted(gold),
        writing=writing,
        referenced=len(kept) - kept.column("label").null_count if writing else 0,
        gold_without_reference=gold.column("label").null_count if writing else 0,
    )


def _of(table: Any, *splits: Split) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table.column("split"), value_set=pa.array([one.value for one in splits])))


def _counted(table: Any) -> dict[str, int]:
    """Label → examples, most frequent first."""
    inside = table.column("label").drop_null()
    pairs = [(pair["values"], pair["counts"]) for pair in inside.value_counts().to_pylist()]
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))

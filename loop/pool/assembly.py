"""Rows whose split is decided → the table that is stored: ids, splits, reasons, the columns in their order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.pool.chunks import CHUNK
from loop.pool.ids import example_id
from loop.pool.prompt_cells import STORED
from loop.pool.tables import META, Rows, besides
from loop.records import Split


def assembled(rows: Rows, split: NDArray[Any], reasons: NDArray[Any], gold: Rows | None) -> Any:
    """All examples in one table with ids: the data in file order, then gold."""
    import pyarrow as pa

    gold_ids = set(ids_of(gold)) if gold else set()
    ids = ids_of(rows)
    for place in np.flatnonzero(split == Split.QUARANTINED.value):
        if ids[place] in gold_ids:
            ids[place] = ids_of(rows.take(np.array([place])), aside=True)[0]
    joined = pa.concat_tables(
        [_with(rows.table, ids, split, reasons), *([_as_gold(gold)] if gold else [])], promote_options="default"
    )
    return _ordered(joined)


def measured_on(rows: Rows) -> Any:
    """Rows that are all gold, in one table."""
    return _ordered(_as_gold(rows))


def _as_gold(rows: Rows) -> Any:
    whole = np.full(len(rows.numbers), Split.GOLD.value, dtype=object)
    return _with(rows.table, ids_of(rows), whole, np.full(len(whole), None, dtype=object))


def _ordered(table: Any) -> Any:
    fixed = ["id", "text", "split", "label", "source_id", "reason"]
    added = [name for name in STORED if name in table.column_names]
    return table.select([*fixed, *added, *(name for name in table.column_names if name.startswith(META))])


def ids_of(rows: Rows, *, aside: bool = False) -> list[str]:
    """(n,) the example ids of all rows."""
    ids: list[str] = []
    for start in range(0, len(rows.numbers), CHUNK):
        part = rows.table.slice(start, CHUNK)
        texts, owners = (part.column(name).to_pylist() for name in ("text", "source_id"))
        told = zip(texts, owners, besides(part), strict=True)
        ids += [example_id(text, owner, rest=rest, aside=aside) for text, owner, rest in told]
    return ids


def _with(table: Any, ids: list[str], split: NDArray[Any], reasons: NDArray[Any]) -> Any:
    import pyarrow as pa

    added = {"id": pa.array(ids, pa.string()), "split": pa.array(split, pa.string())}
    return (
        table.append_column("id", added["id"])
        .append_column("split", added["split"])
        .append_column("reason", pa.array(reasons, pa.string()))
    )

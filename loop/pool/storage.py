"""Examples ↔ one Parquet file: id, text, split, label, source_id, reason, and metadata as meta.NAME.

Files of prompts also have context, messages (JSON list of turns) and references (JSON list where there are several).

    Built.table ─► write_table ─┐
    Examples ────► write ───────┴─► examples.parquet ─► read (one Example at a time), Pool (by id, by column)

Written whole or not at all: under a temporary name, then renamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from loop import durable
from loop.errors import ArtifactError
from loop.pool.prompt_cells import CONTEXT, MESSAGES, STORED
from loop.pool.tables import META
from loop.pool.turns import restored, stored
from loop.records import Example, Split

FIXED = ("id", "text", "split", "label", "source_id", "reason")
ROW_GROUP = 50_000
"""Rows that are compressed together, and so the least that reading touches."""


def write(examples: Iterable[Example], path: Path, *, metadata: tuple[str, ...] = (), writing: bool = False) -> None:
    """Writes examples a row group at a time; `metadata` names the columns to keep, `writing` keeps context and turns.

    Raises ArtifactError.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(metadata, writing=writing)
    stream = iter(examples)

    def rows() -> Iterator[Any]:
        while piece := list(islice(stream, ROW_GROUP)):
            yield pa.Table.from_pylist([_row(example, metadata, writing=writing) for example in piece], schema=schema)

    def fill(temporary: Path) -> None:
        with pq.ParquetWriter(temporary, schema, compression="zstd") as file:
            for table in rows():
                file.write_table(table)

    _atomically(path, fill)


def write_table(table: Any, path: Path) -> None:
    """Writes a whole table of loop.pool.splits. Raises ArtifactError."""
    import pyarrow.parquet as pq

    metadata = tuple(name.removeprefix(META) for name in table.column_names if name.startswith(META))
    shaped = table.cast(_schema(metadata, writing=CONTEXT in table.column_names))
    _atomically(path, lambda temporary: pq.write_table(shaped, temporary, compression="zstd", row_group_size=ROW_GROUP))


def read(path: Path) -> Iterator[Example]:
    """All examples in file order, labels of the pool included: for copying and checking, not for the loop."""
    for batch in opened(path).iter_batches():
        for row in batch.to_pylist():
            yield example(row)


def example(row: dict[str, Any]) -> Example:
    """One stored row as an Example; metadata without a value are left out."""
    named = {name.removeprefix(META): value for name, value in row.items() if name.startswith(META)}
    return Example(
        id=row["id"],
        text=row["text"],
        split=Split(row["split"]),
        label=row["label"],
        source_id=row["source_id"],
        metadata={name: value for name, value in named.items() if value is not None},
        context=row.get(CONTEXT) or "",
        messages=restored(row.get(MESSAGES)),
    )


def opened(path: Path) -> Any:
    """The Parquet file, memory-mapped. Raises ArtifactError when it is missing, damaged or no file of examples."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, memory_map=True)
    except FileNotFoundError:
        raise ArtifactError(
            f"no file of examples {path}", wanted="the one that `weakspot init` wrote", do="run weakspot init again"
        ) from None
    except (pa.ArrowInvalid, OSError) as error:
        raise ArtifactError(f"{path} is damaged: {error}", do="run weakspot init again") from None
    missing = [name for name in FIXED if name not in file.schema_arrow.names]
    if missing:
        raise ArtifactError(f"{path} lacks the columns {', '.join(missing)}", wanted="a file that weakspot wrote")
    return file


def _schema(metadata: tuple[str, ...], *, writing: bool) -> Any:
    import pyarrow as pa

    text = pa.large_string()
    kinds = {"id": pa.string(), "text": text, "split": pa.string(), "label": text, "source_id": text, "reason": text}
    added = [(name, text) for name in STORED] if writing else []
    return pa.schema([*kinds.items(), *added, *((META + name, text) for name in metadata)])


def _row(one: Example, metadata: tuple[str, ...], *, writing: bool) -> dict[str, Any]:
    fixed = {"id": one.id, "text": one.text, "split": one.split.value, "label": one.label, "source_id": one.source_id}
    asked = {CONTEXT: one.context or None, MESSAGES: stored(one.messages) if one.messages else None}
    added = dict.fromkeys(STORED) | asked if writing else {}
    return {**fixed, "reason": None, **added, **{META + name: one.metadata.get(name) for name in metadata}}


def _atomically(path: Path, fill: Any) -> None:
    temporary = path.with_name(path.name + ".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fill(temporary)
        durable.sync(temporary)
        durable.move(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ArtifactError(f"{path} cannot be written: {error}", do="make room or choose another folder") from None

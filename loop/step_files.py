"""Files that a step left in its folder → checked values. A folder of someone else may hold anything under these names.

    read_json(path, kind)          JSON of the type `kind`: list[str], a dataclass, ...
    read_jsonl(path, kind)         a list, one `kind` a line
    read_array(path, *shape)       .npy of numbers with that shape, memory-mapped; None: any length
    read_parquet(path, columns)    rows of a Parquet file whose columns have these types

Whatever is wrong is an ArtifactError that names the file. No array of objects is read, for that would unpickle it, and
nothing is allocated before the shape is known to be what was wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import TypeAdapter, ValidationError

from loop.errors import ArtifactError

T = TypeVar("T")
NUMBERS = "biuf"
"""numpy's letters for boolean, signed, unsigned and floating-point arrays."""
_DAMAGE = (OSError, ValueError, TypeError, SyntaxError, EOFError, OverflowError, RecursionError, MemoryError)
"""What numpy raises for a header or a file that cannot be."""


def read_json(path: Path, kind: type[T]) -> T:
    """The file's value. Raises ArtifactError when it cannot be read, is not JSON or is not of the type `kind`."""
    return _parsed(path, _bytes(path), TypeAdapter(kind))


def read_jsonl(path: Path, kind: type[T]) -> list[T]:
    """The values of the file's lines. Raises ArtifactError as `read_json`."""
    # By "\n" alone: the text of an answer may hold other signs that end a line.
    adapter = TypeAdapter(kind)
    return [_parsed(path, line, adapter) for line in _bytes(path).split(b"\n") if line]


def read_array(path: Path, *shape: int | None) -> np.ndarray[Any, Any]:
    """The file's array, memory-mapped and read-only. Raises ArtifactError when it is not one of numbers of `shape`.

    shape: the length of each dimension; None: any.
    """
    try:
        found: np.ndarray[Any, Any] = np.lib.format.open_memmap(path, mode="r")  # type: ignore[no-untyped-call]
    except _DAMAGE as fault:
        raise misfit(path, f"it is not an array of numbers ({_reason(fault)})") from fault
    if found.dtype.kind not in NUMBERS:
        raise misfit(path, "it is not an array of numbers")
    if len(found.shape) != len(shape) or any(n not in (None, m) for n, m in zip(shape, found.shape, strict=True)):
        wanted = " x ".join("any" if n is None else f"{n:,}" for n in shape)
        raise misfit(path, f"its shape is {' x '.join(f'{n:,}' for n in found.shape) or 'empty'}, not {wanted}")
    return found


def read_parquet(path: Path, columns: Mapping[str, str]) -> list[dict[str, Any]]:
    """The file's rows. Raises ArtifactError when a column of `columns`, name → Arrow type, is missing or of another."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path, memory_map=True)
        kinds = {field.name: str(field.type) for field in table.schema_arrow}
        for name, kind in columns.items():
            if kinds.get(name) != kind:
                raise misfit(path, f"its column {name} is {kinds.get(name, 'missing')}, not {kind}")
        rows: list[dict[str, Any]] = table.read(columns=list(columns)).to_pylist()
    except (pa.ArrowException, OSError, ValueError, MemoryError) as fault:
        raise misfit(path, f"it is not a Parquet file ({_reason(fault)})") from fault
    return rows


def misfit(path: Path, what: str) -> ArtifactError:
    """The error for a file whose content is not what a step would have written."""
    return ArtifactError(
        f"{path} cannot be used: {what}",
        wanted="the file as weakspot wrote it",
        do="put the folder back from a copy; `weakspot verify` lists what has changed",
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise misfit(path, fault.strerror or "it cannot be read") from fault


def _parsed(path: Path, text: bytes, adapter: TypeAdapter[T]) -> T:
    try:
        return adapter.validate_json(text)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise misfit(path, f"{where}: {first['msg']}" if where else str(first["msg"])) from fault


def _reason(fault: BaseException) -> str:
    lines = str(fault).strip().splitlines()
    return lines[0][:120] if lines else type(fault).__name__

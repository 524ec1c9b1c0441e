"""Labels in the data against labels in the config: unknown ones are told with the nearest known one."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence

from loop.errors import DataError
from loop.label_names import fault
from loop.pool.tables import Rows

MANY = 500
"""More different labels than people can choose from: the column is taken for something else."""


def checked_labels(parts: Sequence[Rows], labels: Sequence[str] | None) -> tuple[str, ...]:
    """The project's labels: `labels` where given, else those in the data, most frequent first; () without any.

    Raises DataError: labels in the data that `labels` lacks, a single label, or too many to choose from.
    """
    for rows in parts:
        _refuse_unusable(rows)
    counts = _counts(parts)
    where = parts[0].where
    if labels is not None and (unknown := [name for name in counts if name not in set(labels)]):
        raise DataError(
            f"{where} has {len(unknown)} label{'s' * (len(unknown) > 1)} that the given ones lack: "
            + _shown(unknown, counts, labels),
            wanted="only labels that --labels names",
            do="add to --labels what is missing there, or mend the data",
        )
    if labels is None and len(counts) == 1:
        name, times = next(iter(counts.items()))
        raise DataError(
            f"{where} has one label only, {name!r} ({times:,} rows)",
            wanted="two labels or more to choose between",
            do="name another column with --label, or name all labels with --labels",
        )
    if labels is None and len(counts) > MANY:
        raise DataError(
            f"{where} has {len(counts):,} different labels",
            wanted=f"at most {MANY} to choose from",
            do="name another column with --label",
        )
    return tuple(labels) if labels is not None else tuple(counts)


def _refuse_unusable(rows: Rows) -> None:
    """Raises DataError for a label that cannot be carried to the end, with the first row it stands in."""
    column = rows.table.column("label")
    for name in column.unique().to_pylist():
        if name is not None and (wrong := fault(name)):
            raise DataError(
                f"{rows.where}, row {rows.numbers[column.index(name).as_py()]}: the label {name[:60]!r} {wrong}",
                wanted="labels of visible characters",
                do="mend the data, or name another column with --label",
            )


def _counts(parts: Sequence[Rows]) -> dict[str, int]:
    """Label → rows, most frequent first, ties by name."""
    counts: Counter[str] = Counter()
    for rows in parts:
        for pair in rows.table.column("label").value_counts().to_pylist():
            if pair["values"] is not None:
                counts[pair["values"]] += pair["counts"]
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _shown(unknown: Sequence[str], counts: dict[str, int], labels: Sequence[str]) -> str:
    told = []
    folded = {label.casefold(): label for label in labels}
    for name in unknown[:5]:
        near = folded.get(name.casefold()) or next(iter(difflib.get_close_matches(name, labels, n=1)), None)
        told.append(f"{name!r} ({counts[name]:,} rows" + (f'; did you mean "{near}"?)' if near else ")"))
    return ", ".join(told) + (", ..." if len(unknown) > 5 else "")

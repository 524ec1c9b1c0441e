"""What `weakspot init` found in the data, as counts and as sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loop.pool.chunks import Unreadable
from loop.pool.duplicates import Conflict


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of one build; all are whole numbers of examples."""

    pool: int
    seed: int
    gold: int
    quarantined: int
    """Rows of the data set aside because they stand in gold as well, or nearly."""
    duplicates: int
    """Rows dropped because an equal text stands before them."""
    conflicts: tuple[Conflict, ...]
    """Equal texts with different labels."""
    empty: tuple[tuple[str, int], ...]
    """(file, row number) without a text; left out."""
    unreadable: tuple[tuple[str, Unreadable], ...]
    """(file, row) that cannot be read; left out."""
    seed_labels: Mapping[str, int]
    """Label → seed examples."""
    gold_labels: Mapping[str, int]
    """Label → gold examples."""
    writing: bool = False
    """They are prompts; labels are references then, and not counted by value."""
    referenced: int = 0
    """Prompts of pool, seed and gold with a reference."""
    gold_without_reference: int = 0

    def sentence(self) -> str:
        """All counts that are not zero, in one line."""
        noun = "prompts" if self.writing else "messages"
        head = f"{self.pool + self.seed:,} {noun}: {self.pool:,} pool, {self.seed:,} seed, {self.gold:,} gold"
        tail = [
            (self.referenced, "with a reference"),
            (self.duplicates, "exact duplicate{s} dropped"),
            (self.quarantined, "near gold quarantined"),
            (len(self.empty), "without text left out"),
            (len(self.unreadable), "unreadable left out"),
        ]
        said = [f"{count:,} {words.format(s='' if count == 1 else 's')}" for count, words in tail if count]
        return "; ".join([head, *said])

    def warnings(self) -> tuple[str, ...]:
        """What a person should look at, one sentence each; empty when all is well."""
        said: list[str] = []
        said += left_out([row for _, row in self.empty], [one for _, one in self.unreadable])
        if self.conflicts:
            said.append(
                f"{len(self.conflicts):,} texts have several labels in the data; the first was kept: "
                + "; ".join(_shown(conflict) for conflict in self.conflicts[:3])
                + ("; ..." if len(self.conflicts) > 3 else ".")
            )
        if len(self.seed_labels) == 1:
            said.append(f"All seed examples have the label {next(iter(self.seed_labels))!r}.")
        if self.gold_without_reference:
            said.append(
                f"{self.gold_without_reference:,} of {self.gold:,} gold prompts have no reference: what compares with "
                "references is measured on the others only."
            )
        return tuple(said)


def left_out(empty: Sequence[int], unreadable: Sequence[Unreadable]) -> tuple[str, ...]:
    """One sentence for rows without a text, one for unreadable rows; none where there are none."""
    said = []
    if empty:
        rows = ", ".join(f"{row:,}" for row in empty[:5]) + (", ..." if len(empty) > 5 else "")
        said.append(f"{len(empty):,} row{'s' * (len(empty) > 1)} without a text left out: row {rows}.")
    if unreadable:
        first = [f"row {one.row:,} ({one.why})" for one in unreadable[:3]]
        more = ", ..." if len(unreadable) > 3 else ""
        said.append(
            f"{len(unreadable):,} unreadable row{'s' * (len(unreadable) > 1)} left out: {', '.join(first)}{more}."
        )
    return tuple(said)


def _shown(conflict: Conflict) -> str:
    text = conflict.text if len(conflict.text) <= 60 else conflict.text[:59] + "…"
    return f"{text!r} is " + " and ".join(repr(label) for label in conflict.labels)

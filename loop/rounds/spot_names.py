"""The names of weak spots in one round: made from what is known now, unless a name has to stay.

    labels taken for each other or held (task) ─┐
    metadata of pool and seed ─► slice ─────────┼─► name_by_traits ─► a name for every spot
    words of the partition ─────────────────────┘          ▲
    names that stay: of people, of open spots, of parts ───┘

An open spot keeps its name until it is fixed: people know it by that name, and questions about it have been sent.
Before it opens and after it is fixed the name follows the data. A name of words alone never stays: it says the least.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loop.label_texts import in_words
from loop.ledger import lives
from loop.records import IntArray, Split
from loop.rounds.context import StepContext
from loop.rounds.embeddings import Clustering, EmbeddedPool, parts_of
from loop.selection.spot_names import SpotTraits, name_by_traits
from loop.selection.spot_slices import standing_out

OPEN = frozenset({"open", "sent", "improving", "reopened"})
"""States in which people may be at work on a spot."""


@dataclass(frozen=True)
class SpotLabels:
    """What the labels of a project say about its s spots; columns are places in `labels`."""

    labels: tuple[str, ...]
    """All labels of the project."""
    confused: tuple[tuple[int, ...], ...]
    """(s,) two labels that are taken for each other, one that is taken for several, or ()."""
    main: tuple[tuple[int, ...], ...]
    """(s,) one or two labels the spot holds, or () for too many."""


def names_of(
    work: StepContext, frozen: EmbeddedPool, regions: Clustering, *, labels: SpotLabels | None = None
) -> tuple[str, ...]:
    """(s,) the names of this round, no two the same. labels: None where no model has predicted any."""
    ids = work.project.pool.ids(Split.POOL, Split.SEED)
    spots = np.asarray(regions.regions[[frozen.row_of[id_] for id_ in ids]], dtype=np.int64)
    columns = {column: work.project.pool.metadata(column, ids) for column in work.project.pool.metadata_columns}
    slices = standing_out(columns, spots, count=regions.size())
    shown = () if labels is None else in_words_each(labels.labels)
    sizes = np.bincount(spots, minlength=regions.size())
    traits = [
        _traits(spot, regions, slices[spot], labels if sizes[spot] else None, shown) for spot in range(regions.size())
    ]
    return name_by_traits(traits, labels=shown, fixed=_staying(work, regions))


def in_words_each(labels: Sequence[str]) -> tuple[str, ...]:
    """Every label in words; as it is where it has no letters for that, or where two labels would look the same."""
    words = [in_words(label) if sum(map(str.isalpha, label)) > 2 else label for label in labels]
    times = Counter(words)
    return tuple(word if times[word] == 1 else label for word, label in zip(words, labels, strict=True))


def _traits(
    spot: int, regions: Clustering, slice_: tuple[str, str] | None, labels: SpotLabels | None, shown: Sequence[str]
) -> SpotTraits:
    confused, main = ((), ()) if labels is None else (labels.confused[spot], labels.main[spot])
    return SpotTraits(
        words=regions.names[spot],
        terms=regions.terms[spot],
        confused=tuple(shown[column] for column in confused),
        labels=tuple(shown[column] for column in main),
        mixed=labels is not None and not main,
        slice=slice_,
    )


def _staying(work: StepContext, regions: Clustering) -> dict[int, str]:
    """Spot → the name it keeps in this round."""
    with work.project.ledger.read() as connection:
        known = lives.named_spots(connection)
        states = {spot: life.state for spot, life in lives.newest_lives(connection, before=work.round).items()}
    parts = parts_of(work)
    return {
        spot.id: spot.name
        for spot in known
        if spot.id < regions.size()
        and (
            spot.named_by != lives.WEAKSPOT
            or spot.id in parts
            or _is_kept(spot.name, states.get(spot.id), regions, spot.id)
        )
    }


def _is_kept(name: str, state: str | None, regions: Clustering, spot: int) -> bool:
    return state in OPEN and name != regions.names[spot]


def columns_of(labels: Sequence[str], names: Sequence[str]) -> IntArray:
    """(len(names),) the place of each name among `labels`."""
    place = {label: column for column, label in enumerate(labels)}
    return np.array([place[name] for name in names], dtype=np.int64)

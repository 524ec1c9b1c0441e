"""What measures the model and would have been learned from as well: how much of it, and which texts, side by side.

set aside at `weakspot init`      the pool's quarantined rows, against gold           never asked, never trained on
kept out of training, as of now   the table `leaks`, against gold, audit and dev      labelled, but passed over
phrases kept out, as of now       those of weakspot.yaml, against the same            not learned from
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from loop.artifact_names import POOL
from loop.ledger import leaks as table
from loop.phrases import leaking
from loop.pool import LeakGuard
from loop.records import Leak, Split
from loop.report.view import View

UNKNOWN = "unknown"
"""Grade of a row set aside by another version of weakspot, which this one takes for no leak."""


@dataclass(frozen=True, slots=True)
class LeakCounts:
    """How many there are, quickly."""

    quarantined: int
    """Texts of the data set aside at `weakspot init`."""
    kept_out: int
    """Labelled texts that training passes over now."""


@dataclass(frozen=True, slots=True)
class DuplicatePair:
    """A text that is not learned from, and the one like it that measures."""

    example_id: str
    text: str
    twin_id: str
    """"" where the grade is unknown, as the twin's text then."""
    twin: str
    ground: str
    """What the twin is for: "gold", "audit" or "dev"."""
    grade: str
    """"same", "folded", "near" or "unknown"."""
    similarity: float
    """0..1."""
    round: int | None
    """When it was found; None at `weakspot init`."""
    context: str = ""
    """What a prompt is about."""
    twin_context: str = ""


@dataclass(frozen=True, slots=True)
class PhraseTwins:
    """An example phrase that is not learned from, and the text like it that measures."""

    label: str
    phrase: str
    twin_id: str
    twin: str
    ground: str
    """What the twin is for: "gold", "audit" or "dev"."""
    grade: str
    """"same", "folded" or "near"."""
    similarity: float
    """0..1."""


@dataclass(frozen=True, slots=True)
class LeakFigures:
    """All leaks of a project as it stands."""

    quarantined: Mapping[str, int]
    """Grade → texts set aside at `weakspot init`."""
    kept_out: Mapping[str, Mapping[str, int]]
    """Ground → grade → labelled texts that training passes over."""
    labelled: tuple[DuplicatePair, ...]
    """Those kept out of training, newest first."""
    set_aside: tuple[DuplicatePair, ...]
    """Those set aside at `weakspot init`, in the order of the data."""
    phrases: tuple[PhraseTwins, ...] = ()
    """Example phrases of labels that the next round's training passes over."""


def leak_counts(view: View) -> LeakCounts:
    """The two counts; all 0 before there are examples."""
    with view.project.ledger.read() as connection:
        kept = len(table.leaks(connection))
    if not view.project.artifacts.has(POOL):
        return LeakCounts(0, kept)
    return LeakCounts(view.project.pool.counts()[Split.QUARANTINED], kept)


def leaks(view: View) -> LeakFigures:
    """Every leak with its twin. What was set aside is compared with gold anew: seconds for large projects."""
    with view.project.ledger.read() as connection:
        rows = table.leaks(connection)
    labelled = _twins(view, sorted(rows, key=lambda one: -1 if one.round is None else one.round, reverse=True))
    set_aside = _twins(view, _quarantined(view))
    by_ground = {ground: _grades(labelled, ground) for ground in sorted({one.ground for one in labelled})}
    return LeakFigures(_grades(set_aside, "gold"), by_ground, labelled, set_aside, _phrases(view))


def _phrases(view: View) -> tuple[PhraseTwins, ...]:
    found = leaking(view.project, view.project.config.label_set)
    twins = view.project.pool.texts([leak.twin_id for leak in found]) if found else ()
    return tuple(PhraseTwins(**asdict(leak), twin=twin) for leak, twin in zip(found, twins, strict=True))


def _grades(rows: Sequence[DuplicatePair], ground: str) -> dict[str, int]:
    return dict(Counter(one.grade for one in rows if one.ground == ground))


def _quarantined(view: View) -> list[Leak]:
    pool = view.project.pool
    ids, gold = pool.ids(Split.QUARANTINED), pool.ids(Split.GOLD)
    if not ids:
        return []
    measured, aside = pool.examples(gold), pool.examples(ids)
    about = view.project.config.data.context is not None
    index = LeakGuard([one.text for one in measured], [one.context for one in measured] if about else None)
    found = index.find([one.text for one in aside], [one.context for one in aside] if about else None)
    twin = {
        ids[one.row]: Leak(ids[one.row], gold[one.gold_row], "gold", one.grade, one.similarity, None) for one in found
    }
    return [twin.get(id_) or Leak(id_, "", "gold", UNKNOWN, 0.0, None) for id_ in ids]


def _twins(view: View, rows: list[Leak]) -> tuple[DuplicatePair, ...]:
    wanted = sorted({id_ for one in rows for id_ in (one.example_id, one.twin_id) if id_})
    known = {one.id: one for one in view.project.pool.examples(wanted)} if wanted else {}
    return tuple(
        DuplicatePair(
            example_id=one.example_id,
            text=known[one.example_id].text,
            twin_id=one.twin_id,
            twin=known[one.twin_id].text if one.twin_id else "",
            ground=one.ground,
            grade=str(one.grade),
            similarity=one.similarity,
            round=one.round,
            context=known[one.example_id].context,
            twin_context=known[one.twin_id].context if one.twin_id else "",
        )
        for one in rows
    )

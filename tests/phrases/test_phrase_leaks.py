"""Which example phrases measure the model as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import here
from made_project import write_csv

from loop.ledger import people, progress
from loop.ledger.progress import RoundRow
from loop.phrases import leaking
from loop.project import Project, open_project
from loop.records import Label, LabelSet, Pick, PickKind, Role, Split

GOLD = [{"text": "Please cancel my contract at the end of this year, thank you", "label": "end"}]
POOL = [
    {"text": "Why was I charged twice this month?", "label": "bill"},
    {"text": "The internet is down in the whole street", "label": "net"},
    {"text": "Where do I find the serial number of the router?", "label": "net"},
    {"text": "My bill shows a call that I never made", "label": "bill"},
]
AT = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Two rounds: the first text is an audit example of round 1, the second a dev label of the seed."""
    write_csv(tmp_path / "pool.csv", POOL)
    write_csv(tmp_path / "gold.csv", GOLD)
    data = ("--data", tmp_path / "pool.csv", "--gold", tmp_path / "gold.csv")
    said = here("init", tmp_path / "desk", *data, "--seed-labels", "0", "--experts", "simulated")
    assert said.status == 0, said.err
    with open_project(tmp_path / "desk") as opened:
        ids = dict(zip(opened.pool.texts(opened.pool.ids(Split.POOL)), opened.pool.ids(Split.POOL), strict=True))
        audit, dev = ids[POOL[0]["text"]], ids[POOL[1]["text"]]
        with opened.ledger.begin() as connection:
            for round_ in (0, 1):
                progress.open_round(connection, RoundRow(round_, {}, "d", "0.1", AT, None))
            people.add_picks(connection, 1, {"q": picked(audit)})
            people.put_labels(connection, [Label(dev, "net", Role.DEV, "seed", None, 1, None)])
        yield opened


def picked(id_: str) -> Pick:
    return Pick(id_, PickKind.AUDIT, "audit", "", 0.5, None, None, None, None, False)


def labels(**phrases: tuple[str, ...]) -> LabelSet:
    return LabelSet(("bill", "end", "net"), {}, phrases)


def found(project: Project, given: LabelSet, *, before: int | None = None) -> list[tuple[str, str, str]]:
    return [(leak.label, leak.ground, leak.grade) for leak in leaking(project, given, before=before)]


def test_twins_of_gold_audit_and_dev_texts_are_found(project: Project) -> None:
    given = labels(
        bill=("why was i charged TWICE this month", "My bill shows a call that I never made"),
        end=("Please cancel my contract at the end of the year, thank you", "I want out of my contract"),
        net=(POOL[1]["text"],),
    )
    assert found(project, given) == [("bill", "audit", "folded"), ("end", "gold", "near"), ("net", "dev", "same")]


def test_questions_of_this_round_and_later_ones_are_not_known_yet(project: Project) -> None:
    given = labels(bill=(POOL[0]["text"],))
    assert found(project, given, before=1) == []
    assert found(project, given, before=2) == [("bill", "audit", "same")]


def test_without_phrases_nothing_leaks(project: Project) -> None:
    assert found(project, labels()) == []

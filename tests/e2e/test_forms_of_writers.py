"""Two rounds with every form but pairs: what people say becomes what the next model is tuned on.

ranking ─► preferences ─► DPO      rating ─► answers with full marks ─► SFT      correction ─► both ─► DPO and SFT

Simulated people answer on paper; to them an answer is good that has more than three words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import paper_labeler
import pytest
from command_line import here
from made_project import change
from made_writer import made_writer, prompt_table

from loop.ledger import figures, people
from loop.ledger.figures import ModelRow
from loop.ledger.people import PickRow
from loop.project import open_project
from loop.records import Label, Measurement, PickKind, Preference, Role

pytestmark = pytest.mark.slow

SMALL = {"steps": 3, "looks": 1, "guard_prompts": 2, "guard_tokens": 8, "learning_rate": 5e-4, "least_health": 0.0}
RUBRIC = "def good(answer, example):\n    return 1.0 if len(answer.split()) > 3 else 0.1\n"


@dataclass(frozen=True)
class Left:
    """What the ledger holds after two rounds."""

    picks: tuple[PickRow, ...]
    preferences: tuple[Preference, ...]
    labels: tuple[Label, ...]
    models: tuple[ModelRow, ...]
    measured: Sequence[Measurement]
    """Of the first model, people's figures among them."""
    references: dict[str, tuple[str, ...]]

    def asked(self, *kinds: PickKind, round_: int = 0) -> dict[str, tuple[str, ...]]:
        """Example id → the answers shown, of such picks of a round."""
        rows = [row.pick for row in self.picks if row.round == round_ and row.pick.kind in kinds]
        return {pick.example_id: tuple(one.text for one in pick.candidates) for pick in rows}


@pytest.fixture(autouse=True)
def _on_menu(monkeypatch: pytest.MonkeyPatch) -> None:
    paper_labeler.patched(monkeypatch)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_writer(tmp_path_factory.mktemp("forms") / "base", steps=60)


def test_rankings_become_preferences_that_the_next_model_is_tuned_on(base: Path, tmp_path: Path) -> None:
    left = _two_rounds(tmp_path, base, "ranking")
    asked, trained = left.asked(PickKind.WEAK), _learnt(left.preferences)
    assert asked
    assert all(len(set(shown)) == 3 for shown in asked.values())
    assert {one.example_id for one in trained} == set(asked)
    assert len(trained) == 3 * len(asked), "three answers in order are three pairs"
    for one in trained:
        assert {one.chosen, one.rejected} < set(asked[one.example_id])
        assert _good(one.chosen) >= _good(one.rejected)
        assert 0.5 <= one.certainty <= 1
        assert one.source == "people"
    assert _learnt(left.labels) == []
    _assert_tuned(left, method="dpo", pairs=len(trained), demonstrations=0)


def test_answers_with_full_marks_are_what_the_next_model_imitates(base: Path, tmp_path: Path) -> None:
    left = _two_rounds(tmp_path, base, "rating")
    asked, trained = left.asked(PickKind.WEAK), _learnt(left.labels)
    good = {id_: shown[0] for id_, shown in asked.items() if _good(shown[0])}
    assert good
    assert len(good) < len(asked), "some answers are no example"
    assert {one.example_id: one.label for one in trained} == good
    assert left.preferences == ()
    audited = left.asked(PickKind.AUDIT)
    (mark,) = [row for row in left.measured if row.metric == "mark"]
    assert (mark.on, mark.slice, mark.n) == ("people", "criterion=overall", len(audited))
    _assert_tuned(left, method="sft", pairs=0, demonstrations=len(trained))


def test_corrections_become_examples_and_pairs_that_the_next_model_is_tuned_on(base: Path, tmp_path: Path) -> None:
    left = _two_rounds(tmp_path, base, "correction")
    asked, labels, pairs = left.asked(PickKind.WEAK), _learnt(left.labels), _learnt(left.preferences)
    mended = {id_: shown[0] for id_, shown in asked.items() if not _good(shown[0])}
    assert mended
    assert {one.example_id: one.label for one in labels} == {
        id_: left.references[id_][0] if id_ in mended else shown[0] for id_, shown in asked.items()
    }
    assert {one.example_id: (one.chosen, one.rejected, one.source) for one in pairs} == {
        id_: (left.references[id_][0], original, "correction") for id_, original in mended.items()
    }
    audited = left.asked(PickKind.AUDIT)
    wrong = [row for row in left.measured if (row.metric, row.on, row.slice) == ("error_rate", "audit", "")]
    assert [(row.n, row.value) for row in wrong] == [
        (len(audited), pytest.approx(sum(not _good(shown[0]) for shown in audited.values()) / len(audited)))
    ]
    _assert_tuned(left, method="dpo", pairs=len(pairs), demonstrations=len(labels))


def _two_rounds(folder: Path, base: Path, form: str) -> Left:
    root = folder / "desk"
    (folder / "rubric.py").write_text(RUBRIC)
    made = here(
        *("init", root, "--task", "generation", "--base", base, "--form", form, "--batch", "12", "--seed", "5"),
        *("--data", prompt_table(folder / "pool.csv", 48), "--gold", prompt_table(folder / "gold.csv", 12)),
        *("--experts", "simulated", "--rubric", f"{folder / 'rubric.py'}:good"),
    )
    assert made.status == 0, made.err
    drawn = {"max_new_tokens": 16, "prompts": 30, "samples": 4, "temperature": 1.2}
    paper = {"labeler.kind": paper_labeler.NAME, "experts.kind": paper_labeler.NAME, "labeler.poll_seconds": 0.1}
    tuned = {"model.tuning": "dpo", "model.options": SMALL, "experts.error_rate": 0.0, "selection.audit": 0.25}
    change(root, {**paper, **tuned, **{f"generation.{key}": value for key, value in drawn.items()}})
    done = here("run", "--project", root, "--rounds", "2")
    assert done.status == 0, done.err
    with open_project(root, read_only=True) as project, project.ledger.read() as connection:
        return Left(
            picks=people.picks(connection),
            preferences=people.preferences(connection),
            labels=people.labels(connection),
            models=figures.models(connection),
            measured=figures.measurements(connection)[0],
            references=project.pool.references_for_simulation(),
        )


def _learnt(rows: Sequence[Preference] | Sequence[Label]) -> list[Preference | Label]:
    """What round 0 brought to learn from."""
    return [one for one in rows if one.role is Role.TRAIN and one.round == 0]


def _good(answer: str) -> bool:
    return len(answer.split()) > 3


def _assert_tuned(left: Left, *, method: str, pairs: int, demonstrations: int) -> None:
    """Round 0 has the base as it is; round 1 is tuned on all that was learned, and on nothing that measures."""
    first, second = left.models
    assert (first.tuning, first.train_n) == ("none", 0)
    report = second.training
    assert (report["method"], report["pairs"], report["demonstrations"]) == (method, pairs, demonstrations)
    assert second.train_n == pairs + demonstrations
    assert report["steps"] > 0
    measuring = {id_ for round_ in (0, 1) for id_ in left.asked(PickKind.AUDIT, PickKind.DEV, round_=round_)}
    assert measuring
    learnt = {one.example_id for one in (*left.preferences, *left.labels) if one.role is Role.TRAIN}
    assert not measuring & learnt

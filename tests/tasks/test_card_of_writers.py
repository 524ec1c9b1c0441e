"""The card of an exported model tells what people, checks and the retention set say of it."""

from __future__ import annotations

from loop.records import Measurement
from loop.tasks.generation.card import chosen

NAMES = {
    "win": "Answers preferred to the first model's, ties as half",
    "ends": "Answers that pass the check 'ends'",
    "unbacked": "Answers with a sentence that their context does not back",
    "kept": "Wrong answers to the retention prompts",
    "first": "The same of the first model",
}


def _row(metric: str, value: float, on: str, slice_: str = "") -> Measurement:
    return Measurement(metric, value, value - 0.05, value + 0.05, 40, on, slice_, "made")


BEFORE = _row("win_rate", 0.5, "people", "against=champion")
FIRST = _row("win_rate", 0.7, "people", "against=first")
KEPT = _row("error_rate", 0.1, "retention")
ENDS = _row("check:ends", 0.9, "gold")
FIRST_KEPT = _row("error_rate", 0.02, "retention")


def test_every_figure_is_the_models_own_and_retention_stands_beside_the_first_models() -> None:
    unbacked = _row("hallucination_rate", 0.3, "gold")
    mine = [BEFORE, FIRST, KEPT, ENDS, unbacked, _row("error_rate", 0.2, "gold"), _row("check:ends", 0.4, "audit")]
    found = chosen({0: [FIRST_KEPT], 2: mine}, round_=2, first=0, before=1)
    assert found == {
        NAMES["win"]: FIRST,
        NAMES["ends"]: ENDS,
        NAMES["unbacked"]: unbacked,
        NAMES["kept"]: KEPT,
        NAMES["first"]: FIRST_KEPT,
    }


def test_the_first_model_as_the_champion_before_is_the_first_model() -> None:
    assert chosen({1: [BEFORE]}, round_=1, first=0, before=0) == {NAMES["win"]: BEFORE}
    assert chosen({2: [BEFORE]}, round_=2, first=0, before=1) == {}


def test_what_a_judge_alone_says_is_not_told_as_peoples_word() -> None:
    judged = _row("win_rate", 0.9, "judge", "against=first")
    assert chosen({2: [judged]}, round_=2, first=0, before=1) == {}


def test_a_check_is_told_of_the_best_ground_it_was_measured_on() -> None:
    audit, dev = _row("check:ends", 0.8, "audit"), _row("check:ends", 0.6, "dev")
    assert chosen({0: [dev, audit]}, round_=0, first=0, before=None) == {NAMES["ends"]: audit}

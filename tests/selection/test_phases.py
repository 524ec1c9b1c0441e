"""When the default changes from covering to doubts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loop.protocols import PoolView
from loop.selection.phases import Phase, enough, neighbours_agree, stage


def make_view(classes: int | None, *, settled: int, open_: int = 0) -> PoolView:
    """classes: None before the first model. open_: asked and not settled."""
    known = settled + open_
    return PoolView(
        ids=("a",),
        embeddings=np.ones((1, 1)),
        probabilities=None if classes is None else np.full((1, classes), 1 / classes),
        spots=np.zeros(1, dtype=np.int64),
        spot_estimates=None,
        labelled_embeddings=np.ones((known, 1)),
        labelled=np.array([0] * settled + [-1] * open_, dtype=np.int64),
    )


@pytest.mark.parametrize(
    ("classes", "settled", "phase"),
    [
        (7, 25, Phase.COVER),
        (7, 39, Phase.COVER),
        (8, 40, Phase.UNSURE),
        (7, 41, Phase.UNSURE),
        (7, 42, Phase.FINE),
        (77, 75, Phase.UNSURE),
        (77, 461, Phase.UNSURE),
        (77, 462, Phase.FINE),
        (150, 74, Phase.COVER),
        (150, 75, Phase.UNSURE),
        (2, 1, Phase.COVER),
    ],
)
def test_doubts_count_from_forty_labels_and_half_a_label_a_class_and_fine_ones_from_six_a_class(
    classes: int, settled: int, phase: Phase
) -> None:
    assert stage(make_view(classes, settled=settled)).phase is phase


@pytest.mark.parametrize("classes", [2, 5, 24])
def test_labels_that_their_neighbours_do_not_share_leave_doubt_alone(classes: int) -> None:
    rng = np.random.default_rng(classes)
    points = rng.standard_normal((200, 8))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    regions = (points @ rng.standard_normal((8, classes))).argmax(axis=1)
    view = replace(make_view(classes, settled=200), labelled_embeddings=points)
    told = stage(replace(view, labelled=regions))
    untold = stage(replace(view, labelled=rng.permutation(regions)))
    assert told.phase in (Phase.UNSURE, Phase.FINE)
    assert (untold.phase, "by chance" in untold.note) == (Phase.CLOSEST, True)


def test_one_class_and_many_labels_are_no_evidence_against_neighbours() -> None:
    assert neighbours_agree(np.ones((5000, 2)), np.zeros(5000, np.int64))
    sides = np.repeat([[1.0, 0.0], [0.0, 1.0]], 2500, axis=0)
    assert neighbours_agree(sides, np.repeat([0, 1], 2500))


def test_few_labels_are_not_tested_even_with_names() -> None:
    rng = np.random.default_rng(0)
    few = replace(make_view(4, settled=19), labelled=rng.integers(4, size=19), uses_label_texts=True)
    assert stage(few).phase is Phase.UNSURE


def test_without_a_model_there_are_no_doubts_to_go_by() -> None:
    found = stage(make_view(None, settled=500))
    assert (found.phase, found.note) == (Phase.COVER, "Chosen to cover the pool: there is no model yet.")


def test_doubts_of_a_model_without_classes_count_at_once() -> None:
    assert stage(make_view(2, settled=0, open_=70)).phase is Phase.UNSURE


def test_answers_that_are_not_settled_count_for_nothing() -> None:
    assert stage(make_view(7, settled=30, open_=70)).phase is Phase.COVER


def test_the_note_tells_what_decided() -> None:
    told = [stage(make_view(10, settled=settled)).note for settled in (25, 52, 62)]
    assert told == [
        "Chosen to cover the pool: 25 labels so far, doubts count from 40 on.",
        "Chosen for doubt, far from other picks: 5.2 labels a class.",
        "Chosen for doubt, also near other picks: 6.2 labels a class.",
    ]


def test_more_classes_never_need_fewer_labels() -> None:
    wanted = [enough(classes) for classes in range(2, 400)]
    assert wanted == sorted(wanted)

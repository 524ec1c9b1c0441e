"""Which questions a judge is asked, and people too, is drawn by lots that nothing can shift."""

from __future__ import annotations

from loop.judge import overlap, share

IDS = tuple(f"q{n}" for n in range(2000))


def test_a_question_keeps_its_lot_whatever_is_asked_beside_it() -> None:
    chosen = share(IDS, 0.5, seed=1)
    assert share(IDS[::2], 0.5, seed=1) == tuple(id_ for id_ in IDS[::2] if id_ in set(chosen))


def test_all_are_asked_at_1_and_none_at_0() -> None:
    assert share(IDS, 1.0, seed=1) == IDS
    assert share(IDS, 0.0, seed=1) == ()


def test_a_larger_share_only_adds() -> None:
    assert set(share(IDS, 0.3, seed=1)) < set(share(IDS, 0.6, seed=1))


def test_about_the_share_is_drawn_and_another_seed_draws_others() -> None:
    assert abs(len(share(IDS, 0.3, seed=1)) - 600) < 80
    assert share(IDS, 0.3, seed=1) != share(IDS, 0.3, seed=2)


def test_the_overlap_does_not_depend_on_who_is_asked() -> None:
    asked = share(IDS, 0.5, seed=1)
    assert abs(len(overlap(asked, 0.2, seed=1)) - 200) < 50
    assert set(overlap(asked, 0.2, seed=1)) == set(overlap(IDS, 0.2, seed=1)) & set(asked)

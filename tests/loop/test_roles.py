"""A role is given by lot, once, and never takes the last examples of a class from training."""

from __future__ import annotations

import pytest

from loop.records import Label, Role
from loop.roles import TRAIN_FIRST, assign_roles

MANY = {f"{number:016x}": f"label {number % 4}" for number in range(2000)}


@pytest.mark.parametrize("share", [0.1, 0.15, 0.5])
def test_about_the_wanted_share_goes_to_dev(share: float) -> None:
    roles = assign_roles(MANY, known=(), share=share)
    dev = sum(role is Role.DEV for role in roles.values())
    assert abs(dev / len(MANY) - share) < 0.03


def test_order_of_arrival_does_not_matter() -> None:
    backwards = dict(reversed(MANY.items()))
    assert assign_roles(MANY, known=(), share=0.2) == assign_roles(backwards, known=(), share=0.2)


def test_a_class_first_fills_training() -> None:
    few = {f"{number:016x}": f"label {number}" for number in range(200)}
    assert set(assign_roles(few, known=(), share=0.5).values()) == {Role.TRAIN}
    known = [
        Label(f"k{name}{copy}", name, Role.TRAIN, "seed", None, 0, None)
        for name in set(few.values())
        for copy in range(TRAIN_FIRST)
    ]
    assert Role.DEV in assign_roles(few, known=known, share=0.5).values()

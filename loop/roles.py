"""What a label of the seed is used for: training, or dev. In later rounds dev examples are drawn at random.

A role is given once and kept for ever: a dev example that was trained on later would no longer measure anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from loop.random_keys import random_key
from loop.records import Label, Role

TRAIN_FIRST = 2
"""A class gives nothing to dev before so many of its examples are for training."""


def assign_roles(new: Mapping[str, str], *, known: Iterable[Label], share: float) -> dict[str, Role]:
    """Example id → label, all new; returns id → TRAIN or DEV, about `share` (0..0.5) of them DEV.

    The random key of an example depends on its id alone, so that the order in which answers came does not matter.
    """
    trained = Counter(label.label for label in known if label.role is Role.TRAIN)
    roles: dict[str, Role] = {}
    for id_ in sorted(new, key=_key):
        wanted = _key(id_) >= 1 - share
        roles[id_] = Role.DEV if wanted and trained[new[id_]] >= TRAIN_FIRST else Role.TRAIN
        trained[new[id_]] += roles[id_] is Role.TRAIN
    return roles


def _key(example_id: str) -> float:
    return random_key(example_id, salt=b"role")

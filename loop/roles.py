"""What a label of the seed is used for: training, or dev. In later rounds dev examples are drawn at random.

A role is given once and kept for ever: a dev example that was trained on later would no longer measure anything.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

from loop.records import Label, Role

TRAIN_FIRST = 2
"""A class gives nothing to dev before so many of its examples are for training."""


def assign_roles(new: Mapping[str, str], *, known: Iterable[Label], share: float) -> dict[str, Role]:
    """Example id → label, all new; returns id → TRAIN or DEV, about `share` (0..0.5) of them DEV.

    The lot of an example depends on its id alone, so that the order in which answers came does not matter.
    """
    trained = Counter(label.label for label in known if label.role is Role.TRAIN)
    roles: dict[str, Role] = {}
    for id_ in sorted(new, key=_lot):
        wanted = _lot(id_) >= 1 - share
        roles[id_] = Role.DEV if wanted and trained[new[id_]] >= TRAIN_FIRST else Role.TRAIN
        trained[new[id_]] += roles[id_] is Role.TRAIN
    return roles


def _lot(example_id: str) -> float:
    """A number in 0..1, as good as random."""
    return int.from_bytes(hashlib.blake2b(example_id.encode(), digest_size=8, salt=b"role").digest()) / 2**64

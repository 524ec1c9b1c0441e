"""What the folders of a project's artifacts are called; no other module spells these names.

pool, retention, partition        made once
embeddings/…, label_texts/…, tokens/…   made once for each encoder
rounds/003/train                  what a step of a round left
rounds/003/portion-000040         picks that were chosen while people answered, the first of them at this position
rounds/003/bundle                 the round's record
"""

from __future__ import annotations

POOL, RETENTION, PARTITION = "pool", "retention", "partition"
BUNDLE = "bundle"
"""Of a round: its record."""
ROUNDS = "rounds/"


def artifact(round_: int, step: str) -> str:
    """What a step of a round left."""
    return f"{ROUNDS}{round_:03d}/{step}"


def portion(round_: int, first: int) -> str:
    """Picks that were chosen while people answered; first: the position of the first of them."""
    return artifact(round_, f"portion-{first:06d}")


def is_portion(name: str, round_: int) -> bool:
    """Whether it is a portion of this round."""
    return name.startswith(artifact(round_, "portion-"))


def is_of_step(name: str, *steps: str) -> bool:
    """Whether one of these steps of some round left it."""
    return name.startswith(ROUNDS) and name.rsplit("/", 1)[-1] in steps

"""`weakspot` on projects of models that write, in processes that die where they are told to; people answer on paper.

    python crashing_writers.py run,arguments DIR DIR ...      each DIR: a project; DIR-out: its plan, events and hits

One process imports once and forks for every project and every life of it (see crashing.py).
"""

from __future__ import annotations

import gc
import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))  # before the tests, for tests/loop is not the package of that name

import crashing
import paper_labeler
import transformers
from paper_labeler import Crowd, Paper

import loop.models.generation.reward
import loop.models.generation.trl_runner
from loop import registry

HEAVY = ("rouge_score.rouge_scorer", "sacrebleu", "scipy.stats", "sklearn.linear_model", "loop.models.encoder")
"""What a round loads when it needs it, and every life would load anew."""


def watch(stage: crashing.Stage) -> None:
    """The seams to disk and ledger as ever, checkpoints of tuning, and paper in place of a server."""
    watch_as_ever(stage)
    crashing._wrap(stage, transformers.Trainer, "_save_checkpoint", "save checkpoint")
    # Its last file, by which a whole one is known, is written after this.
    crashing._wrap(stage, transformers.Trainer, "_save_rng_state", "save part of checkpoint")
    crashing._wrap(stage, loop.models.generation.trl_runner, "save_folder", "save model")
    for name in ("send", "collect"):
        crashing._wrap(stage, Paper, name, f"paper {name}")
    crashing._wrap(stage, Crowd, "work", "answer")


watch_as_ever = crashing.watch

if __name__ == "__main__":
    paper_labeler.put_on_menu(registry.MENU)
    crashing.watch = watch
    for name in HEAVY:
        importlib.import_module(name)
    gc.freeze()  # what was imported is no garbage: each step looks for some
    for root in sys.argv[2:]:
        words = [*sys.argv[1].split(","), "--project", root]
        if status := crashing._until_done(Path(f"{root}-out"), words):
            sys.exit(status)

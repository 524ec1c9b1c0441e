"""Single-label text classification: one text, one label out of a fixed set.

learning   train         scoring    score      settling    settle
judging    evaluate      mapping    map        questions   what experts see of a pick
gating     gate          asking     select     serving     guesses, export, what simulated experts know
                         portions   the rest of the batch, chosen while people answer
"""

from __future__ import annotations

from loop.rounds.task import Task
from loop.tasks.classification import (
    asking,
    gating,
    judging,
    learning,
    mapping,
    portions,
    questions,
    scoring,
    serving,
    settling,
)

TASK = Task(
    name="classification",
    steps={
        "train": learning.train,
        "evaluate": judging.evaluate,
        "gate": gating.gate,
        "score": scoring.score,
        "map": mapping.map_spots,
        "select": asking.select,
        "settle": settling.settle,
    },
    questions=questions.questions,
    experts=serving.knowledge,
    predict=serving.predict,
    export=serving.export,
    model=serving.model,
    more=portions.more,
)

"""Single-label text classification: one text, one label out of a fixed set.

learning   train                       questions   what experts see of a pick
judging    evaluate, gate              settling    settle
looking    score, map, select          serving     the champion's guesses, its export, what simulated experts know
"""

from __future__ import annotations

from loop.rounds.task import Task
from loop.tasks.classification import judging, learning, looking, questions, serving, settling

TASK = Task(
    name="classification",
    steps={
        "train": learning.train,
        "evaluate": judging.evaluate,
        "gate": judging.gate,
        "score": looking.score,
        "map": looking.map_spots,
        "select": looking.select,
        "settle": settling.settle,
    },
    questions=questions.questions,
    experts=serving.knowledge,
    predict=serving.predict,
    export=serving.export,
    model=serving.model,
)

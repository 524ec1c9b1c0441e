"""Single-label text classification: one text, one label out of a fixed set.

train, evaluate, gate, score, map, select, settle   the steps, each in the module of its name
portions     the rest of a batch, selected while people answer
questions    what annotators see of a pick          predict     predictions for a file, export, simulated annotators
retention    what a model must not forget           proxy       the head beside a tuned model
"""

from __future__ import annotations

from loop.rounds.task import Task
from loop.tasks.classification import evaluate, gate, portions, predict, questions, score, select, settle, train
from loop.tasks.classification.map import map_spots

TASK = Task(
    name="classification",
    steps={
        "train": train.train,
        "evaluate": evaluate.evaluate,
        "gate": gate.gate,
        "score": score.score,
        "map": map_spots,
        "select": select.select,
        "settle": settle.settle,
    },
    questions=questions.questions,
    experts=predict.knowledge,
    predict=predict.predict,
    export=predict.export,
    model=predict.model,
    more=portions.more,
    left=portions.left,
)

"""Text generation: prompts in, answers out; people compare, rank, rate or correct them.

train, evaluate, gate, score, map, select, settle   the steps, each in the module of its name
models       a round's model, opened                answers      what was generated, as files
references   reference answers, checks, columns     candidates   which answers may be compared
audit        the random part of a batch             win_rate     what audit questions measure
questions    what annotators see of a pick          auto_answers answers made without a person
predict      answers to a file, export, simulated annotators     card   the card of an exported model
"""

from __future__ import annotations

from loop.rounds.task import Task
from loop.tasks.generation import auto_answers, evaluate, gate, predict, questions, score, select, settle, train
from loop.tasks.generation.map import map_spots

TASK = Task(
    name="generation",
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
    answers=auto_answers.answers,
)

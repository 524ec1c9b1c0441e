"""Models that write: prompts in, answers out; people compare, rank, mark or mend them.

learning    train                               models      a round's model, opened
judging     evaluate                            answers     what was written, as files
gating      gate                                truths      references, checks, columns
scoring     score    mapping  map               questions   what people see of a pick
asking      select    auditing  its random part    candidates  which answers may be compared
settling    settle                              winning     what audit questions measure; opinions
serving     answers to a file, export, what simulated experts know; deputies: the judge's answers
card        what an exported model's card tells of it
"""

from __future__ import annotations

from loop.rounds.task import Task
from loop.tasks.generation import (
    asking,
    deputies,
    gating,
    judging,
    learning,
    mapping,
    questions,
    scoring,
    serving,
    settling,
)

TASK = Task(
    name="generation",
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
    answers=deputies.answers,
)

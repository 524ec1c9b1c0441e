"""The nouns that travel between modules: frozen dataclasses of plain values and arrays.

    Example ─► Predictions ─► Spot ─► Pick ─► Question ─► Annotation ─► Label | Preference
           └─► Generation             └─► Measurement ─► Verdict

examples    what the data holds          questions   what people are asked
figures     what models say, how good    answers     what people say, what is believed of it
texts       chats and what models write  honesty     estimates, the gate's evidence, lives of spots, forecasts
arrays      types

Arrays always travel with the ids of the examples they speak of: never a bare position.
Times are ISO 8601 strings in UTC. "Unknown" is None or a named state, never 0 and never a missing row.
"""

from loop.records.answers import UNKNOWN, Annotation, AnswerState, Collected, Label, Preference
from loop.records.arrays import FloatArray, IntArray
from loop.records.examples import Example, LabelSet, LabelTexts, Role, Split
from loop.records.honesty import (
    Audited,
    Estimate,
    Evidence,
    Forecast,
    FoundSlice,
    Leak,
    SliceComparison,
    SpotLife,
    Verdict,
    Veto,
)
from loop.records.measurements import Comparison, Measurement, Predictions, Spot
from loop.records.questions import Form, Neighbour, Pick, PickKind, Question, Receipt, SentTask, question_id
from loop.records.texts import Candidate, Chat, Generation, Message

__all__ = [
    "UNKNOWN",
    "Annotation",
    "AnswerState",
    "Audited",
    "Candidate",
    "Chat",
    "Collected",
    "Comparison",
    "Estimate",
    "Evidence",
    "Example",
    "FloatArray",
    "Forecast",
    "Form",
    "FoundSlice",
    "Generation",
    "IntArray",
    "Label",
    "LabelSet",
    "LabelTexts",
    "Leak",
    "Measurement",
    "Message",
    "Neighbour",
    "Pick",
    "PickKind",
    "Predictions",
    "Preference",
    "Question",
    "Receipt",
    "Role",
    "SentTask",
    "SliceComparison",
    "Split",
    "Spot",
    "SpotLife",
    "Verdict",
    "Veto",
    "question_id",
]

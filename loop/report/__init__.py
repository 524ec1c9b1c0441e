"""Ledger and artifacts → the figures people see, computed here once for the command line and the dashboard.

    view      an open project, read-only
    rounds    one line per round: error rate with interval, decision, labels, seconds
    confusion which labels are taken for which
    calibration  how far confidences can be trusted, which answers may be accepted unseen
    standing  where the project stands and what to do next
    spots     weak spots over rounds, their lives, the slices beside them, and the map
    questions the label queue, and who answered
    gate      every decision on the champion, and all models measured anew on the same answers
    plan      what the next answers would bring and cost (loop.report.plan)
    health    signs of life, room, the steps of the newest rounds
    examples  everything about one example            differing  what changed between two rounds
    lift      whether picking paid against random, and how far the cheap proxy agrees with the tuned model
    labels    what says what each label means, and how many answers it has
    leaks     texts not learned from because they measure the model, beside their twins
    writing   of models that write: win rates, trends, who answered, which doubt helps
    compared  of models that write: two rounds' answers side by side, what people were asked to compare

Nothing here writes.
"""

from loop.report.calibration import Calibration, calibration
from loop.report.confusion import confusions
from loop.report.diff import Change, Difference, diff
from loop.report.examples import ExampleHistory, Guess, explain
from loop.report.gate import Gate, gate, measured_anew
from loop.report.generation import (
    AnnotatorQualities,
    AnnotatorQuality,
    Doubts,
    TrainingData,
    Trend,
    WinRate,
    doubts,
    learnt,
    raters,
    trends,
    win_rates,
)
from loop.report.health import Health, Liveness, health, pulse, timeline
from loop.report.label_queue import Annotator, QuestionRow, annotators, questions
from loop.report.labels import LabelList, LabelRow, labels
from loop.report.leaks import DuplicatePair, LeakCounts, LeakFigures, leak_counts, leaks
from loop.report.lift import (
    Lift,
    ProxyCheck,
    comparison_in_words,
    lift,
    lift_in_words,
    passed_over_in_words,
    proxy_check,
    proxy_in_words,
    verdict_in_words,
)
from loop.report.rounds import Report, RoundFigures, details, report
from loop.report.side_by_side import Belief, PairQuestion, Voice, Written, duels, side_by_side
from loop.report.spots import (
    MapPoints,
    SpotTrend,
    found_slices,
    life_rounds,
    map_points,
    regions,
    spot_alerts,
    spot_edits,
    spot_trends,
)
from loop.report.status import Status, standing
from loop.report.view import View, stamp, view

__all__ = [
    "Annotator",
    "AnnotatorQualities",
    "AnnotatorQuality",
    "Belief",
    "Calibration",
    "Change",
    "Difference",
    "Doubts",
    "DuplicatePair",
    "ExampleHistory",
    "Gate",
    "Guess",
    "Health",
    "LabelList",
    "LabelRow",
    "LeakCounts",
    "LeakFigures",
    "Lift",
    "Liveness",
    "MapPoints",
    "PairQuestion",
    "ProxyCheck",
    "QuestionRow",
    "Report",
    "RoundFigures",
    "SpotTrend",
    "Status",
    "TrainingData",
    "Trend",
    "View",
    "Voice",
    "WinRate",
    "Written",
    "annotators",
    "calibration",
    "comparison_in_words",
    "confusions",
    "details",
    "diff",
    "doubts",
    "duels",
    "explain",
    "found_slices",
    "gate",
    "health",
    "labels",
    "leak_counts",
    "leaks",
    "learnt",
    "life_rounds",
    "lift",
    "lift_in_words",
    "map_points",
    "measured_anew",
    "passed_over_in_words",
    "proxy_check",
    "proxy_in_words",
    "pulse",
    "questions",
    "raters",
    "regions",
    "report",
    "side_by_side",
    "spot_alerts",
    "spot_edits",
    "spot_trends",
    "stamp",
    "standing",
    "timeline",
    "trends",
    "verdict_in_words",
    "view",
    "win_rates",
]

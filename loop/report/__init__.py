"""Ledger and artifacts → the figures people see, computed here once for the command line and the dashboard.

    view      an open project, read-only
    rounds    one line per round: error rate with interval, decision, labels, seconds
    confusion which labels are taken for which
    standing  where the project stands and what to do next
    spots     weak spots over rounds, and the map
    questions the label queue, and who answered
    health    signs of life, room, the steps of the newest rounds
    examples  everything about one example; what changed between two rounds

Nothing here writes.
"""

from loop.report.confusion import confusions
from loop.report.examples import Difference, Story, diff, explain
from loop.report.health import Health, Pulse, health, pulse, timeline
from loop.report.questions import Annotator, QuestionRow, annotators, questions
from loop.report.rounds import Report, RoundFigures, details, report
from loop.report.spots import MapPoints, SpotTrend, map_points, spot_trends
from loop.report.standing import Standing, standing
from loop.report.view import View, view

__all__ = [
    "Annotator",
    "Difference",
    "Health",
    "MapPoints",
    "Pulse",
    "QuestionRow",
    "Report",
    "RoundFigures",
    "SpotTrend",
    "Standing",
    "Story",
    "View",
    "annotators",
    "confusions",
    "details",
    "diff",
    "explain",
    "health",
    "map_points",
    "pulse",
    "questions",
    "report",
    "spot_trends",
    "standing",
    "timeline",
    "view",
]

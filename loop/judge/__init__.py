"""A model as one more annotator, with errors of its own: it may be asked, it is never believed outright.

    questions ─► share ─► prompts (each question in two orders) ─► Generator ─► reading ─► certainty ─► Annotations
                                                                                             │
       people answer as well ◄── doubtful (it was unsure, or unreadable) ◄───────────────────┤
       people answer as well ◄── overlap (drawn at random: how far can it be trusted) ◄──────┘

judge      Judge: questions → Judgments → Annotations     reading    its words → a label, or None; never a guess
prompts    question → chats; what is judged is data       certainty  how much two askings agree
lots       which questions it is asked, and people too

Its certainty says how firm it is, not how right: that is for the consensus, from the questions of `overlap`.
Nothing here reaches the network but through the Generator that is handed in.
"""

from loop.judge.judge import Judge
from loop.judge.judgment import Judgment, Spent
from loop.judge.lots import doubtful, overlap, share

__all__ = ["Judge", "Judgment", "Spent", "doubtful", "overlap", "share"]

"""What several people's comparisons come to: beliefs with a certainty, and how far each annotator can be trusted.

    pairs, rankings, ratings ─► Judgements ─┬─► annotators: reliability by EM ─► evidence of each pair ─┐
                                            │            scores of the prompt's other pairs ────────────┴─► Beliefs
                                            └─► cycles, position bias, agreement                            │
                                                                                              to_pairs ◄────┘

Pure. A judge (a model that answers) is one more annotator. Nothing depends on the order of the judgements.

Why not a library. choix 0.4.1 fits Bradley–Terry and Plackett–Luce, without ties and without annotators. crowd-kit
1.4.2 has NoisyBradleyTerry (CrowdBT: annotators, no ties, one pool of items where each prompt here has two to nine of
its own) and DawidSkene (annotators and a tie as a third label, but its "left" and "right" errors differ, so that
renaming two answers changes the result, and it has no prior for the few answers a round brings); it imports nltk and
transformers. None has all three: ties, annotators, small prompts. So the EM is our own, and the tests hold it against
both where they do the same.
"""

from loop.consensus.agreement import Agreement, krippendorff
from loop.consensus.annotators import JUDGES, PEOPLE, Annotator, Prior
from loop.consensus.beliefs import Belief, Consensus, PreferencePair, consensus, to_pairs
from loop.consensus.cycles import Cycle
from loop.consensus.judgements import Judgement, Outcome, from_ranking, from_ratings
from loop.consensus.position import PositionBias

__all__ = [
    "JUDGES",
    "PEOPLE",
    "Agreement",
    "Annotator",
    "Belief",
    "Consensus",
    "Cycle",
    "Judgement",
    "Outcome",
    "PositionBias",
    "PreferencePair",
    "Prior",
    "consensus",
    "from_ranking",
    "from_ratings",
    "krippendorff",
    "to_pairs",
]

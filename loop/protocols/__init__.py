"""The seams: what a part must do to stand in the menu of `loop.registry`. One or two methods each, no base class.

models     Encoder      texts → frozen embeddings                    loop.models
           Trainer      labelled examples → a checkpoint folder      loop.models
           Classifier   texts → probabilities                        loop.models
           Recipe       labelled rows → probabilities for all rows   loop.models.recipes
measures   Strategy     PoolView → which rows to ask (pure)          loop.selection
           Uncertainty  probabilities → how unsure (pure)            loop.selection
           Metric       predictions and truth → one figure (pure)    loop.evaluation
           Estimator    random answers → the pool's error rate (pure) loop.evaluation
texts      Generator    prompts → answers                            loop.models.generation
           LikelihoodScorer prompts, answers → how likely            loop.models.generation
           RewardModel  prompts, answers → marks                     loop.models.generation
           WritingTrainer  demonstrations, pairs → a model folder    loop.models.generation
           Signal       what was written → how doubtful (pure)       loop.selection
           PairStrategy PairView → which answers to compare (pure)   loop.selection
labeling   Labeler      questions → a labeling tool → annotations    labeling
           Experts      who answers: people, or simulated ones       labeling
"""

from loop.protocols.labeling import Experts, Labeler
from loop.protocols.measures import Choice, Estimator, Metric, PoolView, Strategy, Uncertainty
from loop.protocols.models import (
    Chosen,
    Classifier,
    EmbeddedLabels,
    Encoder,
    FrozenTexts,
    Progress,
    Recipe,
    Scores,
    Trainer,
    TrainingReport,
    TrainingSet,
    Unlabelled,
)
from loop.protocols.texts import (
    Demonstration,
    Generator,
    Likelihoods,
    LikelihoodScorer,
    Pair,
    PairChoice,
    PairStrategy,
    PairView,
    RewardModel,
    Sampling,
    Signal,
    WritingData,
    WritingReport,
    WritingTrainer,
    Written,
)

__all__ = [
    "Choice",
    "Chosen",
    "Classifier",
    "Demonstration",
    "EmbeddedLabels",
    "Encoder",
    "Estimator",
    "Experts",
    "FrozenTexts",
    "Generator",
    "Labeler",
    "LikelihoodScorer",
    "Likelihoods",
    "Metric",
    "Pair",
    "PairChoice",
    "PairStrategy",
    "PairView",
    "PoolView",
    "Progress",
    "Recipe",
    "RewardModel",
    "Sampling",
    "Scores",
    "Signal",
    "Strategy",
    "Trainer",
    "TrainingReport",
    "TrainingSet",
    "Uncertainty",
    "Unlabelled",
    "WritingData",
    "WritingReport",
    "WritingTrainer",
    "Written",
]

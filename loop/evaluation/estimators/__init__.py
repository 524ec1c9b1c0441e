"""The error rate of a whole population from a few answers whose chances of being asked are known.

    Audited ─┬─► plain        weights alone, no model
             ├─► stratified   the model's doubt makes strata; the default
             └─► ppi          the model's doubt predicts the errors, the answers correct it (PPI++)
    answers in the order they were asked ─► lure   for the benchmark: our audit is not drawn one by one
    two Estimates ─► combine

All estimate the error rate on fresh examples of the same kind, not of the reserve alone: the reserve is itself a
sample. All intervals are Wilson's at the effective number of answers (effective).
"""

from loop.evaluation.estimators.combined import combine
from loop.evaluation.estimators.lure import lure
from loop.evaluation.estimators.plain import plain
from loop.evaluation.estimators.ppi import ppi
from loop.evaluation.estimators.stratified import stratified

__all__ = ["combine", "lure", "plain", "ppi", "stratified"]

"""Example phrases of labels, beside the data: which of them measure the model, and new ones from a model that is asked.

leaks      phrases that are twins of gold, audit or dev texts: not trained on, and none like them is suggested
requests   label ─► what an endpoint is asked; its reply ─► lines
screening  lines ─► phrases that may stand in weakspot.yaml, and how many were dropped for which reason
"""

from loop.phrases.leaks import MeasuringTexts, PhraseLeak, leaking, measuring_texts

__all__ = ["MeasuringTexts", "PhraseLeak", "leaking", "measuring_texts"]

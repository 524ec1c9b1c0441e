"""How good a model is, with its uncertainty; pure functions of arrays.

predictions + truth ─► metrics ─► intervals ─► Measurements          measure
champion + challenger + truth ─► paired test ─► Comparison           compare, paired
Comparisons of the whole and its parts ─► Evidence ─► Verdict        watching, looks, power, gate, reasons
"""

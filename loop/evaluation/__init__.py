"""How good a model is, with its uncertainty; pure functions of arrays.

predictions + truth ─► metrics ─► intervals ─► Measurements          measure
champion + challenger + truth ─► paired test ─► Comparison ─► Verdict  compare, gate
"""

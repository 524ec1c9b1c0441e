"""What the next answers would bring and cost, and when it is enough. Pure, but for `seen`, which reads the ledger.

seen       ledger ─► points of the learning curve, what people spent, which answers wait for a model
curve      points ─► curves drawn by how well they fit ─► the error rate to expect
cost       seconds of answers ─► pace ─► hours and money of a batch
stopping   target, gain, stability, budget: whether a rule holds, and why, in words
score      forecasts and what came ─► how good the forecasts were
outlook    all of it together: the forecast, the rules, the record
"""

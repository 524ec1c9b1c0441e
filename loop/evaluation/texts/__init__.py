"""How good written answers are, with uncertainty; pure functions of texts and numbers.

answers + references ─► metrics ┐
answers + checks ───────────────┴► measure ─► Measurements, wrong or right
wins, ties, losses ─► winning ─► win rate, corrected by what people said
answers + source or samples ─► hallucination ─► how unsupported, how well that is told
"""

"""What to ask next, and where the model is weak; pure functions of arrays, no model in sight.

embeddings ─► spots: a lasting partition, names, error estimates
PoolView ─► strategy ─► Choice ─► budget: audit, blind and weak picks with reasons ─► Picks
PairView ─► pair strategy ─► PairChoice: which two answers to which prompts
"""

"""One folder per task type: what the steps of a round do for it. Elsewhere nobody asks which task it is."""

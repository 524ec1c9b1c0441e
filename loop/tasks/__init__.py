"""One file per task type: what a label is, which figures fit, which page people see. Elsewhere nobody asks which."""

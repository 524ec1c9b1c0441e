"""Models that write: answering, weighing, tuning."""

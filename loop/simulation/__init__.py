"""Rounds replayed on labelled data before anyone labels: which set-up needs the fewest answers."""

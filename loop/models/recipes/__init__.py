"""Recipes: labelled rows of frozen embeddings → probabilities for every row. Importing one brings no torch."""

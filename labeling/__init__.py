"""The wing to the people: questions go to a labeling tool, annotations come back."""

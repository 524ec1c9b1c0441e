"""The page Weak spots."""

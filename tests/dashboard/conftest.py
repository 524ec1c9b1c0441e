"""The fixtures of the dashboard tests; what makes them stands in made_stores.py."""

from made_stores import draw, older, stores

__all__ = ["draw", "older", "stores"]

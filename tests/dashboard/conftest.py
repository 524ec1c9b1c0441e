"""The fixtures of the dashboard tests; what makes them stands in made_stores.py."""

from made_stores import draw, older, scanned_once, stores

__all__ = ["draw", "older", "scanned_once", "stores"]

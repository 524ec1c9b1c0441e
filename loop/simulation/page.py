"""A Summary → one HTML page."""

from __future__ import annotations

from html import escape

from loop.simulation.summary import Summary


def page(summary: Summary) -> str:
    """The page as text, with everything from data escaped."""
    return f"<!doctype html><title>{escape(summary.file)}</title><p>{escape(summary.advice.headline)}</p>\n"

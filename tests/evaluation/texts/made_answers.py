"""Answers made by hand."""

from __future__ import annotations

from loop.records import Generation


def written(text: str, *, finished: bool = True) -> Generation:
    return Generation(text, len(text.split()) + 1, -1.0, 0.1, 0.5, finished)

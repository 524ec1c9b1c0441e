"""How well words stand out from what they stand on: WCAG 2.2, relative luminance and contrast ratio."""

from __future__ import annotations

from collections.abc import Sequence

ENOUGH = 4.5
"""Contrast (minimum), for text of usual size."""


def contrast(one: Sequence[float], other: Sequence[float]) -> float:
    """1 to 21; colours as red, green, blue from 0 to 255."""
    low, high = sorted(_luminance(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def of_hex(colour: str) -> list[float]:
    """'#2458C5' as red, green, blue."""
    return [float(int(colour[place : place + 2], 16)) for place in (1, 3, 5)]


def _luminance(colour: Sequence[float]) -> float:
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

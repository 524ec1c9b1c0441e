"""Strategies made of strategies: each takes one and gives one, with a narrower or cleaner view of the pool.

    subsampled(most, portion)   candidates in the order of their ids, at most so many of a huge pool
    rare_classes                neighbours of what few labels are known of
    without_near_duplicates     nothing twice

>>> balanced = rare_classes(without_near_duplicates(margin))    # doctest: +SKIP
"""

from loop.selection.wrappers.near_duplicates import without_near_duplicates
from loop.selection.wrappers.rare_classes import rare_classes
from loop.selection.wrappers.subsampling import subsampled

__all__ = ["rare_classes", "subsampled", "without_near_duplicates"]

"""The type of the `table` fixture: writes rows as CSV and gives the path."""

from collections.abc import Callable
from pathlib import Path

Table = Callable[..., Path]

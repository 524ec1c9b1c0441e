"""JSON of others → values, within limits: whatever is wrong with it is a ValueError with a reason in a few words.

    parse(text) ─► value        deeper than DEPTH, a number of thousands of digits, no JSON ─► ValueError("...")

`json.loads` alone raises RecursionError for deep nesting and hands over nesting at which later steps fail.
"""

from __future__ import annotations

import json
from typing import Any

DEPTH = 64
"""Lists and objects in each other; tables and answers of servers have about ten."""


def parse(text: str | bytes, *, depth: int = DEPTH) -> Any:
    """The value that a JSON text spells. Raises ValueError, whose text says what is wrong and where."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as fault:
        raise ValueError(f"{fault.msg} in line {fault.lineno}, column {fault.colno}") from fault
    except RecursionError:
        raise ValueError(f"nested more than {depth} deep") from None
    except UnicodeDecodeError as fault:
        raise ValueError(f"not UTF-8 at byte {fault.start}") from fault
    except ValueError as fault:
        # Python refuses to convert numbers of more than some thousands of digits.
        raise ValueError("a number of too many digits") from fault
    if _deeper(value, depth):
        raise ValueError(f"nested more than {depth} deep")
    return value


def _deeper(value: Any, depth: int) -> bool:
    """Level by level, so that no depth can overflow the stack."""
    level = [value]
    for _ in range(depth + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True

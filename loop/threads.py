"""How the threads of torch wait for each other: briefly at work, then asleep.

OpenMP's threads wait by spinning. That costs nothing on an idle machine, and a factor of four where anything runs
beside it: a browser, the labeling server, another round. `tests/benchmarks/bench_waiting.py` measures both.
"""

from __future__ import annotations

import os

WAITING = {"GOMP_SPINCOUNT": "3000"}
"""Variables of the environment that libgomp, which torch brings, reads once when it is loaded."""
SETTINGS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


def wait_asleep() -> None:
    """Call it before torch is loaded. A user's own setting stays; processes that are begun from here inherit it."""
    if not any(name in os.environ for name in SETTINGS):
        os.environ.update(WAITING)

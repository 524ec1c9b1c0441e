"""Random, but from every region its share.

candidates shuffled within their spots, spots side by side ─► every n/b-th of them from a random start ─► rows

Systematic sampling: each candidate has the same chance b/n, and each spot gets its share of the batch to within one.
Neyman 1934, On the two different aspects of the representative method; Madow 1949, On the theory of systematic
sampling.
"""

from __future__ import annotations

import numpy as np

from loop.protocols import Choice, PoolView
from loop.selection.strategies.ranking import unscored
from loop.selection.wrappers.subsampling import subsampled

ANY = 10**9


@subsampled(most=ANY, portion=ANY)
def stratified(view: PoolView, *, budget: int, rng: np.random.Generator) -> Choice:
    """At random, with a fair share from every region of the data.

    No scores; works before the first model. Each candidate is as likely as any other.
    """
    n = len(view.ids)
    count = min(budget, n)
    if count == 0:
        return unscored(np.empty(0, dtype=np.int64))
    side_by_side = np.lexsort((rng.random(n), view.spots))
    places = np.floor((rng.random() + np.arange(count)) * (n / count)).astype(np.int64)
    return unscored(rng.permutation(side_by_side[np.minimum(places, n - 1)]))

"""Alpha spending: looking every round, for ever, at the same gold examples.

A test at 5 % looked at in each of ten rounds cries "better" in one project of four although nothing changed. So the 5 %
are spent in parts, one a look: part k is alpha x (1 / sqrt(k) - 1 / sqrt(k + 1)). The parts of all looks add up to
alpha, whenever one stops, and the chance of any false "better" is at most their sum whatever binds the looks together
(Bonferroni's inequality): the same examples, a champion chosen on them, labels that overlap. No other assumption is
needed, which is why this is used and not a group-sequential boundary (Lan and DeMets 1983): those rest on increments
that are independent, and here the same answers are looked at again.

    look                        1      2      3      5      10      20
    this, alpha = 0.05     0.0146 0.0065 0.0039 0.0019 0.00073 0.00027
    0.05 x 6 / (pi^2 k^2)  0.0304 0.0076 0.0034 0.0012 0.00030 0.00008

Among all that add up to alpha it falls slowly: first looks need little, because the gain of a first batch is large,
and from the third look on more is left than by 1 / k^2, where gains are small and every bit of power counts.
"""

from __future__ import annotations

from math import sqrt

from loop.errors import DataError


def spent(alpha: float, look: int) -> float:
    """The two-sided level of one look, above 0; look 1, 2, ... Raises DataError for another look.

    alpha: of all looks together, 0..1.
    """
    if look < 1:
        raise DataError(f"look {look} of the gate", wanted="1 for the first, 2 for the next")
    return alpha * (1 / sqrt(look) - 1 / sqrt(look + 1))

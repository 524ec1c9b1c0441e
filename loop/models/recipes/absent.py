"""Classes without a label: never the answer, and no more than a small prior wherever the text lies.

    logit of an absent class = mean of the logits of the present ones - penalty

The mean is never above the largest, so that such a class wins nowhere, and a linear layer stays one. With p present and
a absent classes the absent ones together have at most a exp(-penalty) / p, since the exponentials of p logits sum to at
least p times that of their mean (Jensen): the penalty makes that 1 in n + 1 (Laplace's rule of succession).
"""

from __future__ import annotations

import numpy as np

from loop.records import FloatArray, IntArray


def penalty(n: int, *, present: int, classes: int) -> float:
    """What n labels of `present` classes take from the logit of every other class, 0 or more."""
    missing = classes - present
    return max(float(np.log(missing * (n + 1) / present)), 0.0) if missing else 0.0


def widened(narrow: FloatArray, present: IntArray, classes: int, *, penalty: float = 0.0) -> FloatArray:
    """(n, present) weights, biases or logits → (n, classes): the mean less the penalty in the other columns."""
    rest = narrow.mean(axis=1, keepdims=True) - np.float32(penalty)
    found = np.repeat(np.asarray(rest, narrow.dtype), classes, axis=1)
    found[:, present] = narrow
    return found

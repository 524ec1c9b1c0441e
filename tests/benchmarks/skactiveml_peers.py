"""For bench_default: scikit-activeml's query strategies on the same embeddings, with the same head.

    asked rows, our fitted head as its classifier ─► their query, as they document it ─► rows

Their defaults but for what they leave to the user: ProbCover is told the number of classes, the kernel of MaxHerding
is exp(-|a - b|²), for theirs is flat on rows of length 1. They see the head as it is, and fit no other.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from skactiveml import pool as theirs
from skactiveml.base import SkactivemlClassifier

from loop.records import FloatArray, IntArray

Says = Callable[[FloatArray], FloatArray]
"""(n, d) embeddings → (n, k) probabilities."""
PEERS: dict[str, Callable[[int, int], Any]] = {
    "theirs_margin": lambda seed, _: theirs.UncertaintySampling("margin_sampling", random_state=seed),
    "theirs_entropy": lambda seed, _: theirs.UncertaintySampling("entropy", random_state=seed),
    "theirs_badge": lambda seed, _: theirs.Badge(random_state=seed),
    "theirs_clue": lambda seed, _: theirs.Clue(random_state=seed),
    "theirs_contrastive": lambda seed, _: theirs.ContrastiveAL(random_state=seed),
    "theirs_drop_query": lambda seed, _: theirs.DropQuery(random_state=seed),
    "theirs_falcun": lambda seed, _: theirs.Falcun(random_state=seed),
    "theirs_core_set": lambda seed, _: theirs.CoreSet(random_state=seed),
    "theirs_typiclust": lambda seed, _: theirs.TypiClust(random_state=seed),
    "theirs_prob_cover": lambda seed, classes: theirs.ProbCover(classes, random_state=seed),
    "theirs_max_herding": lambda seed, _: theirs.MaxHerding(metric_dict={"gamma": 1.0}, random_state=seed),
}
"""Name → seed and number of classes → query strategy."""


class Peer:
    """One of PEERS during one curve: ProbCover keeps its radius from the first batch on."""

    def __init__(self, name: str, *, seed: int, classes: int) -> None:
        self._query = PEERS[name](seed, classes)
        self._model = next((key for key in ("clf", "estimator") if key in _asks(self._query)), None)
        self._classes = classes

    @property
    def starts(self) -> bool:
        """Whether it picks without a model; one that does not starts as ours do."""
        return self._model is None

    def __call__(
        self, rows: FloatArray, answers: IntArray, asked: IntArray, says: Says | None, *, batch: int
    ) -> IntArray:
        """Which of `rows`, all of the pool, it asks next. answers: of all; only those of `asked` are shown to it."""
        known = np.full(len(rows), np.nan)
        known[asked] = answers[asked]
        more = {}
        if self._model is not None:
            more = {self._model: Shown(says, classes=list(range(self._classes))), f"fit_{self._model}": False}
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The maximum purity")
            return np.asarray(self._query.query(rows, known, batch_size=batch, **more))


class Shown(SkactivemlClassifier):  # type: ignore[misc]
    """Our head in their seam."""

    def __init__(self, says: Says | None = None, classes: list[int] | None = None) -> None:
        super().__init__(classes=classes)
        self.says = says

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:  # noqa: N803 - its seam
        """As it is."""
        return self

    def predict_proba(self, X: Any) -> FloatArray:  # noqa: N803 - its seam
        """(n, k)."""
        assert self.says is not None
        return self.says(np.asarray(X))

    def predict(self, X: Any) -> IntArray:  # noqa: N803 - its seam
        """(n,) columns."""
        return np.asarray(self.predict_proba(X).argmax(axis=1))


def _asks(query: Any) -> set[str]:
    return set(inspect.signature(query.query).parameters)

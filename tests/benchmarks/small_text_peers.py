"""small-text 1.4.1 with its transformer classifier and its SetFit, breaking ties, as bench_small_text.py asks for it.

    Task ─► dataset of small-text ─► PoolBasedActiveLearner: fit ─► predict the pool ─► breaking ties ─► fit ─► ...

Schroeder et al. 2023, Small-Text: Active Learning for Text Classification in Python. A new model each round, as is its
default. What stands in SETTINGS and why:

transformer: TransformerBasedClassification with its published defaults: 10 epochs, 2e-5, batches of 12, a tenth of the
labels for validation, early stopping and the best epoch by validation loss, linear decay.
transformer_1e-4: the same at the rate 1e-4, as the defaults were slow for the small MiniLM: .43 on snips from 75 labels
chosen by chance (2026-11-21).
setfit: SetFitClassification with its published defaults, and those of SetFit: pairs from 20 iterations, 1 epoch, 2e-5,
batches of 32, a logistic head (Tunstall et al. 2022, Efficient Few-Shot Learning Without Prompts).
setfit_8: the same in batches of 8, as small-text's own SetFit example has it: four times the steps over the same pairs.

All are given 64 tokens. small-text 1.4.1 was written for older libraries: `patch` mends what no longer runs.
"""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import time
import types
import warnings
from collections.abc import Iterator
from typing import Any

import datasets
import numpy as np
import small_text
import torch
import transformers
from bench_small_text import COUNTS, LENGTH, Round, Task, accuracy
from small_text.integrations.transformers.classifiers import setfit as small_text_setfit

from loop.models.bases import load_tokenizer, quiet

TRANSFORMER: dict[str, Any] = {"num_epochs": 10, "lr": 2e-5, "mini_batch_size": 12}
SETFIT: dict[str, Any] = {"mini_batch_size": 32}
SETTINGS = {
    "transformer": TRANSFORMER,
    "transformer_1e-4": {**TRANSFORMER, "lr": 1e-4},
    "setfit": SETFIT,
    "setfit_8": {**SETFIT, "mini_batch_size": 8},
}
"""Name of a peer → what its classifier is given."""


def rounds(given: Task, name: str) -> Iterator[Round]:
    """One round for each of COUNTS of a peer in SETTINGS."""
    patch()
    transformers.set_seed(given.seed)
    # Both write checkpoints where they stand.
    with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch), quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        held = _dataset(given, name, slice(given.pool, None))
        started = time.process_time()
        pool = _dataset(given, name, slice(0, given.pool))
        learner = small_text.PoolBasedActiveLearner(_factory(given, name), small_text.BreakingTies(), pool)
        with contextlib.redirect_stdout(io.StringIO()):
            learner.initialize_data(given.first, given.truth[given.first])
        for count, following in zip(COUNTS, (*COUNTS[1:], None), strict=True):
            if following is None:
                learner.classifier.predict_proba(pool)
                asked = given.first[:0]
            else:
                asked = learner.query(num_samples=following - count)
            spent = time.process_time() - started
            yield Round(accuracy(given, learner.classifier.predict(held)), spent)
            started = time.process_time()
            if len(asked):
                with contextlib.redirect_stdout(io.StringIO()):
                    learner.update(given.truth[asked])


def patch() -> None:
    """Mends small-text 1.4.1 for transformers 5, numpy 2 and setfit 1.2, in this process alone."""
    # transformers 5 has dropped `encode_plus`; calling the tokenizer is the same.
    transformers.PreTrainedTokenizerBase.encode_plus = transformers.PreTrainedTokenizerBase.__call__
    # numpy 2 has made the module private; small-text asks it for the class of numpy.s_.
    np.lib.index_tricks = types.SimpleNamespace(IndexExpression=type(np.s_))
    # The seed is drawn below the largest pointer, 2^64 with numpy 2: more than numpy.random can draw or be seeded with.
    small_text_setfit.int_dtype = lambda: np.int32
    datasets.disable_progress_bars()
    logging.getLogger("setfit").setLevel(logging.ERROR)


def _dataset(given: Task, name: str, part: slice) -> Any:
    """Without the truth: answers reach the learner by `update` alone."""
    texts = list(given.texts[part])
    unknown = np.full(len(texts), small_text.LABEL_UNLABELED)
    target = np.arange(given.classes)
    if name.startswith("setfit"):
        return small_text.TextDataset.from_arrays(texts, unknown, target_labels=target)
    tokenizer = load_tokenizer(given.base)
    return small_text.TransformersDataset.from_arrays(
        texts, unknown, tokenizer, target_labels=target, max_length=LENGTH
    )


def _factory(given: Task, name: str) -> Any:
    folder, where = str(given.base.folder), "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("setfit"):
        return small_text.SetFitClassificationFactory(
            small_text.SetFitModelArguments(folder),
            given.classes,
            classification_kwargs={"max_seq_len": LENGTH, "device": where, **SETTINGS[name]},
        )
    return small_text.TransformerBasedClassificationFactory(
        small_text.TransformerModelArguments(folder), given.classes, kwargs={"device": where, **SETTINGS[name]}
    )

"""A tiny random BERT in a local folder, and texts it can learn: nothing here needs the network or real weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from loop.models import FrozenEncoder, TuningSettings, load_encoder
from loop.protocols import TrainingSet

WORDS = {
    "wifi": ["router", "wifi", "signal", "slow", "blinking"],
    "bill": ["bill", "charged", "twice", "invoice", "price"],
    "move": ["moving", "house", "address", "new", "flat"],
}
FILLERS = ["my", "the", "is", "please", "help", "again", "why", "hello"]
LABELS = tuple(WORDS)
# No early stopping: going back to step 0 would leave nothing tuned to look at.
QUICK = TuningSettings(steps=12, epochs=1, batch_size=8, max_length=32, learning_rate=5e-3, early_stopping_from=1000)


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny-bert")
    write_tiny_bert(folder, seed=0)
    return folder


def write_tiny_bert(folder: Path, *, seed: int) -> None:
    """A two-layer BERT with random weights and a word-level tokenizer."""
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *FILLERS, *(w for ws in WORDS.values() for w in ws)]
    numbers = {word: i for i, word in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", numbers["[CLS]"]), ("[SEP]", numbers["[SEP]"])]
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=48,
    ).save_pretrained(str(folder))
    torch.manual_seed(seed)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    transformers.BertModel(config).save_pretrained(str(folder))


@pytest.fixture(scope="session")
def tiny_encoder(tiny_base: Path) -> FrozenEncoder:
    return load_encoder(str(tiny_base), max_length=32)


def texts_of(n: int, *, seed: int) -> tuple[tuple[str, ...], np.ndarray]:
    """n texts of one to three telling words among fillers, and their label columns."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % len(LABELS)
    rng.shuffle(labels)
    texts = []
    for label in labels:
        words = [*rng.choice(WORDS[LABELS[label]], rng.integers(1, 4)), *rng.choice(FILLERS, rng.integers(0, 9))]
        texts.append(" ".join(rng.permutation(words)))
    return tuple(texts), labels


def examples(encoder: FrozenEncoder, n: int, *, seed: int) -> TrainingSet:
    texts, labels = texts_of(n, seed=seed)
    return TrainingSet(texts, labels, encoder.embed(texts))


@pytest.fixture(scope="session")
def train(tiny_encoder: FrozenEncoder) -> TrainingSet:
    return examples(tiny_encoder, 48, seed=1)


@pytest.fixture(scope="session")
def dev(tiny_encoder: FrozenEncoder) -> TrainingSet:
    return examples(tiny_encoder, 36, seed=2)

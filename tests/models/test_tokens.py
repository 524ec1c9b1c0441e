"""The token store: texts are tokenised once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_models import texts_of

from loop.errors import ModelError
from loop.models import build_tokens, load_encoder, open_tokens
from loop.models.bases import find_base, load_tokenizer
from loop.models.tokens import CHUNK, ROWS_PER_BATCH, TOKENS_PER_BATCH, batches, pad, tokenize


@given(st.lists(st.integers(1, 3000), max_size=300))
def test_every_row_is_in_one_batch_and_batches_keep_their_budget(lengths: list[int]) -> None:
    made = list(batches(np.array(lengths, dtype=np.int64)))
    assert sorted(int(row) for part in made for row in part) == list(range(len(lengths)))
    for part in made:
        longest = max(lengths[row] for row in part)
        assert len(part) <= ROWS_PER_BATCH
        assert len(part) == 1 or len(part) * longest <= TOKENS_PER_BATCH


def test_the_longest_texts_come_first() -> None:
    lengths = np.array([3, 900, 5, 700])
    assert [lengths[part].tolist() for part in batches(lengths)] == [[900], [700], [5, 3]]


def test_a_store_on_disk_holds_what_the_tokenizer_says(tiny_base: Path, tmp_path: Path) -> None:
    base = find_base(str(tiny_base), max_length=6)
    texts = [*texts_of(CHUNK + 10, seed=0)[0], "", "router " * 50]
    seen: list[tuple[int, int]] = []
    built = build_tokens(texts, base, tmp_path / "store", progress=lambda done, total: seen.append((done, total)))
    wanted = load_tokenizer(base)(texts, truncation=True, max_length=6)["input_ids"]
    for tokens in (built, open_tokens(tmp_path / "store"), tokenize(texts, base)):
        assert len(tokens) == len(texts)
        assert [tokens.ids[a:b].tolist() for a, b in zip(tokens.offsets, tokens.offsets[1:], strict=False)] == wanted
    assert seen[-1] == (len(texts), len(texts))
    assert isinstance(built.ids, np.memmap)


def test_a_generator_of_texts_is_read_in_chunks(tiny_base: Path, tmp_path: Path) -> None:
    base = find_base(str(tiny_base))
    assert len(build_tokens((f"wifi {i}" for i in range(CHUNK * 2 + 1)), base, tmp_path / "store")) == CHUNK * 2 + 1


def test_an_empty_pool_has_an_empty_store(tiny_base: Path, tmp_path: Path) -> None:
    assert len(build_tokens([], find_base(str(tiny_base)), tmp_path / "store")) == 0


@pytest.mark.parametrize("name", ["tokens.bin", "offsets.npy", "tokens.json"])
@pytest.mark.parametrize("harm", ["gone", "cut"])
def test_a_damaged_store_is_told(tiny_base: Path, tmp_path: Path, name: str, harm: str) -> None:
    build_tokens(texts_of(20, seed=0)[0], find_base(str(tiny_base)), tmp_path)
    file = tmp_path / name
    whole = file.read_bytes()
    file.unlink()
    if harm == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match=r"token cache .* incomplete or damaged; to do: delete it"):
        open_tokens(tmp_path)


def test_tokens_of_another_tokenizer_are_refused(tiny_base: Path) -> None:
    tokens = tokenize(["router slow"], find_base(str(tiny_base), max_length=6))
    with pytest.raises(ModelError, match="made by another tokenizer"):
        load_encoder(str(tiny_base), max_length=32).embed_tokens(tokens, np.arange(1))


def test_padding_fills_up_to_the_longest_of_the_rows(tiny_base: Path) -> None:
    base = find_base(str(tiny_base))
    padded = pad(tokenize(["router", "router wifi slow", "bill"], base), np.array([0, 1]), 0)
    assert padded["input_ids"].shape == (2, 5)
    assert padded["attention_mask"].tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]

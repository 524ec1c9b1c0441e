"""The model card of an exported model that writes (Mitchell et al. 2019): what it is, how good, how it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loop import markdown
from loop.config.yaml_text import value
from loop.errors import ModelError
from loop.models.generation.folders import FolderAbout
from loop.records import Measurement

FACTS = (
    "title",
    "measure",
    "value",
    "ci_low",
    "ci_high",
    "n",
    "measured_on",
    "estimator",
    "figures",
    "training_labels",
    "demonstrations",
    "preferences",
    "data_hash",
    "round",
    "weakspot_version",
    "simulated",
)
"""What a card may be told; whatever is missing is called "not recorded".

training_labels: demonstrations and preferences together, where they are not told apart.
figures: further ones, what it says → Measurement.
measure: what `value` is, in words ("win rate against the model before tuning"); value, ci_low, ci_high: numbers.
simulated: whether the answers tuned on came from simulated people.
"""

GROUNDS = {
    "gold": "the gold test",
    "audit": "random prompts of the pool",
    "dev": "prompts that tuning was watched on",
    "people": "random prompts of the pool, judged by {people}",
    "retention": "what the first model could do",
}
"""Where a figure was measured → in words."""

ASKING = """\
chat = [{"role": "user", "content": "an example prompt"}]
inputs = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=True, return_tensors="pt")
answer = model.generate(**inputs, max_new_tokens=256, do_sample=False)
print(tokenizer.decode(answer[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True))
"""

ASKING_PLAIN = """\
inputs = tokenizer("an example prompt\\n", return_tensors="pt")
answer = model.generate(**inputs, max_new_tokens=256, do_sample=False)
print(tokenizer.decode(answer[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True))
"""


def writer_card(about: FolderAbout, *, merged: bool, chats: bool, facts: Mapping[str, Any]) -> str:
    """README.md with front matter.

    merged: the folder holds all weights, not an adapter. chats: its tokenizer has a chat template. facts: any of
    FACTS. Raises ModelError for another key.
    """
    unknown = sorted(set(facts) - set(FACTS))
    if unknown:
        raise ModelError(f"a model card knows no {', '.join(unknown)}", wanted="some of " + ", ".join(FACTS))
    sections = (
        _front_matter(about, merged=merged),
        f"# {markdown.text(facts.get('title', 'A model that writes'))}\n",
        "Answers prompts like those it was tuned on.\n",
        "## Use\n",
        f"Needs `pip install {'transformers' if merged else 'peft transformers'}`; nothing else.\n",
        _loading(merged=merged, chats=chats),
        "## How good it is\n",
        _quality(facts),
        "## How it was made\n",
        _making(about, merged=merged, facts=facts),
    )
    return "\n".join(sections)


def _front_matter(about: FolderAbout, *, merged: bool) -> str:
    return (
        f"---\nbase_model: {value(about.base)}\nlibrary_name: {'transformers' if merged else 'peft'}\n"
        "pipeline_tag: text-generation\ntags:\n- text-generation\n- weakspot\n---\n"
    )


def _loading(*, merged: bool, chats: bool) -> str:
    if merged:
        kind, imports = "AutoModelForCausalLM", "from transformers import AutoModelForCausalLM, AutoTokenizer"
    else:
        kind = "AutoPeftModelForCausalLM"
        imports = "from peft import AutoPeftModelForCausalLM\nfrom transformers import AutoTokenizer"
    return (
        f'```python\n{imports}\n\nfolder = "."  # where this card lies\n'
        f"model = {kind}.from_pretrained(folder)\ntokenizer = AutoTokenizer.from_pretrained(folder)\n"
        f"{ASKING if chats else ASKING_PLAIN}```\n"
    )


def _quality(facts: Mapping[str, Any]) -> str:
    further = _further(facts.get("figures") or {}, simulated=facts.get("simulated") is True)
    if facts.get("value") is None or facts.get("n") is None:
        return further or "How good its answers are was not measured.\n"
    interval = "interval not recorded"
    if facts.get("ci_low") is not None and facts.get("ci_high") is not None:
        interval = f"95 % interval {facts['ci_low']:.3g} to {facts['ci_high']:.3g}"
    measure = markdown.text(facts.get("measure", "measure not recorded"))
    return (
        f"{measure[:1].upper()}{measure[1:]}: {facts['value']:.3g} ({interval}), measured on {facts['n']} prompts "
        f"({markdown.text(facts.get('measured_on', 'which ones is not recorded'))}; estimator: "
        f"{markdown.text(facts.get('estimator', 'not recorded'))}). It holds for prompts like those, not for others."
        f"\n\n{further}"
    ).rstrip("\n") + "\n"


def _further(figures: Mapping[str, Measurement], *, simulated: bool) -> str:
    """A table of figures; "" without any. "Not known" where no interval is defined."""
    people = "simulated people" if simulated else "people"
    rows = [
        f"| {markdown.text(words)} | {_number(one.value)} | {_number(one.low)} to {_number(one.high)} | {one.n} | "
        f"{_ground(one.on, people)} | {markdown.text(one.estimator or 'not recorded')} |\n"
        for words, one in figures.items()
    ]
    head = "| share of | value | 95 % interval | prompts | measured on | estimator |\n|---|---|---|---|---|---|\n"
    return head + "".join(rows) if rows else ""


def _ground(on: str, people: str) -> str:
    return GROUNDS[on].format(people=people) if on in GROUNDS else markdown.text(on)


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:.3g}"


def _making(about: FolderAbout, *, merged: bool, facts: Mapping[str, Any]) -> str:
    adapted = {"lora": "LoRA (merged into the weights here)" if merged else "LoRA", "full": "full fine-tuning"}
    rows = (
        ("Base model", about.base),
        ("Base revision", about.revision or "not set"),
        ("Tuning", f"{about.method or 'not recorded'}, {adapted[about.adapt]}, seed {about.seed}"),
        ("Answers and preferences learnt from", _learnt_from(facts)),
        ("Given by", {None: "not recorded", True: "simulated people", False: "people"}[facts.get("simulated")]),
        ("Training data hash", facts.get("data_hash", "not recorded")),
        ("Round", facts.get("round", "not recorded")),
        ("weakspot", facts.get("weakspot_version", "not recorded")),
    )
    return "| | |\n|---|---|\n" + "\n".join(f"| {name} | {markdown.text(told)} |" for name, told in rows) + "\n"


def _learnt_from(facts: Mapping[str, Any]) -> str:
    if "demonstrations" in facts or "preferences" in facts:
        return f"{facts.get('demonstrations', 0)} answers, {facts.get('preferences', 0)} preferences"
    return str(facts.get("training_labels", "not recorded"))

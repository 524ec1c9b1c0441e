"""A causal language model and its tokenizer, and how a chat becomes tokens.

Hub name | local folder ─► load_base ─► WritingBase (model, tokenizer)

chat   ─► prompt_ids ─► [..., "<assistant>"]      by the chat template, when there is one
answer ─► answer_ids ─► [..., end token]
          prompt_ids + answer_ids: what tuning learns from and what likelihoods are read of
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import huggingface_hub
import jinja2
import torch
import transformers
from transformers.models.auto import modeling_auto

from loop.errors import ModelError
from loop.models.bases import PACKAGED, UNREADABLE, computes_bfloat16, device, quiet, reason
from loop.records import Chat

EXAMPLE = 'a causal language model such as "HuggingFaceTB/SmolLM2-135M-Instruct", or a folder of one'


@dataclass(frozen=True, slots=True)
class WritingBase:
    """A model that writes, ready on its device, in evaluation mode."""

    name: str
    """A Hub name, or a local folder's absolute path: what a stranger's transformers would load."""
    revision: str | None
    """The Hub commit that was asked for; None for a local folder."""
    model: Any
    """A transformers causal language model, or a peft PeftModel around one."""
    tokenizer: Any
    """Has a padding and an end token, and pads on the left."""


def load_base(name: str, *, revision: str | None = None) -> WritingBase:
    """The model and the tokenizer behind a base name, fetched from the Hub when they are not here yet.

    float32 on a processor, bfloat16 on a GPU that has it. Code that comes with a model is never run.
    Raises ModelError when it cannot be had, is no causal language model, or has no tokenizer.
    """
    name = check_base(name, revision=revision)
    tokenizer = load_tokenizer(name, revision=revision)
    try:
        with quiet():
            model = transformers.AutoModelForCausalLM.from_pretrained(
                name, revision=revision or "main", dtype=dtype(), **_safely(name)
            )
    except UNREADABLE as error:
        raise _unreadable(name, revision, "weights", error) from error
    return WritingBase(name, revision, model.to(device()).eval(), tokenizer)


def check_base(name: str, *, revision: str | None = None) -> str:
    """The base's full name, once its configuration was read and is one of a causal language model.

    Raises ModelError as load_base does, without touching the weights.
    """
    name = full_name(name, revision)
    try:
        with quiet():
            config = transformers.AutoConfig.from_pretrained(name, revision=revision or "main", **_safely(name))
    except UNREADABLE as error:
        raise _unreadable(name, revision, "configuration", error) from error
    kind = str(config.model_type)
    # BERT and its kin load as causal models too, but cannot write: they were taught to fill gaps.
    encoder = kind in modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES and not getattr(config, "is_decoder", False)
    causal = kind in modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    if not causal or encoder or getattr(config, "is_encoder_decoder", False):
        raise ModelError(f"{name} is a {kind} model, which does not write", wanted=EXAMPLE)
    return name


def load_tokenizer(name: str, *, revision: str | None = None) -> Any:
    """A tokenizer with an end and a padding token that pads on the left. Raises ModelError."""
    try:
        with quiet():
            tokenizer = transformers.AutoTokenizer.from_pretrained(name, revision=revision or "main", **_safely(name))
    except UNREADABLE as error:
        raise _unreadable(name, revision, "tokenizer", error) from error
    if not len(tokenizer):
        raise ModelError(f"{name} has no tokenizer", wanted="tokenizer.json beside the weights")
    if tokenizer.eos_token_id is None:
        raise ModelError(f"the tokenizer of {name} has no end token", wanted=EXAMPLE)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    return tokenizer


def _safely(name: str) -> dict[str, bool]:
    """No code that comes with a model is run, and what a folder lacks is not looked for on the Hub."""
    return {"trust_remote_code": False, "local_files_only": Path(name).is_dir()}


def prompt_ids(tokenizer: Any, chat: Chat) -> list[int]:
    """A chat up to where the answer begins; without a template the contents by blank lines, and a line break.

    Never empty. Raises ModelError when the template refuses the chat, as some do for a system message.
    """
    if tokenizer.chat_template is None:
        ids = list(tokenizer("\n\n".join(message.content for message in chat) + "\n")["input_ids"])
        # Some tokenizers end every text; here it goes on.
        return (ids[:-1] if ids[-1:] == [tokenizer.eos_token_id] else ids) or [tokenizer.eos_token_id]
    return list(_templated(tokenizer, messages(chat), add_generation_prompt=True, tokenize=True, return_dict=False))


def answer_ids(tokenizer: Any, answer: str) -> list[int]:
    """An answer as the model would write it, with its end token."""
    return [*tokenizer(answer, add_special_tokens=False)["input_ids"], end_token(tokenizer)]


def messages(chat: Chat) -> list[dict[str, str]]:
    """A chat as transformers and trl take it."""
    return [{"role": message.role, "content": message.content} for message in chat]


@lru_cache(maxsize=8)
def end_token(tokenizer: Any) -> int:
    """The token that ends an answer: the one the chat template puts there, else the tokenizer's end of text."""
    if tokenizer.chat_template is not None:
        turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "mark"}]
        after = _templated(tokenizer, turns, tokenize=False).rpartition("mark")[2]
        first = tokenizer(after, add_special_tokens=False)["input_ids"][:1]
        if first and first[0] in tokenizer.added_tokens_decoder:
            return int(first[0])
    return int(tokenizer.eos_token_id)


def context_length(model: Any) -> int | None:
    """Tokens the model can see, prompt and answer together; None when its configuration does not say."""
    config = model.config.get_text_config()
    limits = [getattr(config, name, None) for name in ("max_position_embeddings", "n_positions", "max_seq_len")]
    return next((limit for limit in limits if isinstance(limit, int) and limit > 0), None)


def dtype() -> torch.dtype:
    """What weights are held in here: bfloat16 on a GPU that has it, else float32."""
    return torch.bfloat16 if device().type == "cuda" and computes_bfloat16() else torch.float32


def full_name(name: str, revision: str | None) -> str:
    """A Hub name as it is, a folder's absolute path. Raises ModelError for a folder that is not there."""
    if name == PACKAGED:
        raise ModelError('"minilm" is a text encoder, which does not write', wanted=EXAMPLE)
    path = Path(name).expanduser()
    if path.is_dir():
        if revision is not None:
            raise ModelError(f"base model {name} is a folder and revision is {revision}", do="remove the revision")
        return str(path.resolve())
    if path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        raise ModelError(
            f"no folder {path}", wanted="a base model", do="name another base: model.base in weakspot.yaml, or --base"
        )
    return name


def _templated(tokenizer: Any, turns: list[dict[str, str]], **how: bool) -> Any:
    try:
        return tokenizer.apply_chat_template(turns, **how)
    except jinja2.TemplateError as error:
        roles = ", ".join(turn["role"] for turn in turns)
        raise ModelError(
            f"the chat template of {tokenizer.name_or_path} refuses a chat of the roles {roles} ({error})",
            do="leave out the system message, or name another base model",
        ) from error


def _unreadable(name: str, revision: str | None, what: str, error: BaseException) -> ModelError:
    """Why a base could not be had, from what transformers and the Hub's client say of it."""
    at = f" at revision {revision}" if revision else ""
    if isinstance(error.__cause__, huggingface_hub.errors.LocalEntryNotFoundError | ConnectionError):
        return ModelError(
            f"base model {name}{at} is not on this machine and the Hugging Face Hub cannot be reached",
            do="check the network and HF_HUB_OFFLINE, or give a local folder",
        )
    if isinstance(
        error.__cause__,
        huggingface_hub.errors.RepositoryNotFoundError | huggingface_hub.errors.RevisionNotFoundError,
    ):
        return ModelError(
            f"the Hub has no model {name}{at} that this machine may read",
            do="check the spelling, or log in with `hf auth login` if it is private or gated",
        )
    return ModelError(f"the {what} of base model {name} cannot be read ({reason(error)})", wanted=EXAMPLE)

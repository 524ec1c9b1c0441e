"""The folder of a model that writes: standard Hugging Face files, and weakspot.json last.

adapt   lora   adapter_config.json, adapter_model.safetensors   the peft adapter, which names its base
        full   config.json, model.safetensors                   the whole model
        none   nothing                                          the base as it is, named but not copied
tokenizer.json, tokenizer_config.json, chat_template.jinja      the tokenizer (not with "none")
weakspot.json                                                   FolderAbout

Every one of them loads without weakspot, by peft or transformers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import peft
import transformers

from loop.errors import ModelError
from loop.models.adapters import save_adapter
from loop.models.bases import UNREADABLE, device, quiet, reason
from loop.models.checkpoint import MANIFEST, plain_disk_errors
from loop.models.generation.bases import WritingBase, check_base, dtype, full_name, load_base, load_tokenizer

FORMAT = "weakspot-writer-1"
ADAPTATIONS = ("none", "lora", "full")


@dataclass(frozen=True, slots=True)
class FolderAbout:
    """What weakspot.json says."""

    base: str
    """The model that tuning started from in the very first round: a Hub name or an absolute path."""
    revision: str | None
    """The Hub commit of the base; None for a local folder."""
    adapt: str
    """"none": the base itself; "lora": an adapter on it; "full": weights of its own."""
    method: str = ""
    """"sft", "dpo", ...; "" with "none"."""
    seed: int = 0
    data: Mapping[str, Any] | None = None
    """What it was tuned on, as the caller told it: plain JSON values."""


def untuned(out: Path, *, base: str, revision: str | None = None) -> None:
    """Makes `out` a model folder that stands for the base itself, without copying its weights. Raises ModelError."""
    about = FolderAbout(base=check_base(base, revision=revision), revision=revision, adapt="none")
    out.mkdir(parents=True, exist_ok=True)
    _write(out, about)


def save_folder(model: Any, tokenizer: Any, out: Path, *, about: FolderAbout) -> None:
    """Writes a tuned model, its tokenizer and weakspot.json into the folder `out`.

    model: a PeftModel whose adapter is named "default" for "lora", a transformers model for "full"; other adapters
    it carries (trl's "ref") are left out. Raises ModelError for another kind, OSError when the disk refuses.
    """
    wanted = "lora" if isinstance(model, peft.PeftModel) else "full"
    if about.adapt != wanted:
        raise ModelError(f"a model tuned as {wanted} cannot be saved as {about.adapt!r}", wanted=f'adapt "{wanted}"')
    about = replace(about, base=full_name(about.base, about.revision))
    out.mkdir(parents=True, exist_ok=True)
    with quiet(), plain_disk_errors():
        if wanted == "lora":
            model.peft_config["default"].base_model_name_or_path = about.base
            model.peft_config["default"].revision = about.revision
            save_adapter(model, out)
        else:
            model.save_pretrained(str(out))
        tokenizer.save_pretrained(str(out))
    (out / "README.md").write_text(_readme(about), encoding="utf-8")
    _write(out, about)


def read_about(folder: Path) -> FolderAbout:
    """What a folder's weakspot.json says. Raises ModelError for a foreign or damaged one."""
    path = folder / MANIFEST
    if not path.is_file():
        raise ModelError(f"{folder} is no model of weakspot", wanted=f"a folder with {MANIFEST}")
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        version = said.pop("format")
        if version != FORMAT:
            raise ModelError(f"{path} has format {version!r}", wanted=repr(FORMAT), do="tune again, or update weakspot")
        about = FolderAbout(**said)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} is damaged", do="promote another round's model, or tune again") from error
    if about.adapt not in ADAPTATIONS:
        raise ModelError(f"{path} has adapt {about.adapt!r}", wanted="one of " + ", ".join(ADAPTATIONS))
    return about


def load_folder(folder: Path, *, trainable: bool = False) -> WritingBase:
    """The model of a folder, ready to write; `name` and `revision` are those of the base it came from.

    trainable: the weights that "lora" or "full" tuned can be tuned on (the model is in evaluation mode all the same).
    Raises ModelError for a damaged folder and for a base that is not there any more.
    """
    about = read_about(folder)
    if about.adapt == "full":
        return WritingBase(about.base, about.revision, _whole(folder), load_tokenizer(str(folder)))
    if Path(about.base).is_absolute() and not Path(about.base).is_dir():
        raise ModelError(
            f"the base model of {folder} is not at {about.base} any more",
            do=f"put it back, or write its new place as base into {folder / MANIFEST}",
        )
    base = load_base(about.base, revision=about.revision)
    if about.adapt == "none":
        return base
    try:
        with quiet():
            model = peft.PeftModel.from_pretrained(base.model, str(folder), is_trainable=trainable)
    except UNREADABLE as error:
        raise _damaged(folder, error) from error
    return replace(base, model=model.to(device()).eval(), tokenizer=load_tokenizer(str(folder)))


def _whole(folder: Path) -> Any:
    try:
        with quiet():
            model = transformers.AutoModelForCausalLM.from_pretrained(
                str(folder), local_files_only=True, dtype=dtype(), trust_remote_code=False
            )
    except UNREADABLE as error:
        raise _damaged(folder, error) from error
    return model.to(device()).eval()


def _write(out: Path, about: FolderAbout) -> None:
    manifest = {"format": FORMAT, **asdict(about), "data": dict(about.data or {})}
    text = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True)
    (out / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _readme(about: FolderAbout) -> str:
    library = "peft" if about.adapt == "lora" else "transformers"
    return (
        f"---\nbase_model: {json.dumps(about.base)}\nlibrary_name: {library}\n"
        "tags: [weakspot, text-generation]\n---\n\n"
        f"A model of weakspot that writes, tuned by {about.method} ({about.adapt}); a standard {library} folder. "
        "`weakspot export` writes it out with a card that tells how good it is.\n"
    )


def _damaged(folder: Path, error: BaseException) -> ModelError:
    what = f"the model in {folder} is damaged ({reason(error)})"
    return ModelError(what, do="promote another round's model, or tune again")

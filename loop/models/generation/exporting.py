"""A tuned model that writes as a self-contained folder that needs no weakspot, with a model card.

model folder ─► adapter as it stands   adapter_config.json, adapter_model.safetensors   loads with peft
             └► merged, or full        config.json, model.safetensors                   loads with transformers
                and in both            tokenizer files, README.md: the card and the lines that load it
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loop.errors import ModelError
from loop.models.bases import quiet
from loop.models.checkpoint import MANIFEST, plain_disk_errors
from loop.models.generation.bases import WritingBase
from loop.models.generation.card import writer_card
from loop.models.generation.folders import load_folder, read_about


def export_writer(folder: Path, out: Path, *, merged: bool, card: Mapping[str, Any]) -> None:
    """Writes the model `folder` into the new or empty folder `out`; `card` as in loop.models.generation.card.

    merged: fold an adapter into its base's weights, which makes `out` as large as the base; a model with weights of
    its own is exported whole either way. Raises ModelError when `out` holds files already, the model was never
    tuned, the folder or its base cannot be read, or the disk refuses.
    """
    about = read_about(folder)
    if about.adapt == "none":
        raise ModelError(
            f"the model in {folder} is {about.base}, never tuned", do=f"use {about.base} itself, or tune it first"
        )
    merged = merged or about.adapt == "full"
    loaded = load_folder(folder)  # what cannot be loaded is not given away
    chats = loaded.tokenizer.chat_template is not None
    text = writer_card(about, merged=merged, chats=chats, facts=card)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ModelError(f"{out} exists and is not an empty folder", do="name another folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
        if about.adapt == "lora" and merged:
            _merge(loaded, out)
        else:
            _copy(folder, out)
        (out / "README.md").write_text(text, encoding="utf-8")
    except OSError as error:
        raise ModelError(f"the export to {out} failed ({error})", do="check free space and rights") from error


def _merge(loaded: WritingBase, out: Path) -> None:
    with quiet(), plain_disk_errors():
        loaded.model.merge_and_unload().save_pretrained(str(out))
        loaded.tokenizer.save_pretrained(str(out))


def _copy(folder: Path, out: Path) -> None:
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name not in (MANIFEST, "README.md"):
            shutil.copyfile(path, out / path.name)

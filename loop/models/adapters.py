"""LoRA weights on their way to disk: PeftModel ─► adapter folder, the same bytes for the same training."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def save_adapter(model: Any, out: Path, *, name: str = "default") -> None:
    """Writes one adapter of a PeftModel into the folder `out`. Raises OSError when the disk refuses.

    peft keeps the names of the adapted layers in sets and writes them as it finds them, in another order in every
    process; sorted lists make equal adapters equal files.
    """
    config = model.peft_config[name]
    for key, value in vars(config).items():
        if isinstance(value, set):
            setattr(config, key, sorted(value))
    # save_embedding_layers: else peft asks the Hub whether the embeddings were resized; LoRA here never touches them.
    model.save_pretrained(str(out), selected_adapters=[name], save_embedding_layers=False)

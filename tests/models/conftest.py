"""The fixtures of the model tests; what makes them stands in made_models.py."""

from made_models import dev, tiny_base, tiny_encoder, train

__all__ = ["dev", "tiny_base", "tiny_encoder", "train"]

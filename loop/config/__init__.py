"""weakspot.yaml → one frozen, validated Config; all mistakes in one message.

    weakspot.yaml ─► load ─► Config ─► digest (stands in every round's record)
                       └─► ConfigError: every mistake with its path, what was found, what is wanted
    what init guessed ─► template ─► a commented weakspot.yaml
    json_schema ─► completion in editors

sections.py   the keys, their defaults and ranges; those for models that write stand in
              writing.py, those on measuring and promoting in judging.py, what all share in section.py
checks.py     what a value must be beyond its type
loading.py    reading, checking, resolving of URLs, digest, JSON Schema
mistakes.py   a validation error → words
template.py   the commented file that `weakspot init` writes
editing.py    some values of a file replaced, comments kept
"""

from loop.config.loading import artifacts_url, digest, json_schema, ledger_url, load, parse
from loop.config.sections import Config
from loop.config.template import template

__all__ = ["Config", "artifacts_url", "digest", "json_schema", "ledger_url", "load", "parse", "template"]

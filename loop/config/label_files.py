"""A list of labels as a person hands it over on the command line: a YAML file, a text file, or names with commas."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from loop.config.labels import Entry, entries
from loop.config.yaml_text import read
from loop.errors import DataError
from loop.files import exists, text_of
from loop.label_names import fault as fault_of

WANTED = (
    "a YAML file with label: description or label: {description, phrases}, a text file with a label a line, or names "
    "with commas"
)


def labels_of(given: str, *, option: str) -> Mapping[str, Entry]:
    """Name → entry: of a YAML file (list, name: description, name: {description, phrases}), a text file, or names
    with commas.

    option: how the command line calls it, for errors. Raises DataError for a file or a label that cannot be used.
    """
    where = f"{option} {given}"
    path = Path(given)
    if not exists(path) and ("," in given or not path.suffix):
        return _usable(dict.fromkeys((name.strip() for name in given.split(",")), ""), option)
    text = text_of(path, option=option)
    try:
        found = read(text) if path.suffix in (".yaml", ".yml") else text.splitlines()
    except yaml.YAMLError as fault:
        raise DataError(f"{where} cannot be read: {' '.join(str(fault).split())}", wanted=WANTED) from fault
    if not isinstance(found, Mapping | list):
        raise DataError(f"{where} holds no list of labels", wanted=WANTED)
    pairs = found.items() if isinstance(found, Mapping) else ((name, "") for name in found)
    return _usable({_name_of(name, where): _about(about) for name, about in pairs if name != ""}, where)


def _name_of(name: object, where: str) -> str:
    if isinstance(name, bool) or not isinstance(name, str | int | float):
        raise DataError(f"{where}: the label {name!r} is not a text", wanted=WANTED, do="put quotes around it")
    return str(name).strip()


def _about(about: object) -> object:
    """Numbers and dates are taken as texts; what is no description is judged with the phrases."""
    return about if isinstance(about, Mapping | list) else str(about or "")


def _usable(labels: Mapping[str, object], where: str) -> Mapping[str, Entry]:
    """The labels that are not empty. Raises DataError for one that cannot be carried to the end."""
    for place, name in enumerate(labels, start=1):
        if name and (wrong := fault_of(name)):
            raise DataError(f"{where}: label {place}, {name[:60]!r}, {wrong}", wanted="labels of visible characters")
    found, mistakes = entries((name, about) for name, about in labels.items() if name)
    if mistakes:
        raise DataError(f"{where}: " + "; ".join(mistakes), wanted=WANTED)
    return found

"""labels suggest: phrases from an endpoint, shown label by label; those a person approves go into weakspot.yaml.

    labels ─► requests ─► endpoint ─► as each reply comes: screened ─► shown ─► approved? ─► weakspot.yaml, at once

Whatever ends it, an interrupt or an endpoint that is gone, leaves in weakspot.yaml what was approved before.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from loop import durable
from loop.cli import tables
from loop.cli.trust import person_there
from loop.config import Config
from loop.config.label_editing import with_phrases
from loop.endpoint import EndpointGenerator
from loop.errors import ArtifactError, ConfigError, WeakspotError
from loop.label_texts import has_words
from loop.phrases import measuring_texts
from loop.phrases.requests import read, request
from loop.phrases.screening import Suggestion, screened
from loop.printable import one_line
from loop.project import CONFIG, open_project
from loop.protocols import Sampling
from loop.records import Generation, LabelSet
from loop.registry import suggestion

SAMPLING = Sampling(max_new_tokens=2048, temperature=0.8)
"""Room enough for a model that thinks aloud first; warm enough for phrases that differ."""
DEFAULT_VARIABLE = "OPENAI_API_KEY"
"""Holds the key for an address of the command line, unless another one is named."""
ASK = "Write them into weakspot.yaml? [y/N, numbers as 1,3, a: all from here on, q: stop] "


@dataclass(frozen=True, slots=True)
class Source:
    """Where phrases come from, as given on the command line; None: as weakspot.yaml says."""

    url: str | None = None
    model: str | None = None
    token_env: str | None = None


class Stopped(Exception):
    """The person wants no more."""


def suggest(root: Path, names: Sequence[str], *, count: int, source: Source, yes: bool, as_json: bool) -> None:
    """Asks, shows, and writes what is approved. Raises ConfigError, ServerDown, ServerRefused."""
    if yes and as_json:
        raise ConfigError("--yes and --json are both given", wanted="one of them", do="--json writes nothing")
    with open_project(root, read_only=True) as project:
        config, measuring = project.config, measuring_texts(project)
    generator = endpoint(config, source)
    wanted, codes = _wanted(config.label_set, names)
    session = Session(root / CONFIG, config.label_set, _chooser(yes=yes, as_json=as_json), quiet=as_json)

    def take(row: int, replies: tuple[Generation, ...]) -> None:
        lines = [line for reply in replies for line in read(reply.text)]
        session.take(screened(wanted[row], lines, session.labels, count=count, measuring=measuring))

    _say(f"Asking {generator.model} for {count} phrases for each of {_many(len(wanted), 'label')}")
    if codes:
        _say(f"Not asked for, since these names are codes without a description: {', '.join(codes)}")
    chats = [request(config.label_set, name, count=count) for name in wanted]
    try:
        generator.write(chats, sampling=SAMPLING, seed=secrets.randbelow(2**31), kept=take)
    except (Stopped, KeyboardInterrupt) as end:
        if isinstance(end, KeyboardInterrupt):
            _say(f"\nStopped. {session.summary()}")
            sys.exit(130)
    except WeakspotError:
        _tell(session, generator.model, codes, as_json=as_json)
        raise
    _tell(session, generator.model, codes, as_json=as_json)


def endpoint(config: Config, source: Source) -> EndpointGenerator:
    """The model that is asked: of the command line, else judge.url, else generation.endpoint. Raises ConfigError."""
    judge, served = config.judge, config.generation
    if source.url is not None and not re.match(r"https?://[^/\s]+", source.url):
        raise ConfigError(f"--url {source.url}", wanted="an address such as http://localhost:8000/v1")
    found: tuple[tuple[str | None, str | None, str], ...] = (
        (source.url, None, DEFAULT_VARIABLE),
        (judge.url, judge.model, judge.token_env),
        (served.endpoint, served.endpoint_model, served.token_env),
    )
    url, model, variable = next((one for one in found if one[0]), (None, None, ""))
    model = source.model or model
    if url is None:
        raise ConfigError(
            "no model is configured that phrases could be asked of",
            wanted="an OpenAI-compatible address",
            do="give --url and --model, or write judge: {url: ..., model: ...} into weakspot.yaml",
        )
    if model is None:
        raise ConfigError("--url without --model", wanted="the model's name at that address", do="add --model NAME")
    return EndpointGenerator(url, model, os.environ.get(source.token_env or variable))


class Session:
    """What was suggested so far, and what of it stands in weakspot.yaml."""

    def __init__(self, file: Path, labels: LabelSet, choose: Chooser | None, *, quiet: bool) -> None:
        """choose: which phrases are written; None: none. quiet: nothing is shown."""
        self.labels = labels
        """With the phrases that were suggested and not refused."""
        self.found: list[Suggestion] = []
        self._file, self._choose, self._quiet = file, choose, quiet
        self._written: dict[str, int] = {}

    def take(self, found: Suggestion) -> None:
        """Shows the phrases of one label, and writes those that are chosen. Raises Stopped, ConfigError."""
        self.found.append(found)
        if not self._quiet:
            _show(found)
        kept = found.phrases if self._choose is None else self._choose(found)
        if kept and self._choose is not None:
            write(self._file, found.label, kept)
            self._written[found.label] = len(kept)
        phrases = (*self.labels.phrases.get(found.label, ()), *kept)
        self.labels = replace(self.labels, phrases={**self.labels.phrases, found.label: phrases})

    def summary(self) -> str:
        """What was written, in words."""
        if not self._written:
            how = "; --yes writes them without asking" if self._choose is None else ""
            return f"Nothing was written{how}."
        phrases, labels = sum(self._written.values()), len(self._written)
        wrote = f"Wrote {_many(phrases, 'phrase')} of {_many(labels, 'label')} into {self._file}"
        return f"{wrote}; the next model learns from them."


Chooser = Callable[[Suggestion], tuple[str, ...]]
"""Which phrases of a suggestion are written. Raises Stopped where nothing more is wanted."""


def write(file: Path, label: str, phrases: Sequence[str]) -> None:
    """Adds phrases to a label of a weakspot.yaml. Raises ConfigError, ArtifactError, and the file stays as it is."""
    place = file.resolve()
    try:
        with place.open(encoding="utf-8", newline="") as handle:
            text = handle.read()
        rights = stat.S_IMODE(place.stat().st_mode)
        durable.write(place, with_phrases(text, label, phrases, name=place.name))
        place.chmod(rights)
    except OSError as fault:
        raise ArtifactError(
            f"cannot write {place}: {fault.strerror}", do="make room or get the right to write there"
        ) from fault


def _wanted(labels: LabelSet, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The labels to ask for, and those that say too little to be asked for. Raises ConfigError."""
    if not labels.names:
        raise ConfigError("this project has no labels", wanted="a project of classification")
    for name in names:
        if name not in labels.names:
            known = suggestion(name, labels.names) or "`weakspot labels` lists them"
            raise ConfigError(f"there is no label {name!r}", wanted="a label of weakspot.yaml", do=known)
    given = list(dict.fromkeys(names)) or list(labels.names)
    codes = [name for name in given if not (has_words(labels, name) or labels.phrases.get(name))]
    if len(codes) == len(given):
        raise ConfigError(
            "the names of these labels are codes without a description: a model cannot know what they mean",
            wanted="descriptions",
            do="write them into weakspot.yaml, as L01: wants money back",
        )
    return [name for name in given if name not in codes], codes


def _chooser(*, yes: bool, as_json: bool) -> Chooser | None:
    if yes:
        return lambda found: found.phrases
    return None if as_json or not person_there() else Person()


class Person:
    """A Chooser that asks at the terminal."""

    def __init__(self) -> None:
        self._all = False

    def __call__(self, found: Suggestion) -> tuple[str, ...]:
        """The phrases that are approved; asks again when it does not understand."""
        while found.phrases and not self._all:
            print(ASK, end="", file=sys.stderr, flush=True)  # noqa: T201
            line = sys.stdin.readline()
            word = line.strip().lower()
            if not line or word in ("q", "quit"):
                raise Stopped
            if word in ("", "n", "no"):
                return ()
            if word in ("y", "yes"):
                break
            self._all = word in ("a", "all")
            if chosen := _numbered(word, found.phrases):
                return chosen
        return found.phrases


def _numbered(word: str, phrases: Sequence[str]) -> tuple[str, ...]:
    """The phrases of numbers as "1,3" or "1 3"; empty for anything else."""
    places = {int(place) for place in re.findall(r"\d{1,4}", word)}
    fits = re.fullmatch(r"[\d\s,]+", word) and places and places <= set(range(1, len(phrases) + 1))
    return tuple(phrases[place - 1] for place in sorted(places)) if fits else ()


def _show(found: Suggestion) -> None:
    out = tables.out()
    out.print(tables.plain(found.label, style="bold"))
    for number, phrase in enumerate(found.phrases, start=1):
        out.print(tables.plain(f"  {number}  {phrase}"), soft_wrap=True)
    if found.dropped:
        reasons = ", ".join(f"{count} {reason}" for reason, count in found.dropped.items())
        out.print(tables.plain(f"  left out: {reasons}"), soft_wrap=True)


def _tell(session: Session, model: str, codes: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        found = [{"label": one.label, "phrases": one.phrases, "left_out": one.dropped} for one in session.found]
        tables.as_json({"model": model, "labels": found, "not_asked": codes})
    else:
        tables.out().print(tables.plain(session.summary()), soft_wrap=True)


def _many(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count:,} {noun}s"


def _say(line: str) -> None:
    print(one_line(line), file=sys.stderr)  # noqa: T201

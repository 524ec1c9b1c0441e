"""What an answer is held against: references, the project's checks, the columns of its example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from loop import trust
from loop.evaluation.texts import checks as text_checks
from loop.evaluation.texts import measure
from loop.evaluation.texts.checks import Check
from loop.records import Example, Generation, Split
from loop.rounds.context import StepContext


def checks_of(work: StepContext) -> tuple[Check, ...]:
    """The project's checks, in the order of the config. Raises ConfigError, DataError, NotApproved."""
    root = work.project.root
    found = []
    for name, spec in work.config.generation.checks.items():
        allow = partial(trust.require_code, root, f"generation.checks.{name}", spec)
        found.append(text_checks.build_check(name, spec, folder=root, allow=allow))
    return tuple(found)


def columns_of(
    examples: Sequence[Example], references: Mapping[str, Sequence[str]], *, metadata: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Example id → what checks may speak of: prompt, context, reference and these columns of metadata; "" for none."""
    return {
        one.id: {
            **dict.fromkeys(metadata, ""),
            **one.metadata,
            "prompt": one.text,
            "context": one.context,
            "reference": next(iter(references.get(one.id, ())), ""),
        }
        for one in examples
    }


def references_of(work: StepContext) -> dict[str, tuple[str, ...]]:
    """Example id → reference answers of gold and seed: those of the pool are hidden from everything but simulation."""
    pool = work.project.pool
    return {**pool.references(Split.SEED), **pool.references(Split.GOLD)}


def wrong_of(work: StepContext, answers: Mapping[str, Generation]) -> dict[str, bool | None]:
    """Example id → whether the answer fails a check (without checks: differs from the reference); None: not known."""
    references = references_of(work)
    pool = work.project.pool
    examples = columns_of(pool.examples(list(answers)), references, metadata=pool.metadata_columns)
    return dict(measure.wrong(answers, examples, references, checks_of(work)))

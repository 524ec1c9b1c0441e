"""The leak guard at work: what measures the model is never learned from.

labels, preferences as they stand after settling ─┐
gold, audit and dev examples ─► LeakGuard ────────┴─► LeakCheck ─► table `leaks` ─► step `train` leaves them out
candidates for a batch ─► twins_of_measured ─► not asked: the answer would be wasted

Of two twins the one to be trained on is dropped, never the one that measures. Audit and dev examples are random samples
of the pool with known chances: taking out those that happen to have a twin in training would leave the harder ones, and
the estimate would no longer be one of the pool. Gold is what the lead gave, and every round is compared on it. A
training example less costs next to nothing, for it is one of hundreds.

A label that is kept out stays a label: only training passes it over. Once nothing that measures is like it any more
(people skipped the audit text), it is trained on again. What earlier models learned from it before its twin was drawn
cannot be taken back: `Leak.round` tells from when on it was left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from loop.ledger import leaks as table
from loop.ledger import people
from loop.phrases import PhraseLeak, leaking
from loop.pool import LeakGuard, Pool
from loop.records import Leak, Split
from loop.records.vocabulary import EVAL_SETS, ROLES
from loop.rounds.context import StepContext


@dataclass(frozen=True)
class LeakCheck:
    """What one settling found."""

    leaks: tuple[Leak, ...]
    """All that hold now, by example id."""
    gone: tuple[str, ...]
    """Examples that were kept out and are trained on again."""

    def record(self, connection: Connection) -> None:
        """Writes the table anew."""
        table.put_leaks(connection, self.leaks)
        table.drop_leaks(connection, self.gone)


def guard(
    work: StepContext,
    *,
    trained: Collection[str],
    audit: Collection[str],
    dev: Collection[str],
    refit: Collection[str] = (),
) -> LeakCheck:
    """Compares what would be trained on with everything that measures, and tells once in words what it found.

    trained: ids that training would learn from, those kept out so far included. audit, dev: ids that measure, drawn
    ones whose answer is still to come included; gold is added here. refit: dev ids that the final fit learns from; one
    like gold or audit is kept out of it. An example found in an earlier round keeps that round.
    """
    measured = {"gold": work.project.pool.ids(Split.GOLD), "audit": tuple(audit), "dev": tuple(dev)}
    contexts = work.config.data.context is not None
    found = between(work.project.pool, sorted(trained), measured, contexts=contexts, round_=work.round)
    del measured["dev"]
    found += between(work.project.pool, sorted(refit), measured, contexts=contexts, round_=work.round)
    found = tuple(sorted(found, key=lambda one: one.example_id))
    with work.project.ledger.read() as connection:
        before = {one.example_id: one for one in table.leaks(connection)}
    kept = tuple(replace(one, round=before[one.example_id].round) if one.example_id in before else one for one in found)
    gone = tuple(sorted(before.keys() - {one.example_id for one in kept}))
    for line in said(kept, gone, noun="label" if work.config.labels else "prompt"):
        work.say(line)
    return LeakCheck(kept, gone)


def between(
    pool: Pool, trained: Sequence[str], measured: Mapping[str, Sequence[str]], *, contexts: bool, round_: int | None
) -> tuple[Leak, ...]:
    """The leaking ones among `trained`, in their order, each with the measured example most like it.

    measured: evaluation set → ids; of equally alike ones the first in the order of EVAL_SETS is named. contexts:
    prompts are compared with what they are about.
    """
    places = [(id_, ground) for ground in EVAL_SETS for id_ in measured.get(ground, ())]
    if not trained or not places:
        return ()
    index = LeakGuard(*_texts(pool, [id_ for id_, _ in places], contexts=contexts))
    return tuple(
        Leak(
            example_id=trained[one.row],
            twin_id=places[one.gold_row][0],
            ground=places[one.gold_row][1],
            grade=one.grade.value,
            similarity=one.similarity,
            round=round_,
        )
        for one in index.find(*_texts(pool, trained, contexts=contexts))
    )


def kept_out(work: StepContext) -> frozenset[str]:
    """Examples that this round's training passes over."""
    with work.project.ledger.read() as connection:
        return frozenset(one.example_id for one in table.leaks(connection, before=work.round))


def phrases_kept_out(work: StepContext) -> frozenset[str]:
    """Example phrases that this round's training passes over; says how many there are."""
    for line in said(_leaks_of_phrases(work), noun="phrase"):
        work.say(line)
    return leaking_phrases(work)


def leaking_phrases(work: StepContext) -> frozenset[str]:
    """The same, without a word."""
    return frozenset(leak.phrase for leak in _leaks_of_phrases(work))


def _leaks_of_phrases(work: StepContext) -> tuple[PhraseLeak, ...]:
    return leaking(work.project, work.config.label_set, before=work.round)


def twins_of_measured(work: StepContext, ids: Sequence[str], *, drawn: Collection[str] = ()) -> frozenset[str]:
    """Which of these are twins of audit or dev examples asked so far, and would be kept out of training if asked.

    drawn: audit and dev examples of this very round. Gold needs no second look: `weakspot init` set aside what is near
    it. Some 0.04 ms a candidate: a pool of 100,000 short texts takes four seconds.
    """
    with work.project.ledger.read() as connection:
        asked = {row.pick.example_id for row in people.picks(connection) if row.pick.kind in ROLES}
        labelled = {row.example_id for row in people.labels(connection, roles=list(ROLES.values()))}
    apart = sorted(asked | labelled | set(drawn))
    found = between(
        work.project.pool, ids, {"audit": apart}, contexts=work.config.data.context is not None, round_=work.round
    )
    return frozenset(one.example_id for one in found) - set(apart)


def said(leaks: Sequence[Leak | PhraseLeak], gone: Sequence[str] = (), *, noun: str = "label") -> tuple[str, ...]:
    """What was found, in words; nothing when all is well."""
    lines = []
    if leaks:
        grounds = Counter(one.ground for one in leaks)
        counts = ", ".join(f"{grounds[ground]:,} {ground}" for ground in EVAL_SETS if grounds[ground])
        kept = f"{_many(len(leaks), noun)} kept out of training"
        their = "its text also measures" if len(leaks) == 1 else "their texts also measure"
        lines.append(f"{kept}: {their} the model ({counts}); `weakspot leaks` shows them side by side")
    if gone:
        lines.append(f"{_many(len(gone), noun)} trained on again: nothing that measures the model is like it any more")
    return tuple(lines)


def _many(count: int, noun: str) -> str:
    return f"1 {noun} is" if count == 1 else f"{count:,} {noun}s are"


def _texts(pool: Pool, ids: Sequence[str], *, contexts: bool) -> tuple[Sequence[str], Sequence[str] | None]:
    if not contexts:
        return pool.texts(ids), None
    examples = pool.examples(ids)
    return [one.text for one in examples], [one.context for one in examples]

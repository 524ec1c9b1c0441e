"""Answers side by side: what two rounds' models wrote to the same prompts, and what people were asked to compare.

outcomes of two rounds                   ─► side_by_side: fixed, broken, or as before
picks, answers, preferences, open or not ─► duels: who preferred what; where an answer came from only once all is said
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from loop.artifact_names import artifact
from loop.config.changes import values
from loop.errors import DataError
from loop.ledger import figures, people, progress
from loop.ledger.people import PickRow
from loop.records import Annotation, AnswerState, Candidate, Example, Preference, Split
from loop.records.vocabulary import FINAL_STATES, SAME_ANSWER, SUFFICES, is_automatic
from loop.report.outcomes import Outcome, outcomes
from loop.report.view import View


@dataclass(frozen=True, slots=True)
class Written:
    """What two rounds' models wrote to one measured prompt."""

    id: str
    prompt: str
    context: str
    references: tuple[str, ...]
    before: str
    after: str
    outcome: str
    """"fixed", "broken", "still wrong", "still right", or "not known"."""

    @property
    def same(self) -> bool:
        """Both wrote the same, white space aside."""
        return self.before.split() == self.after.split()


@dataclass(frozen=True, slots=True)
class Voice:
    """One answer to a question."""

    annotator: str
    judge: bool
    alike: bool
    """Nobody was asked: both answers were the same."""
    label: str | None
    """As in `Annotation.label`; None when skipped or in quarantine."""
    state: str
    flags: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed of two of the shown answers, from everything that was said."""

    better: int
    worse: int
    """Places among the candidates."""
    certainty: float
    """0.5..1."""


@dataclass(frozen=True, slots=True)
class PairQuestion:
    """One question about answers."""

    ext_id: str
    example_id: str
    round: int
    kind: str
    """Of a PickKind."""
    form: str
    prompt: str
    context: str
    candidates: tuple[Candidate, ...]
    """In the order of showing. Without source, round and temperature until `revealed`."""
    revealed: bool
    """Everybody who is to answer about this prompt has done so: only then may the sources be told."""
    state: str
    """"open", "answered", "skipped" or "removed"."""
    voices: tuple[Voice, ...]
    beliefs: tuple[Belief, ...]
    settled: bool
    """Its round has weighed all answers: a question without a belief has no preferred side."""
    repeat: bool
    """The same answers were asked before, in another order."""
    repeated: bool
    """They were asked again, in another order."""


def side_by_side(view: View, before: int, after: int) -> tuple[Written, ...]:
    """Gold prompts that both rounds' models answered, in the pool's order; without gold those drawn for audit.

    Raises DataError when a round has no model.
    """
    with view.project.ledger.read() as connection:
        models = [row.round for row in figures.models(connection)]
        audit = {row.pick.example_id for row in people.picks(connection) if row.pick.kind.value == "audit"}
    for round_ in (before, after):
        if round_ not in models:
            raise DataError(
                f"round {round_} has no model", wanted=f"a round with one: {', '.join(map(str, models)) or 'none yet'}"
            )
    pool, artifacts = view.project.pool, view.project.artifacts
    old, new = (outcomes(artifacts.open(artifact(round_, "evaluate"))) for round_ in (before, after))
    measured = pool.ids(Split.GOLD) or tuple(sorted(audit))
    ids = [id_ for id_ in measured if id_ in old and id_ in new]
    references = pool.references(Split.GOLD)
    return tuple(_written(one, references, old[one.id], new[one.id]) for one in pool.examples(ids))


def duels(view: View, *, round_: int | None = None) -> tuple[PairQuestion, ...]:
    """Every question about answers of one round or all, newest round first, in the order of asking."""
    with view.project.ledger.read() as connection:
        picks = [row for row in people.picks(connection, round_=round_) if row.pick.candidates]
        answers = people.answers(connection, ext_ids=[row.ext_id for row in picks] if round_ is not None else None)
        known = people.preferences(connection)
        rounds = progress.rounds(connection)
    over = {row.round for row in rounds if row.finished_at is not None}
    overlap = {row.round: int(values(row.config)["labeler.overlap"]) for row in rounds}
    said: defaultdict[str, list[Annotation]] = defaultdict(list)
    for answer in answers:
        if answer.state is not AnswerState.DELETED:
            said[answer.ext_id].append(answer)
    waiting = _waiting(picks, said, over=over, overlap=overlap)
    beliefs: defaultdict[str, list[Preference]] = defaultdict(list)
    for one in known:
        beliefs[one.example_id].append(one)
    examples = view.project.pool.examples([row.pick.example_id for row in picks])
    again = {row.pick.repeat_of for row in picks}
    found = [
        _duel(row, example, said[row.ext_id], beliefs[row.pick.example_id], waiting=waiting, over=over, again=again)
        for row, example in zip(picks, examples, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: -one.round))


def _written(example: Example, references: Mapping[str, Sequence[str]], old: Outcome, new: Outcome) -> Written:
    both = (old.judged, new.judged)
    outcome = {
        (True, False): "fixed",
        (False, True): "broken",
        (True, True): "still wrong",
        (False, False): "still right",
    }.get(both, "not known")  # type: ignore[arg-type]
    told = tuple(references.get(example.id, ()))
    return Written(example.id, example.text, example.context, told, old.guess, new.guess, outcome)


def _waiting(
    picks: Sequence[PickRow],
    said: Mapping[str, Sequence[Annotation]],
    *,
    over: Collection[int],
    overlap: Mapping[int, int],
) -> dict[str, set[str]]:
    """Example id → questions about it that somebody may still answer: what one is told would sway the other."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in picks:
        answers = said.get(row.ext_id, ())
        by_people = Counter(one.state in FINAL_STATES for one in answers if not is_automatic(one.annotator))[True]
        enough = by_people >= overlap[row.round] or any(one.raw.get(SUFFICES) for one in answers)
        if not (enough or row.round in over or row.task_state == "deleted"):
            found[row.pick.example_id].add(row.ext_id)
    return dict(found)


def _duel(
    row: PickRow,
    example: Example,
    answers: Sequence[Annotation],
    known: Sequence[Preference],
    *,
    waiting: Mapping[str, Collection[str]],
    over: Collection[int],
    again: Collection[str | None],
) -> PairQuestion:
    pick = row.pick
    revealed = not waiting.get(pick.example_id)
    shown = pick.candidates if revealed else tuple(Candidate(one.text, "", None) for one in pick.candidates)
    return PairQuestion(
        ext_id=row.ext_id,
        example_id=pick.example_id,
        round=row.round,
        kind=pick.kind.value,
        form=pick.form,
        prompt=example.text,
        context=example.context,
        candidates=shown,
        revealed=revealed,
        state=_state(row, answers, open_=row.ext_id in waiting.get(pick.example_id, ())),
        voices=tuple(_voice(one) for one in answers) if revealed else (),
        beliefs=_beliefs([one.text for one in pick.candidates], known) if revealed else (),
        settled=row.round in over,
        repeat=pick.repeat_of is not None,
        repeated=row.ext_id in again,
    )


def _state(row: PickRow, answers: Sequence[Annotation], *, open_: bool) -> str:
    if open_:
        return "open"
    if any(one.state is AnswerState.ANSWERED for one in answers):
        return "answered"
    if any(one.state in FINAL_STATES for one in answers):
        return "skipped"
    return "removed" if row.task_state == "deleted" else "open"


def _voice(one: Annotation) -> Voice:
    label = one.label if one.state is AnswerState.ANSWERED else None
    judge, alike = is_automatic(one.annotator), one.annotator == SAME_ANSWER
    return Voice(one.annotator, judge, alike, label, one.state.value, one.flags, one.note)


def _beliefs(texts: Sequence[str], known: Sequence[Preference]) -> tuple[Belief, ...]:
    """Those between two of the shown texts, the surest first."""
    place = {text: row for row, text in reversed(list(enumerate(texts)))}
    found = [
        Belief(place[one.chosen], place[one.rejected], one.certainty)
        for one in known
        if one.chosen in place and one.rejected in place
    ]
    return tuple(sorted(found, key=lambda one: -one.certainty))

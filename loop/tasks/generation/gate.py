"""Step `gate`: what people said of the champion, then whether the new model takes its place.

people prefer the model before it                          ─► back to that one
errors, checks, retention, collapse, the reward model's    ┐
opinion, slices, spots, the regression set                 ┴─► promote or hold, with the reasons
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial

from sqlalchemy import Connection

from loop.artifact_names import RETENTION, artifact
from loop.evaluation import slice_tests
from loop.evaluation.compare import counted
from loop.evaluation.texts import measure
from loop.evaluation.texts.metrics import exact_match
from loop.evaluation.texts.win_rate import win_rate
from loop.ledger import figures
from loop.ledger.figures import Decision
from loop.records import Generation, Measurement, SliceComparison
from loop.rounds.context import StepContext, StepResult, now
from loop.rounds.lost_files import is_whole
from loop.rounds.promotion import ENOUGH, EvalSet, Measured, challenge
from loop.rounds.retention import retention
from loop.tasks.generation import answers as files
from loop.tasks.generation.evaluate import grounds_of, slices_of
from loop.tasks.generation.models import marker, row_of
from loop.tasks.generation.references import checks_of, columns_of, references_of
from loop.tasks.generation.reward_scores import INDIFFERENT

Answers = Mapping[str, Generation]


def gate(work: StepContext) -> StepResult:
    """Goes back when people did not like the last promotion; then judges this round's model against the champion."""
    with work.project.ledger.read() as connection:
        trained = [row.round for row in figures.models(connection)]
        champion = figures.champion(connection)
    back = _regretted(work)
    champion = back.model_round if back else champion
    if work.round not in trained:
        return StepResult(
            {"skipped": "no model in this round"} | ({"rollback": back.reason} if back else {}), _going(back)
        )
    counts = _reward_counts(work, champion) if champion is not None else None

    def own(ground: EvalSet) -> list[SliceComparison | None]:
        checks = _checks(work, champion, ground) if champion is not None else []
        return [*checks, _forgotten(work, trained[0]), _preferred(counts)]

    measured = _measured(work, dropped=back.champion_round if back else None)
    done = challenge(work, measured, champion, own=own)
    told = _told(counts)

    def record(connection: Connection) -> None:
        _going(back)(connection)
        done.record(connection)
        figures.add_measurements(connection, work.round, told)

    return StepResult(done.outcome, record)


def _going(back: Decision | None) -> Callable[[Connection], None]:
    def go(connection: Connection) -> None:
        if back:
            figures.decide(connection, back)

    return go


def _measured(work: StepContext, *, dropped: int | None) -> Measured:
    grounds = grounds_of(work)
    ids = sorted({id_ for known in grounds.values() for id_ in known})
    examples = work.project.pool.examples(ids)
    references, checks = references_of(work), checks_of(work)
    columns = columns_of(examples, references, metadata=work.project.pool.metadata_columns)

    @cache
    def wrong(round_: int) -> Mapping[str, bool]:
        answers = _answers(work, round_)
        mine = {id_: answers[id_] for id_ in ids if id_ in answers}
        return _known(measure.wrong(mine, columns, references, checks))

    return Measured(
        wrong=wrong,
        grounds=grounds,
        slices=slices_of(work, examples),
        collapsed=str(row_of(work, work.round).training.get("why") or ""),
        dropped=dropped,
    )


def _told(counts: tuple[int, int, int] | None) -> list[Measurement]:
    rate = win_rate(*counts) if counts else None
    if counts is None or rate is None:
        return []
    return [Measurement("win_rate", *rate, sum(counts), "reward", "against=champion", "tango")]


def _regretted(work: StepContext) -> Decision | None:
    """The way back, when people preferred the answers of the model that the champion replaced."""
    with work.project.ledger.read() as connection:
        moves = [row for row in figures.decisions(connection) if row.action != "hold"]
        measured = figures.measurements(connection)
    last = moves[-1] if moves else None
    if last is None or last.action != "promote" or last.champion_round is None or last.round == work.round:
        return None
    lost = next(
        (
            row
            for row in measured.get(last.model_round, ())
            if row.metric == "win_rate" and row.on == "people" and row.slice == "against=champion"
        ),
        None,
    )
    if lost is None or lost.high is None or lost.high >= 0.5 or lost.value is None:
        return None
    ends = f"{100 * (lost.low or 0):.1f} to {100 * lost.high:.1f}"
    reason = (
        f"People prefer the answers of round {last.champion_round}: those of round {last.model_round} were preferred "
        f"in {100 * lost.value:.1f} % ({ends}) of {lost.n} random prompts."
    )
    work.say(f"Rolled back: {reason}")
    return Decision(
        round=work.round,
        model_round=last.champion_round,
        champion_round=last.model_round,
        action="rollback",
        by="people",
        reason=reason,
        comparison=None,
        at=now(),
    )


def _answers(work: StepContext, round_: int) -> Answers:
    """What a round's model wrote; empty when the files of an earlier round are lost, which is said."""
    if round_ != work.round and not is_whole(work, round_, "evaluate"):
        return {}
    return files.load(work.project.artifacts.open(artifact(round_, "evaluate"))).greedy


def _checks(work: StepContext, champion: int, ground: EvalSet) -> list[SliceComparison | None]:
    """Failures of each check on the same prompts; a single check is what "wrong" means already."""
    checks = checks_of(work)
    ids = sorted(ground.ids)
    pool = work.project.pool
    columns = columns_of(pool.examples(ids), references_of(work), metadata=pool.metadata_columns)
    both = [{id_: answers[id_] for id_ in ids} for answers in (_answers(work, champion), _answers(work, work.round))]
    compared = partial(
        slice_tests.part, "check", on=ground.name, margin=work.config.gate.margin, chances=ground.chances
    )
    return [
        compared(check.name, *(_known(measure.failed(one, columns, check)) for one in both))
        for check in (checks if len(checks) > 1 and ids else ())
    ]


def _known(outcomes: Mapping[str, bool | None]) -> dict[str, bool]:
    return {id_: is_ for id_, is_ in outcomes.items() if is_ is not None}


def _forgotten(work: StepContext, first: int) -> SliceComparison | None:
    """Against the first model, which nothing was forgotten in: small losses must not add up round by round."""
    kept, references = retention(work.project)
    original, after = _answers(work, first), _answers(work, work.round)
    ids = [one.id for one in kept if one.id in original and one.id in after]

    def wrong(answers: Answers) -> dict[str, bool]:
        same = exact_match([answers[id_].text for id_ in ids], [references[id_] for id_ in ids])
        return dict(zip(ids, (same == 0).tolist(), strict=True))

    margin = work.config.gate.forgetting
    return slice_tests.part(RETENTION, RETENTION, wrong(original), wrong(after), on=RETENTION, margin=margin)


def _preferred(counts: tuple[int, int, int] | None) -> SliceComparison | None:
    """The reward model's opinion as a comparison: a prompt is "fixed" where it likes the new answer better."""
    if counts is None:
        return None
    wins, ties, losses = counts
    compared = counted(wins, losses, champion_errors=wins, n=wins + ties + losses, on="gold")
    return slice_tests.watched("reward", "the reward model", compared, margin=0.0)


def _reward_counts(work: StepContext, judged: int) -> tuple[int, int, int] | None:
    """Wins, ties and losses of the new answers on gold by the reward model of the champion's round; None without one.

    judged: the round they are held against.

    That model was trained on people's answers before this round's tuning saw them anew; it is no person all the same.
    """
    with work.project.ledger.read() as connection:
        champion = figures.champion(connection)
    marks = marker(work, champion) if champion is not None else None
    if marks is None:
        return None
    before, after = _answers(work, judged), _answers(work, work.round)
    ids = [id_ for id_ in grounds_of(work)["gold"] if id_ in before and id_ in after]
    if len(ids) < ENOUGH:
        return None
    chats = [one.chat for one in work.project.pool.examples(ids)]
    old = marks.rewards(chats, [before[id_].text for id_ in ids]).mean(axis=1)
    new = marks.rewards(chats, [after[id_].text for id_ in ids]).mean(axis=1)
    wins, losses = int((new - old > INDIFFERENT).sum()), int((old - new > INDIFFERENT).sum())
    return wins, len(ids) - wins - losses, losses

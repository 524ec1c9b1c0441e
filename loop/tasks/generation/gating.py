"""Step `gate`: what people said of the champion, then whether the new model takes its place.

people prefer the model before it    ─► back to that one
errors, checks, retention, collapse, ┐
the reward model's opinion           ┴─► promote or hold, with the reasons
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from loop.evaluation.compare import compare_wrong
from loop.evaluation.texts import measure
from loop.evaluation.texts.gate import Loss, decide_texts, retention_loss
from loop.evaluation.texts.metrics import exact_match
from loop.evaluation.texts.winning import win_rate
from loop.ledger import figures
from loop.ledger.figures import Decision
from loop.records import Comparison, Generation, Measurement
from loop.rounds.retention import retention
from loop.rounds.work import GROUNDS, Done, Work, artifact, now
from loop.tasks.generation import answers as files
from loop.tasks.generation.judging import grounds_of
from loop.tasks.generation.models import marker, row_of
from loop.tasks.generation.truths import checks_of, columns_of, references_of

ENOUGH = 30
"""Fewer prompts than this are too few to compare two models on."""
INDIFFERENT = 1e-6
"""Marks nearer than this are the same."""


def gate(work: Work) -> Done:
    """Goes back when people did not like the last promotion; then promotes this round's model unless it is worse."""
    with work.project.ledger.read() as connection:
        trained = any(row.round == work.round for row in figures.models(connection))
        champion = figures.champion(connection)
    back = _regretted(work)
    champion = back.model_round if back else champion
    if not trained:

        def go_back(connection: Connection) -> None:
            if back:
                figures.decide(connection, back)

        return Done({"skipped": "no model in this round"} | ({"rollback": back.reason} if back else {}), go_back)
    collapsed = str(row_of(work, work.round).training.get("why") or "")
    before = _answers(work, champion) if champion is not None else {}
    after = _answers(work, work.round)
    comparison, checks = _compared(work, before, after)
    counts = _reward_counts(work, before, after) if champion is not None else None
    verdict = decide_texts(
        comparison,
        alpha=work.config.gate.alpha,
        forgetting=work.config.gate.forgetting,
        checks=checks,
        retention=_forgotten(work, before, after),
        wins=win_rate(*counts, alpha=work.config.gate.alpha) if counts else None,
        collapsed=collapsed,
        first=champion is None,
    )
    decision = Decision(
        round=work.round,
        model_round=work.round,
        champion_round=champion,
        action="promote" if verdict.promote else "hold",
        by="gate",
        reason=verdict.reason,
        comparison=verdict.comparison,
        at=now(),
    )
    work.say(("Promoted: " if verdict.promote else "Held back: ") + verdict.reason)
    told = _told(counts)

    def record(connection: Connection) -> None:
        if back:
            figures.decide(connection, back)
        figures.decide(connection, decision)
        figures.add_measurements(connection, work.round, told)

    return Done({"promoted": verdict.promote, "reason": verdict.reason}, record)


def _told(counts: tuple[int, int, int] | None) -> list[Measurement]:
    rate = win_rate(*counts) if counts else None
    if counts is None or rate is None:
        return []
    return [Measurement("win_rate", *rate, sum(counts), "reward", "against=champion", "tango")]


def _regretted(work: Work) -> Decision | None:
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


def _answers(work: Work, round_: int) -> Mapping[str, Generation]:
    return files.load(work.project.artifacts.open(artifact(round_, "evaluate"))).greedy


def _compared(
    work: Work, before: Mapping[str, Generation], after: Mapping[str, Generation]
) -> tuple[Comparison | None, dict[str, Comparison]]:
    """Wrong answers, and failures of each check, of both models on the same prompts of the best ground."""
    references, checks = references_of(work), checks_of(work)
    for ground in GROUNDS:
        ids = [id_ for id_ in grounds_of(work)[ground] if id_ in before and id_ in after]
        pool = work.project.pool
        columns = columns_of(pool.examples(ids), references, metadata=pool.metadata_columns)
        old, new = ({id_: one[id_] for id_ in ids} for one in (before, after))
        wrong = [_known(measure.wrong(one, columns, references, checks)) for one in (old, new)]
        if len(set(wrong[0]) & set(wrong[1])) < ENOUGH:
            continue
        failed = {
            check.name: [_known(measure.failed(one, columns, check)) for one in (old, new)]
            for check in (checks if len(checks) > 1 else ())
        }
        return compare_wrong(*wrong, on=ground), {
            name: compare_wrong(*both, on=ground) for name, both in failed.items() if set(both[0]) & set(both[1])
        }
    return None, {}


def _known(outcomes: Mapping[str, bool | None]) -> dict[str, bool]:
    return {id_: is_ for id_, is_ in outcomes.items() if is_ is not None}


def _forgotten(work: Work, before: Mapping[str, Generation], after: Mapping[str, Generation]) -> Loss | None:
    """Against the first model, which nothing was forgotten in: small losses must not add up round by round."""
    kept, references = retention(work.project)
    ids = [one.id for one in kept if one.id in after]
    if not ids or not before:
        return None
    with work.project.ledger.read() as connection:
        first = figures.models(connection)[0].round
    original = _answers(work, first)
    ids = [id_ for id_ in ids if id_ in original]

    def marks(answers: Mapping[str, Generation]) -> dict[str, float]:
        same = exact_match([answers[id_].text for id_ in ids], [references[id_] for id_ in ids])
        return dict(zip(ids, map(float, same), strict=True))

    return retention_loss(marks(original), marks(after)) if ids else None


def _reward_counts(
    work: Work, before: Mapping[str, Generation], after: Mapping[str, Generation]
) -> tuple[int, int, int] | None:
    """Wins, ties and losses of the new answers on gold by the reward model of the champion's round; None without one.

    That model was trained on people's answers before this round's tuning saw them anew; it is no person all the same.
    """
    with work.project.ledger.read() as connection:
        champion = figures.champion(connection)
    marks = marker(work, champion) if champion is not None else None
    ids = [id_ for id_ in grounds_of(work)["gold"] if id_ in before and id_ in after]
    if marks is None or len(ids) < ENOUGH:
        return None
    chats = [one.chat for one in work.project.pool.examples(ids)]
    old = marks.rewards(chats, [before[id_].text for id_ in ids]).mean(axis=1)
    new = marks.rewards(chats, [after[id_].text for id_ in ids]).mean(axis=1)
    wins, losses = int((new - old > INDIFFERENT).sum()), int((old - new > INDIFFERENT).sum())
    return wins, len(ids) - wins - losses, losses

"""Projects of models that write, as a run leaves them, without any model: an invented help desk whose answers improve.

make_writing(folder, Writing(rounds=5)) ─► weakspot.yaml, pool, ledger, artifacts/rounds/NNN/evaluate/outcomes.json
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from made_project import own

from loop import pool as pools
from loop.artifacts import Artifacts
from loop.config import template
from loop.ledger import Ledger, figures, people, progress
from loop.ledger.figures import Decision, ModelRow
from loop.ledger.progress import Event, RoundRow
from loop.pool import example_id
from loop.records import (
    Annotation,
    AnswerState,
    Candidate,
    Comparison,
    Example,
    Label,
    Measurement,
    Pick,
    PickKind,
    Preference,
    Role,
    SentTask,
    Split,
    Spot,
)
from loop.records.vocabulary import STEPS

BEGIN = datetime(2026, 4, 6, 8, 0, tzinfo=UTC)
PEOPLE = ("ana@desk.example", "jonas@desk.example")
JUDGE = "judge:small-judge"
SPOTS = ("refund · order", "contract · end", "technician · visit", "invoice · copy")
ASKED = (
    "I sent my order back two weeks ago. Where is my refund?",
    "When does my contract end, and how do I cancel it?",
    "The technician did not come. Can I have a new appointment?",
    "Please send me a copy of my last invoice.",
)
SIGNALS = {
    "mean_entropy": 0.79,
    "mean_logprob": 0.76,
    "semantic_entropy": 0.71,
    "self_consistency": 0.64,
    "max_entropy": 0.58,
    "length": 0.61,
}


@dataclass(frozen=True)
class Writing:
    """What a made project should look like."""

    rounds: int = 5
    batch: int = 24
    gold: int = 60
    pool: int = 200
    form: str = "pair"
    unfinished: bool = True
    """Some questions of the newest round are open."""
    checks: bool = True
    retention: bool = True
    simulated: bool = True
    held: tuple[int, ...] = (3,)
    title: str = "Help desk replies"
    text: Callable[[str], str] = lambda text: text
    """Changes every text that comes from outside: prompts, contexts, answers, notes."""
    name: Callable[[str], str] = lambda name: name
    """Changes names of people, checks and spots."""


@dataclass(frozen=True)
class _Making:
    wanted: Writing
    examples: tuple[Example, ...]
    ledger: Ledger
    artifacts: Artifacts
    rng: np.random.Generator

    def ids(self, split: Split) -> list[str]:
        return [one.id for one in self.examples if one.split is split]


def make_writing(root: Path, wanted: Writing | None = None, *, seed: int = 5) -> Path:
    """Writes a whole project into `root` and returns it."""
    wanted = wanted or Writing()
    root.mkdir(parents=True, exist_ok=True)
    examples = tuple(_example(wanted, row) for row in range(wanted.pool + wanted.gold))
    checks = (
        {wanted.name("names the case"): "Case \\\\d+", wanted.name("polite"): "Dear|Thank"} if wanted.checks else {}
    )
    text = template(
        name="help-desk-replies",
        file="requests.csv",
        text="prompt",
        labels=[],
        context="context",
        experts="simulated" if wanted.simulated else "people",
        batch=wanted.batch,
        base="small-writer",
        task="generation",
        more={
            "generation.checks": checks,
            "questions.form": wanted.form,
            "model.tuning": "dpo",
            "questions.criteria": {"polite": "kind", "brief": "short"},
        },
    )
    (root / "weakspot.yaml").write_text(text.replace("title: null", f"title: {json.dumps(wanted.title)}"))
    own(root)
    artifacts = Artifacts(root / ".weakspot" / "artifacts")
    with artifacts.writing("pool") as folder:
        pools.write(examples, folder / "pool.parquet", metadata=("channel",), writing=True)
    with Ledger.open(f"sqlite:///{root}/.weakspot/ledger.db") as ledger:
        with ledger.begin() as row:
            progress.put(row, "project_key", "made")
        making = _Making(wanted, examples, ledger, artifacts, np.random.default_rng(seed))
        if wanted.rounds:
            _partition(making)
        for round_ in range(wanted.rounds):
            _round(making, round_)
    return root


def answer(prompt: int, round_: int, *, wanted: Writing) -> str:
    """What a round's model writes to the request of this number: terse at first, then to the point and polite."""
    topic = prompt % len(ASKED)
    facts = (
        "your refund of 49 euros is on its way and arrives by Friday",
        "your contract ends on 30 June; write to us by 30 May to cancel it",
        "the technician comes on Tuesday between 8 and 12",
        "the copy of your invoice was sent to your e-mail address",
    )
    wrong = ("please wait", "it ends soon", "call again", "see the website")
    good = (prompt * 7 + round_ * 3) % 10 < 4 + round_
    said = facts[topic] if good else wrong[topic]
    if round_ == 0:
        return wanted.text(f"{said[0].upper()}{said[1:]}.")
    polite = (prompt * 3) % 10 < 5 + round_
    number = f" (Case {4100 + prompt})" if (prompt + round_) % 10 < 5 + round_ else ""
    opening = "Dear customer, thank you for writing. " if polite else ""
    closing = " Is there anything else we can do for you?" if round_ > 1 and polite else ""
    return wanted.text(f"{opening}{said[0].upper()}{said[1:]}{number}.{closing}")


def _example(wanted: Writing, row: int) -> Example:
    text = wanted.text(f"{ASKED[row % len(ASKED)]} My case is {4100 + row}.")
    gold = row >= wanted.pool
    return Example(
        id=example_id(text, str(row)),
        text=text,
        split=Split.GOLD if gold else Split.POOL,
        label=wanted.text(f"Dear customer, we look after it. (Case {4100 + row})") if gold else None,
        source_id=str(row),
        metadata={"channel": ("chat", "email")[row % 2]},
        context=wanted.text(f"Customer since 2019. Plan: Basic. Open case: {4100 + row}.") if row % 3 else "",
    )


def _partition(making: _Making) -> None:
    n = len(making.examples)
    regions = np.arange(n) % len(SPOTS)
    centres = np.array([[-0.5, 0.4], [0.5, 0.5], [0.4, -0.5], [-0.4, -0.4]])
    with making.artifacts.writing("partition") as folder:
        places = centres[regions] + making.rng.normal(0, 0.12, size=(n, 2))
        np.save(folder / "layout.npy", np.clip(places, -1, 1).astype(np.float32))
        np.save(folder / "regions.npy", regions)
        (folder / "spots.json").write_text(json.dumps({"names": list(SPOTS), "terms": [[] for _ in SPOTS]}))


def _round(making: _Making, round_: int) -> None:
    started = BEGIN + timedelta(minutes=40 * round_)
    row = RoundRow(round_, {"seed": 0}, "digest", "0.1.0", started.isoformat(), None)
    with making.ledger.begin() as connection:
        progress.open_round(connection, row)
        progress.add_event(connection, Event(started.isoformat(), "info", round_, None, f"Round {round_} begins"))
    last = making.wanted.unfinished and round_ == making.wanted.rounds - 1
    _model(making, round_, at=started.isoformat())
    _spots(making, round_)
    _questions(making, round_, started=started, share=0.6 if last else 1.0)
    with making.ledger.begin() as connection:
        figures.add_measurements(connection, round_, list(_told_by_people(making, round_, open_=last)))
        for place, step in enumerate(STEPS):
            begun = started + timedelta(seconds=20 * place)
            progress.begin_step(connection, round_, step, at=begun.isoformat())
            if last and step == "await":
                return
            ended = (begun + timedelta(seconds=20)).isoformat()
            progress.finish_step(
                connection, round_, step, outcome={}, inputs="d", at=ended, seconds=20.0, peak_mb=900.0
            )
        progress.finish_round(connection, round_, at=(started + timedelta(minutes=30)).isoformat())


def _model(making: _Making, round_: int, *, at: str) -> None:
    wanted = making.wanted
    number = {one.id: row for row, one in enumerate(making.examples)}
    for step, ids in (("evaluate", making.ids(Split.GOLD)), ("score", making.ids(Split.POOL)[:80])):
        with making.artifacts.writing(f"rounds/{round_:03d}/{step}") as folder:
            rows = [
                {
                    "id": id_,
                    "guess": answer(number[id_], round_, wanted=wanted),
                    "confidence": None if step == "evaluate" else 0.3 + 0.6 * (number[id_] % 10) / 10,
                    "wrong": _wrong(number[id_], round_),
                }
                for id_ in ids
            ]
            (folder / "outcomes.json").write_text(json.dumps(rows))
    with making.artifacts.writing(f"rounds/{round_:03d}/train") as folder:
        (folder / "labels.json").write_text("[]")
    champion = max((r for r in range(round_) if r not in wanted.held), default=None)
    held = round_ in wanted.held
    with making.ledger.begin() as connection:
        figures.add_model(
            connection,
            ModelRow(round_, f"rounds/{round_:03d}/train", "small-writer", "dpo", 0, 20 * round_, 4, "d", 1.0, {}, at),
        )
        figures.put_measurements(connection, round_, list(_measured(making, round_)))
        figures.decide(
            connection,
            Decision(
                round=round_,
                model_round=round_,
                champion_round=champion,
                action="hold" if held else "promote",
                by="gate",
                reason=wanted.text("More answers fail the check." if held else "Fewer answers are wrong."),
                comparison=None if champion is None else _comparison(making, champion, round_),
                at=at,
            ),
        )


def _comparison(making: _Making, champion: int, round_: int) -> Comparison:
    number = {one.id: row for row, one in enumerate(making.examples)}
    was, now = ([_wrong(number[id_], one) for id_ in making.ids(Split.GOLD)] for one in (champion, round_))
    fixed = sum(a and not b for a, b in zip(was, now, strict=True))
    broken = sum(b and not a for a, b in zip(was, now, strict=True))
    difference = (broken - fixed) / len(was)
    return Comparison(len(was), fixed, broken, sum(was), difference, difference - 0.1, difference + 0.1, 0.02, "gold")


def _wrong(number: int, round_: int) -> bool:
    return (number * 7 + round_ * 3) % 10 >= 5 + round_


def _measured(making: _Making, round_: int) -> list[Measurement]:
    wanted, n = making.wanted, making.wanted.gold
    number = {one.id: row for row, one in enumerate(making.examples)}
    wrong = float(np.mean([_wrong(number[id_], round_) for id_ in making.ids(Split.GOLD)]))
    rows = [_figure("error_rate", wrong, n), _figure("unfinished", 0.08 * 0.6**round_, n)]
    if wanted.checks:
        rows += [
            _figure(f"check:{wanted.name('names the case')}"[:32], 0.42 + 0.11 * round_, n),
            _figure(f"check:{wanted.name('polite')}"[:32], 0.3 + 0.15 * round_, n),
        ]
    rows.append(Measurement("chrf", 0.31 + 0.03 * round_, 0.27 + 0.03 * round_, 0.36 + 0.03 * round_, n, "gold"))
    rows.append(Measurement("words", 7.0 + 4 * round_, 6.0 + 4 * round_, 8.2 + 4 * round_, n, "gold"))
    if wanted.retention:
        rows.append(_figure("error_rate", 0.1 + 0.004 * round_, 50, on="retention"))
    rows += [
        replace(_figure("auroc", value + 0.01 * round_, 300, on="pool"), slice=f"signal={name}")
        for name, value in SIGNALS.items()
    ]
    return rows


def _figure(metric: str, value: float, n: int, *, on: str = "gold") -> Measurement:
    half = 1.96 * float(np.sqrt(value * (1 - value) / n))
    return Measurement(metric, value, max(value - half, 0), min(value + half, 1), n, on, "", "wilson")


def _told_by_people(making: _Making, round_: int, *, open_: bool) -> list[Measurement]:
    rows = []
    if round_ and not open_:
        before = "champion"
        rows.append(Measurement("win_rate", 0.58, 0.44, 0.71, 24, "people", f"against={before}", "tango"))
        if round_ > 1:
            value = 0.55 + 0.06 * round_
            first = Measurement("win_rate", value, value - 0.13, value + 0.11, 24, "people", "against=first", "tango")
            rows += [first, replace(first, value=value - 0.02, low=value - 0.1, high=value + 0.06, n=90, on="judge")]
        rows.append(Measurement("agreement", 0.81, 0.66, 0.9, 31, "judge", "against=champion", "wilson"))
    for name, value, n in ((PEOPLE[0], 0.91, 40), (PEOPLE[1], 0.78, 38), (JUDGE, 0.7, 44)):
        told = name if name == JUDGE else making.wanted.name(name)
        where = f"annotator={told}"[:255]
        rows.append(Measurement("reliability", value, value - 0.14, value + 0.06, n, "people", where, "consensus"))
    rows.append(Measurement("first_place", 0.54, 0.41, 0.67, 52, "people", "", "wilson"))
    rows.append(Measurement("agreement", 0.79, None, None, 36, "people", "", "raw"))
    rows.append(Measurement("alpha", 0.61, None, None, 36, "people", "", "krippendorff"))
    rows.append(Measurement("cycles", 1.0, None, None, 60, "people", "", ""))
    return rows


def _spots(making: _Making, round_: int) -> None:
    found = [
        Spot(
            id=place,
            name=making.wanted.name(name),
            size=60,
            pool=50 - 5 * round_,
            dev_n=20,
            dev_errors=8 - round_,
            asked=0,
            corrections=0,
            expected_error=0.4 - 0.05 * round_,
            estimate=max(0.5 - 0.09 * place - 0.05 * round_, 0.03),
            low=0.02,
            high=0.6,
            error_mass=20.0 - 4 * place - 2 * round_,
            terms=(),
            confused=None,
        )
        for place, name in enumerate(SPOTS)
    ]
    with making.ledger.begin() as connection:
        figures.put_spots(connection, round_, found)


def _questions(making: _Making, round_: int, *, started: datetime, share: float) -> None:
    wanted = making.wanted
    batch = wanted.batch
    ids = making.ids(Split.POOL)[round_ * batch : (round_ + 1) * batch]
    picks: dict[str, Pick] = {}
    for place, id_ in enumerate(ids):
        picks[f"{round_:02d}-{place:04d}"] = _pick(making, id_, place, round_)
    if wanted.form == "pair":
        for place in (4, 8):
            pick = picks[f"{round_:02d}-{place:04d}"]
            again = replace(pick, candidates=pick.candidates[::-1], repeat_of=f"{round_:02d}-{place:04d}")
            picks[f"{round_:02d}-{place:04d}-again"] = again
    asked = list(picks)
    answers = {
        ext_id: _answers(making, ext_id, picks[ext_id], place, at=started)
        for place, ext_id in enumerate(asked)
        if place < share * len(asked)
    }
    tasks = [SentTask(ext_id, str(place), f"http://127.0.0.1:8080/t/{place}") for place, ext_id in enumerate(asked)]
    settled = [row for ext_id in answers for row in _settled(picks[ext_id], round_)] if share == 1.0 else []
    with making.ledger.begin() as connection:
        people.add_picks(connection, round_, picks)
        progress.put(connection, "labeler_url", "http://127.0.0.1:8080/projects/1")
        people.add_tasks(connection, tasks, project_id="1", at=started.isoformat())
        people.replace_annotations(connection, {key: rows[:1] for key, rows in answers.items()})
        people.add_answers(connection, [row for rows in answers.values() for row in rows[1:]])
        people.put_preferences(connection, settled)
        if wanted.form == "correction":
            people.put_labels(
                connection,
                [
                    Label(picks[ext_id].example_id, str(rows[0].label), Role.TRAIN, "people", round_, 1, None)
                    for ext_id, rows in answers.items()
                ],
            )


def _pick(making: _Making, id_: str, place: int, round_: int) -> Pick:
    wanted = making.wanted
    number = next(row for row, one in enumerate(making.examples) if one.id == id_)
    audit = place % 4 == 3 and round_ > 0
    mine = answer(number, round_, wanted=wanted)
    shown = (
        Candidate(mine, "challenger" if audit else "champion", round_),
        Candidate(answer(number, 0, wanted=wanted), "first", 0)
        if audit
        else Candidate(answer(number + 4, round_, wanted=wanted), "sample", round_, 0.8),
    )
    shown = shown if place % 2 else shown[::-1]
    if wanted.form == "ranking":
        shown = (*shown, Candidate(answer(number + 8, round_ + 1, wanted=wanted), "sample", round_, 1.1))
    return Pick(
        example_id=id_,
        kind=PickKind.AUDIT if audit else PickKind.WEAK,
        strategy="audit" if audit else "weak_spots/random",
        reason=wanted.text("The model is right here with about 41 %."),
        inclusion_probability=0.1 if audit else None,
        score=None,
        spot=number % len(SPOTS),
        guess=None,
        confidence=None if audit else 0.41,
        show_suggestion=False,
        form=wanted.form,
        candidates=shown if wanted.form in ("pair", "ranking") else shown[:1],
    )


def _answers(making: _Making, ext_id: str, pick: Pick, place: int, *, at: datetime) -> list[Annotation]:
    wanted = making.wanted
    moment = (at + timedelta(seconds=30 * place)).isoformat()
    label: str | None = {
        "pair": ("first", "second", "second", "tie", "first", "both_bad", "second")[place % 7],
        "ranking": ("[2, 1, 3]", "[1, 3, 2]")[place % 2],
        "rating": '{"polite": 4, "brief": 5}',
        "correction": f"{pick.candidates[0].text} We are sorry for the wait.",
    }[wanted.form]
    state = AnswerState.SKIPPED if place % 11 == 10 else AnswerState.ANSWERED
    row = Annotation(
        id=f"a-{ext_id}",
        ext_id=ext_id,
        annotator=wanted.name(PEOPLE[place % 2]),
        state=state,
        label=label if state is AnswerState.ANSWERED else None,
        flags=("bad prompt",) if place % 13 == 12 else (),
        note=wanted.text("the second one names no date") if place % 5 == 0 else "",
        suggestion=None,
        lead_time_s=8.0 + place % 9,
        created_at=moment,
        updated_at=moment,
        raw={},
    )
    if wanted.form != "pair" or place % 3:
        return [row]
    judged = replace(
        row,
        id=f"judge-{ext_id}",
        annotator=JUDGE,
        note="",
        lead_time_s=None,
        raw={"model": "small-judge", "cost": 0.02},
    )
    return [row, judged]


def _settled(pick: Pick, round_: int) -> list[Preference]:
    texts = [one.text for one in pick.candidates]
    if len(set(texts)) < 2:
        return []
    role = Role.AUDIT if pick.kind is PickKind.AUDIT else Role.TRAIN
    return [Preference(f"{pick.example_id}:x", pick.example_id, texts[1], texts[0], 0.87, role, "people", round_, 2)]

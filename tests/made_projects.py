"""Real project folders for the dashboard's tests: weakspot.yaml, pool file, ledger and artifacts as a run leaves them.

make_project(folder, rounds=6, ...) ─► folder/weakspot.yaml, folder/.weakspot/{ledger.db, artifacts/}
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from made_project import own
from made_world import LABELS, SPOTS, World, difficulty, made_world, probabilities

from loop import pool as pools
from loop.artifacts import Artifacts
from loop.config import template
from loop.ledger import Ledger, figures, people, progress
from loop.ledger.figures import Decision, ModelRow
from loop.ledger.progress import Event, RoundRow
from loop.records import (
    Annotation,
    AnswerState,
    Comparison,
    Example,
    FloatArray,
    Label,
    Measurement,
    Pick,
    PickKind,
    Role,
    SentTask,
    Split,
    Spot,
)
from loop.records.vocabulary import STEPS

SECONDS = (31.0, 6.2, 0.1, 11.4, 0.9, 0.4, 5.3, 64.0, 1.2, 0.3)
BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SERVER = "http://127.0.0.1:8080"
EXPERTS = ("ana@desk.example", "jonas@desk.example", "mei@desk.example")


@dataclass(frozen=True)
class Wanted:
    """What a made project should look like."""

    rounds: int = 6
    batch: int = 60
    unfinished: bool = True
    """The newest round stands at `await` with open questions."""
    model: bool = True
    simulated: bool = True
    title: str = "Help desk intents"
    held: tuple[int, ...] = (3,)
    url: str = SERVER
    example: Callable[[Example], Example] = lambda example: example
    spot_name: Callable[[str], str] = lambda name: name
    expert: Callable[[str], str] = lambda name: name
    word: Callable[[str], str] = lambda text: text
    """Changes reasons, notes, events and the gate's words."""
    label: Callable[[str], str] = lambda label: label


@dataclass(frozen=True)
class Making:
    """A project while it is made."""

    wanted: Wanted
    world: World
    ledger: Ledger
    artifacts: Artifacts
    rng: np.random.Generator


def make_project(root: Path, wanted: Wanted, *, seed: int = 7, pool: int = 700) -> Path:
    """Writes a whole project into `root` and returns it."""
    rng = np.random.default_rng(seed)
    world = made_world(rng, pool=pool)
    world = replace(world, examples=tuple(wanted.example(example) for example in world.examples))
    root.mkdir(parents=True, exist_ok=True)
    text = template(
        name="help-desk",
        file="messages.csv",
        text="text",
        labels=[wanted.label(label) for label in LABELS],
        experts="simulated" if wanted.simulated else "people",
        batch=wanted.batch,
    )
    (root / "weakspot.yaml").write_text(text.replace("title: null", f"title: {json.dumps(wanted.title)}"))
    own(root)
    artifacts = Artifacts(root / ".weakspot" / "artifacts")
    with artifacts.writing("pool") as folder:
        pools.write(world.examples, folder / "pool.parquet", metadata=("channel",))
    with Ledger.open(f"sqlite:///{root}/.weakspot/ledger.db") as ledger:
        making = Making(wanted, world, ledger, artifacts, rng)
        with ledger.begin() as row:
            progress.put(row, "project_key", "made")
            people.put_labels(row, [_seed_label(making, place) for place in world.rows(Split.SEED)])
        for round_ in range(wanted.rounds):
            _round(making, round_)
    return root


def _round(making: Making, round_: int) -> None:
    started = BEGIN + timedelta(minutes=25 * round_)
    row = RoundRow(
        round_, {"seed": 0, "selection": {"strategy": "weak_spots"}}, "digest", "0.1.0", started.isoformat(), None
    )
    with making.ledger.begin() as connection:
        progress.open_round(connection, row)
        progress.add_event(connection, Event(started.isoformat(), "info", round_, None, f"Round {round_} begins"))
    if round_ == 0:
        _partition(making)
    chances = probabilities(making.rng, making.world, round_)
    if making.wanted.model:
        _model(making, round_, chances, at=started.isoformat())
    _spots(making, round_)
    last = making.wanted.unfinished and round_ == making.wanted.rounds - 1
    _people(making, round_, chances, started=started, share=0.6 if last else 1.0)
    _steps(making, round_, started, until="await" if last else "settle")


def _partition(making: Making) -> None:
    with making.artifacts.writing("partition") as folder:
        np.save(folder / "layout.npy", making.world.places)
        np.save(folder / "regions.npy", making.world.regions)
        names = [making.wanted.spot_name(spot[0]) for spot in SPOTS]
        (folder / "spots.json").write_text(json.dumps({"names": names, "terms": [spot[4] for spot in SPOTS]}))


def _model(making: Making, round_: int, chances: FloatArray, *, at: str) -> None:
    world = making.world
    gold = world.rows(Split.GOLD)
    for step, rows in (("evaluate", gold), ("score", world.rows(Split.POOL))):
        with making.artifacts.writing(f"rounds/{round_:03d}/{step}") as folder:
            np.save(folder / "probabilities.npy", chances[rows])
            ids = [world.ids[row] for row in rows]
            labels = [making.wanted.label(label) for label in LABELS]
            (folder / "rows.json").write_text(json.dumps({"ids": ids, "labels": labels}))
    wrong = np.array([LABELS[chances[row].argmax()] != world.truth[row] for row in gold])
    error, n = float(wrong.mean()), len(gold)
    half = 1.96 * float(np.sqrt(error * (1 - error) / n))
    held = round_ in making.wanted.held
    measured = (
        Measurement("error_rate", error, max(error - half, 0), error + half, n, "gold", estimator="wilson"),
        Measurement("macro_f1", 1 - error * 1.2, None, None, n, "gold", estimator="bootstrap-1000"),
        Measurement("ece", 0.11 * 0.86**round_, None, None, n, "gold"),
    )
    comparison = Comparison(
        n=n,
        fixed=8 if held else 14,
        broken=10 if held else 6,
        champion_errors=int(wrong.sum()),
        difference=0.008 if held else -0.033,
        low=-0.06,
        high=0.01,
        p_value=0.62 if held else 0.0004,
        on="gold",
    )
    champion = max((r for r in range(round_) if r not in making.wanted.held), default=None)
    decision = Decision(
        round=round_,
        model_round=round_,
        champion_round=champion,
        action="hold" if held else "promote",
        by="gate",
        reason=making.wanted.word("no better than the champion" if held else "fewer errors than the champion"),
        comparison=comparison if champion is not None else None,
        at=at,
    )
    model = ModelRow(
        round_, f"rounds/{round_:03d}/train", "minilm", "lora", 1, 48 + 50 * round_, 12, "d", 1.2, {"steps": 90}, at
    )
    with making.ledger.begin() as connection:
        figures.add_model(connection, model)
        figures.put_measurements(connection, round_, measured)
        figures.decide(connection, decision)


def _spots(making: Making, round_: int) -> None:
    hard = difficulty(round_)
    found = []
    for id_, (name, right, other, _, terms) in enumerate(SPOTS):
        size = int((making.world.regions == id_).sum())
        pool = max(size - 24 - 4 * round_, 3)
        rate = float(hard[id_]) if making.wanted.model else None
        spread = 0.24 / (1.4 + round_ * 0.6)
        found.append(
            Spot(
                id=id_,
                name=making.wanted.spot_name(name),
                size=size,
                pool=pool,
                dev_n=2 + round_,
                dev_errors=round((rate or 0) * (2 + round_)),
                asked=4 * round_,
                corrections=round((rate or 0) * 4 * round_),
                expected_error=rate,
                estimate=rate,
                low=max(rate - spread, 0.0) if rate is not None else None,
                high=min(rate + spread, 1.0) if rate is not None else None,
                error_mass=rate * pool if rate is not None else None,
                terms=terms,
                confused=(making.wanted.label(right), making.wanted.label(other)) if right != other else None,
            )
        )
    with making.ledger.begin() as connection:
        figures.put_spots(connection, round_, found)


def _people(making: Making, round_: int, chances: FloatArray, *, started: datetime, share: float) -> None:
    wanted, world = making.wanted, making.world
    rows = world.rows(Split.POOL)[round_ * wanted.batch : (round_ + 1) * wanted.batch]
    picks, tasks, answers, labels = {}, [], {}, []
    for place, row in enumerate(rows):
        ext_id = f"{round_:02d}-{place:04d}"
        picks[ext_id] = _pick(making, int(row), place, chances)
        task_id = str(round_ * wanted.batch + place + 1)
        tasks.append(SentTask(ext_id, task_id, f"{wanted.url}/projects/1/data?task={task_id}"))
        if place < share * len(rows):
            at = (started + timedelta(minutes=2, seconds=3 * place)).isoformat()
            answers[ext_id] = [_answer(making, ext_id, picks[ext_id], place, world.truth[row], at=at)]
            answer = answers[ext_id][0]
            if answer.state is AnswerState.ANSWERED and answer.label and share == 1.0:
                role = Role.AUDIT if picks[ext_id].kind is PickKind.AUDIT else Role.TRAIN
                labels.append(Label(world.ids[row], answer.label, role, "people", round_, 1, 1.0))
    with making.ledger.begin() as connection:
        people.add_picks(connection, round_, picks)
        progress.put(connection, "labeler_url", f"{wanted.url}/projects/1")
        people.add_tasks(connection, tasks, project_id="1", at=started.isoformat())
        people.replace_annotations(connection, answers)
        people.put_labels(connection, labels)


def _pick(making: Making, row: int, place: int, chances: FloatArray) -> Pick:
    wanted = making.wanted
    kind = PickKind.AUDIT if place % 10 == 9 else PickKind.WEAK if wanted.model else PickKind.COLD
    guess = wanted.label(LABELS[chances[row].argmax()]) if wanted.model else None
    right, other = (wanted.label(label) for label in SPOTS[making.world.regions[row]][1:3])
    reason = {
        PickKind.AUDIT: "Drawn at random, to measure the error rate",
        PickKind.WEAK: f"The model hesitates between {right} and {other}",
        PickKind.COLD: "Stands for messages like it; nothing is known yet",
    }[kind]
    return Pick(
        example_id=making.world.ids[row],
        kind=kind,
        strategy="weak_spots",
        reason=wanted.word(reason),
        inclusion_probability=0.1 if kind is PickKind.AUDIT else None,
        score=0.5 if kind is PickKind.WEAK else None,
        spot=int(making.world.regions[row]),
        guess=guess,
        confidence=float(chances[row].max()) if guess else None,
        show_suggestion=place % 8 != 3,
    )


def _answer(making: Making, ext_id: str, pick: Pick, place: int, truth: str, *, at: str) -> Annotation:
    wanted = making.wanted
    state = {11: AnswerState.SKIPPED, 23: AnswerState.UNKNOWN_LABEL}.get(place % 30, AnswerState.ANSWERED)
    said = state is not AnswerState.SKIPPED
    return Annotation(
        id=f"a-{ext_id}",
        ext_id=ext_id,
        annotator=wanted.expert(EXPERTS[place % 3]),
        state=state,
        label=("old_label" if state is AnswerState.UNKNOWN_LABEL else wanted.label(truth)) if said else None,
        flags=("ambiguous",) if place % 13 == 5 else (),
        note=wanted.word("two wishes in one message") if place % 13 == 5 else "",
        suggestion=pick.guess if pick.show_suggestion else None,
        lead_time_s=6.0 + (place * 7 % 23) + 4 * (place % 3),
        created_at=at,
        updated_at=at,
        raw={},
    )


def _steps(making: Making, round_: int, started: datetime, *, until: str) -> None:
    at = started
    with making.ledger.begin() as connection:
        for place, (step, seconds) in enumerate(zip(STEPS, SECONDS, strict=True)):
            took = seconds * (1 + 0.12 * round_) if making.wanted.model or place > 3 else 0.02
            progress.begin_step(connection, round_, step, at=at.isoformat())
            if step == until and until != "settle":
                return
            at += timedelta(seconds=took)
            progress.finish_step(
                connection,
                round_,
                step,
                outcome={},
                inputs="d",
                at=at.isoformat(),
                seconds=took,
                peak_mb=1240.0 + 20 * place,
            )
            word = making.wanted.word(f"{step.capitalize()} is done")
            progress.add_event(connection, Event(at.isoformat(), "info", round_, step, word))
        progress.finish_round(connection, round_, at=at.isoformat())


def _seed_label(making: Making, row: int) -> Label:
    label = making.wanted.label(making.world.truth[row])
    return Label(making.world.ids[row], label, Role.TRAIN, "seed", None, 0, None)

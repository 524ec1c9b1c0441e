"""Requests to an invented provider, and the ways they can be answered: everything the preference demo is made of.

seed ─► Request (who, plan, dates, ticket) ─► prompt      facts, an empty line, the wish
                 │
                 ├─► good_answer    polite, right plan, date in house format, ticket, short: the reference
                 └─► usual_answer   as an untrained desk writes: flaws whose chance hangs on topic and channel
seed ─► Skill     "Write 2026-03-14 in words." ─► "14 March 2026": what tuning must not forget

`python data/preference/writing.py` writes pool.csv, gold.csv and retention.csv beside this file, always the same.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from values import CHANNELS, FIRST_NAMES, GOODBYES, GREETINGS, LAST_NAMES, MONTHS, NAME_PARTS, PHRASINGS, PLANS, TOPICS

HERE = Path(__file__).parent
COLUMNS = ("id", "text", "context", "channel", "topic", "reference")
FIRST_DAY, DAYS = date(2025, 1, 1), 1461

OPENINGS = (
    "Dear {name}, thank you for your message.",
    "Hello {name}, thank you for writing to us.",
)
PLAIN_OPENINGS = ("Hello.", "")
CLOSINGS = ("Kind regards, Plumeline", "We are glad to help. Plumeline")
BODIES = {
    "plan_change": ("Your plan changes to {plan} on {date}.", "We change your plan to {plan} on {date}."),
    "cancellation": ("Your contract for {plan} ends on {date}.", "We end your contract for {plan} on {date}."),
    "bill_copy": ("The copy of your bill for {plan} is sent on {date}.", "We send your bill for {plan} on {date}."),
    "refund": ("Your refund for {plan} is paid on {date}.", "We pay your refund for {plan} on {date}."),
    "technician": ("The technician for {plan} comes on {date}.", "We send a technician for {plan} on {date}."),
    "address_change": ("Your address for {plan} changes on {date}.", "We move {plan} to your new address on {date}."),
}
REPEATS = (
    "We say it again: {body}",
    "To be very clear and so that nothing is forgotten: {body}",
)
SKILLS = {
    "date_in_words": ("Write {iso} in words of a calendar.", "Which day is {iso}?", "Put {iso} in long form."),
    "date_in_figures": ("Write {house} in figures.", "Give {house} as year, month and day.", "{house} in short form?"),
    "name": ("Who is it: {name} wrote to us?", "Repeat only the name: we called {name}."),
    "ticket": ("Which ticket is named here: {ticket} is open?", "Repeat only the ticket: we closed {ticket}."),
}


@dataclass(frozen=True, slots=True)
class Request:
    """One case at the desk."""

    topic: str
    channel: str
    name: str
    plan: str
    """The one an answer must name: of a change, the new one."""
    old_plan: str | None
    """Only of a change."""
    due: date
    """The one an answer must name."""
    ticket: str
    text: str

    @property
    def context(self) -> str:
        """The facts, a line each; dates as the desk's records hold them."""
        plans = (
            [f"Plan: {self.plan}"] if self.old_plan is None else [f"Plan: {self.old_plan}", f"New plan: {self.plan}"]
        )
        return "\n".join(
            [
                f"Customer: {self.name}",
                *plans,
                f"Date: {self.due.isoformat()}",
                f"Ticket: {self.ticket}",
                f"Channel: {self.channel}",
            ]
        )

    @property
    def prompt(self) -> str:
        """What the model is given as one user message."""
        return f"{self.context}\n\n{self.text}"


@dataclass(frozen=True, slots=True)
class Skill:
    """A small task with one right answer."""

    kind: str
    text: str
    answer: str


def house_date(day: date) -> str:
    """As the house writes dates: 14 March 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def drawn_request(rng: random.Random, *, part: str = "pool") -> Request:
    """A case with names and phrasings of `part`: "pool", "gold", or "text", which is the pool with more names."""
    topic, channel = rng.choice(TOPICS), rng.choice(CHANNELS)
    plan, other = rng.sample(PLANS, 2)
    text = (
        rng.choice(GREETINGS)
        + rng.choice(PHRASINGS["gold" if part == "gold" else "pool"][topic]).format(plan=plan)
        + rng.choice(GOODBYES)
    )
    return Request(
        topic=topic,
        channel=channel,
        name=_drawn_name(rng, part=part),
        plan=plan,
        old_plan=other if topic == "plan_change" else None,
        due=FIRST_DAY + timedelta(days=rng.randrange(DAYS)),
        ticket=_drawn_ticket(rng),
        text=text[0].upper() + text[1:],
    )


def drawn_skill(rng: random.Random) -> Skill:
    """A task of calendar, name or ticket."""
    kind = rng.choice(tuple(SKILLS))
    day, ticket = FIRST_DAY + timedelta(days=rng.randrange(DAYS)), _drawn_ticket(rng)
    iso, house, name = day.isoformat(), house_date(day), _drawn_name(rng, part="text")
    text = rng.choice(SKILLS[kind]).format(iso=iso, house=house, ticket=ticket, name=name)
    return Skill(kind, text, {"date_in_words": house, "date_in_figures": iso, "ticket": ticket, "name": name}[kind])


def good_answer(request: Request, rng: random.Random) -> str:
    """As the desk's best people answer."""
    body = rng.choice(BODIES[request.topic]).format(plan=request.plan, date=house_date(request.due))
    opening = rng.choice(OPENINGS).format(name=request.name)
    return f"{opening} {body} Your ticket is {request.ticket}. {rng.choice(CLOSINGS)}"


def usual_answer(request: Request, rng: random.Random) -> str:
    """As desks answer that nobody taught: each part may be good or flawed, by the topic and the channel.

    A greedy model writes the likeliest form of each part, so what is above a half here is what it does: dates are left
    as in the records for technicians and refunds, tickets are left out in text messages, the plan of a moved address
    is left out, app answers repeat themselves, and only e-mails start politely.
    """
    plan = _usual_plan(request, rng)
    day = _usual_date(request, rng)
    body = rng.choice(BODIES[request.topic]).format(plan="{plan}", date=day)
    body = body.format(plan=plan) if plan else body.replace(" for {plan}", "").replace("{plan}", "you")
    parts = [_usual_opening(request, rng), body, _usual_ticket(request, rng)]
    if rng.random() < (0.6 if request.channel == "app" else 0.15):
        parts.append(rng.choice(REPEATS).format(body=body))
    if rng.random() < (0.4 if request.channel == "email" else 0.3):
        parts.append(rng.choice(CLOSINGS))
    return " ".join(part for part in parts if part)


def _usual_opening(request: Request, rng: random.Random) -> str:
    if rng.random() < (0.9 if request.channel == "email" else 0.3):
        return rng.choice(OPENINGS).format(name=request.name)
    return rng.choice(PLAIN_OPENINGS)


def _usual_plan(request: Request, rng: random.Random) -> str | None:
    """The plan, a wrong one, or none."""
    chance = rng.random()
    if chance < (0.6 if request.topic == "address_change" else 0.1):
        return None
    if chance > 0.92:
        return request.old_plan or rng.choice(PLANS)
    return request.plan


def _usual_date(request: Request, rng: random.Random) -> str:
    """In house format, as in the records, or another day."""
    chance = rng.random()
    if chance < (0.6 if request.topic in ("technician", "refund") else 0.25):
        return request.due.isoformat()
    return house_date(request.due + timedelta(days=rng.randint(1, 9) if chance > 0.96 else 0))


def _usual_ticket(request: Request, rng: random.Random) -> str:
    chance = rng.random()
    if chance < (0.8 if request.channel == "sms" else 0.25):
        return ""
    return f"Your ticket is {request.ticket if chance < 0.97 else _drawn_ticket(rng)}."


def _drawn_name(rng: random.Random, *, part: str) -> str:
    last = rng.choice(LAST_NAMES["gold" if part == "gold" else "pool"])
    if part == "text" and rng.random() < 0.7:
        last = "".join(rng.choice(parts) for parts in NAME_PARTS)
    return f"{rng.choice(FIRST_NAMES)} {last}"


def _drawn_ticket(rng: random.Random) -> str:
    return f"PL-{rng.randrange(1000, 10000)}"


def requests(seed: int, *, part: str = "pool") -> Iterator[Request]:
    """Cases without end, no prompt twice."""
    rng, seen = random.Random(f"{part} {seed}"), set()
    while True:
        request = drawn_request(rng, part=part)
        if request.prompt not in seen:
            seen.add(request.prompt)
            yield request


def skills(seed: int) -> Iterator[Skill]:
    """Small tasks, none twice."""
    rng, seen = random.Random(f"skills {seed}"), set()
    while True:
        skill = drawn_skill(rng)
        if skill.text not in seen:
            seen.add(skill.text)
            yield skill


def request_rows(count: int, *, seed: int, part: str) -> list[dict[str, str]]:
    """The rows of pool.csv or gold.csv."""
    rng = random.Random(f"references {part} {seed}")
    return [
        {
            "id": f"{part}-{number:04d}",
            "text": request.text,
            "context": request.context,
            "channel": request.channel,
            "topic": request.topic,
            "reference": good_answer(request, rng),
        }
        for number, request in zip(range(1, count + 1), requests(seed, part=part), strict=False)
    ]


def skill_rows(count: int, *, seed: int) -> list[dict[str, str]]:
    """The rows of retention.csv."""
    return [
        {
            "id": f"keep-{number:04d}",
            "text": skill.text,
            "context": "",
            "channel": "none",
            "topic": skill.kind,
            "reference": skill.answer,
        }
        for number, skill in zip(range(1, count + 1), skills(seed), strict=False)
    ]


def shipped() -> dict[str, list[dict[str, str]]]:
    """File name → its rows."""
    return {
        "pool.csv": request_rows(1200, seed=1, part="pool"),
        "gold.csv": request_rows(200, seed=1, part="gold"),
        "retention.csv": skill_rows(150, seed=1),
    }


def write(folder: Path = HERE) -> None:
    """Writes the shipped files."""
    for name, rows in shipped().items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    write()

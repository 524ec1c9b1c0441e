"""An invented help desk whose model gets better: texts, places on the map and guesses, all from one seed.

made_world(rng) ─► examples, regions, layout ─► probabilities(round) ─► rows for a made ledger
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loop.pool import example_id
from loop.records import Example, FloatArray, IntArray, Split

SPOTS: tuple[tuple[str, str, str, float, tuple[str, ...]], ...] = (
    ("bill, charged, twice", "charged_twice", "bill_too_high", 0.62, ("charged", "bill", "twice")),
    ("price, rise, letter", "price_rise_notice", "bill_too_high", 0.55, ("price", "rise", "letter")),
    ("rechnung, bezahlt, doppelt", "charged_twice", "get_invoice", 0.66, ("rechnung", "bezahlt", "doppelt")),
    ("router, light, red", "router_fault", "outage", 0.45, ("router", "light", "red")),
    ("slow, evening, netflix", "slow_internet", "wifi_weak", 0.5, ("slow", "evening", "buffering")),
    ("move, new flat, date", "move_house", "change_plan", 0.28, ("move", "flat", "date")),
    ("cancel, contract, leave", "cancel_contract", "change_plan", 0.34, ("cancel", "contract", "leave")),
    ("sim, lost, blocked", "sim_lost", "sim_activation", 0.25, ("sim", "lost", "block")),
    ("roaming, spain, data", "roaming", "data_allowance", 0.3, ("roaming", "abroad", "data")),
    ("password, login, code", "account_login", "account_login", 0.12, ("password", "login", "code")),
    ("engineer, visit, late", "engineer_visit", "outage", 0.2, ("engineer", "visit", "slot")),
    ("number, keep, switch", "keep_number", "cancel_contract", 0.16, ("number", "keep", "port")),
    ("hi, help, please", "out_of_scope", "account_login", 0.7, ("hi", "help", "please")),
    ("voicemail, turn off", "voicemail", "voicemail", 0.08, ("voicemail", "off", "greeting")),
)
"""Name, right label, label it is taken for, error rate before any label, telling terms."""

OPENINGS = ("hi, ", "", "hello team, ", "", "ok so ", "third time asking: ", "pls help, ", "", "good morning. ")
MIDDLES = (
    "my {0} says {1} again and nobody told me about the {2}",
    "why is the {0} {1}?? i never asked for {2}",
    "the {0} thing and then {1}, also {2} since monday, what now",
    "{0} {1} {2}",
    "can you check the {0} please, it shows {1} and the app mentions {2}",
    "my dad's {0} is {1}; he is 81 and cannot deal with {2} on his own, could someone ring him",
)
ENDINGS = ("", " thanks", " !!", " asap", " (ref {n})", " - customer since 2019", " gracias", " danke")
LABELS = tuple(sorted({label for _, right, other, _, _ in SPOTS for label in (right, other)}))


@dataclass(frozen=True, eq=False)
class World:
    """n examples; arrays in the row order of `examples`."""

    examples: tuple[Example, ...]
    truth: tuple[str, ...]
    regions: IntArray
    places: FloatArray

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(example.id for example in self.examples)

    def rows(self, *splits: Split) -> IntArray:
        return np.array([row for row, example in enumerate(self.examples) if example.split in splits])


def made_world(rng: np.random.Generator, *, pool: int = 700, gold: int = 240, seed: int = 48) -> World:
    """`pool` + `gold` + `seed` examples in 14 regions of uneven size."""
    shares = rng.dirichlet(np.full(len(SPOTS), 6.0))
    n = pool + gold + seed
    regions = rng.choice(len(SPOTS), size=n, p=shares)
    angle = np.arange(len(SPOTS)) * 2.399963
    centres = np.stack([np.cos(angle), np.sin(angle)], axis=1) * np.sqrt((np.arange(len(SPOTS)) + 0.5) / 14)[:, None]
    places = 0.86 * centres[regions] + rng.normal(0, 0.062, size=(n, 2))
    splits = [Split.POOL] * pool + [Split.GOLD] * gold + [Split.SEED] * seed
    truth = tuple(SPOTS[region][1] for region in regions)
    examples = tuple(
        _example(rng, row, split, region=int(region), label=label)
        for row, (split, region, label) in enumerate(zip(splits, regions, truth, strict=True))
    )
    return World(examples, truth, regions, np.clip(places, -1, 1).astype(np.float32))


def difficulty(round_: int) -> FloatArray:
    """(s,) error rate of each region in a round: falling, faster where it was high."""
    base = np.array([spot[3] for spot in SPOTS])
    return np.asarray(0.02 + base * 0.78**round_)


def probabilities(rng: np.random.Generator, world: World, round_: int) -> FloatArray:
    """(n, k) of a round's model: wrong as often as its region is difficult, and less sure there."""
    n, k = len(world.examples), len(LABELS)
    column = {label: place for place, label in enumerate(LABELS)}
    right = np.array([column[SPOTS[region][1]] for region in world.regions])
    other = np.array([column[SPOTS[region][2]] for region in world.regions])
    hard = difficulty(round_)[world.regions]
    wrong = (rng.random(n) < hard) & (right != other)
    top = np.where(wrong, other, right)
    sure = np.clip(rng.beta(8 * (1 - hard) + 1, 8 * hard + 0.6), 0.3, 0.995)
    found = np.full((n, k), 0.0)
    found += ((1 - sure) * 0.4 / (k - 1))[:, None]
    found[np.arange(n), np.where(wrong, right, other)] += (1 - sure) * 0.6
    found[np.arange(n), top] += sure
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def _example(rng: np.random.Generator, row: int, split: Split, *, region: int, label: str) -> Example:
    words = [str(word) for word in rng.permutation(SPOTS[region][4])]
    text = str(rng.choice(OPENINGS)) + str(rng.choice(MIDDLES)).format(*words) + str(rng.choice(ENDINGS))
    text = text.replace("{n}", f"{int(rng.integers(10_000, 99_999))}")
    channel = str(rng.choice(["chat", "email", "phone"]))
    return Example(
        id=example_id(text, str(row)),
        text=text,
        split=split,
        label=label,
        source_id=str(row),
        metadata={"channel": channel},
    )

"""What must stay the same whatever is renamed and moved: picks, decisions of the gate and the report, as they were.

expected.json holds them as they were on 2026-11-29:

    python tests/golden/test_same_behaviour.py     writes it again; look at the difference before you commit it

Inputs are made here, without any model: nothing depends on the type of processor but the last digits of figures.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[number]) for number in (1, 2)]

from command_line import here
from made_projects import Wanted, make_project

from loop import registry
from loop.evaluation.compare import counted
from loop.evaluation.gate import decide
from loop.protocols import PoolView
from loop.records import Evidence, SliceComparison

EXPECTED = Path(__file__).with_name("expected.json")


def view() -> PoolView:
    """40 candidates, 8 labelled rows, 5 spots, 4 classes."""
    rng = np.random.default_rng(11)
    rows = rng.normal(size=(48, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return PoolView(
        ids=tuple(f"{number:04x}" for number in rng.permutation(5000)[:40]),
        embeddings=rows[:40],
        probabilities=rng.dirichlet(np.ones(4), 40),
        spots=rng.integers(5, size=40),
        spot_estimates=rng.random(5),
        labelled_embeddings=rows[40:],
        labelled=rng.integers(4, size=8),
    )


def picks() -> dict[str, list[str]]:
    """Strategy → the ids it picks, in its order."""
    seen = view()
    found = {}
    for name in registry.names("strategy"):
        choice = registry.load("strategy", name)(seen, budget=6, rng=np.random.default_rng(1))
        found[name] = [seen.ids[row] for row in choice.rows]
    return found


def decisions() -> list[Any]:
    """Verdicts on some evidence, under both policies."""
    overall = [
        counted(fixed, broken, champion_errors=60, n=400, on="gold") for fixed, broken in ((30, 8), (9, 12), (4, 25))
    ]
    harmed = SliceComparison("class", "refund", replace(overall[2], n=80), p_worse=0.001, margin=0.05)
    cases = [
        *(Evidence(one, answerable=5000) for one in overall),
        Evidence(overall[0], slices=(harmed,)),
        Evidence(None),
    ]
    return [
        asdict(decide(one, policy=policy, alpha=0.05, margin=0.01))
        for one in cases
        for policy in ("not_worse", "better")
    ]


def told(folder: Path) -> Any:
    """The report of a project of six rounds, as JSON."""
    root = make_project(folder / "desk", Wanted(), pool=300)
    said = here("report", "--project", root, "--json")
    assert said.status == 0, said.err
    return json.loads(said.out)


def now(folder: Path) -> dict[str, Any]:
    found = {"picks": picks(), "decisions": decisions(), "report": told(folder)}
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def alike(one: Any, other: Any, *, at: str = "") -> None:
    """Equal, figures but for their last digits."""
    if isinstance(one, dict) and isinstance(other, dict):
        assert sorted(one) == sorted(other), at
        for key in one:
            alike(one[key], other[key], at=f"{at}.{key}")
    elif isinstance(one, list) and isinstance(other, list):
        assert len(one) == len(other), at
        for place, pair in enumerate(zip(one, other, strict=True)):
            alike(*pair, at=f"{at}[{place}]")
    elif isinstance(one, float) and isinstance(other, float):
        assert one == pytest.approx(other, rel=1e-6, abs=1e-9), at
    else:
        assert one == other, at


@pytest.mark.slow
def test_picks_decisions_and_report_are_what_they_were(tmp_path: Path) -> None:
    alike(now(tmp_path), json.loads(EXPECTED.read_text(encoding="utf-8")))


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        EXPECTED.write_text(json.dumps(now(Path(scratch)), indent=1, sort_keys=True) + "\n", encoding="utf-8")

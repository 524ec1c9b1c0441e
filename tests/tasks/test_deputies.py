"""What the judge of a project is told, from its config to the request that leaves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from fake_endpoint import FakeEndpoint

from loop.config import parse
from loop.ledger.people import PickRow
from loop.records import Candidate, Example, Pick, PickKind, Split
from loop.tasks.generation import auto_answers

CONFIG = """
task: generation
project: {{name: desk}}
model: {{tuning: dpo}}
data: {{file: prompts.csv, text: prompt}}
judge: {{url: "{url}", model: small, share: 1.0{more}}}
"""


def _row() -> PickRow:
    shown = (Candidate("Thank you.", "champion", 0), Candidate("No.", "sample", 0, 0.8))
    pick = Pick("a" * 16, PickKind.WEAK, "random", "why", None, None, 0, None, None, False, "pair", shown)
    return PickRow(ext_id="q", round=1, position=0, pick=pick, task=None, task_state=None, sent_at=None)


def _asked(endpoint: FakeEndpoint, more: str) -> set[Any]:
    """How many tokens its answers may take, by what the server was told."""
    config = parse(CONFIG.format(url=endpoint.url, more=more))
    example = Example("a" * 16, "Where is my refund?", Split.POOL)
    pool = SimpleNamespace(examples=lambda ids: tuple(example for _ in ids))
    work: Any = SimpleNamespace(config=config, project=SimpleNamespace(pool=pool), progress=None)
    auto_answers.answers(work, [_row()])
    return {request["max_tokens"] for request in endpoint.requests}


@pytest.mark.parametrize(("more", "room"), [("", 16), (", max_new_tokens: 3000", 3000)])
def test_a_judge_may_write_what_the_form_needs_or_what_the_config_says(more: str, room: int) -> None:
    with FakeEndpoint(lambda request: "1") as endpoint:
        assert _asked(endpoint, more) == {room}

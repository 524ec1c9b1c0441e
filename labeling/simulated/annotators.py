"""Who answers: people, who need nothing from us, or simulated experts with accounts of their own on the server.

    open questions ─► crowd: who, and what ─► is this expert's answer there already? ─► one answer through the API

An answer is given only after looking, so a run killed at any point and resumed answers nothing twice.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from labeling.label_studio.accounts import member_token
from labeling.label_studio.client import Client
from labeling.label_studio.connect import connection
from labeling.label_studio.pages import page_for
from labeling.label_studio.projects import find_project
from labeling.label_studio.send import Connect, Pause, one_of
from labeling.label_studio.state_folder import damaged, read
from labeling.simulated.crowd import Expert, Reply, assigned, crew, reply
from labeling.simulated.preferences import Marks, judgement
from loop import durable
from loop.errors import ProjectGone, ServerRefused
from loop.records import Form

Truth = Callable[[str], str | None]
"""ext_id → the true label or the reference answer; None when it is not known."""

CHUNK = 60
"""Questions per call of `work`, so that whoever waits sees progress."""


class People:
    """Real people answer by themselves."""

    def work(self, ext_ids: Sequence[str]) -> int:
        """0: none of these was answered by us just now."""
        del ext_ids
        return 0


def people() -> People:
    """The menu's "people"."""
    return People()


class Simulated:
    """Experts who answer through the real API, each with its own token."""

    def __init__(
        self,
        connect: Connect,
        experts: Sequence[Expert],
        *,
        accounts: Path,
        project_key: str,
        form: Form,
        truth: Truth,
        marks: Marks | None = None,
        overlap: int,
        seed: int,
        project_id: str | None = None,
        pause: Pause = time.sleep,
    ) -> None:
        self._project_id = project_id
        self._connect = connect
        self._experts = experts
        self._accounts = accounts
        self._key = project_key
        self._suffix = project_key[:8].lower()
        self._form = form
        self._truth = truth
        self._marks = marks
        self._overlap = overlap
        self._seed = seed
        self._pause = pause
        self._members: dict[str, dict[int, tuple[Client, int]]] = {}

    def work(self, ext_ids: Sequence[str]) -> int:
        """Answers up to CHUNK of the questions, all experts at the same time; returns how many answers were given.

        Raises ServerDown, ServerRefused, ProjectGone.
        """
        owner = self._connect()
        project = owner.project(int(self._project_id)) if self._project_id else find_project(owner, self._key)
        if project is None:
            raise ProjectGone("the simulated experts find no project of ours in Label Studio", do="run `weakspot run`")
        members = self._signed_in(owner)
        tasks = owner.full_tasks(project.id, filters=[one_of(ext_ids[:CHUNK])])
        duties = self._duties(tasks, {number: account for number, (_, account) in members.items()})

        def answer_all(expert: Expert) -> int:
            return sum(self._answer(expert, members[expert.number][0], task) for task in duties[expert.number])

        with ThreadPoolExecutor(max_workers=len(self._experts)) as pool:
            return sum(pool.map(answer_all, self._experts))

    def _duties(
        self, tasks: Sequence[Mapping[str, Any]], accounts: Mapping[int, int]
    ) -> dict[int, list[Mapping[str, Any]]]:
        """Expert's number → the tasks it still has to answer."""
        duties: dict[int, list[Mapping[str, Any]]] = {expert.number: [] for expert in self._experts}
        for task in tasks:
            answered_by = {annotation.get("completed_by") for annotation in task["annotations"]}
            for expert in assigned(task["data"]["ext_id"], self._experts, overlap=self._overlap, seed=self._seed):
                if accounts[expert.number] not in answered_by:
                    duties[expert.number].append(task)
        return duties

    def _answer(self, expert: Expert, door: Client, task: Mapping[str, Any]) -> int:
        page = page_for(task["data"], self._form)
        said = self._reply(expert, str(task["data"]["ext_id"]), page.shown(task["data"]))
        if expert.seconds:
            self._pause(said.seconds)
        result = page.result(said.label, said.flags)
        door.annotate(int(task["id"]), result=result, skipped=said.label is None, lead_time_s=round(said.seconds, 2))
        return 1

    def _reply(self, expert: Expert, ext_id: str, shown: Sequence[str]) -> Reply:
        truth = self._truth(ext_id)
        if self._form.kind == "label":
            return reply(expert, ext_id, truth=truth, likely=shown, labels=self._form.labels, seed=self._seed)
        return judgement(expert, ext_id, shown, form=self._form, truth=truth, marks=self._marks, seed=self._seed)

    def _signed_in(self, owner: Client) -> dict[int, tuple[Client, int]]:
        """Expert's number → its own door and account id; the accounts are made when they are first needed."""
        if owner.url not in self._members:
            written = _accounts(self._accounts)
            emails = {
                expert.number: f"simulated-expert-{expert.number}+{self._suffix}@example.com"
                for expert in self._experts
            }
            for email in emails.values():
                # Written down before the account is made: a password must never be lost.
                written.setdefault(email, {"password": secrets.token_urlsafe(15), "token": ""})
            write_accounts(self._accounts, written)
            self._members[owner.url] = {number: _member(owner, email, written) for number, email in emails.items()}
            write_accounts(self._accounts, written)
        return self._members[owner.url]


def _accounts(path: Path) -> dict[str, dict[str, str]]:
    found = read(path)
    for account in found.values():
        if not (isinstance(account, dict) and _are_texts(account.get("password"), account.get("token"))):
            raise damaged(path, "not passwords and tokens by e-mail")
    return found


def _are_texts(*found: object) -> bool:
    return all(isinstance(text, str) and text.isascii() and (text.isprintable() or not text) for text in found)


def write_accounts(path: Path, accounts: Mapping[str, Mapping[str, str]]) -> None:
    """Keeps the experts' passwords and tokens, readable by their owner alone. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    durable.write(path, json.dumps(accounts), private=True)


def _member(owner: Client, email: str, written: dict[str, dict[str, str]]) -> tuple[Client, int]:
    """Signs in with the token we kept, else by password, and keeps the token."""
    account = written[email]
    if account["token"]:
        try:
            door = owner.other_account(account["token"])
            return door, door.own_account()
        except ServerRefused:
            account["token"] = ""
    account["token"] = member_token(owner, email=email, password=account["password"])
    door = owner.other_account(account["token"])
    return door, door.own_account()


def simulated(
    *,
    state_dir: Path,
    url: str | None,
    token: str | None,
    project_key: str,
    form: Form,
    truth: Truth,
    count: int,
    error_rate: float,
    seconds_per_answer: float,
    overlap: int,
    seed: int,
    marks: Marks | None = None,
    project_id: str | None = None,
) -> Simulated:
    """The menu's "simulated": `count` accounts, made on the server once; their passwords lie in `state_dir` (mode 600).

    marks: (ext_id, answer) → how good it is, 0..1: the rubric behind answers about answers, None for labels.
    project_id: where the questions lie; None: the oldest project with our key.
    error_rate and seconds_per_answer are means over the experts; 0 seconds: nobody sleeps.
    """
    return Simulated(
        connection(state_dir, url=url, token=token),
        crew(count, error_rate=error_rate, seconds=seconds_per_answer, seed=seed),
        accounts=state_dir / "simulated.json",
        project_key=project_key,
        form=form,
        truth=truth,
        marks=marks,
        overlap=overlap,
        seed=seed,
        project_id=project_id,
    )

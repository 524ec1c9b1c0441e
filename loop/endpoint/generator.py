"""A served model as a Generator."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import Any

import httpx
from pydantic import ValidationError

from loop.endpoint import errors, requests
from loop.endpoint.http_client import Answered, Door
from loop.endpoint.metering import Meter, Usage, percentile
from loop.endpoint.replies import Reply, generations
from loop.protocols import Progress, Sampling
from loop.records import Chat, Generation

Kept = Callable[[int, tuple[Generation, ...]], None]
"""Called with a prompt's place and its answers as soon as they and all before them are there."""


class EndpointGenerator:
    """A model behind an OpenAI-compatible address; a `loop.protocols.Generator`.

    >>> model = EndpointGenerator("http://localhost:8000/v1", "support", None)
    >>> model
    EndpointGenerator('http://localhost:8000/v1', 'support')

    url: asked is url/chat/completions when it ends in a version such as /v1, else url/v1/chat/completions and then
    url/chat/completions. key: goes along as a bearer token; None for a server that wants none. parallel: so many
    prompts are asked at the same time. tries: of each request. timeout: seconds for one of them.

    What the server refuses with a 4xx that names it is left out from then on, see `without`: logprobs (then
    Generation.logprob is None), n (then one request per sample), seed. mean_entropy and max_entropy are TRUNCATED:
    made from the 20 (or 5) most probable tokens at each place, all others counted as one, and so are lower bounds;
    None where the server tells no alternatives. How far the same seed gives the same answers is up to the server.
    """

    def __init__(
        self,
        url: str,
        model: str,
        key: str | None,
        *,
        transport: httpx.BaseTransport | None = None,
        parallel: int = 8,
        tries: int = 4,
        timeout: float = 120.0,
        price_per_million: float = 0.0,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.url = url
        self.model = model
        self._parallel = parallel
        self._without: frozenset[str] = frozenset()
        self._meter = Meter(price_per_million=price_per_million)
        self._door = partial(
            Door, url, key, transport=transport, tries=tries, timeout=timeout, pause=pause, clock=clock
        )

    def __repr__(self) -> str:
        return f"EndpointGenerator({errors.shown(self.url)!r}, {self.model!r})"

    @property
    def usage(self) -> Usage:
        """All that was asked so far, of which failed calls of `write` are a part."""
        return self._meter.total

    @property
    def without(self) -> frozenset[str]:
        """What the server does not take, as "logprobs", "n", "seed", "top_logprobs=20"; found out by asking."""
        return self._without

    def usage_of(self, chat: Chat) -> Usage:
        """What one prompt of the latest `write` took; asked twice in it, what both took together."""
        return self._meter.usage_of(chat)

    def latency_s(self, share: float) -> float | None:
        """Percentile of the seconds that answered requests took: 0.5 for p50, 0.95 for p95. None before the first."""
        return percentile(self._meter.seconds, share)

    def check(self) -> tuple[str, ...]:
        """The names of the served models, empty when the server does not tell. Raises ServerDown, ServerRefused."""
        with self._door() as door:
            return door.models()

    def write(
        self,
        chats: Sequence[Chat],
        *,
        sampling: Sampling,
        seed: int = 0,
        progress: Progress | None = None,
        kept: Kept | None = None,
    ) -> tuple[tuple[Generation, ...], ...]:
        """`sampling.samples` answers to each prompt, in the order of `chats`. Not for two threads at the same time.

        kept: for callers that go on after a break; called in the order of `chats`, from this thread. Raises
        ServerDown and ServerRefused at the first prompt that cannot be answered; those after it are given up.
        """
        self._meter.forget_chats()
        answers: list[tuple[Generation, ...]] = []
        stop = Event()
        with self._door() as door, ThreadPoolExecutor(max(self._parallel, 1)) as pool:
            asked = [
                pool.submit(
                    self._answers, door, chat, sampling=sampling, seed=seed, place=(number, len(chats)), stop=stop
                )
                for number, chat in enumerate(chats, start=1)
            ]
            try:
                for row, future in enumerate(asked):
                    answers.append(future.result())
                    if kept:
                        kept(row, answers[row])
                    if progress:
                        progress(row + 1, len(chats))
            finally:
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
        return tuple(answers)

    def _answers(
        self, door: Door, chat: Chat, *, sampling: Sampling, seed: int, place: tuple[int, int], stop: Event
    ) -> tuple[Generation, ...]:
        """All samples of one prompt. place: its number and how many there are. stop: another prompt failed."""
        found: list[Generation] = []
        while len(found) < sampling.samples and not stop.is_set():
            n = 1 if "n" in self._without else sampling.samples - len(found)
            one_seed = requests.seed_of(chat, seed=seed, sample=len(found))
            got = self._ask(door, chat, sampling=sampling, n=n, seed=one_seed, place=place)
            if len(got) < n:
                # Ollama and others pass over `n` in silence.
                self._without |= {"n"}
            found += got
        return tuple(found[: sampling.samples])

    def _ask(
        self, door: Door, chat: Chat, *, sampling: Sampling, n: int, seed: int, place: tuple[int, int]
    ) -> tuple[Generation, ...]:
        """One request, and again without whatever the server names in a refusal."""
        without = self._without
        body = requests.body(chat, model=self.model, sampling=sampling, n=n, seed=seed, without=without)
        answered = door.post(body)
        while answered.status != httpx.codes.OK:
            without |= {self._lesson(body, answered, place=place)}
            # A lesson that two threads learn at the same moment may get lost here; then it is learnt again.
            self._without |= without
            again = 1 if "n" in without else n
            body = requests.body(chat, model=self.model, sampling=sampling, n=again, seed=seed, without=without)
            answered = door.post(body)
        return self._read(chat, answered, asked=int(body.get("n", 1)))

    def _lesson(self, body: Mapping[str, Any], answered: Answered, *, place: tuple[int, int]) -> str:
        number, of = place
        parameter, message = errors.reason(answered.payload)
        if errors.TOO_LONG.search(f"{parameter} {message}"):
            raise errors.too_long(answered.url, message, number=number, of=of)
        lesson = requests.lesson(body, parameter=parameter, message=message)
        if lesson is None:
            raise errors.refused(answered.url, answered.status, message, number=number, of=of)
        return lesson

    def _read(self, chat: Chat, answered: Answered, *, asked: int) -> tuple[Generation, ...]:
        try:
            reply = Reply.model_validate(answered.payload)
        except ValidationError as fault:
            where = ".".join(map(str, fault.errors(include_input=False)[0]["loc"]))
            raise errors.no_endpoint([answered.url], f"its reply has no choices that can be read: {where}") from fault
        if len(reply.choices) > asked:
            more = f"its reply has {len(reply.choices):,} choices where {asked:,} were asked for"
            raise errors.no_endpoint([answered.url], more)
        tokens = (reply.usage.prompt_tokens, reply.usage.completion_tokens) if reply.usage else None
        self._meter.count(chat, tokens, seconds=answered.seconds)
        found = generations(reply)
        if not found:
            told = "its reply tells neither usage nor logprobs" if found is None else "its reply has no choices"
            raise errors.no_endpoint([answered.url], told)
        return found

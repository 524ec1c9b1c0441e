"""An endpoint is a Generator like any other: answers in order, the same for the same seed, with what it knows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from threading import Barrier, Event
from typing import Any

import pytest
from fake_endpoint import FakeEndpoint, Words, error, prompt_of

from loop.endpoint import EndpointGenerator
from loop.endpoint.replies import entropy
from loop.protocols import Generator, Sampling
from loop.records import Chat, Message

DRAWN = Sampling(temperature=0.7, samples=3)


def always(value: object) -> bool:
    return True


def chat(text: str) -> Chat:
    return (Message("user", text),)


def generator(server: FakeEndpoint, **kw: Any) -> EndpointGenerator:
    return EndpointGenerator(server.url, server.model, server.key, pause=lambda _: None, **kw)


def echo(request: Mapping[str, Any]) -> str:
    return f"you said {prompt_of(request)}"


def test_answers_come_in_the_order_of_the_prompts_though_the_last_is_ready_first() -> None:
    last_came = Event()

    def answer(request: Mapping[str, Any]) -> str:
        if prompt_of(request) == "7":
            last_came.set()
        assert last_came.wait(30)
        return prompt_of(request)

    with FakeEndpoint(answer) as server:
        found = generator(server).write([chat(str(n)) for n in range(8)], sampling=Sampling())
    assert [answers[0].text for answers in found] == [str(n) for n in range(8)]


def test_exactly_as_many_prompts_as_told_are_asked_at_the_same_time() -> None:
    two, now, most = Barrier(2), [0], [0]

    def answer(request: Mapping[str, Any]) -> str:
        now[0] += 1
        two.wait(30)
        most[0] = max(most[0], now[0])
        two.wait(30)
        now[0] -= 1
        return "fine"

    with FakeEndpoint(answer) as server:
        generator(server, parallel=2).write([chat(str(n)) for n in range(6)], sampling=Sampling())
    assert most == [2]


def test_what_is_kept_and_told_comes_one_by_one_in_order() -> None:
    kept: list[tuple[int, str]] = []
    seen: list[tuple[int, int]] = []
    with FakeEndpoint(echo) as server:
        generator(server).write(
            [chat("a"), chat("b")],
            sampling=Sampling(),
            progress=lambda done, total: seen.append((done, total)),
            kept=lambda row, answers: kept.append((row, answers[0].text)),
        )
    assert kept == [(0, "you said a"), (1, "you said b")]
    assert seen == [(1, 2), (2, 2)]


def test_nothing_asked_asks_nothing() -> None:
    with FakeEndpoint() as server:
        assert generator(server).write([], sampling=Sampling()) == ()
        assert server.paths == []


def test_the_request_says_all_that_the_sampling_says() -> None:
    with FakeEndpoint() as server:
        sampling = Sampling(max_new_tokens=9, temperature=0.7, top_p=0.9, samples=3)
        generator(server).write([(Message("system", "be kind"), Message("user", "hi"))], sampling=sampling, seed=4)
    (asked,) = server.requests
    assert {**asked, "seed": 0} == {
        "model": "small",
        "messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": "hi"}],
        "max_tokens": 9,
        "temperature": 0.7,
        "top_p": 0.9,
        "n": 3,
        "seed": 0,
        "logprobs": True,
        "top_logprobs": 20,
    }


def test_a_prompt_gets_the_same_seed_whatever_is_asked_beside_it() -> None:
    with FakeEndpoint() as server:
        generator(server).write([chat("a"), chat("b")], sampling=Sampling(), seed=1)
        generator(server).write([chat("b")], sampling=Sampling(), seed=1)
        generator(server).write([chat("b")], sampling=Sampling(), seed=2)
    (first,) = {asked["seed"] for asked in server.requests[:2] if prompt_of(asked) == "b"}
    assert [first == asked["seed"] for asked in server.requests[2:]] == [True, False]


def test_logprob_and_entropy_are_read_from_the_tokens() -> None:
    with FakeEndpoint(lambda request: Words("one two", probability=0.5)) as server:
        ((answer,),) = generator(server).write([chat("a")], sampling=Sampling())
    assert answer.tokens == 3
    assert answer.logprob == pytest.approx(math.log(0.5))
    assert answer.max_entropy == pytest.approx(math.log(2))
    assert answer.mean_entropy == pytest.approx(math.log(2) / 3)
    assert answer.finished


def test_tokens_out_of_sight_count_as_one_token() -> None:
    assert entropy([math.log(0.5)]) == pytest.approx(math.log(2))
    assert entropy([math.log(0.5), math.log(0.25), -9999.0]) == pytest.approx(1.5 * math.log(2))
    assert entropy([0.0]) == 0.0


def test_an_answer_cut_off_at_the_limit_did_not_finish() -> None:
    with FakeEndpoint(lambda request: Words("and so", finish="length")) as server:
        ((answer,),) = generator(server).write([chat("a")], sampling=Sampling())
    assert not answer.finished


def test_refused_alternatives_are_asked_for_fewer_and_fewer_and_then_not_at_all() -> None:
    with FakeEndpoint(refuses={"top_logprobs": lambda top: top > 5}) as server:
        model = generator(server, parallel=1)
        found = model.write([chat("a"), chat("b")], sampling=Sampling())
        assert [asked["top_logprobs"] for asked in server.requests] == [20, 5, 5]
        assert model.without == {"top_logprobs=20"}
    assert all(answers[0].mean_entropy is not None for answers in found)


def test_a_server_that_refuses_logprobs_is_asked_without_and_they_are_unknown() -> None:
    with FakeEndpoint(refuses={"logprobs": always}) as server:
        model = generator(server, parallel=1)
        found = model.write([chat("a"), chat("b")], sampling=Sampling())
        assert [asked.get("logprobs") for asked in server.requests[-2:]] == [None, None]
        assert "logprobs" in model.without
    assert [(answers[0].logprob, answers[0].mean_entropy, answers[0].max_entropy) for answers in found] == [
        (None, None, None)
    ] * 2
    assert found[0][0].tokens == 2


def test_a_server_that_passes_over_logprobs_leaves_them_unknown() -> None:
    with FakeEndpoint(ignores=frozenset({"logprobs"})) as server:
        ((answer,),) = generator(server).write([chat("a")], sampling=Sampling())
    assert (answer.logprob, answer.mean_entropy) == (None, None)


def test_a_logprob_without_alternatives_has_no_entropy() -> None:
    with FakeEndpoint(ignores=frozenset({"top_logprobs"})) as server:
        ((answer,),) = generator(server).write([chat("a")], sampling=Sampling())
    assert answer.logprob is not None
    assert answer.mean_entropy is None


@pytest.mark.parametrize("server", [{"refuses": {"n": always}}, {"ignores": frozenset({"n"})}])
def test_without_n_each_sample_is_asked_for_with_a_seed_of_its_own(server: dict[str, Any]) -> None:
    with FakeEndpoint(lambda request: f"seed {request['seed']}", **server) as fake:
        (answers,) = generator(fake).write([chat("a")], sampling=DRAWN)
    assert len({answer.text for answer in answers}) == 3


def test_several_answers_of_one_reply_share_its_tokens_when_logprobs_are_unknown() -> None:
    with FakeEndpoint(lambda request: ["aa bb cc", "dd", "ee"], ignores=frozenset({"logprobs"})) as server:
        (answers,) = generator(server).write([chat("a")], sampling=DRAWN)
    assert sum(answer.tokens for answer in answers) == 8
    assert answers[0].tokens > answers[1].tokens > 0


def test_a_model_that_takes_no_seed_is_asked_without() -> None:
    with FakeEndpoint(refuses={"seed": always}) as server:
        model = generator(server)
        model.write([chat("a")], sampling=Sampling())
        assert model.without == {"seed"}
        assert "seed" not in server.requests[-1]


def test_a_model_with_another_word_for_the_limit_is_asked_in_it() -> None:
    with FakeEndpoint() as server:
        server.faults.append(error(400, "'max_tokens' is not supported. Use 'max_completion_tokens' instead."))
        generator(server).write([chat("a")], sampling=Sampling(max_new_tokens=9))
        assert server.requests[-1]["max_completion_tokens"] == 9
        assert "max_tokens" not in server.requests[-1]


def test_cost_and_tokens_add_up_over_prompts_and_calls() -> None:
    with FakeEndpoint(lambda request: "two words") as server:
        model = generator(server, price_per_million=2.0)
        model.write([chat("one"), chat("one two")], sampling=Sampling())
        model.write([chat("one two three")], sampling=Sampling())
        assert model.usage_of(chat("one")).requests == 0
        assert model.usage_of(chat("one two three")).prompt_tokens == 3
    usage = model.usage
    assert (usage.requests, usage.prompt_tokens, usage.completion_tokens, usage.untold) == (3, 6, 9, 0)
    assert usage.cost == pytest.approx(2.0 * 15 / 1e6)


def test_a_server_that_tells_no_usage_is_counted_as_untold() -> None:
    with FakeEndpoint(usage=False) as server:
        model = generator(server)
        model.write([chat("a")], sampling=Sampling())
    assert model.usage.untold == 1


def test_latency_is_read_from_the_clock_around_each_request() -> None:
    ticks = iter([0.0, 3.0, 10.0, 11.0, 20.0, 22.0])
    with FakeEndpoint() as server:
        model = generator(server, parallel=1, clock=lambda: next(ticks))
        assert model.latency_s(0.5) is None
        model.write([chat(str(n)) for n in range(3)], sampling=Sampling())
    assert (model.latency_s(0.5), model.latency_s(0.95)) == (2.0, 3.0)


def test_the_address_may_end_in_v1_or_not() -> None:
    with FakeEndpoint() as server:
        for url in (server.url, server.url + "/", server.host, server.url + "/chat/completions"):
            EndpointGenerator(url, server.model, None).write([chat("a")], sampling=Sampling())
        assert set(server.paths) == {"/v1/chat/completions"}
    with FakeEndpoint(prefix="") as server:
        model = EndpointGenerator(server.url, server.model, None, parallel=1)
        model.write([chat("a"), chat("b")], sampling=Sampling())
        assert server.paths == ["/v1/chat/completions", "/chat/completions", "/chat/completions"]


def test_it_is_a_generator_of_the_protocol() -> None:
    with FakeEndpoint() as server:
        model: Generator = generator(server)
        assert model.write([chat("a")], sampling=Sampling())[0][0].text == "fine"


def test_a_check_tells_the_models_that_are_served() -> None:
    with FakeEndpoint(model="mine", key="k-123456") as server:
        assert generator(server).check() == ("mine",)

"""What goes wrong at an endpoint → weakspot's errors. Pure; no key appears in a message.

no answer, 429, 5xx ─► ServerDown      401, 403 ─► ServerRefused: the key      404 ─► ServerRefused: model or address
prompt too long ─► ServerRefused with its number      other 4xx, HTML ─► ServerRefused
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from loop.errors import ServerDown, ServerRefused
from loop.secrets import masked

TOO_LONG = re.compile(
    r"context.?(length|size|window|limit)|(prompt|input|messages?) (is|are) too long"
    r"|max_tokens must be at least 1, got -",
    re.IGNORECASE,
)
"""How OpenAI, vLLM, llama.cpp, SGLang and others say it."""


def reason(payload: object) -> tuple[str, str]:
    """(parameter or "", message) of the JSON of a refusal, whichever of the usual shapes it has."""
    inner = payload.get("error", payload) if isinstance(payload, Mapping) else payload
    if not isinstance(inner, Mapping):
        return "", " ".join(str(inner).split())
    message = inner.get("message") or inner.get("detail") or inner
    return str(inner.get("param") or ""), " ".join(str(message).split())


def shown(url: str) -> str:
    """The address without a password or a token that stands in it."""
    return re.sub(r"//[^/@]*@", "//", masked(url))


def down(url: str, found: str, *, tries: int) -> ServerDown:
    """found: what happened last, as "status 503"."""
    return ServerDown(
        f"the endpoint {shown(url)} does not answer ({found}; tried {tries} times)",
        do="check the address and the server's log; nothing is lost, run again when it is up",
    )


def bad_key(url: str, status: int, *, key: bool) -> ServerRefused:
    """key: whether one was sent."""
    return ServerRefused(
        f"the endpoint {shown(url)} does not accept the key (status {status})"
        if key
        else f"the endpoint {shown(url)} wants a key and none was given (status {status})",
        wanted="a key of that server",
        do="put it into the environment variable that token_env names",
    )


def no_model(url: str, model: str, *, served: Sequence[str]) -> ServerRefused:
    """served: the names it does know; empty when it does not tell."""
    return ServerRefused(
        f"the endpoint {shown(url)} has no model {model!r}",
        wanted="one of " + ", ".join(served) if served else "a model it serves",
        do="correct the model's name, or serve it under this one",
    )


def too_long(url: str, message: str, *, number: int, of: int) -> ServerRefused:
    """number: 1 for the first prompt of the call."""
    return ServerRefused(
        f"prompt {number} of {of} is too long for the model at {shown(url)}: {message[:300]}",
        wanted="a prompt that fits into the model's context together with the answer",
        do="shorten it or leave it out, lower generation.max_new_tokens, or serve the model with a longer context",
    )


def refused(url: str, status: int, message: str, *, number: int, of: int) -> ServerRefused:
    """Any other 4xx."""
    return ServerRefused(
        f"the endpoint {shown(url)} refuses prompt {number} of {of} (status {status}): {message[:300]}",
        do="see what the server's documentation says of this message",
    )


def too_much(url: str, most: int) -> ServerRefused:
    """A reply that is larger than what was asked for can be."""
    return ServerRefused(
        f"the endpoint {shown(url)} sends more than {most:,} bytes in one reply",
        wanted="the answers that were asked for",
        do="check the address and the server's log",
    )


def packed(url: str, found: str) -> ServerRefused:
    """found: what is wrong with the way that the reply is compressed."""
    return ServerRefused(
        f"the endpoint {shown(url)} sends a reply that cannot be read: {found}",
        wanted="a reply that is not compressed, or once with gzip",
        do="check the address and the proxy before it",
    )


def moved(url: str, target: str) -> ServerRefused:
    """A redirect: not followed, because the key would go along."""
    return ServerRefused(
        f"the endpoint {shown(url)} sends on to {shown(target)}", do="give that address, if you trust it"
    )


def no_endpoint(tried: Sequence[str], found: str) -> ServerRefused:
    """Something answers that speaks another language. tried: addresses."""
    return ServerRefused(
        f"what answers is no OpenAI-compatible server ({found}); tried " + ", ".join(map(shown, tried)),
        wanted="an address such as http://localhost:8000/v1",
        do="check the address: weakspot adds /chat/completions to it, and /v1 where that is missing",
    )

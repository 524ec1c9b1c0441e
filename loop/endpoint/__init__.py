"""The one network door to models behind an OpenAI-compatible address (vLLM, llama.cpp, SGLang, Ollama, OpenAI, …).

    chats ─► requests.body ─► Door.post ─► replies.read ─► Generations, in the order of the chats
               ▲                │ hang-ups, 429, 5xx: again, after a pause      │
               │                └─► faults ─► ServerDown, ServerRefused         └─► Meter: tokens, cost, seconds
               └── what the server was found not to take (logprobs, n, seed) is left out from then on

generator   EndpointGenerator, a loop.protocols.Generator        requests   prompt → JSON, and what a refusal teaches
door        HTTP with another try                                replies    JSON → Generations
faults      what goes wrong, told                                metering   tokens, cost, latency

The transport can be replaced. The key appears in no message, log or repr.
"""

from loop.endpoint.generator import EndpointGenerator
from loop.endpoint.metering import Usage

__all__ = ["EndpointGenerator", "Usage"]

"""How to get to the server: the embedded one, started whenever it is down, or one of the user's own.

url None ─► EmbeddedServer ─► Client      url and token ─► Client, looked at once
"""

from __future__ import annotations

from pathlib import Path

from labeling.label_studio.client import Client
from labeling.label_studio.installation import Tell
from labeling.label_studio.send import Connect
from labeling.label_studio.server import Access, EmbeddedServer, silent
from loop.errors import LabelerError


def reach(*, url: str, token: str | None) -> str:
    """Signs in to a server of the user's own and says how it went. Raises LabelerError."""
    connection(Path(), url=url, token=token)
    return f"{url}, the token is accepted"


def connection(state_dir: Path, *, url: str | None, token: str | None, tell: Tell = silent) -> Connect:
    """How to get a door that is open: the embedded server's, or that of the server at `url`."""
    if url is None:
        return _embedded(EmbeddedServer(state_dir), tell)
    if not token:
        raise LabelerError(
            f"no token for the Label Studio at {url}",
            wanted="a legacy token or a personal access token",
            do="put it into the environment variable that labeler.token_env names (LABEL_STUDIO_TOKEN)",
        )
    client = Client(url, token)
    client.check()
    return lambda: client


def _embedded(server: EmbeddedServer, tell: Tell) -> Connect:
    doors: dict[Access, Client] = {}

    def connect() -> Client:
        access = server.start(tell=tell)
        if access not in doors:
            doors[access] = Client(access.url, access.token)
        return doors[access]

    return connect

"""No secret in a message, wherever in an address or an answer it stands."""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Callable
from html import escape
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.errors import WeakspotError
from loop.secrets import MASK, hidden, in_address, is_secret, masked

SECRET = st.text(string.ascii_letters + string.digits + "%-._~!*", min_size=8, max_size=30).map("cAn4ry".__add__)
PLACES = (
    "postgresql://ann:{}@db.example/x",
    "postgresql+psycopg://:{}@/x?host=%2Ftmp",
    "postgresql://ann@db/x?password={}",
    "postgresql://ann@db/x?sslmode=require&sslpassword={}&connect_timeout=3",
    "https://ann:{}@labels.example/",
    "https://{}@labels.example/",
    "https://labels.example/?token={}",
    "https://labels.example/v1?a=b&api_key={}#top",
    "https://labels.example/v1?key={}",
    "host=db password={} user=ann",
    "host=db password='{}' user=ann",
    "password = {}",
    "Authorization: Bearer {}",
    "Authorization: Token {}",
    '{{"error": {{"access_token": "{}"}}}}',
    "{{'password': '{}', 'user': 'ann'}}",
    "connection to postgresql://ann:{}@db/x failed, password={} again",
)


@pytest.mark.parametrize("place", PLACES)
@given(secret=SECRET)
def test_a_secret_is_masked_in_every_place(place: str, secret: str) -> None:
    for text in (place.replace("{}", secret).replace("{{", "{").replace("}}", "}"), f"no answer at {place}, twice"):
        shown = masked(text.replace("{}", secret))
        assert secret not in shown
        assert masked(shown) == shown


@pytest.mark.parametrize("place", PLACES)
def test_no_error_of_ours_holds_a_secret(place: str) -> None:
    text = place.replace("{}", "cAn4ry-secret")
    fault = WeakspotError(text, wanted=text, do=text)
    assert "cAn4ry" not in f"{fault} {fault.found} {fault.wanted} {fault.do} {fault.args}"


@given(SECRET)
def test_a_known_secret_is_hidden_however_it_is_written(secret: str) -> None:
    text = f"{secret} {quote(secret, safe='')} {secret!r}"
    assert secret not in hidden(text, [secret, None, ""])


ESCAPES = {
    "as it is": lambda sign: sign,
    "JSON": lambda sign: json.dumps(sign)[1:-1],
    "JSON, slash": lambda sign: json.dumps(sign)[1:-1].replace("/", "\\/"),
    "JSON, code": lambda sign: f"\\u{ord(sign):04x}",
    "JSON, capital code": lambda sign: f"\\u{ord(sign):04X}",
    "JSON in JSON": lambda sign: f"\\\\u{ord(sign):04x}",
    "HTML": escape,
    "HTML, number": lambda sign: f"&#{ord(sign)};",
    "HTML, hex": lambda sign: f"&#x{ord(sign):x};",
    "address": lambda sign: f"%{ord(sign):02x}",
}
PRINTABLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=30)


@given(PRINTABLE, st.data())
def test_a_known_secret_is_hidden_however_each_of_its_characters_is_escaped(secret: str, data: st.DataObject) -> None:
    ways = data.draw(st.lists(st.sampled_from(sorted(ESCAPES)), min_size=len(secret), max_size=len(secret)))
    written = "".join(ESCAPES[way](sign) for way, sign in zip(ways, secret, strict=True))
    shown = hidden(f"\u2192 {written} \u2190", [secret])
    assert shown == f"\u2192 {MASK} \u2190" or ("\\" in secret and secret not in shown)


@pytest.mark.parametrize("secret", ["sk/ab+cd/efgh==", 'k<x>&"q', "caf\u00e9-\U0001f511-key"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_known_secret_is_hidden_in_base64(secret: str, encode: Callable[[bytes], bytes]) -> None:
    written = encode(secret.encode()).decode()
    assert written.rstrip("=") not in hidden(f"Basic {written}", [secret])


@pytest.mark.parametrize("secret", ["caf\u00e9-\U0001f511-key", "a\\b\\\\c"])
def test_a_secret_beyond_ascii_is_hidden_in_json(secret: str) -> None:
    assert hidden(json.dumps({"key": secret}), [secret]) == '{"key": "***"}'
    assert hidden(json.dumps(json.dumps(secret)), [secret]).count("***") == 1


@pytest.mark.parametrize("secret", ["\\" * 30 + "a", "a" * 30, "%" * 30, "&" * 30])
@pytest.mark.parametrize("sign", ["\\", "%", "&", "a"])
def test_hiding_takes_time_in_proportion_to_the_text(secret: str, sign: str) -> None:
    """It would not end if a run of one sign could be read in many ways."""
    hidden("\\" + sign * 50_000 + "b", [secret])


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8080/projects/1/data?task=3",
        "hf://owner/name?split=train&revision=main",
        "model.options: max_new_tokens=256 is not an option",
        "write it by hand: selection.batch = 5",
        "labeler.token_env: LABEL_STUDIO_TOKEN",
        "export X=postgresql://USER:PASSWORD@HOST/NAME",
        "ann@desk.example said refund",
        "Token classification is not for texts",
        "sqlite:////home/ann/.weakspot/ledger.db",
    ],
)
def test_what_holds_no_secret_stays(text: str) -> None:
    assert masked(text) == text


def test_addresses_with_secrets_are_recognised() -> None:
    assert in_address("postgresql://ann:pw@db/x")
    assert in_address("postgresql://ann@db/x?p%61ssword=pw")
    assert not in_address("postgresql://ann@db:5432/x?host=%2Ftmp&sslmode=require")
    assert not in_address("http://[")
    assert is_secret("sslpassword")
    assert not is_secret("sslmode")

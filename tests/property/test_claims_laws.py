"""Laws of reading tokens: no token is a crash, and no organisation is an account."""

import base64
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.property.strategies import JSON

from codexctl.adapters.openai_oauth.claims import read_claims

AUTH = "https://api.openai.com/auth"

_ACCOUNTS = st.sampled_from(["account-1", "", "two words", "naïve", "line\nend", "\ud800", 7, None])
_ORGANIZATIONS = st.just([{"id": "org-1"}]) | JSON
_PLACES = st.fixed_dictionaries(
    {},
    optional={
        "chatgpt_account_id": _ACCOUNTS,
        "organizations": _ORGANIZATIONS,
        "organization_id": st.just("org-1"),
    },
)


@st.composite
def _payloads(draw: st.DrawFn) -> dict[str, Any]:
    return {**draw(_PLACES), AUTH: draw(_PLACES | JSON), "exp": draw(JSON)}


def _segment(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _token(header: object, payload: object) -> str:
    parts = (json.dumps(part).encode() for part in (header, payload))
    return ".".join((*map(_segment, parts), _segment(b"signature")))


@given(_payloads())
def test_an_account_is_one_that_a_place_for_accounts_names(payload: dict[str, Any]) -> None:
    claims = read_claims(_token({"alg": "RS256"}, payload))
    assert claims is not None
    assert claims.account_id in (None, "account-1")


@given(_payloads())
def test_the_end_of_a_token_is_aware_or_unknown(payload: dict[str, Any]) -> None:
    claims = read_claims(_token({"alg": "RS256"}, payload))
    assert claims is not None
    assert claims.expires_at is None or claims.expires_at.tzinfo is not None


@given(JSON, JSON)
def test_no_header_and_no_payload_is_a_crash(header: object, payload: object) -> None:
    read_claims(_token(header, payload))


@given(st.text() | st.lists(st.text(), min_size=3, max_size=3).map(".".join))
def test_no_text_is_a_crash(text: str) -> None:
    read_claims(text)


@given(st.lists(st.binary().map(_segment), min_size=3, max_size=3))
def test_no_bytes_in_a_token_are_a_crash(segments: list[str]) -> None:
    read_claims(".".join(segments))

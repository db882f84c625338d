"""What a token says about itself, and that no token makes reading it fail."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from codexctl.adapters.openai_oauth.claims import Claims, read_claims

AUTH = "https://api.openai.com/auth"
_SIGNING_KEY = "a key that nobody checks, long enough"


def _claims(payload: dict[str, Any]) -> Claims | None:
    return read_claims(jwt.encode(payload, _SIGNING_KEY, "HS256"))


def _segment(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _unsigned(payload: str) -> str:
    header = json.dumps({"alg": "none", "typ": "JWT"}).encode()
    return f"{_segment(header)}.{_segment(payload.encode())}."


def test_the_account_is_that_of_the_auth_claim() -> None:
    claims = _claims({AUTH: {"chatgpt_account_id": "inner"}, "chatgpt_account_id": "outer"})
    assert claims == Claims("inner", None)


def test_the_account_of_the_root_serves_where_there_is_no_other() -> None:
    assert _claims({"chatgpt_account_id": "outer"}) == Claims("outer", None)


@pytest.mark.parametrize("inner", ["", 7, None, "line\nend", "naïve", "with space"])
def test_an_account_that_cannot_be_sent_gives_way_to_that_of_the_root(inner: object) -> None:
    claims = _claims({AUTH: {"chatgpt_account_id": inner}, "chatgpt_account_id": "outer"})
    assert claims == Claims("outer", None)


def test_an_organisation_is_never_taken_for_the_account() -> None:
    organizations = [{"id": "org-1", "is_default": True}]
    named = {"organizations": organizations, "organization_id": "org-1"}
    claims = _claims({AUTH: named, **named})
    assert claims == Claims(None, None)


def test_the_end_of_the_token_is_read_in_utc() -> None:
    assert _claims({"exp": 1_780_315_200}) == Claims(None, datetime(2026, 6, 1, 12, tzinfo=UTC))


def test_an_expired_token_is_read_like_any_other() -> None:
    assert _claims({"exp": 0}) == Claims(None, datetime(1970, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("exp", ['"soon"', "true", "null", "[]", "1e400", "-1e400", "1e18", "NaN"])
def test_an_end_that_is_no_moment_counts_as_none(exp: str) -> None:
    assert read_claims(_unsigned(f'{{"exp": {exp}}}')) == Claims(None, None)


@pytest.mark.parametrize("auth", ['"text"', "[]", "null", '{"chatgpt_account_id": {}}'])
def test_an_auth_claim_of_another_shape_names_no_account(auth: str) -> None:
    assert read_claims(_unsigned(f'{{"{AUTH}": {auth}}}')) == Claims(None, None)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "..",
        "a.b.c",
        "no token at all",
        "\ud800.\ud800.\ud800",
        "é.é.é",
        f"{_segment(b'{}')}.{_segment(b'{}')}",
        f"{_segment(b'[]')}.{_segment(b'{}')}.",
        _unsigned("[]"),
        _unsigned("null"),
        _unsigned("{"),
        _unsigned("[" * 100_000),
        _unsigned('{"exp": ' + "9" * 5_000 + "}"),
    ],
    ids=range(13),
)
def test_what_is_no_token_has_no_claims(token: str) -> None:
    assert read_claims(token) is None


def test_an_encrypted_token_has_no_claims() -> None:
    header = _segment(json.dumps({"alg": "RSA-OAEP", "enc": "A256GCM"}).encode())
    assert read_claims(f"{header}.{_segment(b'key')}.{_segment(b'iv')}.x.y") is None

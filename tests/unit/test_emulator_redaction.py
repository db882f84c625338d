import pytest

from codexctl.entrypoints.emulator.http.messages import HttpRequest
from codexctl.entrypoints.emulator.http.redaction import loggable_body, loggable_target
from codexctl.entrypoints.emulator.json_values import Json, parse_json

FORM = "application/x-www-form-urlencoded"


def request(target: str, raw: bytes, content_type: str) -> HttpRequest:
    try:
        body, is_json = parse_json(raw), True
    except ValueError:
        body, is_json = None, False
    headers = {"content-type": content_type}
    return HttpRequest(
        method="POST", target=target, headers=headers, raw=raw, body=body, is_json=is_json
    )


@pytest.mark.parametrize(
    ("target", "logged"),
    [
        ("/a?code=canary&x=1&state=canary", "/a?code=***&x=1&state=***"),
        ("/a?response_type=code&code_challenge=c", "/a?response_type=code&code_challenge=c"),
        ("/a?c%6fde=canary", "/a?c%6fde=***"),
        ("/a?CODE=canary&code=", "/a?CODE=***&code=***"),
        ("/a?code", "/a?code"),
        ("/a?", "/a?"),
        ("/code", "/code"),
    ],
)
def test_secret_parameters_of_a_query_are_hidden(target: str, logged: str) -> None:
    assert loggable_target(target) == logged


@pytest.mark.parametrize(
    ("raw", "content_type", "logged"),
    [
        (b"code=canary&grant_type=x", FORM, {"code": "***", "grant_type": "x"}),
        (b'{"refresh_token":"canary","a":1}', "application/json", {"refresh_token": "***", "a": 1}),
        (b'[{"a":{"token":{"deep":"canary"}}}]', "application/json", [{"a": {"token": "***"}}]),
        (b'"canary"', "application/json", "***"),
        (b"canary", "application/json", None),
        (b'{"refresh_token":"canary"', FORM, {"***": "***"}),
        (b"", FORM, {}),
        (b"a=\xff", FORM, {"a": "\ufffd"}),
    ],
)
def test_secret_fields_of_a_body_are_hidden(raw: bytes, content_type: str, logged: Json) -> None:
    assert loggable_body(request("/oauth/token", raw, content_type)) == logged


def test_a_conversation_is_logged_as_it_is() -> None:
    raw = b'{"tools":[{"parameters":{"properties":{"code":{"type":"string"}}}}]}'
    for path in ("/v1/responses", "/backend-api/codex/responses?x=1"):
        assert loggable_body(request(path, raw, "application/json")) == parse_json(raw)

"""The emulated issuer and account endpoints over real sockets."""

import base64
import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from codexctl.entrypoints.emulator import (
    ACCOUNT_ID,
    EMAIL,
    OTHER_ACCOUNT_ID,
    PLAN_TYPE,
    Emulator,
)

CLIENT = "app_emulatorTest"
CALLBACK = "http://localhost:1455/auth/callback"
# The pair that RFC 7636, appendix B, works out.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
AUTH = "https://api.openai.com/auth"
CHATGPT = "/backend-api/codex/responses"
CHECK = "/backend-api/wham/accounts/check"
USAGE = "/backend-api/wham/usage"
MODELS = "/backend-api/codex/models"
USER_CODE = "/api/accounts/deviceauth/usercode"
POLL = "/api/accounts/deviceauth/token"
ASK = {
    "response_type": "code",
    "client_id": CLIENT,
    "redirect_uri": CALLBACK,
    "scope": "openid profile email offline_access",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
    "state": "planted state&=",
}
BODY = {
    "model": "gpt-5.5",
    "instructions": "Be brief.",
    "input": [{"role": "user", "content": [{"type": "input_text", "text": "go"}]}],
    "store": False,
    "stream": True,
}
Answer = dict[str, Any]


@dataclass(slots=True)
class Clock:
    """A clock that moves when it is told to."""

    now: float = 2_000_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def emulator(clock: Clock) -> Iterator[Emulator]:
    with Emulator(clock=clock) as running:
        yield running


def authorize(emulator: Emulator, **changes: str) -> requests.Response:
    url = f"{emulator.issuer}/oauth/authorize"
    return requests.get(url, params={**ASK, **changes}, allow_redirects=False, timeout=60)


def sent_back(reply: requests.Response) -> dict[str, str]:
    """The parameters that come back to the client's own address."""
    assert reply.status_code == 302
    location = urlsplit(reply.headers["location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == CALLBACK
    return dict(parse_qsl(location.query, keep_blank_values=True))


def redeem(emulator: Emulator, code: str, **changes: str) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": CLIENT,
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    return requests.post(f"{emulator.issuer}/oauth/token", data={**form, **changes}, timeout=60)


def sign_in(emulator: Emulator, **changes: str) -> Answer:
    reply = redeem(emulator, sent_back(authorize(emulator, **changes))["code"])
    assert reply.status_code == 200
    answer: Answer = reply.json()
    return answer


def refresh(emulator: Emulator, token: str, client_id: str = CLIENT) -> requests.Response:
    body = {"client_id": client_id, "grant_type": "refresh_token", "refresh_token": token}
    return requests.post(f"{emulator.issuer}/oauth/token", json=body, timeout=60)


def revoke(emulator: Emulator, token: str) -> requests.Response:
    return requests.post(f"{emulator.issuer}/oauth/revoke", json={"token": token}, timeout=60)


def failure(reply: requests.Response) -> tuple[int, str]:
    """The status, and the code in either shape."""
    error = reply.json()["error"]
    return reply.status_code, error if isinstance(error, str) else error["code"]


def claims_of(token: str) -> Answer:
    payload = token.split(".")[1]
    claims: Answer = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def bearer(token: str, account_id: str | None = None) -> dict[str, str]:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    return headers if account_id is None else {**headers, "chatgpt-account-id": account_id}


def converse(emulator: Emulator, headers: dict[str, str]) -> requests.Response:
    url = emulator.issuer + CHATGPT
    return requests.post(url, data=json.dumps(BODY), headers=headers, timeout=60)


def fetch(emulator: Emulator, path: str, headers: dict[str, str]) -> requests.Response:
    return requests.get(emulator.issuer + path, headers=headers, timeout=60)


def post_json(emulator: Emulator, path: str, body: Answer) -> requests.Response:
    return requests.post(emulator.issuer + path, json=body, timeout=60)


# Signing in with a browser


def test_a_login_is_approved_and_comes_back_with_its_state(emulator: Emulator) -> None:
    answer = sent_back(authorize(emulator))
    assert answer.keys() == {"code", "state"}
    assert answer["state"] == ASK["state"]


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": ""},
        {"client_id": "someone else"},
        {"redirect_uri": ""},
        {"redirect_uri": "https://localhost:1455/auth/callback"},
        {"redirect_uri": "http://localhost:1456/auth/callback"},
        {"redirect_uri": "http://localhost/auth/callback"},
        {"redirect_uri": "http://localhost:99999/auth/callback"},
        {"redirect_uri": "http://[::1/auth/callback"},
        {"redirect_uri": "http://[::1]:1455/auth/callback"},
        {"redirect_uri": "http://localhost:1455/auth/callback?next=1"},
        {"redirect_uri": "http://user@localhost:1455/auth/callback"},
        {"redirect_uri": "http://example.com:1455/auth/callback"},
    ],
)
def test_a_wrong_client_or_address_is_never_redirected_to(
    emulator: Emulator, changes: dict[str, str]
) -> None:
    reply = authorize(emulator, **changes)
    assert reply.status_code == 400
    assert failure(reply)[1] in ("invalid_client", "invalid_redirect_uri")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": VERIFIER + "x"}, "invalid_request"),
        ({"state": ""}, "invalid_request"),
    ],
)
def test_any_other_fault_of_a_login_is_told_to_the_client(
    emulator: Emulator, changes: dict[str, str], error: str
) -> None:
    answer = sent_back(authorize(emulator, **changes))
    assert answer["error"] == error
    assert answer.get("state") == (changes.get("state", ASK["state"]) or None)


def test_a_parameter_that_is_there_twice_is_refused(emulator: Emulator) -> None:
    url = f"{emulator.issuer}/oauth/authorize?state=1&state=2"
    assert failure(requests.get(url, timeout=60)) == (400, "invalid_request")


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1457/auth/callback", CALLBACK])
def test_both_loopback_names_and_both_ports_are_registered(emulator: Emulator, uri: str) -> None:
    assert authorize(emulator, redirect_uri=uri).headers["location"].startswith(f"{uri}?code=")


def test_any_port_may_be_allowed() -> None:
    with Emulator(any_redirect_port=True) as emulator:
        uri = "http://127.0.0.1:50123/auth/callback"
        assert authorize(emulator, redirect_uri=uri).status_code == 302


@pytest.mark.parametrize(
    ("scenario", "description"),
    [("login-denied", "denied"), ("login-not-entitled", "missing_codex_entitlement")],
)
def test_a_login_can_be_denied_once(scenario: str, description: str) -> None:
    with Emulator(issuer_scenarios=(scenario,)) as emulator:
        answer = sent_back(authorize(emulator))
        assert (answer["error"], answer["state"]) == ("access_denied", ASK["state"])
        assert description in answer["error_description"]
        assert "code" in sent_back(authorize(emulator))


def test_a_code_buys_tokens_that_say_who_signed_in(emulator: Emulator, clock: Clock) -> None:
    answer = sign_in(emulator)
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 864_000
    assert answer["scope"] == ASK["scope"]
    assert answer["refresh_token"].startswith("rt_emulator_")
    for token in (answer["access_token"], answer["id_token"]):
        claims = claims_of(token)
        assert claims["exp"] == clock.now + 864_000
        assert claims[AUTH]["chatgpt_account_id"] == ACCOUNT_ID
        assert claims[AUTH]["chatgpt_plan_type"] == PLAN_TYPE
        assert claims["organizations"][0]["id"] not in ("", ACCOUNT_ID)
    assert claims_of(answer["id_token"])["email"] == EMAIL
    assert claims_of(answer["access_token"])["https://api.openai.com/profile"]["email"] == EMAIL


def test_no_two_tokens_are_the_same(emulator: Emulator) -> None:
    first, second = sign_in(emulator), sign_in(emulator)
    for name in ("access_token", "id_token", "refresh_token"):
        assert first[name] != second[name]


def test_without_offline_access_there_is_no_refresh_token(emulator: Emulator) -> None:
    assert "refresh_token" not in sign_in(emulator, scope="openid")


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "ac_unknown"},
        {"client_id": "app_other"},
        {"redirect_uri": "http://127.0.0.1:1455/auth/callback"},
        {"code_verifier": VERIFIER[:-1]},
    ],
)
def test_a_code_is_good_for_what_it_was_made_for_only(
    emulator: Emulator, changes: dict[str, str]
) -> None:
    code = sent_back(authorize(emulator))["code"]
    assert failure(redeem(emulator, **{"code": code, **changes})) == (400, "invalid_grant")


def test_a_code_is_good_once(emulator: Emulator) -> None:
    code = sent_back(authorize(emulator))["code"]
    assert redeem(emulator, code).status_code == 200
    assert failure(redeem(emulator, code)) == (400, "invalid_grant")


def test_a_wrong_verifier_spends_the_code(emulator: Emulator) -> None:
    code = sent_back(authorize(emulator))["code"]
    assert redeem(emulator, code, code_verifier="wrong").status_code == 400
    assert redeem(emulator, code).status_code == 400


def test_a_code_expires(emulator: Emulator, clock: Clock) -> None:
    code = sent_back(authorize(emulator))["code"]
    clock.now += 600
    assert failure(redeem(emulator, code)) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("content_type", "body", "error"),
    [
        ("application/x-www-form-urlencoded", "grant_type=password", "unsupported_grant_type"),
        ("application/x-www-form-urlencoded", "", "unsupported_grant_type"),
        ("application/x-www-form-urlencoded", "a=1&" * 60, "invalid_request"),
        ("application/json", '{"grant_type":"refresh_token"}', "invalid_client"),
        (
            "application/json",
            '{"grant_type":"authorization_code","client_id":"app_x"}',
            "invalid_request",
        ),
        ("application/json", "[]", "invalid_request"),
        ("text/plain", "grant_type=refresh_token", "invalid_request"),
    ],
)
def test_a_request_for_tokens_that_makes_no_sense_is_refused(
    emulator: Emulator, content_type: str, body: str, error: str
) -> None:
    headers = {"content-type": content_type}
    url = f"{emulator.issuer}/oauth/token"
    reply = requests.post(url, data=body, headers=headers, timeout=60)
    assert failure(reply)[1] == error


def test_an_id_token_buys_an_api_key_and_no_other_text_does(emulator: Emulator) -> None:
    tokens = sign_in(emulator)
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "client_id": CLIENT,
        "requested_token": "openai-api-key",
        "subject_token": tokens["id_token"],
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    }
    url = f"{emulator.issuer}/oauth/token"
    key = requests.post(url, data=form, timeout=60).json()["access_token"]
    assert key.startswith("sk-emulator-")
    wrong = {**form, "subject_token": tokens["access_token"]}
    assert failure(requests.post(url, data=wrong, timeout=60)) == (401, "invalid_subject_token")
    for name in ("requested_token", "subject_token_type"):
        reply = requests.post(url, data={**form, name: "other"}, timeout=60)
        assert failure(reply) == (400, "invalid_request")


# Refreshing


def test_a_refresh_spends_the_token_and_gives_another(emulator: Emulator, clock: Clock) -> None:
    first = sign_in(emulator)
    clock.now += 1000
    second = refresh(emulator, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert claims_of(second["access_token"])["exp"] == clock.now + 864_000
    third = refresh(emulator, second["refresh_token"])
    assert third.status_code == 200
    state = emulator.issuer_state
    assert list(state.refresh_tokens_spent.items()) == [
        (first["refresh_token"], 1),
        (second["refresh_token"], 1),
    ]
    assert state.refreshes_succeeded == 2


def test_a_refresh_may_be_a_form_too(emulator: Emulator) -> None:
    form = {
        "grant_type": "refresh_token",
        "client_id": CLIENT,
        "refresh_token": sign_in(emulator)["refresh_token"],
    }
    reply = requests.post(f"{emulator.issuer}/oauth/token", data=form, timeout=60)
    assert reply.status_code == 200


def test_a_token_used_twice_ends_the_one_that_took_its_place(emulator: Emulator) -> None:
    old = sign_in(emulator)["refresh_token"]
    new = refresh(emulator, old).json()["refresh_token"]
    assert failure(refresh(emulator, old)) == (401, "refresh_token_reused")
    assert failure(refresh(emulator, new)) == (401, "refresh_token_invalidated")
    assert emulator.issuer_state.refresh_tokens_spent == {old: 2}


def test_reuse_can_leave_the_new_token_alone() -> None:
    with Emulator(reuse_revokes_family=False) as emulator:
        old = sign_in(emulator)["refresh_token"]
        new = refresh(emulator, old).json()["refresh_token"]
        assert failure(refresh(emulator, old)) == (401, "refresh_token_reused")
        assert refresh(emulator, new).status_code == 200


def test_an_unknown_token_is_invalidated(emulator: Emulator) -> None:
    reply = refresh(emulator, "rt_emulator_of_another_one")
    assert reply.json() == {
        "error": {
            "message": "Your session has ended. Please log in again.",
            "type": "invalid_request_error",
            "param": None,
            "code": "refresh_token_invalidated",
        }
    }


def test_a_refresh_token_can_expire(clock: Clock) -> None:
    with Emulator(clock=clock, refresh_token_lifetime=60) as emulator:
        token = sign_in(emulator)["refresh_token"]
        clock.now += 60
        assert failure(refresh(emulator, token)) == (401, "refresh_token_expired")


def test_a_refresh_token_belongs_to_its_client(emulator: Emulator) -> None:
    token = sign_in(emulator)["refresh_token"]
    assert failure(refresh(emulator, token, "app_other")) == (400, "invalid_grant")
    assert refresh(emulator, token).status_code == 200


def test_of_fifty_clients_with_one_token_exactly_one_gets_through(emulator: Emulator) -> None:
    token = sign_in(emulator)["refresh_token"]
    together = threading.Barrier(50)

    def spend(_number: int) -> int:
        together.wait()
        return refresh(emulator, token).status_code

    with ThreadPoolExecutor(50) as pool:
        statuses = Counter(pool.map(spend, range(50)))
    assert statuses == {200: 1, 401: 49}
    assert emulator.issuer_state.refresh_tokens_spent == {token: 50}
    assert emulator.issuer_state.refreshes_succeeded == 1


def test_fifty_clients_sign_in_and_refresh_at_once(emulator: Emulator) -> None:
    together = threading.Barrier(50)

    def use(_number: int) -> str:
        together.wait()
        answer = refresh(emulator, sign_in(emulator)["refresh_token"]).json()
        assert converse(emulator, bearer(answer["access_token"])).status_code == 200
        token: str = answer["refresh_token"]
        return token

    with ThreadPoolExecutor(50) as pool:
        assert len(set(pool.map(use, range(50)))) == 50
    state = emulator.issuer_state
    assert (len(state.refresh_tokens_spent), state.refreshes_succeeded) == (50, 50)


@pytest.mark.parametrize(
    ("scenario", "status", "content_type", "part"),
    [
        ("refresh-500", 500, "application/json", b"server_error"),
        ("refresh-html", 403, "text/html; charset=utf-8", b"Just a moment"),
        ("refresh-429", 429, "application/json", b"rate_limit_exceeded"),
        ("refresh-token-expired", 401, "application/json", b'"code":"token_expired"'),
        ("refresh-invalid-grant", 400, "application/json", b'"error":"invalid_grant"'),
        ("refresh-garbage", 200, "application/json", b"<<garbage"),
    ],
)
def test_a_fault_of_a_refresh_leaves_the_token_good(
    scenario: str, status: int, content_type: str, part: bytes
) -> None:
    with Emulator(issuer_scenarios=(f"{scenario}*2",)) as emulator:
        token = sign_in(emulator)["refresh_token"]
        for _ in range(2):
            reply = refresh(emulator, token)
            assert (reply.status_code, reply.headers["content-type"]) == (status, content_type)
            assert part in reply.content
        assert refresh(emulator, token).status_code == 200


def test_an_answer_can_get_lost_after_the_token_is_spent() -> None:
    with Emulator(issuer_scenarios=("refresh-answer-lost",)) as emulator:
        token = sign_in(emulator)["refresh_token"]
        with pytest.raises(requests.ConnectionError):
            refresh(emulator, token)
        assert emulator.requests[-1].status == 0
        assert failure(refresh(emulator, token)) == (401, "refresh_token_reused")


def test_a_lost_answer_of_a_token_that_is_not_good_is_told() -> None:
    with Emulator(issuer_scenarios=("refresh-answer-lost",)) as emulator:
        assert refresh(emulator, "unknown").status_code == 401


def raw_refresh(emulator: Emulator) -> socket.socket:
    body = b'{"client_id":"app_x","grant_type":"refresh_token","refresh_token":"x"}'
    head = (
        f"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    client = socket.create_connection(("127.0.0.1", emulator.port), timeout=60)
    client.sendall(head.encode() + body)
    return client


def test_a_refresh_that_hangs_is_never_answered() -> None:
    with Emulator(issuer_scenarios=("refresh-hangs",)) as emulator:
        with raw_refresh(emulator) as client, client.makefile("rb") as reply:
            client.shutdown(socket.SHUT_WR)
            assert reply.read() == b""
        (request,) = emulator.requests
        assert request.status == 0


def test_close_ends_a_refresh_that_hangs() -> None:
    before = set(threading.enumerate())
    emulator = Emulator(issuer_scenarios=("refresh-hangs*",))
    emulator.start()
    with raw_refresh(emulator) as client, client.makefile("rb") as reply:
        emulator.close()
        assert set(threading.enumerate()) == before
        with suppress(ConnectionResetError):  # when the request was not read yet
            assert reply.read() == b""


def test_an_answer_without_a_refresh_token_leaves_the_old_one_good() -> None:
    with Emulator(issuer_scenarios=("refresh-no-new-token",)) as emulator:
        token = sign_in(emulator)["refresh_token"]
        answer = refresh(emulator, token).json()
        assert "refresh_token" not in answer
        assert claims_of(answer["access_token"])
        assert emulator.issuer_state.refresh_tokens_spent == {}
        assert "refresh_token" in refresh(emulator, token).json()


def test_the_account_can_change_with_a_refresh() -> None:
    with Emulator(issuer_scenarios=("account-changes",)) as emulator:
        answer = refresh(emulator, sign_in(emulator)["refresh_token"]).json()
    assert claims_of(answer["access_token"])[AUTH]["chatgpt_account_id"] == OTHER_ACCOUNT_ID
    assert claims_of(answer["id_token"])[AUTH]["chatgpt_account_id"] == OTHER_ACCOUNT_ID


# The device flow


def poll(emulator: Emulator, offer: Answer) -> requests.Response:
    body = {name: offer[name] for name in ("device_auth_id", "user_code")}
    return post_json(emulator, POLL, body)


def ask_for_a_code(emulator: Emulator) -> Answer:
    reply = post_json(emulator, USER_CODE, {"client_id": CLIENT})
    assert reply.status_code == 200
    offer: Answer = reply.json()
    return offer


def test_a_device_code_is_pending_until_it_is_approved(clock: Clock) -> None:
    with Emulator(clock=clock, approve_after=5) as emulator:
        offer = ask_for_a_code(emulator)
        assert offer["interval"] == "1"
        assert failure(poll(emulator, offer)) == (403, "deviceauth_authorization_pending")
        clock.now += 5
        answer = poll(emulator, offer).json()
        assert answer.keys() == {"authorization_code", "code_challenge", "code_verifier"}
        tokens = redeem(
            emulator,
            answer["authorization_code"],
            redirect_uri=f"{emulator.issuer}/deviceauth/callback",
            code_verifier=answer["code_verifier"],
        ).json()
        assert refresh(emulator, tokens["refresh_token"]).status_code == 200
        assert emulator.issuer_state.user_codes_asked == (offer["user_code"],)


def test_an_approved_device_code_is_told_once(emulator: Emulator) -> None:
    offer = ask_for_a_code(emulator)
    assert poll(emulator, offer).status_code == 200
    assert failure(poll(emulator, offer)) == (403, "deviceauth_authorization_unknown")


def test_a_device_code_needs_both_its_halves(emulator: Emulator) -> None:
    first, second = ask_for_a_code(emulator), ask_for_a_code(emulator)
    mixed = {**first, "user_code": second["user_code"]}
    assert failure(poll(emulator, mixed)) == (403, "deviceauth_authorization_unknown")


def test_a_device_code_expires_after_15_minutes(clock: Clock) -> None:
    with Emulator(clock=clock, approve_after=10_000) as emulator:
        offer = ask_for_a_code(emulator)
        clock.now += 900
        assert failure(poll(emulator, offer)) == (403, "expired_token")


@pytest.mark.parametrize(
    ("scenario", "told"),
    [
        ("device-declined", (401, "authorization_declined")),
        ("device-expired", (403, "expired_token")),
    ],
)
def test_a_device_code_that_has_ended_stays_so(scenario: str, told: tuple[int, str]) -> None:
    with Emulator(issuer_scenarios=(scenario,)) as emulator:
        offer = ask_for_a_code(emulator)
        assert [failure(poll(emulator, offer)) for _ in range(2)] == [told, told]


def test_the_first_polls_can_be_told_to_slow_down() -> None:
    with Emulator(issuer_scenarios=("device-slow-down*2",)) as emulator:
        offer = ask_for_a_code(emulator)
        assert [poll(emulator, offer).status_code for _ in range(3)] == [400, 400, 200]


def test_the_device_flow_can_be_off() -> None:
    with Emulator(issuer_scenarios=("device-not-enabled*",)) as emulator:
        assert post_json(emulator, USER_CODE, {"client_id": CLIENT}).status_code == 404


@pytest.mark.parametrize("path", [USER_CODE, POLL])
def test_the_device_flow_wants_json(emulator: Emulator, path: str) -> None:
    for data in ({"client_id": CLIENT}, b"{"):
        reply = requests.post(emulator.issuer + path, data=data, timeout=60)
        assert failure(reply) == (400, "invalid_request")


def test_the_device_flow_wants_a_client(emulator: Emulator) -> None:
    assert failure(post_json(emulator, USER_CODE, {})) == (400, "invalid_client")


@pytest.mark.parametrize(("interval", "told"), [(7, 7), ("5", "5"), (None, None)])
def test_the_interval_can_have_any_shape(interval: str | int | None, told: object) -> None:
    with Emulator(device_interval=interval) as emulator:
        assert ask_for_a_code(emulator).get("interval") == told


def test_the_page_for_device_codes_is_there(emulator: Emulator) -> None:
    reply = requests.get(f"{emulator.issuer}/codex/device", timeout=60)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")


# Revoking


def test_a_revoked_session_is_over(emulator: Emulator) -> None:
    tokens = sign_in(emulator)
    assert revoke(emulator, tokens["refresh_token"]).status_code == 200
    refused = refresh(emulator, tokens["refresh_token"])
    assert failure(refused) == (401, "refresh_token_invalidated")
    assert failure(converse(emulator, bearer(tokens["access_token"])))[1] == "token_expired"
    assert emulator.issuer_state.tokens_revoked == (tokens["refresh_token"],)


def test_an_access_token_can_be_revoked_alone(emulator: Emulator) -> None:
    tokens = sign_in(emulator)
    assert revoke(emulator, tokens["access_token"]).status_code == 200
    assert converse(emulator, bearer(tokens["access_token"])).status_code == 401
    assert refresh(emulator, tokens["refresh_token"]).status_code == 200


def test_revoking_what_is_unknown_is_no_error_and_revoking_nothing_is(emulator: Emulator) -> None:
    assert revoke(emulator, "whatever").status_code == 200
    assert failure(revoke(emulator, "")) == (400, "invalid_request")
    assert failure(requests.post(f"{emulator.issuer}/oauth/revoke", timeout=60))[0] == 400


def test_a_revocation_can_fail() -> None:
    with Emulator(issuer_scenarios=("revoke-fails",)) as emulator:
        token = sign_in(emulator)["refresh_token"]
        assert revoke(emulator, token).status_code == 500
        assert emulator.issuer_state.tokens_revoked == ()
        assert refresh(emulator, token).status_code == 200


# Bearers and accounts


@pytest.mark.parametrize("path", [CHECK, USAGE, MODELS])
def test_an_expired_token_opens_no_door(emulator: Emulator, clock: Clock, path: str) -> None:
    headers = bearer(sign_in(emulator)["access_token"])
    assert fetch(emulator, path, headers).status_code == 200
    assert converse(emulator, headers).status_code == 200
    clock.now += 864_000
    told = fetch(emulator, path, headers)
    assert told.json() == converse(emulator, headers).json()
    assert told.json() == {
        "error": {
            "message": "Provided authentication token is expired. Please try signing in again.",
            "type": None,
            "code": "token_expired",
            "param": None,
        },
        "status": 401,
    }


def test_tokens_can_be_born_expired() -> None:
    with Emulator(access_token_lifetime=0) as emulator:
        headers = bearer(sign_in(emulator)["access_token"])
        assert converse(emulator, headers).status_code == 401


def test_an_id_token_is_no_bearer(emulator: Emulator) -> None:
    assert converse(emulator, bearer(sign_in(emulator)["id_token"])).status_code == 401


@pytest.mark.parametrize("path", [CHECK, USAGE, MODELS])
def test_account_endpoints_want_a_bearer_and_take_any(emulator: Emulator, path: str) -> None:
    assert fetch(emulator, path, {}).status_code == 401
    assert fetch(emulator, path, bearer("any")).status_code == 200


def test_a_strict_emulator_takes_its_own_tokens_with_their_account_only() -> None:
    with Emulator(strict_bearer=True) as emulator, Emulator() as another:
        token = sign_in(emulator)["access_token"]
        foreign = sign_in(another)["access_token"]
        asked = [
            bearer(token, ACCOUNT_ID),
            bearer(token),
            bearer(token, "org-emulatedTrap00001"),
            bearer(foreign, ACCOUNT_ID),
            bearer(token[:-4], ACCOUNT_ID),
            bearer("any"),
        ]
        statuses = [converse(emulator, headers).status_code for headers in asked]
    assert statuses == [200, 403, 403, 401, 401, 401]


def test_the_accounts_check_knows_the_account_of_the_token() -> None:
    with Emulator(issuer_scenarios=("account-changes",)) as emulator:
        tokens = refresh(emulator, sign_in(emulator)["refresh_token"]).json()
        mine = fetch(emulator, CHECK, bearer(tokens["access_token"])).json()
        other = fetch(emulator, CHECK, bearer("any", "acct-given")).json()
        nobody = fetch(emulator, CHECK, bearer("any")).json()
    assert [answer["default_account_id"] for answer in (mine, other, nobody)] == [
        OTHER_ACCOUNT_ID,
        "acct-given",
        ACCOUNT_ID,
    ]
    (account,) = mine["accounts"]
    assert (account["id"], account["plan_type"]) == (OTHER_ACCOUNT_ID, PLAN_TYPE)
    assert account["account_routing_override"] == "NO_CONSTRAINT"


def test_the_usage_resets_in_the_future(emulator: Emulator, clock: Clock) -> None:
    usage = fetch(emulator, USAGE, bearer("any")).json()
    for name in ("primary_window", "secondary_window"):
        window = usage["rate_limit"][name]
        assert window["reset_at"] == clock.now + window["reset_after_seconds"]
        assert 0 < window["reset_after_seconds"] < window["limit_window_seconds"]
    assert (usage["plan_type"], usage["credits"]["has_credits"]) == (PLAN_TYPE, False)


def test_two_models_are_offered_with_an_etag(emulator: Emulator) -> None:
    reply = fetch(emulator, f"{MODELS}?client_version=0.1.0", bearer("any"))
    assert [model["slug"] for model in reply.json()["models"]] == ["gpt-5.5", "gpt-5.6-luna"]
    assert reply.headers["etag"]


# The log


def test_nothing_that_signs_in_stands_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    with Emulator(log=log) as emulator:
        code = sent_back(authorize(emulator))["code"]
        tokens = redeem(emulator, code).json()
        refresh(emulator, tokens["refresh_token"])
        revoke(emulator, tokens["refresh_token"])
        offer = ask_for_a_code(emulator)
        approved = poll(emulator, offer).json()
        device_code = approved["authorization_code"]
        redeem(emulator, device_code, code_verifier=approved["code_verifier"])
        converse(emulator, bearer(tokens["access_token"]))
        logged = str(emulator.requests) + log.read_text()
        exchange = emulator.requests[1]
    secrets = [code, VERIFIER, *(tokens[name] for name in ("access_token", "refresh_token"))]
    secrets += [offer["device_auth_id"], offer["user_code"], *approved.values()]
    assert [secret for secret in secrets if secret in logged] == []
    assert exchange.body == {
        "grant_type": "authorization_code",
        "client_id": CLIENT,
        "code": "***",
        "redirect_uri": CALLBACK,
        "code_verifier": "***",
    }

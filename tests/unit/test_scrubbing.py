"""What the scrubber takes off a tape, what it puts there, and what it leaves."""

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from codexctl.adapters.cassettes.last_check import path_at, suspicious_places
from codexctl.adapters.cassettes.scrubber import Scrubber
from codexctl.adapters.cassettes.stand_ins import Kind, StandIns
from codexctl.adapters.cassettes.tape import (
    Arrival,
    Ending,
    Exchange,
    Headers,
    Interrupted,
    RunFacts,
    Tape,
    TapedFailure,
    TapedRequest,
    TapedResponse,
    Whole,
)
from codexctl.adapters.cassettes.tape_file import write_tape
from codexctl.adapters.cassettes.tape_text import tape_text
from codexctl.domain.conversation import Image
from codexctl.domain.errors import TapeRefused
from codexctl.domain.tools import ChangeKind, FileChange, OutcomeStatus, ToolOutcome

Json: TypeAlias = Any

URL = "https://api.openai.com/v1/responses"
OAUTH = "https://auth.openai.com/oauth/token"
KEY = "sk-proj-abcdefgh12345678"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"


def taped(
    *,
    url: str = URL,
    headers: Headers = (),
    body: bytes = b"",
    answer_headers: Headers = (),
    answer: bytes = b"",
    ending: Ending = Whole(),  # noqa: B008 (a value)
    arrivals: tuple[Arrival, ...] = (),
    outcomes: tuple[ToolOutcome, ...] = (),
) -> Tape:
    request = TapedRequest(method="POST", url=url, headers=headers, body=body)
    response = TapedResponse(
        status=200,
        reason="OK",
        headers=answer_headers,
        body=answer,
        arrivals=arrivals,
        ending=ending,
    )
    return Tape(exchanges=(Exchange(request, response),), outcomes=outcomes)


def scrubbed_header(name: str, value: str, *known: str) -> str:
    tape = Scrubber(known=known)(taped(headers=((name, value),)))
    return tape.exchanges[0].request.headers[0][1]


def scrubbed_url(url: str) -> str:
    return Scrubber()(taped(url=url)).exchanges[0].request.url


def scrubbed_json(value: Json, *known: str, url: str = URL, reasoning: bool = False) -> Json:
    scrubber = Scrubber(known=known, reasoning=reasoning)
    tape = scrubber(taped(url=url, body=json.dumps(value).encode()))
    return json.loads(tape.exchanges[0].request.body)


def scrubbed_text(text: str, *known: str) -> str:
    return scrubbed_json({"text": text}, *known)["text"]


def answer_of(tape: Tape) -> TapedResponse:
    answer = tape.exchanges[0].answer
    assert isinstance(answer, TapedResponse)
    return answer


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", f"Bearer {KEY}", "bearer-0001"),
        ("authorization", "Basic dXNlcjpwYXNz", "bearer-0001"),
        ("chatgpt-account-id", "5e1f0c1e-0000-4000-8000-00000000e001", "account-0001"),
        ("x-api-key", "abc", "api-key-0001"),
        ("OpenAI-Organization", "org", "organization-0001"),
        ("OpenAI-Project", "mine", "project-0001"),
        ("session-id", "0192-a", "session-0001"),
        ("x-codex-turn-state", "opaque", "secret-0001"),
        ("x-some-new-token", "opaque", "secret-0001"),
        ("x-forwarded-for", "203.0.113.7", "address-0001"),
        ("cookie", "abc", "cookie-0001"),
        ("cookie", "theme=dark; sid=abc", "theme=cookie-0001; sid=cookie-0002"),
        ("set-cookie", "sid=abc; path=/; HttpOnly", "sid=cookie-0001; path=/; HttpOnly"),
        ("location", f"/done?code=abc&x={KEY}&y=1", "/done?code=code-0001&x=api-key-0001&y=1"),
        ("x-meta", '{"user_id":"u-1","n":1}', '{"user_id":"user-0001","n":1}'),
        ("x-request-id", "req_0123456789abcdef", "req_0123456789abcdef"),
        ("cf-ray", "8f00ba4-FRA", "8f00ba4-FRA"),
        ("x-ratelimit-limit-tokens", "30000", "30000"),
        ("www-authenticate", 'Bearer realm="api"', 'Bearer realm="api"'),
        ("x-openai-account-routing-override", "us", "us"),
    ],
)
def test_headers_that_tell_who_it_was_get_stand_ins(name: str, value: str, shown: str) -> None:
    assert scrubbed_header(name, value) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (URL, URL),
        ("https://me:pw@host/v1?x=1", "https://secret-0001@host/v1?x=1"),
        ("https://host/cb?code=abc&state=def", "https://host/cb?code=code-0001&state=state-0001"),
        ("https://host/cb#access_token=abc", "https://host/cb#access_token=access-token-0001"),
        ("https://host/accounts/ab-12-cd/x", "https://host/accounts/account-0001/x"),
        ("https://host/accounts/check", "https://host/accounts/check"),
        ("https://host/x?q=me%40home.example", "https://host/x?q=email-0001"),
        (f"/x?next={KEY}", "/x?next=api-key-0001"),
        (f"https://host:8080/{KEY}#{KEY}", "https://host:8080/api-key-0001#api-key-0001"),
    ],
)
def test_urls_keep_their_form(url: str, shown: str) -> None:
    assert scrubbed_url(url) == shown


@pytest.mark.parametrize(
    ("member", "stand_in"),
    [
        ("access_token", "access-token-0001"),
        ("refreshToken", "refresh-token-0001"),
        ("id_token", "id-token-0001"),
        ("api-key", "api-key-0001"),
        ("client_secret", "secret-0001"),
        ("code_verifier", "verifier-0001"),
        ("device_auth_id", "device-0001"),
        ("user_code", "code-0001"),
        ("authorization_code", "code-0001"),
        ("account_id", "account-0001"),
        ("safety_identifier", "user-0001"),
        ("user", "user-0001"),
        ("prompt_cache_key", "session-0001"),
        ("email", "email-0001"),
    ],
)
def test_members_that_are_secrets_by_name_get_stand_ins_at_any_depth(
    member: str, stand_in: str
) -> None:
    value = {"a": [{"b": {member: "what it is"}}], "c": "what it is not"}
    shown = {"a": [{"b": {member: stand_in}}], "c": "what it is not"}
    assert scrubbed_json(value) == shown


def test_lists_and_numbers_under_such_a_name_are_secrets_too() -> None:
    value = {"account_ordering": ["a", "b"], "user_id": 123456, "user": None, "state": "done"}
    assert scrubbed_json(value) == {
        "account_ordering": ["account-0001", "account-0002"],
        "user_id": 0,
        "user": None,
        "state": "done",
    }


def test_accounts_and_their_owners_are_secrets_where_they_are_listed() -> None:
    value = {
        "accounts": [{"id": "a-1", "name": "Ann's workspace", "plan_type": "plus"}],
        "user": {"id": "u-1", "name": "Ann"},
        "tools": [{"name": "read_file", "id": "t-1"}],
    }
    assert scrubbed_json(value) == {
        "accounts": [{"id": "account-0001", "name": "name-0001", "plan_type": "plus"}],
        "user": {"id": "user-0001", "name": "name-0002"},
        "tools": [{"name": "read_file", "id": "t-1"}],
    }


def test_headers_and_cookies_within_json_are_what_they_are_outside() -> None:
    value = {
        "headers": {"Authorization": "abc", "x-request-id": "req_1"},
        "cookies": {"sid": "abcd"},
    }
    assert scrubbed_json(value) == {
        "headers": {"Authorization": "bearer-0001", "x-request-id": "req_1"},
        "cookies": {"sid": "cookie-0001"},
    }


def test_codes_and_states_are_secrets_where_somebody_signs_in_only() -> None:
    value = {"code": "ab", "state": "cd", "error": {"code": "invalid_grant"}}
    assert scrubbed_json(value) == value
    assert scrubbed_json({"code": "ab", "state": "cd"}, url=OAUTH) == {
        "code": "code-0001",
        "state": "state-0001",
    }


def test_a_form_is_a_form_afterwards() -> None:
    headers: Headers = (("content-type", "application/x-www-form-urlencoded; charset=utf-8"),)
    body = f"grant_type=authorization_code&code=a%2Fb&code_verifier=v&note={KEY}&client_id=app_1"
    tape = Scrubber()(taped(url=OAUTH, headers=headers, body=body.encode()))
    assert tape.exchanges[0].request.body.decode() == (
        "grant_type=authorization_code&code=code-0001&code_verifier=verifier-0001"
        "&note=api-key-0001&client_id=app_1"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"key {KEY}.", "key api-key-0001."),
        ("bad key sk-proj-****cdef!", "bad key api-key-0001!"),
        (f"token {JWT}", "token jwt-0001"),
        ("Authorization: Bearer abcdef123456", "Authorization: bearer-0001"),
        ("authorization=token abcdef123456", "authorization=token bearer-0001"),
        ("rt_AbCdEf0123456789xyz", "refresh-token-0001"),
        ("mail a.b+c@home.example, please", "mail email-0001, please"),
        ("in organization org-AbCdEf0123456789 on", "in organization organization-0001 on"),
        ("user-AbCdEf0123456789", "user-0001"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ123456", "secret-0001"),
        ("export OPENAI_API_KEY='abcdef0123456789'", "export OPENAI_API_KEY='secret-0001'"),
        ('{"refresh_token": "abc-def"}', '{"refresh_token": "refresh-token-0001"}'),
        (r"{\"id_token\":\"abc-def\"}", r"{\"id_token\":\"id-token-0001\"}"),
        ("GET /auth/callback?code=abcdefgh&state=x", "GET /auth/callback?code=code-0001&state=x"),
        ("Set-Cookie: sid=0123456789", "Set-Cookie: cookie-0001"),
        ("https://me:secret@host/", "https://secret-0001@host/"),
        (f"as {b64encode(f'user: {KEY}'.encode()).decode()} says", "as api-key-0001 says"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n",
            "private-key-0001\n",
        ),
    ],
)
def test_what_looks_like_a_secret_is_one_in_any_text(text: str, shown: str) -> None:
    assert scrubbed_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "git clone git@github.com:openai/codex.git",
        "the task-management-system, disk-usage and sk-learn",
        "bearer authentication and bearer tokens",
        "A cookie: a small cake",
        "call_0123456789abcdef rs_0123456789abcdef msg_0123456789abcdef fc_0123456789",
        "user-agent org-mode project_1 at-rule",
        "pip install lodash@4.17.21 @app.route('/')",
        "token = parse(x); TOKEN=$(cat file)",
        "e4d909c290d0fb1ca068ffaddf22cbd0 2026-11-21T10:00:00Z",
        "gAAAAABl" + "Zm9vYmFy-_k8" * 20,
        "@home.example and @ and git@home.example",
        "a picture: data:image/png;base64,iVBORw0KGgo/eyJhbGciOiJSUzI1NiJ9+eyJhbGciOiJSUzI1NiJ9",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert scrubbed_text(text) == text


KNOWN = "correct-horse-battery-9"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"({KNOWN})", "(secret-0001)"),
        (f"x{KNOWN.upper()}y", "xsecret-0001y"),
        (KNOWN.replace("-", "%2D"), "secret-0001"),
        (KNOWN.replace("-", "&#45;").replace("c", "&#x63;"), "secret-0001"),
        (KNOWN.replace("-", "%252D"), "secret-0001"),
        ("".join(f"\\u{ord(one):04x}" for one in KNOWN), "secret-0001"),
        (f"{KNOWN[:9]}\n{KNOWN[9:]}", "secret-0001"),
        (KNOWN.encode().hex(), "0" * 46),
    ],
)
def test_what_is_known_is_found_however_it_is_written(text: str, shown: str) -> None:
    assert scrubbed_text(text, KNOWN) == shown


def test_a_slash_may_be_written_as_an_escape() -> None:
    assert scrubbed_text(r"{\"a\":\"x\/AbC\/19-77\"}", "x/abc/19-77") == r"{\"a\":\"secret-0001\"}"


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_base64_that_holds_what_is_known_stays_base64_of_the_same_length(before: str) -> None:
    encoded = b64encode(f"{before}{KNOWN}zz".encode()).decode()
    shown = scrubbed_text(encoded, KNOWN)
    assert len(b64decode(shown)) == len(before) + len(KNOWN) + 2
    assert b64decode(shown)[: len(before)] == before.encode()
    assert KNOWN.encode()[1:-1] not in b64decode(shown)


def test_what_is_known_and_short_is_no_secret_in_the_midst_of_text() -> None:
    assert scrubbed_json({"text": "abc", "user": "abc"}, "abc") == {
        "text": "abc",
        "user": "user-0001",
    }


def test_what_one_place_tells_to_be_a_secret_is_one_everywhere() -> None:
    value = {"safety_identifier": "who-0815-it-is", "text": "not found: who-0815-it-is"}
    assert scrubbed_json(value) == {
        "safety_identifier": "user-0001",
        "text": "not found: user-0001",
    }


def test_what_the_run_made_up_itself_stays_where_it_is_kept() -> None:
    value = {"prompt_cache_key": "0192-conversation", "session_id": "another-1"}
    tape = taped(body=json.dumps(value).encode(), headers=(("session-id", "0192-conversation"),))
    scrubbed = Scrubber(kept=("0192-conversation",))(tape)
    request = scrubbed.exchanges[0].request
    assert request.headers == (("session-id", "0192-conversation"),)
    assert json.loads(request.body) == {
        "prompt_cache_key": "0192-conversation",
        "session_id": "session-0001",
    }


def test_stand_ins_that_are_there_already_are_not_given_again() -> None:
    value = {"user": "user-0001", "a": {"user_id": "somebody else"}}
    assert scrubbed_json(value) == {"user": "user-0001", "a": {"user_id": "user-0002"}}


def test_sealed_reasoning_goes_on_request_and_stays_the_same_in_both_places() -> None:
    value = {"input": [{"encrypted_content": "gAAAA1"}], "again": {"encrypted_content": "gAAAA1"}}
    assert scrubbed_json(value) == value
    assert scrubbed_json(value, reasoning=True) == {
        "input": [{"encrypted_content": "sealed-0001"}],
        "again": {"encrypted_content": "sealed-0001"},
    }


def _delta(text: str, index: int = 0) -> str:
    event = {"type": "response.output_text.delta", "output_index": index, "delta": text}
    return f"data: {json.dumps(event)}\n\n"


def test_a_secret_that_a_stream_tells_in_pieces_goes_from_all_of_them() -> None:
    stream = _delta("It is sk-pr") + _delta("no, ", 1) + _delta("oj-abcdefgh") + _delta("1234 ok")
    tape = Scrubber()(taped(answer=stream.encode()))
    assert answer_of(tape).body.decode() == (
        _delta("It is api-key-0001") + _delta("no, ", 1) + _delta("") + _delta(" ok")
    )


def test_the_pieces_of_a_stream_fit_it_afterwards() -> None:
    stream = f"data: {json.dumps({'a': KEY, 'b': 'é'}, ensure_ascii=False)}\n\n"
    size = len(stream.encode())
    arrivals = (Arrival(10, 0), Arrival(10, 5), Arrival(10, 6), Arrival(size - 30, 9))
    tape = Scrubber()(taped(answer=stream.encode(), arrivals=arrivals))
    answer = answer_of(tape)
    assert answer.body.decode() == 'data: {"a": "api-key-0001", "b": "é"}\n\n'
    # The literal of the key is replaced as a whole, so a border within it moves to its end.
    assert answer.arrivals == (Arrival(10, 0), Arrival(16, 5), Arrival(14, 9))
    assert [piece for _, piece in answer.pieces()] == [
        b'data: {"a"',
        b': "api-key-0001"',
        ', "b": "é"}\n\n'.encode(),
    ]


@pytest.mark.parametrize("ending", [Interrupted(), TapedFailure(kind="X", message="", remedy="")])
def test_the_beginning_of_a_secret_that_the_stream_broke_off_in_goes_too(ending: Ending) -> None:
    stream = _delta("It is correct-horse-") + _delta("batt")
    tape = taped(answer=stream.encode(), ending=ending)
    scrubbed = Scrubber(known=(KNOWN,))(tape)
    assert answer_of(scrubbed).body.decode() == _delta("It is secret-0001") + _delta("")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_an_event_may_tell_its_data_in_several_lines(end: str) -> None:
    lines = [
        "\ufeffdata: {",
        "event: x",
        f'data:"a": "{KEY}",',
        'data: "user": "é",',
        'data: "b": [1]}',
    ]
    stream = end.join([*lines, "", "data: [DONE]", f": {KEY}", "", ""])
    scrubbed = Scrubber()(taped(answer=stream.encode()))
    assert answer_of(scrubbed).body.decode() == stream.replace(KEY, "api-key-0001").replace(
        "é", "user-0001"
    )


def test_an_event_that_is_cut_off_is_text() -> None:
    stream = _delta("Hi") + f'data: {{"type": "x", "delta": "{KEY}'
    scrubbed = Scrubber()(taped(answer=stream.encode(), ending=Interrupted()))
    assert answer_of(scrubbed).body.decode() == (
        _delta("Hi") + 'data: {"type": "x", "delta": "api-key-0001'
    )


def test_lengths_are_told_anew_and_codings_of_the_transfer_go() -> None:
    headers: Headers = (
        ("Content-Length", "999"),
        ("content-encoding", "gzip"),
        ("transfer-encoding", "chunked"),
        ("content-type", "application/json"),
    )
    tape = Scrubber()(taped(headers=headers, body=b"{}", answer=b"[1]", answer_headers=headers))
    assert tape.exchanges[0].request.headers == (
        ("Content-Length", "2"),
        ("content-type", "application/json"),
    )
    assert dict(answer_of(tape).headers)["Content-Length"] == str(len(answer_of(tape).body))


def test_outcomes_are_scrubbed_like_what_the_next_request_says_of_them() -> None:
    image = Image("image/png", f"\x89PNG {KNOWN}".encode("latin-1"))
    outcome = ToolOutcome(
        call_id="call_1",
        output=f"found {KEY}",
        status=OutcomeStatus.COMPLETED,
        changes=(FileChange("me@home.example.txt", ChangeKind.ADD),),
        images=(image,),
    )
    url = f"data:image/png;base64,{b64encode(image.data).decode()}"
    body = json.dumps({"output": [f"found {KEY}", {"image_url": url}]}).encode()
    tape = Scrubber(known=(KNOWN,))(taped(body=body, outcomes=(outcome,)))
    told, pictured = json.loads(tape.exchanges[0].request.body)["output"]
    scrubbed = tape.outcomes[0]
    assert (told, scrubbed.output) == ("found api-key-0001", "found api-key-0001")
    assert scrubbed.changes == (FileChange("email-0001", ChangeKind.ADD),)
    encoded = b64encode(scrubbed.images[0].data).decode()
    assert pictured == {"image_url": f"data:image/png;base64,{encoded}"}


def test_facts_and_failures_are_scrubbed() -> None:
    request = TapedRequest(method="GET", url=URL)
    failure = TapedFailure(kind="NetworkFailed", message=f"no {KEY}", remedy="Wait.")
    tape = Tape(
        facts=RunFacts(
            conversation_id="abc", identifiers=("def",), working_folder="/a/b@c.example"
        ),
        exchanges=(Exchange(request, failure), Exchange(request, Interrupted())),
    )
    scrubbed = Scrubber()(tape)
    assert scrubbed.facts == RunFacts(
        conversation_id="session-0001",
        identifiers=("session-0002",),
        working_folder="/a/email-0001",
    )
    assert scrubbed.exchanges[0].answer == TapedFailure(
        kind="NetworkFailed", message="no api-key-0001", remedy="Wait."
    )
    assert scrubbed.exchanges[1].answer == Interrupted()


def test_a_body_that_is_no_text_loses_what_is_known_and_nothing_else() -> None:
    body = b"\xff\xfe\x00" + KNOWN.encode() + b"\x80"
    tape = Scrubber(known=(KNOWN,))(taped(body=body))
    assert tape.exchanges[0].request.body == b"\xff\xfe\x00secret-0001\x80"


def test_stand_ins_are_counted_by_kind() -> None:
    stand_ins = StandIns()
    stand_ins.take("user-0002 was here")
    given = [
        stand_ins.given(Kind.USER, "a"),
        stand_ins.given(Kind.EMAIL, "A@b.example"),
        stand_ins.given(Kind.USER, "b"),
        stand_ins.given(Kind.EMAIL, "a@B.example"),
        stand_ins.given(Kind.ACCOUNT, "a"),
    ]
    assert given == ["user-0001", "email-0001", "user-0003", "email-0001", "user-0001"]


def test_a_tape_that_still_shows_a_secret_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "tape.yaml"
    path.write_text("as it was", encoding="utf-8")
    tape = taped(headers=(("x", KEY),), body=json.dumps({"a": KNOWN}).encode())
    with pytest.raises(TapeRefused) as refused:
        write_tape(path, tape, known=(KNOWN,))
    assert refused.value.message == (
        f"{path} was not written: something on the tape still looks like a secret"
        " (secret at interactions[0].request.body (line 11);"
        " api key at interactions[0].request.headers.x[0] (line 15);"
        " api key in the header x of request 1; and 1 more)."
    )
    assert path.read_text(encoding="utf-8") == "as it was"
    assert KEY not in str(refused.value)


def test_the_last_check_joins_what_a_stream_tells_in_pieces() -> None:
    tape = taped(answer=(_delta("sk-proj-abc") + _delta("defgh12345")).encode())
    assert suspicious_places(tape, tape_text(tape), ()) == ["api key in the stream of answer 1"]


def test_the_last_check_goes_by_names_too() -> None:
    tape = taped(
        headers=(("authorization", "abc"), ("x-api-key", "api-key-0001"), ("session-id", "abc")),
        body=b'{"a": [{"email": "ann"}], "user": "", "prompt_cache_key": "abc"}',
        answer_headers=(
            ("set-cookie", "sid=; max-age=0"),
            ("set-cookie", "sid=cookie-0001; path=/"),
            ("set-cookie", "sid=abc; path=/"),
        ),
        answer=b'data: {"response": {"safety_identifier": "ann"}}\n\n',
    )
    assert suspicious_places(tape, tape_text(tape), ()) == [
        "bearer in the header authorization of request 1",
        "email in a.0.email of request 1",
        "cookie in the header set-cookie of answer 1",
        "user in response.safety_identifier of answer 1",
    ]


def test_places_are_told_by_the_names_that_lead_there() -> None:
    text = "a:\n- b: |-\n    c: d\n\n    e\n  f:\n  - - x\n    - y: z\n"
    places = {line: path_at(text, text.index(line)) for line in ("    e", "  - - x", "    - y")}
    assert places == {
        "    e": "a[0].b (line 5)",
        "  - - x": "a[0].f[0] (line 7)",
        "    - y": "a[0].f[0][0].y (line 8)",
    }

"""Which differences between a recorded request and another one matter, and how they are told."""

import json
from typing import Any, TypeAlias

import pytest

from codexctl.adapters.cassettes.difference import Difference
from codexctl.adapters.cassettes.matching import Matcher
from codexctl.adapters.cassettes.tape import Headers, TapedRequest

Json: TypeAlias = Any

URL = "https://chatgpt.com/backend-api/codex/responses"
JSON: Headers = (("Content-Type", "application/json"),)


def request(
    body: Json = None, *, method: str = "POST", url: str = URL, headers: Headers = JSON
) -> TapedRequest:
    return TapedRequest(method=method, url=url, headers=headers, body=json.dumps(body).encode())


def compare(recorded: Json, actual: Json, *folders: str) -> Difference | None:
    matcher = Matcher.of_folders(*(folders or (None, None)))
    return matcher.compare(request(recorded), request(actual))


def test_the_same_request_matches() -> None:
    body = {"input": [{"text": "Hi"}], "n": 1, "yes": True, "none": None}
    assert compare(body, body) is None


@pytest.mark.parametrize(
    "actual",
    [
        request({}, url="http://127.0.0.1:8080/backend-api/codex/responses"),
        request({}, headers=(("content-type", "application/json; charset=utf-8"), ("x", "y"))),
        request({}, headers=()),
    ],
)
def test_hosts_and_headers_may_vary(actual: TapedRequest) -> None:
    assert Matcher.of_folders(None, None).compare(request({}), actual) is None


def test_spaces_and_the_order_of_members_may_vary() -> None:
    actual = TapedRequest(method="POST", url=URL, body=b'{"b" : [2 ],\n"a":1.0}')
    assert Matcher.of_folders(None, None).compare(request({"a": 1, "b": [2]}), actual) is None


@pytest.mark.parametrize(
    ("actual", "difference"),
    [
        (request({}, method="GET"), Difference("method", '"POST"', '"GET"')),
        (
            request({}, url="https://chatgpt.com/backend-api/codex/models"),
            Difference(
                "url",
                '"…nd-api/codex/responses"',
                '"…nd-api/codex/models"',
            ),
        ),
        (request({}, url=f"{URL}?a=1"), Difference("url.a", "nothing", '"1"')),
        (
            request({}, headers=(("content-type", "text/plain"),)),
            Difference("content-type", '"application/json"', '"text/plain"'),
        ),
    ],
)
def test_method_path_query_and_type_may_not(actual: TapedRequest, difference: Difference) -> None:
    found = Matcher.of_folders(None, None).compare(request({}), actual)
    assert found is not None
    assert (found.path, found.recorded[-9:], found.actual[-9:]) == (
        difference.path,
        difference.recorded[-9:],
        difference.actual[-9:],
    )


@pytest.mark.parametrize(
    ("recorded", "actual", "difference"),
    [
        ({"a": 1}, {"a": 2}, Difference("$.a", "1", "2")),
        ({"a": 1}, {"a": True}, Difference("$.a", "1", "true")),
        ({"a": 1}, {}, Difference("$.a", "1", "nothing")),
        ({}, {"a b": [1]}, Difference('$["a b"]', "nothing", "[1]")),
        ([1, {"a": 2}], [1], Difference("$[1]", '{"a": 2}', "nothing")),
        ([1], [1, 2], Difference("$[1]", "nothing", "2")),
        ({"a": {}}, {"a": []}, Difference("$.a", "{}", "[]")),
        ({"a": None}, {"a": "x"}, Difference("$.a", "null", '"x"')),
        ({"b": 1, "a": 1}, {"a": 2, "b": 2}, Difference("$.b", "1", "2")),
        (
            {"input": [{"content": [{"text": "Say hello"}]}]},
            {"input": [{"content": [{"text": "Say good-bye"}]}]},
            Difference("$.input[0].content[0].text", '"Say hello"', '"Say good-bye"'),
        ),
    ],
)
def test_the_first_difference_is_told_by_its_path(
    recorded: Json, actual: Json, difference: Difference
) -> None:
    assert compare(recorded, actual) == difference


def test_of_long_texts_the_part_that_differs_is_shown() -> None:
    found = compare({"a": "x" * 500 + "RED" + "y" * 500}, {"a": "x" * 500 + "BLUE" + "y" * 500})
    assert found == Difference(
        "$.a",
        f'"…{"x" * 20}RED{"y" * 47}…"',
        f'"…{"x" * 20}BLUE{"y" * 46}…"',
    )


def test_what_looks_like_a_secret_is_not_shown() -> None:
    found = compare({"a": "nothing"}, {"a": "my key is sk-proj-abcdefgh12345678"})
    assert found == Difference("$.a", '"nothing"', '"my key is ***"')


def test_control_characters_are_not_shown_as_they_are() -> None:
    found = compare({"a": "x"}, {"a": "\x1b[31m\x9b\u2028"})
    assert found == Difference("$.a", '"x"', '"\\u001b[31m\\u009b\\u2028"')


def test_identifiers_stand_for_each_other_over_the_whole_tape() -> None:
    matcher = Matcher.of_folders(None, None)

    def pair(recorded: list[str], actual: list[str]) -> Difference | None:
        was = request([{"call_id": one} for one in recorded])
        return matcher.compare(was, request([{"call_id": one} for one in actual]))

    assert pair(["call_1", "call_2", "call_1"], ["call_a", "call_b", "call_a"]) is None
    assert pair(["call_2"], ["call_a"]) == Difference("$[0].call_id", '"call_2"', '"call_a"')
    assert pair(["call_3"], ["call_b"]) == Difference("$[0].call_id", '"call_3"', '"call_b"')


def test_keys_of_caches_and_sessions_may_vary() -> None:
    recorded = {"prompt_cache_key": "session-0001", "client_metadata": {"session_id": "s"}}
    actual = {"prompt_cache_key": "0192-abc", "client_metadata": {"session_id": "t"}}
    assert compare(recorded, actual) is None


def test_an_identifier_that_is_missing_is_a_difference() -> None:
    assert compare({"id": "rs_1"}, {}) == Difference("$.id", '"rs_1"', "nothing")


@pytest.mark.parametrize(
    ("recorded", "actual"),
    [
        ("mail email-0001, please", "mail ann@home.example, please"),
        ("email-0001", "ann@home.example"),
        ("email-0001", "email-0001"),
        ("(email-0001) and email-0001", "(a@b.example) and a@b.example"),
        ("xsecret-0001y", "xcorrect-horsey"),
        ("bearer-0001bearer-0002", "ab"),
    ],
)
def test_a_stand_in_stands_for_anything(recorded: str, actual: str) -> None:
    assert compare({"text": recorded}, {"text": actual}) is None


@pytest.mark.parametrize(
    ("recorded", "actual"),
    [
        ("mail email-0001, please", "mail ann@home.example, now"),
        ("mail email-0001, please", "post ann@home.example, please"),
        ("email-0001 and email-0001", "a@b.example and b@b.example"),
        ("email-0001 and email-0002", "a@b.example and a@b.example"),
        ("email-0001.", "."),
        ("email-0001, email-0002.", "a@b.example."),
        ("no stand-in", "another text"),
    ],
)
def test_a_stand_in_stands_for_one_thing_only(recorded: str, actual: str) -> None:
    assert compare({"text": recorded}, {"text": actual}) is not None


def test_a_stand_in_stands_for_itself_beside_what_it_stands_for() -> None:
    recorded = {"prompt": "I am email-0001", "answer": "Hello email-0001"}
    actual = {"prompt": "I am ann@home.example", "answer": "Hello email-0001"}
    assert compare(recorded, actual) is None


def test_the_working_folder_may_vary() -> None:
    recorded = {"a": "in /home/ann/p and /home/ann/p/x.py, not /home/ann/pq"}
    actual = {"a": "in C:/work and C:/work/x.py, not /home/ann/pq"}
    assert compare(recorded, actual, "/home/ann/p", "C:/work/") is None
    assert compare({"a": "/workshop"}, {"a": "/x-shop"}, "/work", "/x") is not None
    assert compare({"a": "/srv/work/x"}, {"a": "/srv/work/x"}, "/work", "/home/bob") is None
    assert compare({"a": "/etc"}, {"a": "/x/etc"}, "/", "/x") is not None


def test_what_was_taken_from_the_tape_may_name_the_folder_it_was_recorded_in() -> None:
    recorded = {"output": "/home/ann/p/x.py", "cwd": "/home/ann/p"}
    actual = {"output": "/home/ann/p/x.py", "cwd": "/ci/work"}
    assert compare(recorded, actual, "/home/ann/p", "/ci/work") is None


CONTEXT = """<environment_context>
  <cwd>{}</cwd>
  <shell>{}</shell>
  <current_date>{}</current_date>
  <timezone>{}</timezone>
  <sandbox_mode>{}</sandbox_mode>
</environment_context>"""


def test_folder_shell_date_and_time_zone_of_the_surroundings_may_vary() -> None:
    recorded = CONTEXT.format("/a", "bash", "2026-11-21", "UTC", "read-only")
    actual = CONTEXT.format("/b", "sh", "2027-01-01", "Asia/Tokyo", "read-only")
    assert compare({"a": recorded}, {"a": actual}) is None


def test_what_tools_may_do_is_part_of_the_request() -> None:
    recorded = CONTEXT.format("/a", "sh", "2026-11-21", "UTC", "read-only")
    actual = CONTEXT.format("/a", "sh", "2026-11-21", "UTC", "danger-full-access")
    assert compare({"a": recorded}, {"a": actual}) is not None


def test_a_date_elsewhere_is_part_of_the_request() -> None:
    assert compare({"a": "on 2026-11-21"}, {"a": "on 2026-11-22"}) is not None


def test_forms_are_compared_by_their_fields() -> None:
    headers: Headers = (("content-type", "application/x-www-form-urlencoded"),)

    def form(body: bytes) -> TapedRequest:
        return TapedRequest(method="POST", url=URL, headers=headers, body=body)

    matcher = Matcher.of_folders(None, None)
    assert matcher.compare(form(b"a=1&code=code-0001"), form(b"code=x%2Fy&a=1")) is None
    assert matcher.compare(form(b"a=1"), form(b"a=2")) == Difference("form.a", '"1"', '"2"')


def test_bodies_that_are_no_json_are_compared_as_they_are() -> None:
    matcher = Matcher.of_folders(None, None)
    was, now = (TapedRequest(method="POST", url=URL, body=body) for body in (b"a", b"b"))
    assert matcher.compare(was, was) is None
    assert matcher.compare(was, now) == Difference("body", '"a"', '"b"')

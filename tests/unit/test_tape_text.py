"""The text of a tape's file, and what is read out of one."""

from dataclasses import replace
from datetime import UTC, datetime
from textwrap import dedent
from typing import Any, TypeAlias, cast

import pytest
import yaml

from codexctl.adapters.cassettes.layout import tidied
from codexctl.adapters.cassettes.tape import (
    Arrival,
    Exchange,
    Interrupted,
    RunFacts,
    Service,
    Tape,
    TapedFailure,
    TapedRequest,
    TapedResponse,
)
from codexctl.adapters.cassettes.tape_codec import tape_from, versions
from codexctl.adapters.cassettes.tape_fields import NotATape
from codexctl.adapters.cassettes.tape_text import tape_text
from codexctl.domain.conversation import Image
from codexctl.domain.models import Provider
from codexctl.domain.tools import ChangeKind, FileChange, OutcomeStatus, ToolOutcome

Json: TypeAlias = Any

URL = "https://api.openai.com/v1/responses"
TAPE = Tape(
    recorded_by="codexctl 1.0",
    command="run",
    facts=RunFacts(
        conversation_id="0192-a",
        identifiers=("0192-b",),
        started_at=datetime(2026, 11, 21, 10, 0, tzinfo=UTC),
        working_folder="/home/ann/my project",
        services=(Service(Provider.API, "https://api.openai.com/v1"),),
    ),
    exchanges=(
        Exchange(
            TapedRequest(method="POST", url=URL, body=b"{}"),
            TapedFailure(kind="NetworkFailed", message="It failed.", remedy="Try again."),
        ),
        Exchange(
            TapedRequest(
                method="POST",
                url=URL,
                headers=(("accept", "text/event-stream"), ("content-length", "9")),
                body=b'{"model":"gpt-5.5","input":[{"text":"line 1\\nline 2","n":[]}]}',
            ),
            TapedResponse(
                status=200,
                reason="OK",
                headers=(("x", "1"), ("z", "2"), ("x", "3")),
                body=b'event: a\ndata: {"n": 1}\n\nevent: b\n',
                arrivals=(Arrival(20, 0), Arrival(14, 13)),
                ending=TapedFailure(kind="StreamInterrupted", message="Cut: 1", remedy="Again."),
            ),
        ),
        Exchange(TapedRequest(method="GET", url=URL), Interrupted()),
        Exchange(
            TapedRequest(method="GET", url=URL, body=b"\xff\x00"),
            TapedResponse(status=404, reason="Not Found", ending=Interrupted()),
        ),
    ),
    outcomes=(
        ToolOutcome(
            call_id="call_1",
            output="two\nlines",
            status=OutcomeStatus.FAILED,
            exit_code=1,
            changes=(FileChange("a.txt", ChangeKind.UPDATE),),
            images=(Image("image/png", b"\x89PNG"),),
        ),
        ToolOutcome(call_id="call_2", output="", status=OutcomeStatus.COMPLETED),
    ),
)
TEXT = dedent(
    """\
    version: 1
    codexctl:
      tape: 1
      recorded_by: 'codexctl 1.0'
      command: run
      run:
        conversation_id: '0192-a'
        identifiers:
        - '0192-b'
        started_at: '2026-11-21T10:00:00+00:00'
        working_folder: '/home/ann/my project'
        services:
        - provider: openai
          base_url: https://api.openai.com/v1
      exchanges:
      - request:
          body: '{}'
          headers: {}
          method: POST
          uri: https://api.openai.com/v1/responses
        ended:
          kind: NetworkFailed
          message: 'It failed.'
          remedy: 'Try again.'
      - interaction: 0
        ended:
          kind: StreamInterrupted
          message: 'Cut: 1'
          remedy: 'Again.'
        lengths: [20, 14]
        milliseconds: [0, 13]
      - request:
          body: null
          headers: {}
          method: GET
          uri: https://api.openai.com/v1/responses
        ended: interrupted
      - interaction: 1
        ended: interrupted
      outcomes:
      - call_id: call_1
        status: failed
        exit_code: 1
        changes:
        - path: a.txt
          kind: update
        images:
        - media_type: image/png
          data: !!binary |
            iVBORw==
        output: |-
          two
          lines
      - call_id: call_2
        status: completed
        output: ''
    interactions:
    - request:
        body: |-
          {
            "model": "gpt-5.5",
            "input": [
              {
                "text": "line 1\\nline 2",
                "n": []
              }
            ]
          }
        headers:
          accept:
          - text/event-stream
          content-length:
          - '100'
        method: POST
        uri: https://api.openai.com/v1/responses
      response:
        body:
          string: |
            event: a
            data: {"n": 1}

            event: b
        headers:
          x:
          - '1'
          - '3'
          z:
          - '2'
        status:
          code: 200
          message: OK
    - request:
        body: !!binary |
          /wA=
        headers: {}
        method: GET
        uri: https://api.openai.com/v1/responses
      response:
        body:
          string: ''
        headers: {}
        status:
          code: 404
          message: 'Not Found'
    ...
    """
)


def read(text: str) -> Tape:
    return tape_from(yaml.safe_load(text))


def test_a_tape_is_text_that_a_person_can_read() -> None:
    assert tape_text(TAPE) == TEXT


def test_what_is_read_is_what_was_written() -> None:
    assert read(TEXT) == tidied(TAPE)
    assert tidied(tidied(TAPE)) == tidied(TAPE)


def test_a_tape_of_nothing_is_a_tape() -> None:
    assert read(tape_text(Tape())) == Tape()


def test_a_stream_with_odd_line_ends_is_kept_byte_by_byte() -> None:
    body = "data: a\r\n\r\ndata: \u2028\x85\ufeff b \n\n \n".encode()
    exchange = Exchange(
        TapedRequest(method="GET", url=URL), TapedResponse(status=200, reason="", body=body)
    )
    assert read(tape_text(Tape(exchanges=(exchange,)))) == Tape(exchanges=(exchange,))


def test_json_answers_are_laid_out_and_have_one_piece() -> None:
    answer = TapedResponse(
        status=200,
        reason="OK",
        body='{"a":1.50,"ü":"\\u00fc\\u2028"}'.encode(),
        arrivals=(Arrival(5, 1), Arrival(25, 4)),
    )
    tape = Tape(exchanges=(Exchange(TapedRequest(method="GET", url=URL), answer),))
    shown = '{\n  "a": 1.50,\n  "ü": "ü\\u2028"\n}'.encode()
    new = replace(answer, body=shown, arrivals=(Arrival(len(shown), 4),))
    assert tidied(tape).exchanges[0].answer == new


def test_pieces_that_do_not_make_up_the_body_are_left_out() -> None:
    answer = TapedResponse(status=200, reason="OK", body=b"abc", arrivals=(Arrival(2, 0),))
    tape = Tape(exchanges=(Exchange(TapedRequest(method="GET", url=URL), answer),))
    assert tidied(tape).exchanges[0].answer == replace(answer, arrivals=())


def test_a_body_without_pieces_comes_in_one() -> None:
    answer = TapedResponse(status=200, reason="OK", body=b"abc")
    assert answer.pieces() == ((0, b"abc"),)
    assert replace(answer, body=b"").pieces() == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("data: {", "data:   {"),
        ("[20, 14]", "[20]"),
        ("[20, 14]", "[34, 0]"),
        ("[0, 13]", "[0]"),
    ],
)
def test_what_a_hand_edited_is_played_without_pieces_that_do_not_fit(old: str, new: str) -> None:
    answer = read(TEXT.replace(old, new)).exchanges[1].answer
    assert isinstance(answer, TapedResponse)
    assert answer.arrivals == ()
    assert answer.ending == TapedFailure(
        kind="StreamInterrupted", message="Cut: 1", remedy="Again."
    )


def test_an_interaction_that_a_hand_took_away_leaves_those_that_are_there() -> None:
    tape = read(TEXT.replace("- interaction: 0", "- interaction: 7"))
    assert [exchange.request.method for exchange in tape.exchanges] == ["POST", "GET"]


@pytest.mark.parametrize(
    ("tree", "reason"),
    cast(
        "list[tuple[Json, str]]",
        [
            ("text", "it is YAML, but no tape"),
            (None, "it is YAML, but no tape"),
            ({"a": 1}, "it is YAML, but no tape: there are no interactions in it"),
            ([{"request": {}}], "it is a cassette of an old version of vcrpy"),
            ({1: 2}, "it is no mapping"),
            ({"interactions": [], "codexctl": []}, "codexctl is no mapping"),
        ],
    ),
)
def test_yaml_that_is_no_tape_is_said_to_be_none(tree: Json, reason: str) -> None:
    with pytest.raises(NotATape, match=reason):
        versions(tree)


def test_versions_are_told_before_anything_else_is_read() -> None:
    assert versions({"interactions": 5, "version": 3}) == (3, 1)
    assert versions({"interactions": 5, "codexctl": {"tape": 9}}) == (1, 9)
    assert versions({"interactions": 5, "codexctl": {}}) == (1, None)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("    status:\n      code: 200", "    status:\n      code: x", "status.code is no number"),
        ("method: POST", "method: []", "method is no text"),
        ("started_at: '2026-11-21T10:00:00+00:00'", "started_at: now", "started_at is no moment"),
        ("started_at: '2026-11-21T10:00:00+00:00'", "started_at: 2026-11-21", "no moment|no text"),
        ("10:00:00+00:00", "10:00:00", "started_at has no time zone"),
        ("provider: openai", "provider: another", "services.provider is something unknown"),
        ("status: failed", "status: odd", "status is something unknown"),
        ("body: null", "body: 5", "body is no body"),
        ("lengths: [20, 14]", "lengths: 20", "lengths is no list"),
        (
            "  response:\n    body:\n      string: |\n",
            "  other:\n    x:\n      s: |\n",
            "cut short",
        ),
    ],
)
def test_what_is_of_the_wrong_type_is_named(old: str, new: str, reason: str) -> None:
    assert old in TEXT
    with pytest.raises(NotATape, match=reason):
        read(TEXT.replace(old, new))


def foreign(*bodies: str, url: str = URL, headers: str = "{}") -> Tape:
    """Return a tape as vcrpy alone records it."""
    interactions = "".join(
        f"- request: {{body: '{body}', headers: {headers}, method: POST, uri: '{url}'}}\n"
        "  response: {body: {string: ''}, headers: {}, status: {code: 200, message: OK}}\n"
        for body in bodies
    )
    return read(f"interactions:\n{interactions}version: 1\n")


def test_a_tape_of_others_tells_what_came_of_the_calls_by_what_was_asked_next() -> None:
    tape = foreign(
        '{"input":[{"type":"message"}]}',
        '{"input":[{"type":"function_call_output","call_id":"call_1","output":"text"},'
        '{"type":"custom_tool_call_output","call_id":"call_2","output":'
        '[{"type":"input_text","text":"see"},{"type":"input_image","image_url":'
        '"data:image/png;base64,iVBORw=="},{"image_url":"data:image/png;base64,x"}]}]}',
        '{"input":[{"type":"function_call_output","call_id":"call_1","output":"later"}]}',
    )
    assert tape.outcomes == (
        ToolOutcome(call_id="call_1", output="text", status=OutcomeStatus.COMPLETED),
        ToolOutcome(
            call_id="call_2",
            output="see",
            status=OutcomeStatus.COMPLETED,
            images=(Image("image/png", b"\x89PNG"),),
        ),
    )


@pytest.mark.parametrize(
    ("url", "headers", "provider"),
    [
        (URL, "{}", Provider.API),
        ("https://chatgpt.com/backend-api/codex/responses", "{}", Provider.CHATGPT),
        (URL, "{ChatGPT-Account-ID: [a]}", Provider.CHATGPT),
    ],
)
def test_a_tape_of_others_tells_the_conversation_and_the_service(
    url: str, headers: str, provider: Provider
) -> None:
    tape = foreign('{"prompt_cache_key":"abc"}', url=url, headers=headers)
    assert tape.facts == RunFacts(
        conversation_id="abc", services=(Service(provider, url.removesuffix("/responses")),)
    )


def test_a_tape_of_something_else_tells_nothing() -> None:
    assert foreign("not JSON", url="https://host/x").facts == RunFacts()
    assert foreign("[1]").facts == RunFacts(
        services=(Service(Provider.API, "https://api.openai.com/v1"),)
    )
    assert foreign("[1]").outcomes == ()

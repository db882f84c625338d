"""Scripts of the emulator: reading them, their mistakes, and what they expect of a request."""

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codexctl.entrypoints.emulator import SourceMistake
from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.faults.catalogue import FAULT_NAMES
from codexctl.entrypoints.emulator.http.messages import Ending, HttpReply, HttpRequest
from codexctl.entrypoints.emulator.json_values import Json
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.model.output_items import (
    CustomCall,
    FunctionCall,
    Message,
    OutputItem,
    Reasoning,
    WebSearch,
)
from codexctl.entrypoints.emulator.model.wire import stream_events
from codexctl.entrypoints.emulator.sources.expectation import Expectation
from codexctl.entrypoints.emulator.sources.other_replies import OtherReplies
from codexctl.entrypoints.emulator.sources.recorded_files import read_recording
from codexctl.entrypoints.emulator.sources.recorded_stream import events_of
from codexctl.entrypoints.emulator.sources.script import (
    NamedFault,
    OtherReply,
    RecordedStream,
    Script,
    ScriptedReply,
    Spoken,
    Then,
)
from codexctl.entrypoints.emulator.sources.script_file import read_script
from codexctl.entrypoints.emulator.sources.script_player import ScriptSource

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


def script(folder: Path, text: str) -> Script:
    """Read a script from a file in the folder."""
    file = folder / "script.yaml"
    file.write_text(dedent(text), encoding="utf-8")
    return read_script(file)


def test_a_script_is_its_replies_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "one.sse").write_bytes(b"data: 1\n\ndata: 2\n\nda")
    told = """\
        emulator: 1
        replies:
          - expect:
              model: gpt-5.5
              instructions: brief
              prompt: go
              tools: [shell, web_search]
              outputs: {shell: done}
              body: {reasoning: {effort: high}}
            text: Hello
            delay: 0.5
            pause: 0.01
          - items:
              - reasoning: [one, two]
              - reasoning: three
              - message: Hm.
              - call: shell
                arguments: {command: ls, timeout_ms: 5}
              - call: broken
                arguments: '{"command":'
              - call: bare
              - custom: apply_patch
                input: "*** Begin Patch"
              - search: weather
          - fault: cut-in-text
          - {fault: cut-in-text, text: Hello}
          - status: 503
            headers: {retry-after: 1}
            body: {error: {code: busy}}
          - {status: 200, body: no healthy upstream, ending: reset}
          - {sse: one.sse, pause: 1, ending: stall}
        then: repeat-last
        other:
          GET /v1/models: {status: 200, body: {data: []}, delay: 2}
    """
    expected = Expectation(
        model="gpt-5.5",
        instructions="brief",
        prompt="go",
        tools=("shell", "web_search"),
        outputs=(("shell", "done"),),
        body={"reasoning": {"effort": "high"}},
    )
    items = (
        Reasoning(("one", "two")),
        Reasoning(("three",)),
        Message("Hm."),
        FunctionCall("shell", '{"command":"ls","timeout_ms":5}'),
        FunctionCall("broken", '{"command":'),
        FunctionCall("bare", "{}"),
        CustomCall("apply_patch", "*** Begin Patch"),
        WebSearch("weather"),
    )
    busy = HttpReply(
        status=503,
        headers=(("content-type", "application/json"), ("retry-after", "1")),
        body=b'{"error":{"code":"busy"}}',
    )
    unhealthy = HttpReply(
        status=200,
        headers=(("content-type", "text/plain"),),
        body=b"no healthy upstream",
        ending=Ending.RESET,
    )
    stream = RecordedStream(
        pieces=(b"data: 1\n\n", b"data: 2\n\n", b"da"), pause_seconds=1, ending=Ending.STALL
    )
    models = HttpReply(
        status=200,
        headers=(("content-type", "application/json"),),
        body=b'{"data":[]}',
        delay_seconds=2,
    )
    answers = (
        Spoken(items),
        NamedFault("cut-in-text"),
        NamedFault("cut-in-text", (Message("Hello"),)),
        busy,
        unhealthy,
        stream,
    )
    hello = Spoken((Message("Hello"),), 0.01)
    assert script(tmp_path, told) == Script(
        replies=(
            ScriptedReply(place="replies[0]", answer=hello, expect=expected, delay_seconds=0.5),
            *(
                ScriptedReply(place=f"replies[{number}]", answer=answer)
                for number, answer in enumerate(answers, start=1)
            ),
        ),
        then=Then.REPEAT_LAST,
        others=(OtherReply(method="GET", path="/v1/models", query=None, reply=models),),
    )


def test_a_script_with_replies_refuses_what_comes_after_them(tmp_path: Path) -> None:
    assert script(tmp_path, "{emulator: 1, replies: [text: Hi]}").then is Then.REFUSE


def test_a_script_without_replies_leaves_them_to_the_scenarios(tmp_path: Path) -> None:
    assert script(tmp_path, "emulator: 1") == Script(replies=(), then=Then.SCENARIOS)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "a mapping is expected, this is left out."),
        ("- 1", "a mapping is expected, this is a list."),
        ("{1: 2}", "the key 1 is no text; put it in quotes."),
        (
            "replies: []",
            "emulator: the version of the script is expected, which is 1.",
        ),
        ("emulator: 2", "emulator: the version of the script is expected, which is 1."),
        (
            "{emulator: 1, reply: []}",
            "reply: there is no key named 'reply'; did you mean 'replies'?",
        ),
        ("{emulator: 1, replies: 3}", "replies: a list is expected, this is 3 (a text stands in"),
        (
            "{emulator: 1, replies: [Hello]}",
            "replies[0]: a mapping is expected, this is the text 'Hello'.",
        ),
        (
            "{emulator: 1, replies: [{delay: 1}]}",
            "replies[0]: a reply has one of text, items, fault, status, sse, cassette.",
        ),
        (
            "{emulator: 1, replies: [{txt: Hi}]}",
            "replies[0].txt: there is no key named 'txt'; did you mean 'text'?",
        ),
        (
            "{emulator: 1, replies: [{text: Hi, status: 500}]}",
            "replies[0]: text and status exclude each other.",
        ),
        (
            "{emulator: 1, replies: [{text: Hi, body: x}]}",
            "replies[0].body: there is no key named 'body'; there are text, pause, expect, delay.",
        ),
        (
            "{emulator: 1, replies: [{text: 2026-01-01}]}",
            "replies[0].text: a text is expected, this is a date (a text stands in quotes).",
        ),
        (
            "{emulator: 1, replies: [{text: yes}]}",
            "replies[0].text: a text is expected, this is True (a text stands in quotes).",
        ),
        (
            "{emulator: 1, replies: [{text: Hi}, {fault: cut-in-txt}]}",
            "replies[1].fault: there is no fault named 'cut-in-txt'; did you mean 'cut-in-text'?",
        ),
        (
            "{emulator: 1, replies: [{fault: cut-in-text, items: [{message: ''}]}]}",
            "replies[0]: a fault takes no message without text.",
        ),
        (
            "{emulator: 1, replies: [{text: Hi, delay: -1}]}",
            "replies[0].delay: a number of seconds from 0 is expected.",
        ),
        (
            "{emulator: 1, replies: [{text: Hi, pause: .nan}]}",
            "replies[0].pause: a number of seconds from 0 is expected.",
        ),
        (
            "{emulator: 1, replies: [{text: Hi, pause: yes}]}",
            "replies[0].pause: a number of seconds from 0 is expected.",
        ),
        ("{emulator: 1, replies: [{items: []}]}", "replies[0].items: there are none."),
        (
            "{emulator: 1, replies: [{items: [{massage: Hi}]}]}",
            "replies[0].items[0].massage: there is no key named 'massage'; did you mean 'message'?",
        ),
        (
            "{emulator: 1, replies: [{items: [{arguments: {}}]}]}",
            "replies[0].items[0]: an item has one of message, reasoning, call, custom, search.",
        ),
        (
            "{emulator: 1, replies: [{items: [{call: shell, arguments: [1]}]}]}",
            "replies[0].items[0].arguments: a mapping is expected, this is a list.",
        ),
        (
            "{emulator: 1, replies: [{items: [{custom: apply_patch}]}]}",
            "replies[0].items[0].input: a text is expected, this is left out.",
        ),
        (
            "{emulator: 1, replies: [{status: 100}]}",
            "replies[0].status: a status from 200 to 599 is expected.",
        ),
        (
            "{emulator: 1, replies: [{status: '200'}]}",
            "replies[0].status: a whole number is expected.",
        ),
        (
            "{emulator: 1, replies: [{status: 204, body: x}]}",
            "replies[0].body: a reply with status 204 has none.",
        ),
        (
            "{emulator: 1, replies: [{status: 200, body: {at: 2026-01-01}}]}",
            "replies[0].body.at: JSON has no place for a date (a text stands in quotes).",
        ),
        (
            "{emulator: 1, replies: [{status: 200, body: [!!binary aGk=]}]}",
            "replies[0].body[0]: JSON has no place for a bytes.",
        ),
        (
            '{emulator: 1, replies: [{status: 200, headers: {x: "a\\nb"}}]}',
            "replies[0].headers.x: this can be no header.",
        ),
        (
            "{emulator: 1, replies: [{status: 200, headers: {Content-Length: 3}}]}",
            "replies[0].headers.Content-Length: the emulator sets it by itself.",
        ),
        (
            "{emulator: 1, replies: [{status: 200, ending: halt}]}",
            "replies[0].ending: there is no ending named 'halt'; there are whole, cut, reset,",
        ),
        (
            "{emulator: 1, replies: [{text: Hi, expect: {modle: x}}]}",
            "replies[0].expect.modle: there is no key named 'modle'; did you mean 'model'?",
        ),
        (
            "{emulator: 1, replies: [{text: Hi, expect: {tools: [1]}}]}",
            "replies[0].expect.tools[0]: a text is expected, this is 1 (a text stands in quotes).",
        ),
        ("{emulator: 1, replies: [{sse: ''}]}", "replies[0].sse: this can be no file."),
        (
            "{emulator: 1, then: stop}",
            "then: there is no way to go on named 'stop'; there are refuse, repeat-last, scen",
        ),
        ("{emulator: 1, then: repeat-last}", "then: there is no reply to repeat."),
        (
            "{emulator: 1, other: {/v1/models: {status: 200}}}",
            "other./v1/models: a method and a path are expected, such as GET /v1/models.",
        ),
        (
            "{emulator: 1, other: {POST /v1/responses: {status: 200}}}",
            "other.POST /v1/responses: the replies to it stand in replies.",
        ),
        (
            "{emulator: 1, other: {GET /v1/models: {text: Hi}}}",
            "other.GET /v1/models.text: there is no key named 'text'; there are status, headers,",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, mistake: str, tmp_path: Path) -> None:
    with pytest.raises(SourceMistake) as raised:
        script(tmp_path, text)
    assert raised.value.message.startswith(f"{tmp_path / 'script.yaml'}: {mistake}")
    assert raised.value.remedy == "Correct the script."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: [", ", line 3: this is no YAML ("),
        ("a: !!python/object:os.system ls", ", line 1: this is no YAML (could not determine"),
        ("a: \0", " is no YAML."),
        (
            "{emulator: 1, replies: [{status: 200, body: &a [*a]}]}",
            " is nested too deeply.",
        ),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(SourceMistake) as raised:
        script(tmp_path, text)
    assert raised.value.message.startswith(f"{tmp_path / 'script.yaml'}{told}")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceMistake) as raised:
        script(tmp_path, "{emulator: 1, replies: [{sse: gone.sse}]}")
    assert (
        raised.value.message
        == f"{tmp_path / 'gone.sse'} cannot be read: No such file or directory."
    )


def test_without_the_extra_the_remedy_names_it(tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text("emulator: 1")
    program = (
        "import sys; sys.modules['yaml'] = None\n"
        "from codexctl.entrypoints.cli.program import main\n"
        f"sys.argv = ['codexctl', 'emulator', '--script', {str(file)!r}]\n"
        "sys.exit(main())"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.returncode == 2
    assert ran.stderr == (
        f"codexctl: Reading {file} needs the extra emulator, which is not installed.\n"
        "  Install it with: pip install 'codexctl-cli[emulator]'\n"
    )


CALL: dict[str, Json] = {"type": "function_call", "call_id": "c1", "name": "shell"}
OUTPUT: dict[str, Json] = {"type": "function_call_output", "call_id": "c1", "output": "done"}
BODY: dict[str, Json] = {
    "model": "gpt-5.5",
    "instructions": "Be brief.",
    "input": [
        {"type": "additional_tools", "tools": [{"type": "function", "name": "lite"}]},
        {"role": "user", "content": [{"type": "input_text", "text": "go on"}]},
        CALL,
        {**OUTPUT, "output": "not yet"},
        OUTPUT,
    ],
    "tools": [{"type": "function", "name": "shell"}, {"type": "web_search"}],
    "reasoning": {"effort": "high"},
    "stream": True,
}


def test_a_request_that_is_as_expected_has_no_difference() -> None:
    expected = Expectation(
        model="gpt-5.5",
        instructions="brief",
        prompt="go",
        tools=("web_search", "shell", "lite"),
        outputs=(("shell", "done"),),
        body={"reasoning": {"effort": "high"}, "stream": True, "tools": [{}, {}]},
    )
    assert expected.difference(BODY) is None


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        (Expectation(model="x"), 'at $.model the script has "x", the request has "gpt-5.5"'),
        (
            Expectation(instructions="x"),
            'at $.instructions the script has a text with "x" in it, the request has "Be brief."',
        ),
        (
            Expectation(prompt="x"),
            'at $.input[1].content the script has a text with "x" in it, the request has "go on"',
        ),
        (
            Expectation(tools=("shell", "x")),
            (
                'at $.tools the script has a tool named "x", the request has '
                '["shell","web_search","lite"]'
            ),
        ),
        (
            Expectation(outputs=(("shell", "x"),)),
            'at $.input[4].output the script has a text with "x" in it, the request has "done"',
        ),
        (
            Expectation(outputs=(("x", ""),)),
            'at $.input the script has an output of "x", the request has none',
        ),
        (
            Expectation(body={"reasoning": {"effort": "low"}}),
            'at $.reasoning.effort the script has "low", the request has "high"',
        ),
        (
            Expectation(body={"reasoning": {"summary": None}}),
            "at $.reasoning.summary the script has null, the request has nothing",
        ),
        (
            Expectation(body={"tools": [{}, {"type": "x"}]}),
            'at $.tools[1].type the script has "x", the request has "web_search"',
        ),
        (
            Expectation(body={"tools": [{}]}),
            (
                "at $.tools the script has [{}], the request has "
                '[{"type":"function","name":"shell"},{"type":"web_search"}]'
            ),
        ),
        (
            Expectation(body={"stream": 1}),
            "at $.stream the script has 1, the request has true",
        ),
        (
            Expectation(model="x" * 200),
            f'at $.model the script has "{"x" * 159}…, the request has "gpt-5.5"',
        ),
    ],
)
def test_the_first_difference_is_told_with_both_sides(
    expected: Expectation, difference: str
) -> None:
    assert expected.difference(BODY) == difference


def test_a_request_without_a_prompt_is_told_so() -> None:
    told = 'at $.input the script has a text with "go" in it, the request has ""'
    assert Expectation(prompt="go").difference({"input": []}) == told


@given(body=st.dictionaries(st.text(max_size=3), JSON, max_size=4))
def test_every_body_is_as_it_expects_itself(body: dict[str, Json]) -> None:
    assert Expectation(body=body).difference(body) is None


@given(body=st.dictionaries(st.text(max_size=3), JSON, max_size=4), one=JSON)
def test_a_body_is_as_expected_whatever_else_is_in_it(body: dict[str, Json], one: Json) -> None:
    assert Expectation(body=body).difference({"more!": one, **body}) is None


@given(raw=st.lists(st.sampled_from([b"\n", b"\r", b"data: 1", b"\xef\xbb\xbf", b"\xff"])))
def test_the_pieces_of_a_stream_joined_are_the_stream(raw: list[bytes]) -> None:
    pieces = events_of(b"".join(raw))
    assert b"".join(pieces) == b"".join(raw)
    assert b"" not in pieces


def generation(*items: OutputItem) -> Generation:
    return Generation(
        backend=Backend.CHATGPT, request={"stream": True}, items=items, label="script_1", serial=1
    )


def test_a_custom_call_streams_as_recorded() -> None:
    events = list(stream_events(generation(CustomCall("apply_patch", "*** Begin"))))[2:-1]
    kinds = [str(event["type"]).removeprefix("response.") for event in events]
    assert kinds[0] == "output_item.added"
    assert set(kinds[1:-2]) == {"custom_tool_call_input.delta"}
    assert kinds[-2:] == ["custom_tool_call_input.done", "output_item.done"]
    assert "".join(str(event.get("delta", "")) for event in events) == "*** Begin"
    item = events[-1]["item"]
    assert isinstance(item, dict)
    assert {name: item[name] for name in ("type", "status", "name", "input")} == {
        "type": "custom_tool_call",
        "status": "completed",
        "name": "apply_patch",
        "input": "*** Begin",
    }


def test_a_search_streams_as_recorded() -> None:
    events = list(stream_events(generation(WebSearch("weather"))))[2:-1]
    assert [event["type"] for event in events] == [
        "response.output_item.added",
        "response.web_search_call.in_progress",
        "response.web_search_call.searching",
        "response.web_search_call.completed",
        "response.output_item.done",
    ]
    item = events[-1]["item"]
    assert isinstance(item, dict)
    assert item["action"] == {"type": "search", "queries": ["weather"], "query": "weather"}


def request(body: dict[str, Json], target: str = "/v1/responses") -> HttpRequest:
    return HttpRequest(method="POST", target=target, headers={}, raw=b"", body=body, is_json=True)


@pytest.mark.parametrize("name", FAULT_NAMES)
@pytest.mark.parametrize(
    "items",
    [(), (Message("Hm"),), (CustomCall("c", ""), WebSearch("q"), Reasoning(()))],
    ids=["nothing", "a-message", "no-message"],
)
def test_every_fault_can_be_played_on_any_items(name: str, items: tuple[OutputItem, ...]) -> None:
    replies = (ScriptedReply(place="replies[0]", answer=NamedFault(name, items)),)
    source = ScriptSource(
        Script(replies=replies, then=Then.REFUSE),
        on_unexpected=lambda complaint: None,
        clock=lambda: 1.7e9,
    )
    reply = source.reply_to(Backend.API_KEY, request({"stream": True}), 1)
    assert reply is not None
    pieces = islice(reply.body, 500) if isinstance(reply, HttpReply) else ()
    assert all(piece != b"" for piece in pieces)
    assert source.unplayed == []


def other(reply: str, query: str | None) -> OtherReply:
    ready = HttpReply(status=200, headers=(), body=reply.encode())
    return OtherReply(method="GET", path="/models", query=query, reply=ready)


def test_replies_of_other_endpoints_come_once_each_and_the_last_again() -> None:
    replies = OtherReplies([other("a", ""), other("b", "")])
    (endpoint,) = replies.routes().values()
    got = [endpoint(request({}, "/models")) for _ in range(3)]
    assert [reply.body for reply in got if isinstance(reply, HttpReply)] == [b"a", b"b", b"b"]


def test_the_reply_with_the_same_query_comes_first() -> None:
    replies = OtherReplies([other("a", "v=1"), other("b", "v=2")])
    (endpoint,) = replies.routes().values()
    got = [
        endpoint(request({}, target)) for target in ("/models?v=2", "/models?v=1", "/models?v=3")
    ]
    assert [reply.body for reply in got if isinstance(reply, HttpReply)] == [b"b", b"a", b"b"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("t.yaml", "data: 1", "there are no interactions in it."),
        ("t", "interactions: {}", "interactions: a list is expected, this is a mapping."),
        ("t", "{version: 2, interactions: []}", "version: it is newer than this codexctl, which"),
        (
            "t",
            "{codexctl: {tape: 2}, interactions: []}",
            "codexctl.tape: it is newer than this codexctl, which knows 1.",
        ),
        (
            "t",
            "interactions: [{request: {method: GET, uri: /}}]",
            "interactions[0].response: a mapping is expected, this is left out.",
        ),
        (
            "t",
            "interactions: [{response: {status: {code: 200}, body: {string: x}}, request: {}}]",
            "interactions[0].request.uri: a text is expected, this is left out.",
        ),
        (
            "t",
            "interactions: [{response: {status: {code: 100}, body: {}}, request: {uri: x}}]",
            "interactions[0].response.status.code: a status from 200 to 599 is expected.",
        ),
        (
            "t",
            "interactions: [{response: {status: {code: 200}, body: {}}, request: {uri: 'x://['}}]",
            "interactions[0].request.uri: this is no URL.",
        ),
        (
            "t",
            "interactions: [{response: {status: {code: 200}, body: {}, headers: {'a:': b}}}]",
            "interactions[0].response.headers.a:: this can be no header.",
        ),
    ],
)
def test_what_is_no_tape_is_told(name: str, text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(SourceMistake) as raised:
        read_recording(file)
    assert raised.value.message.startswith(f"{file} cannot be played: {told}")


def test_a_stream_is_known_by_its_first_line(tmp_path: Path) -> None:
    file = tmp_path / "recorded"
    file.write_bytes(b"event: x\ndata: " + json.dumps({}).encode() + b"\n\n")
    (reply,) = read_recording(file).replies
    assert reply == ScriptedReply(
        place="recorded", answer=RecordedStream(pieces=(b"event: x\ndata: {}\n\n",))
    )


KEYS = st.sampled_from(
    (
        *("text", "items", "fault", "status", "sse", "cassette", "expect", "delay", "pause"),
        *("headers", "body", "ending", "message", "call", "arguments", "tools", "outputs"),
    )
)
TREES = JSON | st.sampled_from((200, 429, "cut", "http-500", "GET", "x://[", "whole"))
MAPPINGS: st.SearchStrategy[Any] = st.recursive(
    TREES,
    lambda inner: st.dictionaries(KEYS, inner, max_size=4) | st.lists(inner, max_size=2),
    max_leaves=8,
)
REPLIES = st.lists(st.dictionaries(KEYS, MAPPINGS, max_size=2), max_size=3)


def taken_from(read: Callable[[Path], Script], file: Path, tree: object) -> Script | str:
    """Write a tree, which is YAML as JSON, and give what is read, or the mistake that is told."""
    file.write_text(json.dumps(tree))
    try:
        return read(file)
    except SourceMistake as mistake:
        return mistake.message


@given(replies=REPLIES, other=MAPPINGS, then=TREES)
def test_any_yaml_is_a_script_or_a_mistake(
    replies: object, other: object, then: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    tree = {"emulator": 1, "replies": replies, "other": other, "then": then}
    taken = taken_from(read_script, folder / "any.yaml", tree)
    assert isinstance(taken, Script) or taken.startswith(str(folder))


@given(
    interactions=st.lists(
        st.fixed_dictionaries(
            {
                "request": st.fixed_dictionaries({"method": TREES, "uri": TREES}),
                "response": st.fixed_dictionaries(
                    {
                        "status": st.fixed_dictionaries({"code": st.integers() | TREES}),
                        "headers": st.none() | st.dictionaries(KEYS, TREES, max_size=2),
                        "body": st.fixed_dictionaries({"string": st.none() | st.text() | TREES}),
                    }
                ),
            }
        ),
        max_size=2,
    ),
    exchanges=st.lists(
        st.fixed_dictionaries(
            {"interaction": st.sampled_from((0, 1, None))},
            optional={"ended": TREES, "lengths": st.lists(st.integers()) | TREES, "request": TREES},
        ),
        max_size=3,
    ),
)
def test_any_yaml_is_a_tape_or_a_mistake(
    interactions: object, exchanges: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "any-tape.yaml"
    tree = {"interactions": interactions, "codexctl": {"tape": 1, "exchanges": exchanges}}
    taken = taken_from(read_recording, file, tree)
    assert isinstance(taken, Script) or taken.startswith(str(file))

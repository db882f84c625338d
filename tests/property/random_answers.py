"""What a service may answer, whatever it is, and how it may come over the wire."""

import gzip
import json
from typing import Any

from hypothesis import strategies as st
from tests.faults.server import Answer, Cut, Reset, Say
from tests.faults.streams import chunk, head
from tests.property.strategies import cut_at

Event = dict[str, Any]

_SAID = st.text("ab cö☃\U0001f600\u2028\x85\t\n\\\"'#:{}<>&\x1b[31m", min_size=1, max_size=12)
_CALL_IDS = st.sampled_from(["call_1", "call_2", "call_3", "call_4"])


def _message(text: str, **more: object) -> Event:
    content = [{"type": "output_text", "text": text, **more}]
    return {"type": "message", "role": "assistant", "id": "msg_1", "content": content}


def _citation(url: str) -> Event:
    return {"type": "url_citation", "url": url, "title": "T", "start_index": 0, "end_index": 1}


_PATCH = "*** Begin Patch\n*** {} File: {}\n{}\n*** End Patch"
_PATCHES = st.sampled_from(
    [
        _PATCH.format("Add", "new.txt", "+new"),
        _PATCH.format("Update", "one.txt", "@@\n-first\n+last"),
        _PATCH.format("Delete", "one.txt", ""),
        "no patch",
    ]
)
_ARGUMENTS = st.sampled_from(
    [
        ("read_file", '{"path": "one.txt"}'),
        ("read_file", '{"path": "deep/two.txt"}'),
        ("read_file", '{"path": "none.txt"}'),
        ("read_file", '{"path": "/etc/hostname-of-nobody"}'),
        ("read_file", '{"path": "one.txt"'),
        ("read_file", "[]"),
        ("list_files", "{}"),
        ("list_files", ""),
        ("search_files", '{"pattern": "s.*d", "path": null}'),
        ("search_files", '{"pattern": "("}'),
        ("view_image", '{"path": "pic.png"}'),
        ("shell", '{"command": "pwd; cat one.txt; exit 3"}'),
        ("shell", '{"command": "printf \'\\\\033[1m\\\\r\\\\377\' >&2"}'),
        ("no_such_tool", '{"a": 1}'),
        ("", "{}"),
    ]
) | _PATCHES.map(lambda patch: ("apply_patch", json.dumps({"input": patch})))


def _function_call(tool: tuple[str, str], call_id: str) -> Event:
    name, arguments = tool
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}


def _custom_call(patch: str, call_id: str) -> Event:
    return {"type": "custom_tool_call", "call_id": call_id, "name": "apply_patch", "input": patch}


_CALLS = st.builds(_function_call, _ARGUMENTS, _CALL_IDS) | st.builds(
    _custom_call, _PATCHES, _CALL_IDS
)
_SPEECH = st.one_of(
    st.builds(_message, _SAID),
    st.builds(_message, _SAID).map(lambda item: {**item, "phase": "commentary"}),
    _SAID.map(lambda text: _message(text, annotations=[_citation("https://example.org/a?b=1")])),
    _SAID.map(
        lambda text: {**_message(""), "content": [{"type": "refusal", "refusal": text}]},
    ),
    _SAID.map(
        lambda text: {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": text}],
            "encrypted_content": "gAAAAABsealed",
        }
    ),
    st.just(
        {
            "type": "web_search_call",
            "id": "ws_1",
            "status": "completed",
            "action": {"type": "search", "query": "who?"},
        }
    ),
    st.just({"type": "hologram", "id": "h_1", "depth": 1.50}),
)
_ENDS = st.one_of(
    *[st.just({"type": "response.completed", "response": {"id": "resp_1"}})] * 6,
    st.booleans().map(
        lambda over: {
            "type": "response.completed",
            "response": {"id": "resp_1", "end_turn": over, "usage": {"input_tokens": 3}},
        }
    ),
    st.sampled_from(["max_output_tokens", "content_filter", "else"]).map(
        lambda why: {
            "type": "response.incomplete",
            "response": {"id": "resp_1", "incomplete_details": {"reason": why}},
        }
    ),
    st.sampled_from(
        ["context_length_exceeded", "insufficient_quota", "invalid_prompt", "server_error", None]
    ).map(
        lambda code: {
            "type": "response.failed",
            "response": {"id": "resp_1", "error": {"code": code, "message": "it failed"}},
        }
    ),
    st.just({"type": "error", "code": "rate_limit_exceeded", "message": "slow down"}),
    st.just({"type": "response.heartbeat"}),
)


@st.composite
def _events(draw: st.DrawFn) -> list[Event]:
    items = draw(st.lists(st.one_of(_SPEECH, _CALLS), max_size=5))
    events: list[Event] = [{"type": "response.created", "response": {"id": "resp_1"}}]
    for place, item in enumerate(items):
        where = {"output_index": place}
        if item["type"] == "message" and (text := item["content"][0].get("text")):
            middle = draw(st.integers(0, len(text)))
            delta = {"type": "response.output_text.delta", **where}
            events += [{**delta, "delta": text[:middle]}, {**delta, "delta": text[middle:]}]
        if draw(st.integers(0, 9)):  # now and then one is never finished
            events.append({"type": "response.output_item.done", **where, "item": item})
        if draw(st.booleans()):
            events.append({"type": "response.thought.sparkle", "n": 1})
    return [*events, draw(_ENDS)]


@st.composite
def _stream(draw: st.DrawFn) -> bytes:
    line_end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    lines: list[str] = []
    for event in draw(_events()):
        if draw(st.integers(0, 3)) == 0:
            lines.append(": ping")
        if draw(st.booleans()):
            lines.append(f"event: {event['type']}")
        is_ascii, indent = draw(st.booleans()), draw(st.sampled_from([None, None, 1]))
        data = json.dumps(event, ensure_ascii=is_ascii, indent=indent)
        lines += [f"data: {line}" for line in data.split("\n")]
        lines.append("")
    text = line_end.join((*lines, ""))
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + text.encode()


_HEADERS = st.lists(
    st.sampled_from(
        [
            "x-request-id: req_1",
            "x-codex-primary-used-percent: 96.5",
            "x-codex-primary-window-minutes: 300",
            "x-codex-primary-reset-at: 4102444800",
            "x-codex-secondary-used-percent: 100",
            "x-codex-secondary-reset-after-seconds: 7200",
            "set-cookie: session=abcdefgh12345678; path=/",
            "x-odd: \xe9",
            "retry-after: 0",
            "date: Fri, 20 Nov 2026 10:00:00 GMT",
        ]
    ),
    max_size=4,
).map(tuple)
_REFUSED = st.sampled_from(
    [
        "",
        '{"detail": "no such thing"}',
        '{"error": {"code": "model_not_found", "message": "no such model"}}',
        '{"error": {"type": "usage_limit_reached", "message": "spent", "resets_in_seconds": 7200}}',
        '{"error": {"code": "token_expired", "message": "it is over"}}',
        '{"error": {"code": "unsupported_parameter", "param": "reasoning.effort", "message": "x"}}',
        '{"error": {"code": "context_length_exceeded", "message": "too long"}}',
        "<html><head><title>Just a moment...</title></head><body>\u2028</body></html>",
        "upstream \x1b[31mconnect error",
        "\x00\x01",
    ]
)
_PASSING = (408, 409, 429, 500, 502, 503, 504, 520, 529)
_LASTING = (202, 204, 301, 302, 400, 401, 402, 403, 404, 407, 413, 422, 501)
_STATUSES = st.sampled_from((200, *_PASSING, *_LASTING))
_QUICKLY = "retry-after-ms: 1"


@st.composite
def _refusals(draw: st.DrawFn) -> Answer:
    body = draw(_REFUSED).encode()
    kind = draw(st.sampled_from(["application/json", "text/html", "text/event-stream"]))
    headers = (f"content-type: {kind}", f"content-length: {len(body)}", _QUICKLY, *draw(_HEADERS))
    return [Say(head(*headers, status=f"{draw(_STATUSES)} So") + body)]


@st.composite
def _streams(draw: st.DrawFn) -> Answer:
    body = draw(_stream())
    headers = ["content-type: text/event-stream", _QUICKLY, *draw(_HEADERS)]
    if draw(st.integers(0, 4)) == 0:
        body = gzip.compress(body, mtime=0)
        headers.append("content-encoding: gzip")
    borders = sorted(draw(st.lists(st.integers(0, len(body)), max_size=6)))
    pieces = [piece for piece in cut_at(body, borders) if piece]
    manner = draw(st.sampled_from(["chunks", "chunks", "length", "until closed"]))
    if manner == "chunks":
        pieces = [*map(chunk, pieces), b"0\r\n\r\n"]
        headers.append("transfer-encoding: chunked")
    elif manner == "length":
        headers.append(f"content-length: {len(body)}")
    pieces = [head(*headers), *pieces]
    broken = draw(st.sampled_from([None] * 5 + [Cut(), Reset()]))
    if broken is None:
        return [*map(Say, pieces), *([Cut()] if manner == "until closed" else [])]
    whole = b"".join(pieces)
    return [Say(whole[: draw(st.integers(0, len(whole)))]), broken]


ANSWERS = st.one_of(_streams(), _streams(), _streams(), _refusals())

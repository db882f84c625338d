"""Traffic with secrets planted anywhere in it, and everything that can be read out of a tape."""

import json
import re
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias, cast
from urllib.parse import quote, unquote_plus, urlencode

from hypothesis import strategies as st

from codexctl.adapters.cassettes.tape import (
    Arrival,
    Exchange,
    Headers,
    Tape,
    TapedRequest,
    TapedResponse,
)
from codexctl.domain.tools import OutcomeStatus, ToolOutcome

Json: TypeAlias = Any
Event: TypeAlias = dict[str, Any]
Writing: TypeAlias = Callable[[str], str]

_WORD = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789"
TEXT = st.text("abc xyz.,:;\"'\\/{}[]\n\té☃😀\u2028", max_size=12)


def words(least: int, most: int = 40) -> st.SearchStrategy[str]:
    """Return words that stand nowhere by chance, with a digit in them."""
    return st.text(_WORD, min_size=least, max_size=most).map(lambda word: f"{word[:-1]}7{word[-1]}")


LOOKS = st.one_of(
    words(12).map("sk-proj-{}".format),
    words(20).map("rt_{}".format),
    words(24, 24).map("user-{}".format),
    words(24, 24).map("org-{}".format),
    words(36, 36).map("ghp_{}".format),
    st.builds("eyJhbGciOiJSUzI1NiJ9.eyJ{}.{}".format, words(20), words(20)),
    st.builds("{}.{}@{}.example.org".format, words(3, 8), words(3, 8), words(3, 8)),
)
"""What looks like a secret wherever it stands."""

KNOWN = st.one_of(
    LOOKS,
    words(8),
    st.text(f"{_WORD}._~-+/=@", min_size=12, max_size=60),
    st.uuids().map(str),
)
"""What the process holds may look like anything."""


@dataclass(kw_only=True)
class Traffic:
    """What a tape is made of: a conversation's request and stream, and a sign-in's form."""

    url: str = "https://api.openai.com/v1/responses"
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    answer_headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    members: dict[str, Any] = field(default_factory=dict[str, Any])
    events: list[Event] = field(default_factory=list[Event])
    lines: list[str] = field(default_factory=list[str])
    outputs: list[str] = field(default_factory=list[str])
    form: dict[str, str] = field(default_factory=dict[str, str])
    chunk: int = 7
    is_ascii: bool = True

    def tape(self) -> Tape:
        dumped = partial(json.dumps, ensure_ascii=self.is_ascii)
        frames = [f"event: {event['type']}\ndata: {dumped(event)}\n\n" for event in self.events]
        stream = "".join([*(f"{line}\n" for line in self.lines), "\n", *frames]).encode()
        sizes = [len(stream[at : at + self.chunk]) for at in range(0, len(stream), self.chunk)]
        answer = TapedResponse(
            status=200,
            reason="OK",
            headers=tuple(self.answer_headers),
            body=stream,
            arrivals=tuple(Arrival(size, at) for at, size in enumerate(sizes)),
        )
        form = [("content-type", "application/x-www-form-urlencoded")]
        token = "https://auth.openai.com/oauth/token"
        echo = dumped({"answer": self.members}).encode()
        return Tape(
            recorded_by="codexctl 0",
            command="run",
            exchanges=(
                _exchange(self.url, self.headers, dumped(self.members).encode(), b"{}"),
                Exchange(TapedRequest(method="POST", url=self.url, body=b"{}"), answer),
                _exchange(token, form, urlencode(self.form).encode(), echo),
            ),
            outcomes=tuple(
                ToolOutcome(call_id=f"call_{at}", output=output, status=OutcomeStatus.COMPLETED)
                for at, output in enumerate(self.outputs)
            ),
        )


def _exchange(url: str, headers: list[tuple[str, str]], body: bytes, answer: bytes) -> Exchange:
    sent: Headers = (*headers, ("content-length", str(len(body))))
    got: Headers = (("content-type", "application/json"), ("content-length", str(len(answer))))
    return Exchange(
        TapedRequest(method="POST", url=url, headers=sent, body=body),
        TapedResponse(status=200, reason="OK", headers=got, body=answer),
    )


# How a secret may be written in a text.


def _as_it_is(secret: str) -> str:
    return secret


def _percent(secret: str) -> str:
    return quote(secret, safe="")


def _all_percent(secret: str) -> str:
    return "".join(f"%{ord(one):02X}" for one in secret)


def _escaped(every: int, secret: str) -> str:
    return "".join(
        f"\\u{ord(one):04x}" if at % every == 0 else one for at, one in enumerate(secret)
    )


def _in_json(secret: str) -> str:
    return json.dumps({"note": f"see {secret} there"})


def _in_json_in_json(secret: str) -> str:
    return json.dumps(json.dumps({"a": [f"\n{secret}"]}))


def _base64(before: str, after: str, secret: str) -> str:
    return b64encode(f"{before}{secret}{after}".encode()).decode()


def _base64_for_urls(before: str, after: str, secret: str) -> str:
    return urlsafe_b64encode(f"{before}{secret}{after}".encode()).decode()


def _hexadecimal(secret: str) -> str:
    return secret.encode().hex()


def _within_a_word(secret: str) -> str:
    return f"x{secret.upper()}y"


def _wrapped(width: int, secret: str) -> str:
    return "\n".join(secret[at : at + width] for at in range(0, len(secret), width))


def _wrapped_if_long(width: int, secret: str) -> str:
    return _wrapped(width, secret) if len(secret) > 16 else secret


def _wrapped_base64(width: int, secret: str) -> str:
    return _wrapped(width, _base64("", "", secret))


def _escaping(every: int) -> Writing:
    return partial(_escaped, every)


def _encoding(encode: Callable[[str, str, str], str], before: str, after: str) -> Writing:
    return partial(encode, before, after)


def _wrapping(wrap: Callable[[int, str], str], width: int) -> Writing:
    return partial(wrap, width)


_SPOKEN = st.text("abcdefg hij:", max_size=12)
_BEFORE, _AFTER = _SPOKEN.map("my secret is: {} ".format), _SPOKEN.map(" {}".format)
_ANY = st.text(max_size=5)

WRITINGS: st.SearchStrategy[Writing] = st.one_of(
    st.sampled_from([_as_it_is, _percent, _all_percent, _in_json, _in_json_in_json]),
    st.integers(1, 4).map(_escaping),
    st.builds(_encoding, st.sampled_from([_base64, _base64_for_urls]), _BEFORE, _AFTER),
)
"""In which what looks like a secret is found."""

WRITINGS_OF_KNOWN: st.SearchStrategy[Writing] = st.one_of(
    WRITINGS,
    st.sampled_from([_hexadecimal, _within_a_word]),
    st.builds(_encoding, st.sampled_from([_base64, _base64_for_urls]), _ANY, _ANY),
    st.builds(_wrapping, st.sampled_from([_wrapped_if_long, _wrapped_base64]), st.integers(5, 30)),
)
"""In which what is known is found."""


# Where it may stand.


def in_header(traffic: Traffic, text: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["x-note", "x-trace", "user-agent", "x-json"]))
    value = json.dumps({"a": text}) if name == "x-json" else quote(text, safe=" %:@~-+=")
    data.draw(st.sampled_from([traffic.headers, traffic.answer_headers])).append((name, value))


def in_url(traffic: Traffic, text: str, data: st.DataObject) -> None:
    forms = ["{}?a=b&c={}", "{}/{}", "{}?{}", "{}?x=1#{}", "{}#a={}&b=c"]
    traffic.url = data.draw(st.sampled_from(forms)).format(traffic.url, quote(text, safe="@"))


def in_member(traffic: Traffic, text: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["text", "input", "arguments", "weird key", "image_url"]))
    value: Json = {"content": [{name: text}]}
    as_key: Json = [value, {text: 1}]
    traffic.members[f"m{len(traffic.members)}"] = data.draw(st.sampled_from([value, as_key]))


def in_deltas(traffic: Traffic, text: str, data: st.DataObject) -> None:
    item = len(traffic.events)
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=12).map(sorted))
    names = ["output_text", "function_call_arguments", "reasoning_summary_text"]
    kind = f"response.{data.draw(st.sampled_from([*names, 'custom_tool_call_input']))}"
    fields: Event = {"item_id": f"it_{item}", "output_index": item, "content_index": 0}
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        traffic.events.append({"type": f"{kind}.delta", **fields, "delta": text[start:end]})
        if data.draw(st.booleans()):
            other = {**fields, "output_index": -1, "type": f"{kind}.delta", "delta": "and "}
            traffic.events.append(other)
    traffic.events.append({"type": f"{kind}.done", **fields, "text": text})


def in_line(traffic: Traffic, text: str, data: st.DataObject) -> None:
    start = data.draw(st.sampled_from([": ", "id: ", "data: ", "x: "]))
    traffic.lines.append(start + text.replace("\n", " "))


def in_output(traffic: Traffic, text: str, data: st.DataObject) -> None:
    traffic.outputs.append(data.draw(TEXT) + text)


def in_form(traffic: Traffic, text: str, _data: st.DataObject) -> None:
    traffic.form[f"f{len(traffic.form)}"] = text


PLACES = [in_header, in_url, in_member, in_deltas, in_line, in_output, in_form]


def told_by_name(traffic: Traffic, secret: str, data: st.DataObject) -> None:
    """Put a secret where a name alone says that it is one."""
    match data.draw(st.integers(0, 6)):
        case 0:
            names = ["authorization", "Proxy-Authorization", "x-api-key", "chatgpt-account-id"]
            names += ["openai-organization", "session-id", "X-Codex-Turn-State", "x-some-token"]
            scheme = data.draw(st.sampled_from(["", "Bearer ", "Basic "]))
            traffic.headers.append((data.draw(st.sampled_from(names)), f"{scheme}{secret}"))
        case 1:
            traffic.headers.append(("Cookie", f"theme=dark; sid={secret}"))
            traffic.answer_headers.append(("set-cookie", f"sid={secret}; path=/; HttpOnly"))
        case 2:
            names = ["code", "state", "refresh_token", "code_verifier", "client_secret", "token"]
            traffic.form[data.draw(st.sampled_from(names))] = secret
        case 3:
            names = ["id_token", "refreshToken", "API-Key", "user_code", "device_auth_id"]
            names += ["safety_identifier", "prompt_cache_key", "account_id", "email", "user"]
            values: list[Json] = [secret, [secret]]
            name = data.draw(st.sampled_from(names))
            traffic.members[name] = data.draw(st.sampled_from(values))
        case 4:
            sign = "&" if "?" in traffic.url else "?"
            traffic.url += f"{sign}{data.draw(st.sampled_from(['code', 'access_token']))}={secret}"
        case 5:
            traffic.members["accounts"] = [{"id": secret, "plan_type": "plus"}]
        case _:
            response = {"safety_identifier": secret}
            traffic.events.append({"type": "response.created", "response": response})


# What can be read out of a tape.


def all_said(tape: Tape, text: str) -> Iterator[str]:
    """Yield the tape's text, all it says, and all that decodes to, joined where it is in pieces."""
    yield text
    for exchange in tape.exchanges:
        answer = exchange.answer
        assert isinstance(answer, TapedResponse)
        yield from _readings(exchange.request.url)
        for _, value in (*exchange.request.headers, *answer.headers):
            yield from _readings(value)
        for body in (exchange.request.body, answer.body):
            yield from _said_by_body(body.decode())
    for outcome in tape.outcomes:
        yield from _readings(outcome.output)


def _said_by_body(body: str) -> Iterator[str]:
    yield unquote_plus(body)
    for line in body.split("\n"):
        yield from _readings(line.removeprefix("data: "), 2)
    if body.startswith("{"):
        yield from _strings(json.loads(body))
    joined: dict[str, str] = {}
    for event in events_of(body):
        track = f"{event['type']} {event.get('output_index')}"
        joined[track] = joined.get(track, "") + str(event.get("delta", ""))
        yield from _strings(event)
    for told in joined.values():
        yield from _readings(told)


def events_of(body: str) -> list[Event]:
    """Return the events of a stream that are whole."""
    data = [line.removeprefix("data: ") for line in body.split("\n") if line[:7] == "data: {"]
    return [event for event in map(_parsed, data) if "type" in event]


def _parsed(text: str) -> Event:
    try:
        return json.loads(text)
    except ValueError:
        return {}


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield from _readings(value)
    elif isinstance(value, dict):
        for name, one in cast("Event", value).items():
            yield from _readings(name)
            yield from _strings(one)
    elif isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from _strings(one)


def _readings(text: str, depth: int = 4) -> Iterator[str]:
    """Yield a text and everything that can be read out of it."""
    yield text
    if not depth:
        return
    squeezed = "".join(text.split())
    yield squeezed
    unescaped = re.sub(r"\\+u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)
    for other in {unquote_plus(text), unescaped} - {text}:
        yield from _readings(other, depth - 1)
    for run in re.findall(r"[A-Za-z0-9+/_-]{8,}", f"{squeezed} {text}"):
        standard = run.replace("-", "+").replace("_", "/")
        for start in range(4):
            part = standard[start:]
            yield b64decode(part[: len(part) // 4 * 4]).decode("latin-1")
    for run in re.findall(r"(?:[0-9a-f]{2}){8,}", text):
        yield bytes.fromhex(run).decode("latin-1")

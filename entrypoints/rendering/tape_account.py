"""A tape as a person reads it."""

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from codexctl.domain.tools import ToolOutcome
from codexctl.entrypoints.inspected_tape import (
    InspectedAnswer,
    InspectedExchange,
    InspectedFailure,
    InspectedRequest,
    InspectedTape,
)
from codexctl.entrypoints.rendering.excerpts import cut, one_line
from codexctl.entrypoints.rendering.response_account import error_line, response_lines

if TYPE_CHECKING:
    from codexctl.entrypoints.inspect_composition import SentItem, SentRequest

_MOST_LINES = 5
"""Of an output."""

_OUTPUTS = ("function_call_output", "custom_tool_call_output")


def tape_texts(tape: InspectedTape) -> Iterator[str]:
    """Yield the account piece by piece: the tape itself, each exchange, and what came of calls."""
    yield _text(["tape", *_head(tape)])
    for number, exchange in enumerate(tape.exchanges, 1):
        yield _text(_exchange(exchange, number))
    for number, outcome in enumerate(tape.outcomes, 1):
        yield _text(_outcome(outcome, number))


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n\n"


def _head(tape: InspectedTape) -> Iterator[str]:
    known = {name.replace("_", " "): one_line(value) for name, value in tape.facts.items()}
    if tape.services:
        known["services"] = one_line(", ".join(f"{name} ({url})" for name, url in tape.services))
    if tape.started_at is not None:
        known["begun"] = tape.started_at.isoformat(" ", "seconds")
    known["exchanges"] = str(len(tape.exchanges))
    if tape.failure is not None:
        known["ended by"] = _failure(tape.failure)
    yield from (f"  {name:<15}  {value}" for name, value in known.items())
    for text, exchange in tape.notices:
        when = "before the run" if not exchange else f"after request {exchange}"
        yield f"  notice, {when}: {one_line(text)}"


def _exchange(exchange: InspectedExchange, number: int) -> Iterator[str]:
    request, answer = exchange.request, exchange.answer
    url = urlsplit(request.url)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    host = f" ({one_line(url.netloc)})" if url.netloc else ""
    yield f"exchange {number}  {one_line(f'{request.method} {target}')}{host}"
    if request.sent is not None:
        yield from _sent(request, request.sent)
    elif request.size:
        yield f"  {request.size:,} bytes sent"
    if answer is not None:
        yield from _answer(answer)
    if exchange.failure is not None and not _is_told(exchange.failure, answer):
        yield f"  {_failure(exchange.failure)}"


def _sent(request: InspectedRequest, sent: "SentRequest") -> Iterator[str]:
    options = (f", {name} {_option(value)}" for name, value in sent.options.items())
    yield f"  model: {sent.model or '(none)'}{''.join(options)}"
    if sent.instructions:
        yield f"  instructions: {one_line(sent.instructions)}"
    if sent.tools:
        yield f"  tools: {', '.join(sent.tools)}"
    again = f", {request.kept} of them as before" if request.kept else ""
    gone = f"; {request.dropped} of before are gone" if request.dropped else ""
    plural = "" if len(sent.input) == 1 else "s"
    yield f"  input: {len(sent.input)} item{plural}{again}{gone}"
    yield from map(_item, request.new_items)


def _option(value: object) -> str:
    return cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 100)


def _item(item: "SentItem") -> str:
    images = f" [pictures: {item.images}]" if item.images else ""
    text = one_line(item.text) + images
    if item.kind in _OUTPUTS:
        return f"    output of {item.call_id}: {text}".rstrip()
    if item.name is not None:
        return f"    call {item.call_id}: {item.name} {text}".rstrip()
    return f"    {item.kind}: {text}".rstrip(": ")


def _answer(answer: InspectedAnswer) -> Iterator[str]:
    head = f"  {answer.status} {one_line(answer.reason)}".rstrip()
    kind = f", {one_line(answer.media_type)}" if answer.media_type else ""
    yield f"{head}{kind}, {answer.size:,} bytes{_timing(answer.arrivals)}"
    if answer.began_at_milliseconds:
        yield f"  headers after {answer.began_at_milliseconds:,} ms of the run"
    if answer.error is not None:
        yield error_line(answer.error)
    for number, response in enumerate(answer.responses, 1):
        if len(answer.responses) > 1:
            yield f"  response {number}"
        yield from response_lines(response)
    if answer.text:
        yield f"  body: {one_line(answer.text)}"


def _timing(arrivals: tuple[int, ...]) -> str:
    if not arrivals:
        return ""
    if len(arrivals) == 1:
        return f" in 1 piece after {arrivals[0]:,} ms"
    first, last = arrivals[0], arrivals[-1]
    return f" in {len(arrivals):,} pieces, the first after {first:,} ms, the last after {last:,} ms"


def _is_told(failure: InspectedFailure, answer: InspectedAnswer | None) -> bool:
    """Tell whether it is what the answer's last response says already."""
    error = answer.responses[-1].error if answer and answer.responses else None
    return error is not None and (type(error).__name__, error.message) == (
        failure.kind,
        failure.message,
    )


def _failure(failure: InspectedFailure) -> str:
    return f"{failure.kind}: {one_line(failure.message)}"


def _outcome(outcome: ToolOutcome, number: int) -> Iterator[str]:
    exit_code = "" if outcome.exit_code is None else f", exit code {outcome.exit_code}"
    yield f"outcome {number}  of {outcome.call_id}: {outcome.status.value}{exit_code}"
    yield from (f"  {change.kind.value} {change.path}" for change in outcome.changes)
    yield from (f"  [picture: {one.media_type}, {len(one.data):,} bytes]" for one in outcome.images)
    lines = outcome.output.rstrip("\n").split("\n")
    yield from (f"  | {cut(line, 200)}".rstrip() for line in lines[:_MOST_LINES])
    if len(lines) > _MOST_LINES:
        yield f"  | … and {len(lines) - _MOST_LINES:,} lines more"

"""Plays a script: the replies in their order, each for a request that is as expected."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.clock import Clock
from codexctl.entrypoints.emulator.faults.catalogue import fault_reply
from codexctl.entrypoints.emulator.http.messages import (
    HttpReply,
    HttpRequest,
    NoReply,
    Pause,
    Reply,
    Routes,
    json_reply,
    refusal_reply,
)
from codexctl.entrypoints.emulator.http.refusals import in_shape_of
from codexctl.entrypoints.emulator.json_values import JsonObject, as_object
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.model.output_items import OutputItem
from codexctl.entrypoints.emulator.model.stream_replies import (
    frames,
    request_id,
    stream_headers,
    stream_reply,
)
from codexctl.entrypoints.emulator.model.wire import completed_response
from codexctl.entrypoints.emulator.sources.mistakes import SourceMistake
from codexctl.entrypoints.emulator.sources.other_replies import OtherReplies
from codexctl.entrypoints.emulator.sources.recorded_files import read_recordings
from codexctl.entrypoints.emulator.sources.script import (
    Answer,
    NamedFault,
    RecordedStream,
    Script,
    Spoken,
    Then,
)
from codexctl.entrypoints.emulator.sources.script_file import read_script

_KEPT_COMPLAINTS = 1000


def open_source(
    script: str | os.PathLike[str] | None,
    cassettes: Sequence[str | os.PathLike[str]],
    *,
    on_unexpected: Callable[[str], None],
    clock: Clock,
) -> "ScriptSource":
    """Read the files that replies are to come from; without any, all is left to the scenarios.

    Args:
        script: a script.
        cassettes: tapes and streams, which are played one after another.
        on_unexpected: see `ScriptSource`.
        clock: see `ScriptSource`.

    Raises:
        SourceMistake: a file cannot be used, or both kinds are given.
    """
    if script is not None and cassettes:
        raise SourceMistake(
            "A script and cassettes exclude each other.",
            "Name the cassettes in the script: - cassette: FILE",
        )
    taken = Script(replies=(), then=Then.SCENARIOS)
    if script is not None:
        taken = read_script(Path(script))
    elif cassettes:
        taken = read_recordings([Path(file) for file in cassettes])
    return ScriptSource(taken, on_unexpected=on_unexpected, clock=clock)


class ScriptSource:
    """Answers requests for a response from a script; see `ReplySource`."""

    def __init__(
        self, script: Script, *, on_unexpected: Callable[[str], None], clock: Clock
    ) -> None:
        """Take the script.

        Args:
            script: what to play.
            on_unexpected: told of each request that is not as expected, by the thread that serves
                it.
            clock: the present in Unix seconds, which limits count from.
        """
        self._clock = clock
        self._script = script
        self._others = OtherReplies(script.others)
        self._on_unexpected = on_unexpected
        self._played = 0
        self._unexpected: deque[str] = deque(maxlen=_KEPT_COMPLAINTS)
        self._lock = threading.Lock()

    @property
    def unexpected(self) -> list[str]:
        """Which requests were not as expected, one sentence each, the last thousand."""
        with self._lock:
            return list(self._unexpected)

    @property
    def unplayed(self) -> list[str]:
        """The places of the replies that no request has got yet."""
        with self._lock:
            return [reply.place for reply in self._script.replies[self._played :]]

    def other_routes(self) -> Routes:
        """Give the rows of the routing table that are to replace others."""
        return self._others.routes()

    def reply_to(self, backend: Backend, request: HttpRequest, serial: int) -> Reply | None:
        """Give the next reply to one request; see `ReplySource`."""
        body = as_object(request.body)
        with self._lock:
            taken = self._take(body, serial)
            if isinstance(taken, str):
                self._unexpected.append(taken)
        if isinstance(taken, str):
            self._on_unexpected(taken)
            refusal = in_shape_of(backend, taken, "unexpected_request", 400)
            return refusal_reply(refusal, request_id(serial))
        if taken is None:
            return None
        scripted = self._script.replies[taken]
        generation = Generation(
            backend=backend,
            request=body,
            items=_said(scripted.answer),
            label=f"{self._script.noun}_{taken + 1}",
            serial=serial,
        )
        reply = _reply(scripted.answer, generation, self._clock())
        if scripted.delay_seconds and isinstance(reply, HttpReply):
            return replace(reply, delay_seconds=scripted.delay_seconds)
        return reply

    def _take(self, body: JsonObject, serial: int) -> int | str | None:
        """Give the next reply's index, None for the scenarios, or what is wrong with a request."""
        replies = self._script.replies
        noun = self._script.noun
        is_over = self._played == len(replies)
        if is_over and self._script.then is Then.SCENARIOS:
            return None
        if is_over and self._script.then is Then.REFUSE:
            return f"The {noun} has no more replies; this is request {serial}."
        index = min(self._played, len(replies) - 1)
        reply = replies[index]
        if reply.expect is not None and (difference := reply.expect.difference(body)):
            return f"Request {serial} is not the one that {reply.place} expects: {difference}."
        self._played += not is_over
        return index


def _said(answer: Answer) -> tuple[OutputItem, ...]:
    return answer.items if isinstance(answer, Spoken | NamedFault) else ()


def _reply(answer: Answer, generation: Generation, now: float) -> Reply:
    match answer:
        case Spoken(_, pause_seconds):
            if generation.request.get("stream") is not True:
                response = completed_response(generation)
                return json_reply(200, response, request_id(generation.serial))
            return stream_reply(generation, _paced(frames(generation), pause_seconds))
        case RecordedStream():
            return HttpReply(
                status=200,
                headers=stream_headers(generation.backend, generation.serial),
                body=tuple(_paced(answer.pieces, answer.pause_seconds)),
                ending=answer.ending,
            )
        case NamedFault(name):
            return fault_reply(name, generation, now)
        case HttpReply() | NoReply():
            return answer
        case _:
            assert_never(answer)


def _paced(pieces: Iterable[bytes], seconds: float) -> Iterator[bytes | Pause]:
    for number, piece in enumerate(pieces):
        if number and seconds:
            yield Pause(seconds)
        yield piece

"""Tapes that the tests of ``codexctl inspect`` look into."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.wire import call_done, completed, frame, message_done

from codexctl.adapters.cassettes.tape import (
    Arrival,
    Exchange,
    RunFacts,
    Service,
    Tape,
    TapedFailure,
    TapedRequest,
    TapedResponse,
)
from codexctl.adapters.cassettes.tape_text import tape_text
from codexctl.domain.models import Provider
from codexctl.domain.tools import ChangeKind, FileChange, OutcomeStatus, ToolOutcome

URL = "https://api.openai.com/v1/responses"
QUESTION = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "What?"}]}
CALL = {"type": "function_call", "call_id": "c1", "name": "shell", "arguments": '{"command": "ls"}'}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "Exit code: 1\nOutput:\nno"}
CREATED = frame({"type": "response.created", "response": {"id": "resp_1", "model": "gpt-5.5"}})
CALLS = b"".join([CREATED, call_done("shell", '{"command": "ls"}', "c1"), completed()])
SAYS = b"".join([CREATED, message_done("Nothing."), completed(id="resp_2")])
OUTCOME = ToolOutcome(
    call_id="c1",
    output="Exit code: 1\nOutput:\nno",
    status=OutcomeStatus.FAILED,
    exit_code=1,
    changes=(FileChange("a.txt", ChangeKind.UPDATE),),
)


def asked(*items: object, **fields: object) -> TapedRequest:
    """Return a request with these input items."""
    body = {
        "model": "gpt-5.5",
        "instructions": "Be brief.",
        "input": items,
        "store": False,
        "stream": True,
        "tools": [{"type": "function", "name": "shell"}, {"type": "web_search"}],
        "reasoning": {"effort": "high"},
        **fields,
    }
    return TapedRequest(
        method="POST",
        url=URL,
        headers=(("content-type", "application/json"),),
        body=json.dumps(body).encode(),
    )


def answered(
    body: bytes,
    *milliseconds: int,
    **changes: Any,  # noqa: ANN401 (the fields of the response)
) -> TapedResponse:
    """Return an answer that came in as many equal pieces as there are moments."""
    lengths = [len(body) // max(len(milliseconds), 1)] * len(milliseconds)
    if lengths:
        lengths[-1] += len(body) - sum(lengths)
    response = TapedResponse(
        status=200,
        reason="OK",
        headers=(("content-type", "text/event-stream; charset=utf-8"),),
        body=body,
        arrivals=tuple(map(Arrival, lengths, milliseconds)),
    )
    return replace(response, **changes)


def a_tape(
    *exchanges: Exchange,
    **changes: Any,  # noqa: ANN401 (the fields of the tape)
) -> Tape:
    """Return the tape of a run; by default, of one that called a tool."""
    tape = Tape(
        recorded_by="codexctl 0.1",
        command="run",
        facts=RunFacts(
            conversation_id="0192-a",
            started_at=datetime(2026, 11, 21, 10, 0, tzinfo=UTC),
            working_folder="/home/ann/project",
            services=(Service(Provider.API, "https://api.openai.com/v1"),),
        ),
        exchanges=exchanges
        or (
            Exchange(asked(QUESTION), answered(CALLS, 310, 1342)),
            Exchange(asked(QUESTION, CALL, OUTPUT), answered(SAYS, 20)),
        ),
        outcomes=(OUTCOME,),
    )
    return replace(tape, **changes)


def file_of(tape: Tape) -> bytes:
    """Return what the tape's file holds."""
    return tape_text(tape).encode()


def failure(kind: str = "NetworkFailed", message: str = "It failed.") -> TapedFailure:
    """Return why there is no answer."""
    return TapedFailure(kind=kind, message=message, remedy="Try again.")

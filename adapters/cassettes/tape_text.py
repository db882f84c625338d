"""A tape as the text of its file: vcrpy's format, with our own section beside it. Pure.

vcrpy reads ``interactions`` and nothing else, so what it has no place for is under ``codexctl``:
what the run has to know, how each answer arrived and ended, requests that were never answered, and
what came of the tool calls. docs/tapes.md describes it.
"""

from collections.abc import Mapping

from codexctl.adapters.cassettes.layout import tidied
from codexctl.adapters.cassettes.tape import (
    TAPE_VERSION,
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
from codexctl.adapters.cassettes.yaml_text import FlowNumbers, Node, yaml_text
from codexctl.domain.tools import ToolOutcome

VCR_VERSION = 1


def tape_text(tape: Tape) -> str:
    """Return the text of the tape's file."""
    tape = tidied(tape)
    answered = [one for one in tape.exchanges if isinstance(one.answer, TapedResponse)]
    return yaml_text(
        {
            "version": VCR_VERSION,
            "codexctl": _own_section(tape),
            "interactions": [_interaction(one) for one in answered],
        }
    )


def _own_section(tape: Tape) -> Mapping[str, Node]:
    number = 0
    exchanges: list[Node] = []
    for exchange in tape.exchanges:
        if isinstance(exchange.answer, TapedResponse):
            exchanges.append({"interaction": number, **_arrival(exchange.answer)})
            number += 1
        else:
            ended = _ending(exchange.answer)
            exchanges.append({"request": _request(exchange.request), "ended": ended})
    return _present(
        tape=TAPE_VERSION,
        recorded_by=tape.recorded_by,
        command=tape.command,
        run=_facts(tape.facts),
        exchanges=exchanges,
        outcomes=[_outcome(one) for one in tape.outcomes],
        notices=[_present(exchange=one.exchange, text=one.text) for one in tape.notices],
    )


def _facts(facts: RunFacts) -> Mapping[str, Node]:
    return _present(
        conversation_id=facts.conversation_id,
        identifiers=facts.identifiers,
        started_at=facts.started_at.isoformat() if facts.started_at else None,
        working_folder=facts.working_folder,
        services=[
            {"provider": one.provider.value, "base_url": one.base_url} for one in facts.services
        ],
        ended=_ending(facts.ended) if facts.ended else None,
    )


def _arrival(response: TapedResponse) -> Mapping[str, Node]:
    return {
        "ended": _ending(response.ending),
        **_present(
            began_at=response.began_at_milliseconds or None,
            lengths=FlowNumbers(one.length for one in response.arrivals),
            milliseconds=FlowNumbers(one.at_milliseconds for one in response.arrivals),
        ),
    }


def _ending(ending: Whole | TapedFailure | Interrupted) -> Node:
    match ending:
        case Whole():
            return "whole"
        case Interrupted():
            return "interrupted"
        case TapedFailure():
            return {"kind": ending.kind, "message": ending.message, "remedy": ending.remedy}


def _outcome(outcome: ToolOutcome) -> Mapping[str, Node]:
    return _present(
        call_id=outcome.call_id,
        status=outcome.status.value,
        exit_code=outcome.exit_code,
        changes=[{"path": one.path, "kind": one.kind.value} for one in outcome.changes],
        images=[{"media_type": one.media_type, "data": one.data} for one in outcome.images],
        output=outcome.output,
    )


def _interaction(exchange: Exchange) -> Mapping[str, Node]:
    answer = exchange.answer
    told = {"request": _request(exchange.request)}
    return {**told, "response": _response(answer)} if isinstance(answer, TapedResponse) else told


def _request(request: TapedRequest) -> Mapping[str, Node]:
    return {
        "body": _body(request.body) if request.body else None,
        "headers": _headers(request.headers),
        "method": request.method,
        "uri": request.url,
    }


def _response(response: TapedResponse) -> Mapping[str, Node]:
    return {
        "body": {"string": _body(response.body)},
        "headers": _headers(response.headers),
        "status": {"code": response.status, "message": response.reason},
    }


def _headers(headers: Headers) -> Mapping[str, Node]:
    values: dict[str, list[Node]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    return values


def _body(body: bytes) -> str | bytes:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body


def _present(**fields: Node) -> dict[str, Node]:
    """Return the fields that say something: not None, not an empty list or mapping."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None and value not in ((), [], {})
    }

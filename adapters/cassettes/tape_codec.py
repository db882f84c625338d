"""A tape out of what its YAML says. Pure.

Takes vcrpy's tapes, whoever recorded them, and what is in our own section of those that have one.
A hand may have edited it: what only tells how an answer arrived is left out where it does not fit.
"""

from datetime import datetime
from typing import TypeVar, cast
from urllib.parse import urlsplit

from codexctl.adapters.cassettes.foreign_tapes import facts_from, outcomes_from, uncompressed
from codexctl.adapters.cassettes.tape import (
    Arrival,
    Ending,
    Exchange,
    Headers,
    Interrupted,
    RunFacts,
    Service,
    Tape,
    TapedFailure,
    TapedNotice,
    TapedRequest,
    TapedResponse,
    Whole,
)
from codexctl.adapters.cassettes.tape_fields import (
    Fields,
    NotATape,
    body,
    mapping,
    number,
    numbers,
    optional_text,
    sequence,
    several,
    text,
)
from codexctl.domain.conversation import Image
from codexctl.domain.models import Provider
from codexctl.domain.tools import ChangeKind, FileChange, OutcomeStatus, ToolOutcome

_Choice = TypeVar("_Choice", Provider, OutcomeStatus, ChangeKind)


def versions(tree: object) -> tuple[object, object]:
    """Return the versions of vcrpy's format and of our own section, as they are told.

    Raises:
        NotATape: The YAML says something else than a tape would.
    """
    if isinstance(tree, list):
        raise NotATape("it is a cassette of an old version of vcrpy, which vcrpy can migrate")
    if not isinstance(tree, dict):
        raise NotATape("it is YAML, but no tape")
    fields = mapping(cast("object", tree), "it")
    if "interactions" not in fields:
        raise NotATape("it is YAML, but no tape: there are no interactions in it")
    own = fields.get("codexctl")
    section = mapping(own, "codexctl") if own is not None else None
    return fields.get("version", 1), 1 if section is None else section.get("tape")


def tape_from(tree: object) -> Tape:
    """Return the tape.

    Args:
        tree: What the YAML says, of versions that are known.

    Raises:
        NotATape: Something is missing or of the wrong type.
    """
    fields = mapping(tree, "it")
    answered = [
        _interaction(mapping(one, f"interactions[{number}]"), f"interactions[{number}]")
        for number, one in enumerate(sequence(fields["interactions"], "interactions"))
    ]
    if fields.get("codexctl") is None:
        exchanges = tuple(Exchange(request, answer) for request, answer in answered)
        requests = [exchange.request for exchange in exchanges]
        return Tape(
            facts=facts_from(requests), exchanges=exchanges, outcomes=outcomes_from(requests)
        )
    own = mapping(fields["codexctl"], "codexctl")
    return Tape(
        recorded_by=optional_text(own.get("recorded_by"), "codexctl.recorded_by"),
        command=optional_text(own.get("command"), "codexctl.command"),
        facts=_facts(own.get("run")),
        exchanges=_exchanges(own, answered),
        outcomes=tuple(
            _outcome(mapping(one, "codexctl.outcomes"), f"codexctl.outcomes[{number}]")
            for number, one in enumerate(sequence(own.get("outcomes"), "codexctl.outcomes"))
        ),
        notices=tuple(
            _notice(mapping(one, "codexctl.notices"), f"codexctl.notices[{number}]")
            for number, one in enumerate(sequence(own.get("notices"), "codexctl.notices"))
        ),
    )


def _interaction(fields: Fields, where: str) -> tuple[TapedRequest, TapedResponse]:
    if "request" not in fields or "response" not in fields:
        raise NotATape(f"it is cut short or incomplete: {where} has no request or no response")
    request = _request(fields["request"], f"{where}.request")
    response = mapping(fields["response"], f"{where}.response")
    status = mapping(response.get("status"), f"{where}.response.status")
    content = mapping(response.get("body"), f"{where}.response.body")
    headers, sent = uncompressed(
        _headers(response.get("headers"), f"{where}.response.headers"),
        body(content.get("string"), f"{where}.response.body.string"),
    )
    return request, TapedResponse(
        status=number(status.get("code"), f"{where}.response.status.code"),
        reason=optional_text(status.get("message"), f"{where}.response.status.message") or "",
        headers=headers,
        body=sent,
    )


def _request(value: object, where: str) -> TapedRequest:
    fields = mapping(value, where)
    url = text(fields.get("uri"), f"{where}.uri")
    try:
        urlsplit(url)
    except ValueError as error:
        raise NotATape(f"{where}.uri is no address") from error
    return TapedRequest(
        method=text(fields.get("method"), f"{where}.method"),
        url=url,
        headers=_headers(fields.get("headers"), f"{where}.headers"),
        body=body(fields.get("body"), f"{where}.body"),
    )


def _headers(value: object, where: str) -> Headers:
    if value is None:
        return ()
    return tuple(
        (name, text(one, f"{where}.{name}"))
        for name, told in mapping(value, where).items()
        for one in several(told)
    )


def _exchanges(
    own: Fields, answered: list[tuple[TapedRequest, TapedResponse]]
) -> tuple[Exchange, ...]:
    """Return the exchanges in their order, with how they arrived and ended, where that fits."""
    told = [
        mapping(one, "codexctl.exchanges")
        for one in sequence(own.get("exchanges"), "codexctl.exchanges")
    ]
    if [one["interaction"] for one in told if "interaction" in one] != list(range(len(answered))):
        return tuple(Exchange(request, answer) for request, answer in answered)
    rest = iter(answered)
    exchanges: list[Exchange] = []
    for index, fields in enumerate(told):
        where = f"codexctl.exchanges[{index}]"
        ending = _ending(fields.get("ended"), where)
        if "interaction" in fields:
            request, answer = next(rest)
            exchanges.append(Exchange(request, _arrived(answer, fields, ending)))
        else:
            request = _request(fields.get("request"), f"{where}.request")
            unanswered = Interrupted() if isinstance(ending, Whole) else ending
            exchanges.append(Exchange(request, unanswered))
    return tuple(exchanges)


def _arrived(answer: TapedResponse, fields: Fields, ending: Ending) -> TapedResponse:
    lengths = numbers(fields.get("lengths"), "codexctl.exchanges.lengths")
    moments = numbers(fields.get("milliseconds"), "codexctl.exchanges.milliseconds")
    began_at = fields.get("began_at")
    fits = sum(lengths) == len(answer.body) and min(lengths, default=1) > 0
    arrivals = (
        tuple(map(Arrival, lengths, moments)) if fits and len(moments) == len(lengths) else ()
    )
    return TapedResponse(
        status=answer.status,
        reason=answer.reason,
        headers=answer.headers,
        body=answer.body,
        arrivals=arrivals,
        ending=ending,
        began_at_milliseconds=(
            0 if began_at is None else number(began_at, "codexctl.exchanges.began_at")
        ),
    )


def _ending(value: object, where: str) -> Ending:
    match value:
        case None | "whole":
            return Whole()
        case "interrupted":
            return Interrupted()
        case _:
            return _failure(value, f"{where}.ended")


def _failure(value: object, where: str) -> TapedFailure:
    fields = mapping(value, where)
    kind, message, remedy = (
        text(fields.get(name), f"{where}.{name}") for name in ("kind", "message", "remedy")
    )
    return TapedFailure(kind=kind, message=message, remedy=remedy)


def _facts(value: object) -> RunFacts:
    fields: Fields = {} if value is None else mapping(value, "codexctl.run")
    started = fields.get("started_at")
    ended = fields.get("ended")
    return RunFacts(
        conversation_id=optional_text(fields.get("conversation_id"), "codexctl.run"),
        identifiers=tuple(
            text(one, "codexctl.run.identifiers")
            for one in sequence(fields.get("identifiers"), "codexctl.run.identifiers")
        ),
        started_at=None if started is None else _moment(started),
        working_folder=optional_text(fields.get("working_folder"), "codexctl.run"),
        services=tuple(
            Service(
                _one_of(Provider, one.get("provider"), "codexctl.run.services.provider"),
                text(one.get("base_url"), "codexctl.run.services.base_url"),
            )
            for one in (
                mapping(told, "codexctl.run.services")
                for told in sequence(fields.get("services"), "codexctl.run.services")
            )
        ),
        ended=None if ended is None else _failure(ended, "codexctl.run.ended"),
    )


def _moment(value: object) -> datetime:
    """Return a moment; without quotes YAML has made one of it already."""
    where = "codexctl.run.started_at"
    try:
        moment = (
            value if isinstance(value, datetime) else datetime.fromisoformat(text(value, where))
        )
    except ValueError as error:
        raise NotATape(f"{where} is no moment") from error
    if moment.tzinfo is None:
        raise NotATape(f"{where} has no time zone")
    return moment


def _notice(fields: Fields, where: str) -> TapedNotice:
    exchange = fields.get("exchange")
    return TapedNotice(
        text(fields.get("text"), f"{where}.text"),
        None if exchange is None else number(exchange, f"{where}.exchange"),
    )


def _outcome(fields: Fields, where: str) -> ToolOutcome:
    exit_code = fields.get("exit_code")
    changes = [mapping(one, where) for one in sequence(fields.get("changes"), where)]
    images = [mapping(one, where) for one in sequence(fields.get("images"), where)]
    return ToolOutcome(
        call_id=text(fields.get("call_id"), f"{where}.call_id"),
        output=text(fields.get("output"), f"{where}.output"),
        status=_one_of(OutcomeStatus, fields.get("status"), f"{where}.status"),
        exit_code=None if exit_code is None else number(exit_code, f"{where}.exit_code"),
        changes=tuple(
            FileChange(
                text(one.get("path"), f"{where}.changes.path"),
                _one_of(ChangeKind, one.get("kind"), f"{where}.changes.kind"),
            )
            for one in changes
        ),
        images=tuple(
            Image(
                text(one.get("media_type"), f"{where}.images.media_type"),
                body(one.get("data"), f"{where}.images.data"),
            )
            for one in images
        ),
    )


def _one_of(choices: type[_Choice], value: object, where: str) -> _Choice:
    try:
        return choices(text(value, where))
    except ValueError as error:
        raise NotATape(f"{where} is something unknown") from error

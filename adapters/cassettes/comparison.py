"""How two tapes differ, exchange by exchange. Pure.

What may vary between a recording and a run may vary between two tapes (see ``matching``). So
may the time that a command took, which its output tells the model (``adapters/tools``). What an
answer says is worked out by whoever asks, since nothing here knows the wire.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from urllib.parse import urlsplit

from codexctl.adapters.cassettes.difference import ABSENT, Difference, difference
from codexctl.adapters.cassettes.matching import Matcher, without_wall_time
from codexctl.adapters.cassettes.tape import Exchange, Tape, TapedRequest
from codexctl.domain.tools import ToolOutcome
from codexctl.domain.values import dataclass


class Part(StrEnum):
    """What of two tapes differs."""

    TAPE = "tape"
    EXCHANGE = "exchange"
    REQUEST = "request"
    ANSWER = "answer"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeDifference:
    """A difference of two tapes.

    Attributes:
        part: What of them differs; the exchange or the outcome as a whole if only one has it.
        number: Which exchange or outcome, from 1, on the first tape; on the second if the first
            has none. None for the tape itself.
        found: Where in it, ``""`` for all of it, and both sides.
    """

    part: Part
    number: int | None
    found: Difference


def compared(
    first: Tape, second: Tape, says: Callable[[Exchange], object]
) -> Iterator[TapeDifference]:
    """Yield how two tapes differ, in the order of the first.

    A difference that the input of every later request repeats is told once.

    Args:
        first: The one tape, which counts as the recording.
        second: The other.
        says: Returns what came of an exchange, as JSON.
    """
    matcher = Matcher.of_folders(first.facts.working_folder, second.facts.working_folder)
    if first.command and second.command and first.command != second.command:
        found = difference("command", first.command, second.command)
        yield TapeDifference(part=Part.TAPE, number=None, found=found)
    seen: set[Difference] = set()
    for was, now in _pairs(first.exchanges, second.exchanges):
        if was is None or now is None:
            yield _on_one(Part.EXCHANGE, was, now, first, second)
            continue
        number, one, other = was + 1, first.exchanges[was], second.exchanges[now]
        asked = matcher.differences(_timeless(one.request), _timeless(other.request))
        for found in _without_members(asked):
            if found not in seen:
                seen.add(found)
                yield TapeDifference(part=Part.REQUEST, number=number, found=found)
        for found in _without_members(matcher.value_differences("$", says(one), says(other))):
            yield TapeDifference(part=Part.ANSWER, number=number, found=found)
    yield from _outcomes(matcher, first, second)


def _without_members(differences: Iterator[Difference]) -> Iterator[Difference]:
    """Yield differences, but of two items of different types nothing than that they are."""
    found = list(differences)
    others = tuple(
        f"{one.path.removesuffix('.type')}{sign}"
        for one in found
        if one.path.endswith("].type") and "nothing" not in (one.recorded, one.actual)
        for sign in ".["
    )
    for one in found:
        if one.path.endswith("].type") or not one.path.startswith(others):
            yield one


def _pairs(
    first: Sequence[Exchange], second: Sequence[Exchange]
) -> Iterator[tuple[int | None, int | None]]:
    """Yield which exchange of the first tape is which of the second; None where it has none.

    As when a tape is played, it is the next of its method and path; or else the next whose path
    ends in the same word, since base URLs differ.
    """
    left = dict(enumerate(second))
    pairs: dict[int, int] = {}
    for kind in (_kind, _broad_kind):
        for was, exchange in enumerate(first):
            fitting = (now for now, other in left.items() if kind(other) == kind(exchange))
            if was not in pairs and (now := next(fitting, None)) is not None:
                pairs[was] = now
                del left[now]
    yield from ((was, pairs.get(was)) for was in range(len(first)))
    yield from ((None, now) for now in left)


def _kind(exchange: Exchange) -> tuple[str, str]:
    return exchange.request.method, urlsplit(exchange.request.url).path


def _broad_kind(exchange: Exchange) -> tuple[str, str]:
    method, path = _kind(exchange)
    return method, path.rstrip("/").rpartition("/")[2]


def _on_one(
    part: Part, was: int | None, now: int | None, first: Tape, second: Tape
) -> TapeDifference:
    """Return the difference that only one tape has an exchange or an outcome."""

    def shown(tape: Tape, place: int | None) -> object:
        if place is None:
            return ABSENT
        if part is Part.OUTCOME:
            return tape.outcomes[place].output
        return " ".join(_kind(tape.exchanges[place]))

    place = was if was is not None else now
    return TapeDifference(
        part=part,
        number=None if place is None else place + 1,
        found=difference("", shown(first, was), shown(second, now)),
    )


def _outcomes(matcher: Matcher, first: Tape, second: Tape) -> Iterator[TapeDifference]:
    left = dict(enumerate(second.outcomes))
    for was, outcome in enumerate(first.outcomes):
        call_id = matcher.identifiers.counterpart(outcome.call_id)
        now = next((at for at, other in left.items() if other.call_id == call_id), None)
        if now is None:
            yield _on_one(Part.OUTCOME, was, None, first, second)
            continue
        for found in matcher.value_differences("$", _told(outcome), _told(left.pop(now))):
            yield TapeDifference(part=Part.OUTCOME, number=was + 1, found=found)
    for now in left:
        yield _on_one(Part.OUTCOME, None, now, first, second)


def _told(outcome: ToolOutcome) -> dict[str, object]:
    return {
        "status": outcome.status.value,
        "exit_code": outcome.exit_code,
        "changes": [{"path": one.path, "kind": one.kind.value} for one in outcome.changes],
        "images": len(outcome.images),
        "output": without_wall_time(outcome.output),
    }


def _timeless(request: TapedRequest) -> TapedRequest:
    if b"Wall time: " not in request.body:
        return request
    text = request.body.decode(errors="surrogateescape")
    return replace(request, body=without_wall_time(text).encode(errors="surrogateescape"))

"""Takes off a tape what is nobody else's business, before it is written. Pure.

Theory of operation. A secret is told by three things: it is known (the process holds it), its name
says so (a header, a member of JSON, a parameter), or it looks like one. What was found in one place
is a secret in every other place too, however it is written there; so the tape is gone through
twice, first to learn and then to replace. The same value has the same stand-in all over the tape,
and a tape that has been scrubbed is not changed by doing it again.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import accumulate, pairwise

from codexctl.adapters.cassettes.edits import Edit, edited, moved_borders
from codexctl.adapters.cassettes.findings import found_in, merged
from codexctl.adapters.cassettes.known_secrets import KnownSecrets
from codexctl.adapters.cassettes.layout import tidied
from codexctl.adapters.cassettes.rewriting import Editor, Rewriting
from codexctl.adapters.cassettes.secret_names import is_sign_in
from codexctl.adapters.cassettes.secret_patterns import Found
from codexctl.adapters.cassettes.stand_ins import Kind, StandIns, is_stand_in
from codexctl.adapters.cassettes.tape import (
    Arrival,
    Exchange,
    Headers,
    Interrupted,
    RunFacts,
    Tape,
    TapedFailure,
    TapedRequest,
    TapedResponse,
    Whole,
    header,
)
from codexctl.domain.conversation import Image
from codexctl.domain.tools import ToolOutcome
from codexctl.domain.values import dataclass

_SHORTEST_LEARNED = 8
_LONG = 16
_LONGEST_LEARNED = 8_192
_OFTEN_THE_SAME = 100
"""Texts up to this length are remembered once read: a stream says the same over and over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrubber:
    """Makes a tape that can be shown to anybody.

    Attributes:
        known: The secrets that the process holds: bearers, refresh tokens, keys, account ids,
            addresses.
        kept: What stays although its name says that it is a secret: identifiers that this run made
            up itself and shows to its user, such as the conversation's.
        reasoning: Whether the sealed form of reasoning goes too.
    """

    known: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    reasoning: bool = False

    def __call__(self, tape: Tape) -> Tape:
        """Return the tape without secrets, laid out as it is written."""
        stand_ins = StandIns()
        for text in _texts(tape):
            stand_ins.take(text)
        learner = _Learner(self.known, frozenset(self.kept))
        self._rewritten(tape, learner)
        replacer = _Replacer(KnownSecrets(learner.learned.items()), frozenset(self.kept), stand_ins)
        return tidied(self._rewritten(tape, replacer))

    def _rewritten(self, tape: Tape, editor: Editor) -> Tape:
        def rewriting(url: str = "") -> Rewriting:
            return Rewriting(editor, sign_in=is_sign_in(url), reasoning=self.reasoning)

        exchanges = [_exchange(one, rewriting(one.request.url)) for one in tape.exchanges]
        return replace(
            tape,
            facts=_facts(tape.facts, rewriting()),
            exchanges=tuple(exchanges),
            outcomes=tuple(_outcome(one, rewriting()) for one in tape.outcomes),
            notices=tuple(replace(one, text=rewriting().plain(one.text)) for one in tape.notices),
        )


def _texts(tape: Tape) -> Iterator[str]:
    """Yield all that may hold stand-ins already, such as those of a tape that was played."""
    yield str(tape.facts)
    for exchange in tape.exchanges:
        told: list[TapedRequest | TapedResponse] = [exchange.request]
        yield exchange.request.url
        if isinstance(exchange.answer, TapedResponse):
            told.append(exchange.answer)
        for one in told:
            yield from (value for _, value in one.headers)
            yield one.body.decode(errors="replace")
    yield from (outcome.output for outcome in tape.outcomes)
    yield from (notice.text for notice in tape.notices)


class _Learner:
    """Learns what is a secret, and replaces nothing."""

    def __init__(self, known: Iterable[str], kept: frozenset[str]) -> None:
        self.learned = dict.fromkeys(known, Kind.SECRET)
        self._kept = kept
        self._read: set[str] = set()

    def edits(self, text: str, *, kind: Kind | None = None, is_cut: bool = False) -> list[Edit]:
        del is_cut
        if kind is not None:
            self._learn(text, kind)
        elif text not in self._read:
            for found in found_in(text):
                self._learn(found.value, found.kind)
            if len(text) <= _OFTEN_THE_SAME:
                self._read.add(text)
        return []

    def _learn(self, value: str, kind: Kind) -> None:
        if value in self.learned:
            if self.learned[value] is Kind.SECRET:
                self.learned[value] = kind
        elif _is_telling(value, kind) and value not in self._kept and not is_stand_in(value):
            self.learned[value] = kind


def _is_telling(value: str, kind: Kind) -> bool:
    """Tell whether a value is no word that stands elsewhere for its own sake."""
    # An address is found by its looks wherever it stands, and what is sealed stands nowhere else.
    if kind is Kind.SEALED or "@" in value or value.split() != [value]:
        return False
    has_digit = any(character.isdigit() for character in value)
    return _LONG <= len(value) <= _LONGEST_LEARNED or (
        has_digit and _SHORTEST_LEARNED <= len(value) < _LONG
    )


class _Replacer:
    """Puts stand-ins in the place of secrets."""

    def __init__(self, known: KnownSecrets, kept: frozenset[str], stand_ins: StandIns) -> None:
        self._known = known
        self._kept = kept
        self._stand_ins = stand_ins
        self._harmless: set[str] = set()

    def edits(self, text: str, *, kind: Kind | None = None, is_cut: bool = False) -> list[Edit]:
        if kind is not None:
            if not text.strip() or is_stand_in(text) or text in self._kept:
                return []
            return [Edit(0, len(text), self._stand_ins.given(kind, text))]
        if text in self._harmless and not is_cut:
            return []
        found = [*found_in(text), *self._known.found_in(text)]
        if not found and len(text) <= _OFTEN_THE_SAME:
            self._harmless.add(text)
        if is_cut and (begun := self._known.begun_at_the_end(text)) is not None:
            found.append(begun)
        return [
            Edit(one.start, one.end, self._in_place_of(one))
            for one in merged(one for one in found if one.value not in self._kept)
        ]

    def _in_place_of(self, found: Found) -> str:
        return found.filler or self._stand_ins.given(found.kind, found.value)


def _exchange(exchange: Exchange, rewriting: Rewriting) -> Exchange:
    request, answer = exchange.request, exchange.answer
    body, _ = _body(request.body, request.headers, rewriting)
    new = TapedRequest(
        method=request.method,
        url=rewriting.url(request.url),
        headers=_headers(request.headers, rewriting),
        body=body,
    )
    match answer:
        case TapedResponse():
            return Exchange(new, _response(answer, rewriting))
        case TapedFailure():
            return Exchange(new, _failure(answer, rewriting))
        case Interrupted():
            return Exchange(new, answer)


def _response(response: TapedResponse, rewriting: Rewriting) -> TapedResponse:
    is_cut = not isinstance(response.ending, Whole)
    headers = _headers(response.headers, rewriting)
    body, moved = _body(response.body, response.headers, rewriting, is_cut=is_cut)
    ends = tuple(accumulate((one.length for one in response.arrivals), initial=0))
    arrivals: tuple[Arrival, ...] = ()
    if ends[-1] == len(response.body):
        lengths = [end - start for start, end in pairwise(moved(ends))]
        arrivals = tuple(
            Arrival(length, one.at_milliseconds)
            for one, length in zip(response.arrivals, lengths, strict=True)
            if length
        )
    ending = response.ending
    if isinstance(ending, TapedFailure):
        ending = _failure(ending, rewriting)
    return replace(response, headers=headers, body=body, arrivals=arrivals, ending=ending)


def _headers(headers: Headers, rewriting: Rewriting) -> Headers:
    return tuple((name, rewriting.header(name, value)) for name, value in headers)


def _body(
    body: bytes, headers: Headers, rewriting: Rewriting, *, is_cut: bool = False
) -> tuple[bytes, Callable[[Iterable[int]], list[int]]]:
    """Return a body with what was replaced in it, and what tells where borders in it are now."""
    text = body.decode("utf-8", "surrogateescape")
    edits = rewriting.body_edits(text, header(headers, "content-type") or "", is_cut=is_cut)
    new = edited(text, edits).encode("utf-8", "surrogateescape")
    return new, lambda borders: moved_borders(text, edits, borders)


def _failure(failure: TapedFailure, rewriting: Rewriting) -> TapedFailure:
    message, remedy = rewriting.plain(failure.message), rewriting.plain(failure.remedy)
    return replace(failure, message=message, remedy=remedy)


def _facts(facts: RunFacts, rewriting: Rewriting) -> RunFacts:
    def identifier(value: str) -> str:
        return rewriting.plain(value, Kind.SESSION)

    conversation_id, folder = facts.conversation_id, facts.working_folder
    return replace(
        facts,
        conversation_id=identifier(conversation_id) if conversation_id else conversation_id,
        identifiers=tuple(map(identifier, facts.identifiers)),
        services=tuple(
            replace(one, base_url=rewriting.url(one.base_url)) for one in facts.services
        ),
        working_folder=rewriting.plain(folder) if folder else folder,
        ended=_failure(facts.ended, rewriting) if facts.ended else None,
    )


def _outcome(outcome: ToolOutcome, rewriting: Rewriting) -> ToolOutcome:
    return replace(
        outcome,
        call_id=rewriting.plain(outcome.call_id),
        output=rewriting.plain(outcome.output),
        changes=tuple(
            replace(change, path=rewriting.plain(change.path)) for change in outcome.changes
        ),
        images=tuple(_image(image, rewriting) for image in outcome.images),
    )


def _image(image: Image, rewriting: Rewriting) -> Image:
    """Return a picture, gone through in the form that it has in a request."""
    encoded = b64encode(image.data).decode()
    new = rewriting.plain(encoded)
    return image if new == encoded else replace(image, data=b64decode(new))

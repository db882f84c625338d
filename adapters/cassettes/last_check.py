"""The last look at a tape before it is written: nothing on it may look like a secret. Pure.

It knows nothing of how the tape was scrubbed. It looks at the text of the file, line by line as a
scanner would, and at what the tape says once it is read: bodies without YAML's escapes, and the
texts that streams tell in pieces.
"""

import re
from collections.abc import Iterable, Iterator

from codexctl.adapters.cassettes.findings import found_in
from codexctl.adapters.cassettes.json_text import is_json, scalars
from codexctl.adapters.cassettes.known_secrets import KnownSecrets
from codexctl.adapters.cassettes.secret_names import is_sign_in, kind_of_header, kind_of_member
from codexctl.adapters.cassettes.stand_ins import STAND_IN, Kind
from codexctl.adapters.cassettes.stream_text import Event, is_stream, parts_of
from codexctl.adapters.cassettes.tape import Headers, Tape, TapedRequest, TapedResponse

_KEY = re.compile(r"( *)(- )?(?:'((?:[^']|'')*)'|([^\s'\"#][^:]*)):(?: (.*))?$")
_OFTEN_THE_SAME = 100
_BLOCK = re.compile(r"(?:!!binary )?\|\d?[+-]?$|\"")


def suspicious_places(tape: Tape, text: str, known: Iterable[str]) -> list[str]:
    """Return what looks like a secret and where, one clause each; never the secret itself.

    Args:
        tape: The tape.
        text: The text of its file.
        known: The secrets that the process holds.
    """
    look = _Look(KnownSecrets((value, Kind.SECRET) for value in known))
    places: list[str] = []
    at = 0
    for line in text.split("\n"):
        places += (f"{what} at {path_at(text, at)}" for what in look.found_in(line))
        at += len(line) + 1
    for where, said in _said(tape):
        places += (f"{what} in {where}" for what in look.found_in(said))
    places += (f"{_words(kind)} in {where}" for where, kind in _named(tape))
    return list(dict.fromkeys(places))


def _words(kind: Kind) -> str:
    return kind.replace("-", " ")


class _Look:
    """Looks at texts, at each once."""

    def __init__(self, known: KnownSecrets) -> None:
        self._known = known
        self._harmless: set[str] = set()

    def found_in(self, text: str) -> list[str]:
        """Return what a text holds, in words."""
        if text in self._harmless:
            return []
        found = [*found_in(text), *self._known.found_in(text)]
        if not found and len(text) <= _OFTEN_THE_SAME:
            self._harmless.add(text)
        return [_words(one.kind) for one in found]


def _said(tape: Tape) -> Iterator[tuple[str, str]]:
    """Yield what the tape says, with a name for each place."""
    for number, exchange in enumerate(tape.exchanges):
        request, answer = exchange.request, exchange.answer
        where = f"request {number + 1}"
        yield f"the URL of {where}", request.url
        yield from _message(request, request.headers, where)
        if isinstance(answer, TapedResponse):
            yield from _message(answer, answer.headers, f"answer {number + 1}")
    for outcome in tape.outcomes:
        yield f"the output of {outcome.call_id}", outcome.output
    yield from (("a notice", notice.text) for notice in tape.notices)


def _message(
    message: TapedRequest | TapedResponse, headers: Headers, where: str
) -> Iterator[tuple[str, str]]:
    yield from ((f"the header {name} of {where}", value) for name, value in headers)
    text = message.body.decode(errors="replace")
    if is_json(text):
        yield from ((f"the body of {where}", scalar.value) for scalar in scalars(text))
    elif is_stream(text):
        yield from ((f"the stream of {where}", said) for said in _told_by_stream(text))
    else:
        yield f"the body of {where}", text


def _named(tape: Tape) -> Iterator[tuple[str, Kind]]:
    """Yield where something stands that is a secret by its name, and is no stand-in."""
    for number, exchange in enumerate(tape.exchanges):
        request, answer = exchange.request, exchange.answer
        sign_in = is_sign_in(request.url)
        yield from _named_in(request, f"request {number + 1}", sign_in=sign_in)
        if isinstance(answer, TapedResponse):
            yield from _named_in(answer, f"answer {number + 1}", sign_in=sign_in)


def _named_in(
    message: TapedRequest | TapedResponse, where: str, *, sign_in: bool
) -> Iterator[tuple[str, Kind]]:
    for name, value in message.headers:
        kind = kind_of_header(name)
        if kind is not None and _is_left(value, kind):
            yield f"the header {name} of {where}", kind
    text = message.body.decode(errors="replace")
    parts = parts_of(text) if not is_json(text) else [Event(tuple(scalars(text)))]
    for part in parts:
        for one in part.scalars if isinstance(part, Event) else ():
            if one.is_text and not one.is_key:
                kind = kind_of_member(one.path, one.value, sign_in=sign_in)
                if kind is not None and _is_left(one.value, kind):
                    yield f"{'.'.join(map(str, one.path))} of {where}", kind


def _is_left(value: str, kind: Kind) -> bool:
    if kind is Kind.COOKIE and "=" in value:
        value = value.partition(";")[0].partition("=")[2]
    # The conversation's own identifier may stay; see the scrubber.
    return kind is not Kind.SESSION and bool(value.strip()) and not STAND_IN.search(value)


def _told_by_stream(text: str) -> Iterator[str]:
    tracks: dict[tuple[object, ...], list[str]] = {}
    for part in parts_of(text):
        if not isinstance(part, Event):
            yield text[part.start : part.end]
            continue
        for scalar in part.scalars:
            yield scalar.value
            if (track := part.track(scalar)) is not None:
                tracks.setdefault(track, []).append(scalar.value)
    yield from map("".join, tracks.values())


def path_at(text: str, place: int) -> str:
    """Return the names and positions that lead to a line of a YAML text, and its number.

    Args:
        text: The text, as ``yaml_text`` writes it.
        place: Where the line begins.
    """
    steps: list[tuple[int, str]] = []
    block: int | None = None
    lines = [*text[:place].split("\n")[:-1], text[place:].partition("\n")[0]]
    for line in lines:
        depth = len(line) - len(line.lstrip(" "))
        if block is not None and (depth > block or not line.strip()):
            continue
        block = None
        if line[depth : depth + 1] == "-":
            steps = _next_of_list(steps, depth)
        if (key := _KEY.match(line)) is not None:
            depth += 2 if key[2] else 0
            steps = [step for step in steps if step[0] < depth]
            steps.append((depth, key[3] or key[4]))
            block = depth if _BLOCK.match(key[5] or "") else None
    names = "".join(f"[{name}]" if name.isdigit() else f".{name}" for _, name in steps)
    return f"{names.lstrip('.')} (line {len(lines)})"


def _next_of_list(steps: list[tuple[int, str]], depth: int) -> list[tuple[int, str]]:
    """Return the steps with the position in a list one further; it stands right of the dash."""
    kept = [step for step in steps if step[0] <= depth]
    last = next((name for at, name in steps if at == depth + 1), None)
    return [*kept, (depth + 1, "0" if last is None else str(int(last) + 1))]

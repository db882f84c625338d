"""Goes through all texts of a tape and lets somebody replace parts of them. Pure.

Only what is replaced changes: the rest of a JSON text, a stream or a URL stays byte by byte.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Protocol
from urllib.parse import quote_plus, unquote_plus

from codexctl.adapters.cassettes.edits import Edit, edited
from codexctl.adapters.cassettes.json_text import Scalar, is_json, literal, scalars
from codexctl.adapters.cassettes.secret_names import (
    kind_of_header,
    kind_of_member,
    kind_of_parameter,
    kind_of_segment,
)
from codexctl.adapters.cassettes.stand_ins import Kind
from codexctl.adapters.cassettes.stream_text import Event, is_stream, parts_of
from codexctl.domain.values import dataclass

FORM = "application/x-www-form-urlencoded"
_URL_HEADERS = ("location", "content-location", "referer", "origin")
_SCHEME_OF_SIGN_IN = re.compile(r"(?:bearer|basic|token)\s+", re.IGNORECASE)
_NUMBER = re.compile(r"-?[0-9]{4,}")


class Editor(Protocol):
    """Whoever replaces parts of texts."""

    def edits(self, text: str, *, kind: Kind | None = None, is_cut: bool = False) -> list[Edit]:
        """Return what to replace in a text.

        Args:
            text: The text, with the escapes of its place taken away.
            kind: What the whole of it is, if its name says that it is a secret.
            is_cut: Whether it broke off at its end.
        """
        ...


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Goes through texts for an editor.

    Attributes:
        editor: Who replaces.
        sign_in: Whether the texts are those of signing in, where more names mean a secret.
        reasoning: Whether the sealed form of reasoning is replaced as well.
    """

    editor: Editor
    sign_in: bool = False
    reasoning: bool = False

    def plain(self, text: str, kind: Kind | None = None) -> str:
        """Return a text that has no form of its own."""
        return edited(text, self.editor.edits(text, kind=kind))

    def url(self, url: str) -> str:
        """Return a URL, whole or relative."""
        rest, hash_sign, fragment = url.partition("#")
        rest, question_mark, query = rest.partition("?")
        scheme, colon, rest = rest.partition("://") if "://" in rest else ("", "", rest)
        authority, slash, path = rest.partition("/")
        if colon and "@" in authority:
            login, _, host = authority.rpartition("@")
            authority = f"{self.plain(login, Kind.SECRET)}@{host}"
        segments = f"{authority}{slash}{path}".split("/")
        for number, segment in enumerate(segments):
            before = segments[number - 1] if number else ""
            segments[number] = self.plain(segment, kind_of_segment(before, segment))
        parts = (scheme, colon, "/".join(segments))
        ends = (question_mark, self._form(query), hash_sign, self._form(fragment))
        return "".join((*parts, *ends))

    def header(self, name: str, value: str) -> str:
        """Return the value of a header."""
        kind = kind_of_header(name)
        if kind is Kind.BEARER:
            # Without its scheme, so that the token has the same stand-in wherever it stands.
            return self.plain(_SCHEME_OF_SIGN_IN.sub("", value, count=1), kind)
        if kind is Kind.COOKIE:
            return self._cookies(value, is_answer=name.lower() == "set-cookie")
        if kind is not None:
            return self.plain(value, kind)
        if name.lower() in _URL_HEADERS:
            return self.url(value)
        if is_json(value):
            return edited(value, self.json_edits(value, scalars(value)))
        return self.plain(value)

    def body_edits(self, text: str, content_type: str, *, is_cut: bool) -> list[Edit]:
        """Return what to replace in a body.

        Args:
            text: The body; what was no UTF-8 stands there as surrogates.
            content_type: What it is said to be.
            is_cut: Whether it broke off at its end.
        """
        if is_json(text):
            return self.json_edits(text, scalars(text))
        if is_stream(text):
            return sorted(self._stream_edits(text, is_cut=is_cut), key=lambda edit: edit.start)
        if content_type.lower().startswith(FORM):
            return self.form_edits(text)
        return self.editor.edits(text, is_cut=is_cut)

    def _form(self, text: str) -> str:
        return edited(text, self.form_edits(text))

    def form_edits(self, text: str) -> list[Edit]:
        """Return what to replace in a form or a query."""
        edits: list[Edit] = []
        at = 0
        for pair in text.split("&"):
            name, equals, value = pair.partition("=")
            edits += self._parameter_edits(name, at, None)
            kind = kind_of_parameter(unquote_plus(name))
            edits += self._parameter_edits(value, at + len(name) + len(equals), kind)
            at += len(pair) + 1
        return edits

    def _parameter_edits(self, written: str, start: int, kind: Kind | None) -> Iterator[Edit]:
        said = unquote_plus(written)
        if edits := self.editor.edits(said, kind=kind):
            yield Edit(start, start + len(written), quote_plus(edited(said, edits), safe="@:/,"))

    def json_edits(self, text: str, found: Iterator[Scalar] | tuple[Scalar, ...]) -> list[Edit]:
        """Return what to replace in a text of scalars."""
        return [edit for scalar in found for edit in self._scalar_edits(text, scalar)]

    def _scalar_edits(self, text: str, scalar: Scalar) -> Iterator[Edit]:
        kind = self._kind(scalar)
        if not scalar.is_text:
            if kind is not None and _NUMBER.fullmatch(scalar.value):
                yield Edit(scalar.start, scalar.end, "0")
            return
        edits = self.editor.edits(scalar.value, kind=kind)
        if edits:
            was = text[scalar.start : scalar.end]
            yield Edit(scalar.start, scalar.end, literal(edited(scalar.value, edits), like=was))

    def _kind(self, scalar: Scalar) -> Kind | None:
        if scalar.is_key:
            return None
        if self.reasoning and scalar.path[-1] == "encrypted_content":
            return Kind.SEALED
        return kind_of_member(scalar.path, scalar.value, sign_in=self.sign_in)

    def _stream_edits(self, text: str, *, is_cut: bool) -> Iterator[Edit]:
        tracks: dict[tuple[object, ...], list[Scalar]] = {}
        for part in parts_of(text):
            if not isinstance(part, Event):
                line = text[part.start : part.end]
                for edit in self.editor.edits(line, is_cut=part.is_cut and is_cut):
                    yield Edit(part.start + edit.start, part.start + edit.end, edit.text)
                continue
            for scalar in part.scalars:
                track = part.track(scalar)
                if track is None or self._kind(scalar) is not None:
                    yield from self._scalar_edits(text, scalar)
                else:
                    tracks.setdefault(track, []).append(scalar)
        for parts in tracks.values():
            yield from self._track_edits(text, parts, is_cut=is_cut)

    def _track_edits(self, text: str, parts: list[Scalar], *, is_cut: bool) -> Iterator[Edit]:
        """Yield what to replace in the parts of one text, which may cut a secret anywhere.

        What takes a secret's place stands in the part where the secret begins.
        """
        for part in parts:
            # Looked at one by one too: what looks like a secret by itself is one to every scanner.
            self.editor.edits(part.value)
        edits = self.editor.edits("".join(part.value for part in parts), is_cut=is_cut)
        starts, ends = [edit.start for edit in edits], [edit.end for edit in edits]
        at = 0
        for part in parts if edits else ():
            touched = edits[bisect_right(ends, at) : bisect_left(starts, at + len(part.value))]
            new = _part(part.value, at, touched)
            if new != part.value:
                was = text[part.start : part.end]
                yield Edit(part.start, part.end, literal(new, like=was))
            at += len(part.value)

    def _cookies(self, value: str, *, is_answer: bool) -> str:
        """Return cookies with their names, and what an answer says of them."""
        first, semicolon, rest = value.partition(";")
        pairs = [first] if is_answer else value.split(";")
        shown = ";".join(self._cookie(pair) for pair in pairs)
        return f"{shown}{semicolon}{self.plain(rest)}" if is_answer else shown

    def _cookie(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        if not equals:
            return self.plain(pair, Kind.COOKIE)
        return f"{self.plain(name)}={self.plain(value, Kind.COOKIE)}"


def _part(value: str, start: int, edits: list[Edit]) -> str:
    """Return what is left of a part that begins at ``start`` of the text that is edited.

    Args:
        value: The part.
        start: Where it begins.
        edits: Those that touch it.
    """
    kept: list[str] = []
    at = start
    for edit in edits:
        kept.append(value[at - start : max(edit.start - start, 0)])
        if edit.start >= start:
            kept.append(edit.text)
        at = max(edit.end, at)
    kept.append(value[at - start :])
    return "".join(kept)

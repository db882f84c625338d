"""What a person pastes in place of the browser's way back. Pure.

On a remote machine the browser ends at an address that it cannot open; whoever copies that address
has the answer. It comes in many shapes: the whole URL, its query, ``code#state`` as other tools
show it, percent-encoded by a chat, wrapped by a terminal, in quotes or angle brackets.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote

from codexctl.adapters.openai_oauth.callback_rules import denial, has_state, read_query, same
from codexctl.domain.credentials import Secret
from codexctl.domain.errors import SignInFailed

_LONGEST_PASTE = 65_536
_LONGEST_CODE = 4_096
_WRAPPING = "\"'`“”‘’«»‹›<>()[]{}"  # noqa: RUF001 (quotes as people type them)
# What copying brings along unseen: white space of every kind, zero-width characters, the marks of
# a bracketed paste.
_UNSEEN = re.compile(r"\x1b\[20[01]~|[\s\x00-\x1f\x7f\u200b-\u200f\u2060\ufeff\u00ad]")
_URL = re.compile(r"https?://", re.IGNORECASE)
_ENCODED_URL = re.compile(r"https?%3a%2f%2f", re.IGNORECASE)
_BARE = re.compile(r"[A-Za-z0-9._~-]{10,4096}")
_FIELD = re.compile(r"(^|[?&])(code|state|error)=")
_ENCODED_FIELD = re.compile(r"(^|%3f|%26)(code|state|error)%3d", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PastedCode:
    """A code that came with the right state."""

    code: Secret


@dataclass(frozen=True, slots=True)
class BareCode:
    """What looks like a code alone. Nothing says that it answers our request: ask the user."""

    code: Secret


@dataclass(frozen=True, slots=True)
class PastedDenial:
    """The issuer's no, which came with the right state."""

    failure: SignInFailed


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """What is no answer.

    Attributes:
        why: One sentence for the user. Never quotes what was pasted.
    """

    why: str


Pasted: TypeAlias = PastedCode | BareCode | PastedDenial | NotUnderstood

EMPTY = NotUnderstood("Nothing was pasted.")
NO_STATE = NotUnderstood(
    "The address is not whole: its state is missing. Copy all of it from the address bar."
)
OTHER_STATE = NotUnderstood("This address is of another sign-in. Copy the one of this sign-in.")
NO_CODE = NotUnderstood("There is no code in it. Copy the address after you have signed in.")
UNKNOWN = NotUnderstood("This is not an address that the sign-in ends at. Copy all of it.")
TOO_LONG = NotUnderstood("This is too long for an address that the sign-in ends at.")


def read_paste(pasted: str, state: Secret) -> Pasted:
    """Tell what was pasted. Never raises, and never repeats it.

    Args:
        pasted: What came from the terminal, line breaks included.
        state: What an answer to our request has to bring back.
    """
    if len(pasted) > _LONGEST_PASTE:
        return TOO_LONG
    text = _unwrapped(pasted)
    if not text:
        return EMPTY
    url = _URL.search(text)
    if url is not None or text.startswith(("/", "localhost", "127.0.0.1")):
        _, mark, rest = text[url.start() if url else 0 :].partition("?")
        return _from_query(rest, state) if mark else NO_CODE
    if _FIELD.search(text):
        return _from_query(text.lstrip("?&"), state)
    if "#" in text:
        return _from_pair(text, state)
    # Alone, a code may have been percent-encoded too.
    bare = unquote(text)
    return BareCode(Secret(bare)) if _BARE.fullmatch(bare) else UNKNOWN


def _unwrapped(pasted: str) -> str:
    """Return the text without what is around it or was put into it on the way.

    An address has no white space of its own, so all of it comes from wrapping.
    """
    text = _UNSEEN.sub("", pasted).strip(_WRAPPING)
    if _ENCODED_URL.search(text) or (_ENCODED_FIELD.search(text) and not _FIELD.search(text)):
        text = unquote(text).strip(_WRAPPING)
    return text.replace("&amp;", "&")


def _from_query(query: str, state: Secret) -> Pasted:
    """Read a query as the callback would: the state first, then the error, then the code."""
    # The browser adds a fragment that the issuer never sent.
    fields = read_query(query.partition("#")[0])
    if fields is None:
        return UNKNOWN
    if "state" not in fields:
        return NO_STATE
    if not has_state(fields, state):
        return OTHER_STATE
    if "error" in fields:
        return PastedDenial(denial(fields))
    codes = [code for code in fields.get("code", ()) if code]
    if len(codes) != 1 or len(codes[0]) > _LONGEST_CODE:
        return NO_CODE
    return PastedCode(Secret(codes[0]))


def _from_pair(pair: str, state: Secret) -> Pasted:
    """Read ``code#state``, each as it is or percent-encoded."""
    code, _, given = pair.partition("#")
    if not given:
        return NO_STATE
    if not same(unquote(given), state):
        return OTHER_STATE
    code = unquote(code)
    return PastedCode(Secret(code)) if 0 < len(code) <= _LONGEST_CODE else NO_CODE

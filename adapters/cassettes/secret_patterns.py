"""What looks like a secret in plain text. Pure."""

import re
from collections.abc import Iterator

from codexctl.adapters.cassettes.secret_names import QUOTED_NAMES, kind_of_parameter
from codexctl.adapters.cassettes.stand_ins import STAND_IN, Kind
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something in a text that looks like a secret.

    Attributes:
        kind: What it looks like.
        start: Where it begins.
        end: Where it ends.
        value: The secret, without the escapes it stood there with.
        filler: What to write in its place where no stand-in can stand, such as within base64.
    """

    kind: Kind
    start: int
    end: int
    value: str
    filler: str | None = None


# Between a word such as Bearer and what follows it.
_SPACE = r"(?:\s|\+|%20|\\+[nrt])+"
_QUOTE = r"(?:\\*[\"'])?"
_SHOUTED = "[A-Z0-9_]*(?:API_KEY|SECRET|TOKEN|PASSWORD|PASSPHRASE)[A-Z0-9_]*"
_HAS_DIGIT = r"(?=[A-Za-z_.-]*[0-9])"
# Long enough, or with a digit, so that it is no word of a sentence.
_WORD = r"(?:(?=[A-Za-z._~+/=-]*[0-9])[A-Za-z0-9._~+/=-]{8,}|[A-Za-z0-9._~+/=-]{20,})"

# Each begins with letters that never change, which is what makes looking for it quick.
_TOKENS = (
    (Kind.JWT, r"eyJ[A-Za-z0-9_+/-]{10,}=*(?:\.[A-Za-z0-9_-]*){0,4}"),
    (Kind.API_KEY, r"sk-(?:(?=[A-Za-z_-]*[0-9*])[A-Za-z0-9_*-]{8,}|[A-Za-z0-9_*-]{16,})"),
    (Kind.API_KEY, rf"sess-{_HAS_DIGIT}[A-Za-z0-9]{{20,}}"),
    (Kind.REFRESH_TOKEN, rf"rt[_.]{_HAS_DIGIT}[A-Za-z0-9][A-Za-z0-9._~+/=-]{{15,}}"),
    (Kind.ACCESS_TOKEN, rf"at-{_HAS_DIGIT}[A-Za-z0-9_-]{{20,}}"),
    (Kind.USER, rf"user-{_HAS_DIGIT}[A-Za-z0-9]{{16,}}"),
    (Kind.ORGANIZATION, rf"org-{_HAS_DIGIT}[A-Za-z0-9]{{16,}}"),
    (Kind.PROJECT, rf"proj_{_HAS_DIGIT}[A-Za-z0-9]{{16,}}"),
    (Kind.SECRET, r"gh[pousr]_[A-Za-z0-9]{20,}"),
    (Kind.SECRET, r"github_pat_[A-Za-z0-9_]{20,}"),
    (Kind.SECRET, r"AKIA[0-9A-Z]{16}"),
    (Kind.SECRET, r"xox[abeprs]-[A-Za-z0-9-]{10,}"),
    (Kind.SECRET, r"AIza[A-Za-z0-9_-]{30,}"),
    (Kind.SECRET, r"hf_[A-Za-z0-9]{20,}"),
    (Kind.SECRET, r"glpat-[A-Za-z0-9_-]{20,}"),
    (Kind.SECRET, r"npm_[A-Za-z0-9]{30,}"),
    (
        Kind.PRIVATE_KEY,
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    ),
)
_TOKEN_PATTERNS = [(kind, re.compile(pattern)) for kind, pattern in _TOKENS]

# What has to be in the text, in lower case; what to look for there. The group "whole", if there is
# one, is what the stand-in takes the place of.
_BESIDE = (
    (Kind.BEARER, "bearer", rf"(?P<whole>\bbearer{_SPACE}(?P<secret>{_WORD}))"),
    (
        Kind.BEARER,
        "authorization",
        rf"authorization{_QUOTE}\s*[:=]\s*{_QUOTE}(?:\w+\s+)?(?P<secret>{_WORD})",
    ),
    (
        Kind.COOKIE,
        "cookie",
        rf"\b(?:set-)?cookie{_QUOTE}\s*:\s*{_QUOTE}(?P<secret>[\w.-]+=[^\r\n\"'\\]{{6,}})",
    ),
    # But for the words that tell how such a URL is written, our own remedy among them.
    (
        Kind.SECRET,
        "://",
        r"://(?!(?-i:USER:PASSWORD)@)(?P<secret>[^\s/@:\"'\\<>]+:[^\s/@\"'\\<>]+)@",
    ),
    (
        Kind.SECRET,
        "=",
        rf"\b(?-i:{_SHOUTED})={_QUOTE}(?P<secret>{_HAS_DIGIT}[A-Za-z0-9._~+/=-]{{12,}})",
    ),
)
_BESIDE_PATTERNS = [
    (kind, hint, re.compile(pattern, re.IGNORECASE)) for kind, hint, pattern in _BESIDE
]

# What says by a name beside it that it is one: in JSON, in a query.
_NAMED = (
    re.compile(
        rf"(?P<quote>\\*[\"'])(?P<name>{QUOTED_NAMES})(?P=quote)\s*:\s*"
        r"(?P<open>\\*[\"'])(?P<secret>[^\s\"'\\]{6,})(?P=open)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"[?&](?P<name>{QUOTED_NAMES}|code|state)="
        r"(?P<secret>[^\s&\"'\\<>#;]{8,})",
        re.IGNORECASE,
    ),
)

_HINT = re.compile(
    r"[@=?&:]|eyJ|sk-|sess-|rt[_.]|at-|user-|org-|proj_|gh[pousr]_|github_pat_|AKIA|xox|AIza|hf_"
    r"|glpat-|npm_|PRIVATE KEY|(?i:bearer)"
)
"""One of these is in every text that anything is found in; few pieces of a stream have any."""

_DOMAIN = re.compile(r"@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_LOCAL_PART = re.compile(r"[\w.+-]+\Z")
_LONGEST_LOCAL_PART = 320
_ESCAPE_BEFORE = re.compile(r"(?:\\[bfnrt]|\\u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2})\Z")
_ESCAPE_BEGUN = re.compile(r"\\(?:[bfnrt]|u[0-9a-fA-F]{4})|%[0-9a-fA-F]{2}")
_LONGEST_ESCAPE = 6


def found_in_plain(text: str) -> Iterator[Found]:
    """Yield what looks like a secret in a text as it stands there; stand-ins do not."""
    if _HINT.search(text) is None:
        return
    for kind, pattern in _TOKEN_PATTERNS:
        yield from _tokens(text, kind, pattern)
    yield from _addresses(text)
    lower = text.lower()
    for kind, hint, pattern in _BESIDE_PATTERNS:
        if hint in lower:
            for match in pattern.finditer(text):
                yield from _beside(kind, match)
    for pattern in _NAMED:
        for match in pattern.finditer(text):
            yield from _beside(kind_of_parameter(match["name"]) or Kind.SECRET, match)


def _tokens(text: str, kind: Kind, pattern: re.Pattern[str]) -> Iterator[Found]:
    at = 0
    while match := pattern.search(text, at):
        if _begins_a_word(text, match.start()) and not _is_within_base64(text, match):
            yield Found(kind=kind, start=match.start(), end=match.end(), value=match[0])
            at = match.end()
        else:
            at = match.start() + 1


def _begins_a_word(text: str, place: int) -> bool:
    """Tell whether no word goes on here; the letters of an escape are none."""
    before = text[max(place - _LONGEST_ESCAPE, 0) : place]
    last = before[-1:]
    is_word = last.isascii() and (last.isalnum() or last in ("_", "-"))
    return not is_word or _ESCAPE_BEFORE.search(before) is not None


def _is_within_base64(text: str, match: re.Match[str]) -> bool:
    """Tell whether what looks like a JSON web token may just be part of a picture."""
    is_one_part = match[0].startswith("eyJ") and "." not in match[0]
    return is_one_part and text[match.start() - 1 : match.start()] in ("+", "/")


def _addresses(text: str) -> Iterator[Found]:
    for match in _DOMAIN.finditer(text):
        window = text[max(match.start() - _LONGEST_LOCAL_PART, 0) : match.start()]
        local = _LOCAL_PART.search(window)
        if local is None:
            continue
        length = len(local[0])
        # The word may begin within an escape, whose letters are none of the address's.
        escape = _ESCAPE_BEGUN.match(window, max(local.start() - 1, 0))
        if escape is not None and escape.start() < local.start():
            length -= escape.end() - local.start()
        name = window[len(window) - length :] if length > 0 else ""
        # git@github.com is nobody's address.
        if name not in ("", "git"):
            value = name + match[0]
            yield Found(kind=Kind.EMAIL, start=match.start() - length, end=match.end(), value=value)


def _beside(kind: Kind, match: re.Match[str]) -> Iterator[Found]:
    value = match["secret"]
    # A URL or a line of cookies may hold a stand-in beside what is no secret.
    if STAND_IN.search(value):
        return
    group = "whole" if "whole" in match.re.groupindex else "secret"
    yield Found(kind=kind, start=match.start(group), end=match.end(group), value=value)

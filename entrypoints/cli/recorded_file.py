"""A recorded file, told by what it holds and not by its name: a tape, a session log or a stream."""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TypeAlias

from codexctl.domain.errors import UsageError
from codexctl.domain.values import dataclass
from codexctl.entrypoints.cli.prompt import standard_input

_READ_BYTES = 65_536
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NOT_SAID = re.compile(rb"(?:\s+|#[^\n]*\n|---[^\n]*\n|%[^\n]*\n)*")
"""What may stand before the first line that says something, in YAML."""

_LOG_BEGINNING = re.compile(rb'\{[^\n]*"codexctl_session"\s*:')
_TAPE_BEGINNING = re.compile(rb"(?:version|interactions|codexctl)\s*:|-\s+request\s*:|\{")
_TAPE_MARK = re.compile(
    rb'^codexctl:[ \r]*$|^interactions:[ \r]*(?:\[|$)|^-\s+request\s*:|"interactions"\s*:',
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class TapeData:
    """What is to be read as a tape.

    Attributes:
        data: All of it.
    """

    data: bytes


@dataclass(frozen=True, slots=True)
class LogData:
    """What is to be read as the log of a session.

    Attributes:
        data: All of it.
    """

    data: bytes


@dataclass(frozen=True, slots=True)
class StreamData:
    """Anything else, to be read as an event stream.

    Attributes:
        chunks: Its bytes, as they are read.
    """

    chunks: Iterator[bytes]


RecordedData: TypeAlias = TapeData | LogData | StreamData


@contextmanager
def recorded(word: str, stdin: BinaryIO | None) -> Generator[RecordedData, None, None]:
    """Open a recorded file, and close it afterwards.

    Args:
        word: The file; ``-`` for standard input.
        stdin: Standard input, if there is one.

    Raises:
        UsageError: It cannot be read.
    """
    with _open(word, stdin) as stream:
        chunks = _chunks(stream, word)
        head = next(chunks, b"").removeprefix(_BYTE_ORDER_MARK)
        start = _beginning(head)
        if _LOG_BEGINNING.match(head, start):
            yield LogData(b"".join((head, *chunks)))
        elif _TAPE_BEGINNING.match(head, start):
            data = b"".join((head, *chunks))
            yield TapeData(data) if _TAPE_MARK.search(data) else StreamData(iter((data,)))
        else:
            yield StreamData(chain((head,), chunks))


def name_of(word: str) -> str:
    """Return what to call the file in a sentence."""
    return "Standard input" if word == "-" else word


def _beginning(head: bytes) -> int:
    found = _NOT_SAID.match(head)
    return found.end() if found else 0


def _open(word: str, stdin: BinaryIO | None) -> "BinaryIO | nullcontext[BinaryIO]":
    if word == "-":
        return nullcontext(standard_input(stdin))
    try:
        return Path(word).open("rb")
    except (OSError, ValueError) as error:
        raise _unreadable(word, error) from error


def _chunks(stream: BinaryIO, word: str) -> Iterator[bytes]:
    try:
        while chunk := stream.read(_READ_BYTES):
            yield chunk
    except OSError as error:
        raise _unreadable(word, error) from error


def _unreadable(word: str, error: OSError | ValueError) -> UsageError:
    reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
    return UsageError(
        f"{name_of(word)} cannot be read: {reason}.", remedy="Name a file, or - for stdin."
    )

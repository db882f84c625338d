"""The searching process: holds files against a regular expression, one after the other.

An expression can take for ever on a line that was made for it, and nothing stops Python in the
midst of that, not even an interrupt. So this is a process of its own, to be killed when its time is
up. It is given open files and opens none; it runs without site packages and loads as little as it
can.

Both sides speak over one socket. The other side sends a :class:`Task`, and gets an answer; then one
byte for each file, with the file's descriptor, and gets an answer to each. Texts are sent by
``marshal`` behind their length in 4 bytes.
"""

import marshal
import re
import socket
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias, cast

from codexctl.adapters.tools.text_lines import lines_of, opened_text, readable

Row: TypeAlias = tuple[int, str]
"""The number of a line that matches, from 1, and what is shown of it."""

_MAX_LINE_CHARACTERS = 1_000_000
_SHOWN_CHARACTERS = 300
_SHOWN_BEFORE = 60
_MEMORY_BYTES = 1 << 30
_LENGTH_BYTES = 4


class Task(NamedTuple):
    """What is searched for.

    Attributes:
        pattern: A regular expression as Python has them.
        most_rows: How many lines to find in all the files together.
        cpu_seconds: After how much work the system ends the process, should nobody else do so.
    """

    pattern: str
    most_rows: int
    cpu_seconds: int


class FileAnswer(NamedTuple):
    """What is in a file.

    Attributes:
        rows: Its lines that match.
        is_binary: Whether it is no text, and was not searched.
        cut_lines: How many lines are so long that their ends were not searched.
        error: Why it could not be read to its end, or nothing.
    """

    rows: list[Row]
    is_binary: bool = False
    cut_lines: int = 0
    error: str = ""


def main() -> None:
    """Answer on standard input, which is a socket."""
    with socket.socket(fileno=0) as conversation:
        serve(conversation, limit_work)


def serve(conversation: socket.socket, limit: Callable[[int], None]) -> None:
    """Answer until the other side has gone.

    Args:
        conversation: With the other side.
        limit: Called with how many seconds of work the task may take.
    """
    task = Task(*cast("tuple[str, int, int]", receive(conversation)))
    limit(task.cpu_seconds)
    try:
        pattern = re.compile(task.pattern)
    except (re.error, OverflowError, RecursionError) as exc:
        send(conversation, _words(exc))
        return
    send(conversation, "")
    left = task.most_rows
    while True:
        word, descriptors, _, _ = socket.recv_fds(conversation, 1, 1)
        if not word or not descriptors:
            return
        answer = search(descriptors[0], pattern, left)
        left -= len(answer.rows)
        send(conversation, tuple(answer))


def search(file: int, pattern: re.Pattern[str], most_rows: int) -> FileAnswer:
    """Search an open file, and close it.

    Args:
        file: Its descriptor.
        pattern: Held against each line by itself, without its end.
        most_rows: After how many lines to stop.
    """
    rows: list[Row] = []
    cut_lines = 0
    try:
        with open(file, "rb") as stream:
            text = opened_text(stream)
            if text is None:
                return FileAnswer([], is_binary=True)
            with text:
                for number, (line, left_out) in enumerate(lines_of(text, _MAX_LINE_CHARACTERS), 1):
                    cut_lines += left_out > 0
                    match = pattern.search(line)
                    if match is not None:
                        rows.append((number, _excerpt(line, match.start())))
                        if len(rows) == most_rows:
                            break
    except OSError as exc:
        return FileAnswer(rows, cut_lines=cut_lines, error=exc.strerror or str(exc))
    return FileAnswer(rows, cut_lines=cut_lines)


def send(conversation: socket.socket, value: str | tuple[object, ...]) -> None:
    """Send a value of built-in types."""
    body = marshal.dumps(cast("Any", value))
    conversation.sendall(len(body).to_bytes(_LENGTH_BYTES, "big") + body)


def receive(conversation: socket.socket) -> object:
    """Return the next value.

    Raises:
        EOFError: The other side has gone.
    """
    length = int.from_bytes(b"".join(_parts(conversation, _LENGTH_BYTES)), "big")
    return marshal.loads(b"".join(_parts(conversation, length)))  # noqa: S302 - our own process


def _parts(conversation: socket.socket, wanted: int) -> Iterator[bytes]:
    while wanted:
        part = conversation.recv(min(wanted, 1 << 20))
        if not part:
            raise EOFError
        wanted -= len(part)
        yield part


def _excerpt(line: str, start: int) -> str:
    """Return a line, or of a long one what is around a match."""
    if len(line) > _SHOWN_CHARACTERS:
        first = max(0, min(start - _SHOWN_BEFORE, len(line) - _SHOWN_CHARACTERS))
        last = first + _SHOWN_CHARACTERS
        line = f"{'…' * (first > 0)}{line[first:last]}{'…' * (last < len(line))}"
    return readable(line)


def _words(exc: Exception) -> str:
    if not isinstance(exc, re.error):
        return "it is nested too deeply or repeats too often"
    # The position is that of a character; the message by itself says where in no fixed form.
    return exc.msg if exc.pos is None else f"{exc.msg} at position {exc.pos}"


def limit_work(cpu_seconds: int) -> None:
    """Have the system end this process when it has used up its time, and keep its memory small."""
    import resource

    for kind, limit in (
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_AS, _MEMORY_BYTES),
    ):
        try:
            resource.setrlimit(kind, (limit, limit))
        except (OSError, ValueError):
            continue  # not every system has each of them

"""Standard output and error as a run uses them: UTF-8, flushed, safe on a terminal."""

import os
import re
from dataclasses import field
from typing import BinaryIO, Protocol

from codexctl.domain.values import dataclass

# Control characters but tab and line feed: C0, DEL, C1. A terminal would act on them.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def visible(text: str) -> str:
    r"""Return the text with control characters written out (``\x1b``), for a terminal."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


class Sink(Protocol):
    """Takes bytes, such as ``sys.stdout.buffer``."""

    def write(self, data: bytes, /) -> int:
        """Take all the bytes."""
        ...

    def flush(self) -> None:
        """Pass them on."""
        ...


@dataclass(slots=True)
class Output:
    """One of the two standard streams.

    Attributes:
        sink: Where the bytes go.
        is_terminal: Whether a person looks at it.
        colour: Whether it takes colour sequences of ours.
        is_mid_line: Whether something stands on its last line.
    """

    sink: Sink
    is_terminal: bool = False
    colour: bool = False
    is_mid_line: bool = field(default=False, init=False)

    def write(self, text: str) -> None:
        """Write text of whatever origin, at once. On a terminal, control characters are shown.

        Raises:
            BrokenPipeError: Nobody reads any more.
        """
        if not text:
            return
        self.is_mid_line = not text.endswith("\n")
        self.write_raw(visible(text) if self.is_terminal else text)

    def write_raw(self, text: str) -> None:
        """Write text of ours, control sequences and all."""
        self.sink.write(text.encode(errors="replace"))
        self.sink.flush()


def open_output(stream: BinaryIO | None, *, colour: str, no_colour: bool) -> Output:
    """Return the output for a standard stream.

    Args:
        stream: Its bytes; None if the process was started without it.
        colour: ``auto``, ``always`` or ``never``.
        no_colour: The user's ``NO_COLOR``, which ``always`` overrides.
    """
    if stream is None:
        return Output(_Nowhere())
    is_terminal = stream.isatty()
    wanted = colour == "always" or (colour == "auto" and is_terminal and not no_colour)
    return Output(stream, is_terminal, wanted and os.name == "posix")


class _Nowhere:
    """Takes bytes and loses them: the user closed the stream on purpose."""

    def write(self, data: bytes, /) -> int:
        return len(data)

    def flush(self) -> None:
        pass

"""What a command sees of the process it runs in."""

import os
import sys
from collections.abc import Mapping
from typing import BinaryIO, Self, TextIO

from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The environment and the standard streams. A stream the process was started without is None.

    Attributes:
        environment: The environment variables.
        stdin: Bytes piped or typed in.
        stdout: For the answer.
        stderr: For everything else.
    """

    environment: Mapping[str, str]
    stdin: BinaryIO | None
    stdout: BinaryIO | None
    stderr: BinaryIO | None

    @classmethod
    def of_process(cls) -> Self:
        """Return those of this process."""
        return cls(
            environment=os.environ,
            stdin=_bytes_of(sys.stdin),
            stdout=_bytes_of(sys.stdout),
            stderr=_bytes_of(sys.stderr),
        )


def _bytes_of(stream: TextIO | None) -> BinaryIO | None:
    return None if stream is None else stream.buffer

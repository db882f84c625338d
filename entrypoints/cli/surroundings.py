"""What a command sees of the process it runs in."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Self


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
        stdin, stdout, stderr = (
            stream and stream.buffer for stream in (sys.stdin, sys.stdout, sys.stderr)
        )
        return cls(environment=os.environ, stdin=stdin, stdout=stdout, stderr=stderr)

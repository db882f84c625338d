"""``--output-last-message``: the answer in a file, whole or not at all."""

import os
import tempfile
from pathlib import Path
from typing import Self

from codexctl.domain.conversation import AssistantMessage
from codexctl.domain.errors import FileNotWritten, UsageError
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class LastMessageFile:
    """A file that gets the last message when the run is over, and is untouched if it fails."""

    path: Path

    @classmethod
    def prepare(cls, word: str) -> Self:
        """Return the file named on the command line.

        Raises:
            UsageError: It could not be written; better said before the run than after it.
        """
        path = Path(word)
        try:
            if not _is_special(path):
                # The rule of access rights and file systems is long; trying is sure.
                with tempfile.TemporaryFile(dir=path.resolve().parent):
                    is_writable = not path.is_dir()
            else:
                is_writable = os.access(path, os.W_OK)
        except (OSError, RuntimeError):  # RuntimeError: links in a circle
            is_writable = False
        if not is_writable:
            raise UsageError(
                f"The last message cannot be written to {word}.",
                remedy="Name a file in an existing folder that you may write to.",
            )
        return cls(path)

    def write(self, message: AssistantMessage | None) -> None:
        """Write the message; an empty file if there was none.

        Raises:
            FileNotWritten: The disk is full, or the like. The file is as it was.
        """
        data = (message.text if message else "").encode(errors="replace")
        try:
            if _is_special(self.path):
                with self.path.open("ab") as file:
                    file.write(data)
                return
            self._replace(data)
        except OSError as error:
            raise FileNotWritten(
                f"The last message could not be written to {self.path}: {error.strerror}.",
                remedy="Free some space or name another file; the answer itself is complete.",
            ) from error

    def _replace(self, data: bytes) -> None:
        target = self.path.resolve()  # a link stays a link
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".codexctl-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            if target.exists():
                os.chmod(temporary, target.stat().st_mode & 0o777)  # noqa: PTH101
            else:
                os.chmod(temporary, 0o666 & ~_umask())  # noqa: PTH101
            os.replace(temporary, target)  # noqa: PTH105
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _is_special(path: Path) -> bool:
    """Tell whether it is a pipe, a device or an open file: one is written to, not replaced."""
    if str(path).startswith(("/dev/std", "/dev/fd/", "/proc/")):
        return path.exists()
    return path.exists() and not path.is_file() and not path.is_dir()


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current

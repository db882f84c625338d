"""The other side of the searching process."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import codexctl
from codexctl.adapters.tools.deadlines import Deadline, SearchBroke, TimeUp
from codexctl.adapters.tools.search_child import FileAnswer, Row, Task, receive, send
from codexctl.adapters.tools.tool import ToolFailure, shown

_BEGIN = (
    "import sys; sys.path.append(sys.argv[1]);"
    " from codexctl.adapters.tools.search_child import main; main()"
)


class SearchProcess:
    """Searches files in another process; that one is gone when this is left.

    Args:
        pattern: A regular expression as Python has them.
        most_rows: How many lines to find in all the files together.
        deadline: When to stop.
        python: The interpreter that it runs in.

    Raises:
        ToolFailure: The system does not start one.
    """

    def __init__(
        self, pattern: str, most_rows: int, deadline: Deadline, python: str | None = None
    ) -> None:
        self._deadline = deadline
        self._conversation, theirs = socket.socketpair()
        python = python or _own_python()
        packages = Path(codexctl.__path__[0]).parent
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [python, "-I", "-S", "-W", "ignore", "-c", _BEGIN, packages],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={},
                    cwd="/",
                    start_new_session=True,  # a Ctrl-C at the terminal is ours to act on
                )
            except OSError as exc:
                self._conversation.close()
                raise ToolFailure(
                    f"nothing was searched: the system starts no process: {exc.strerror}"
                ) from exc
        seconds = max(1, int(deadline.left_seconds) + 1)
        self._task = Task(pattern, most_rows, seconds)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process."""
        self._conversation.close()
        self.end()

    @property
    def exit_code(self) -> int | None:
        """The exit code of the process; None while it runs."""
        return self._process.returncode

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def begin(self) -> None:
        """Hand over the task.

        Raises:
            ToolFailure: The pattern is none.
            TimeUp: The deadline has passed.
            SearchBroke: The process has ended.
        """
        complaint = self._exchange(lambda: send(self._conversation, tuple(self._task)))
        if complaint:
            raise ToolFailure(
                f"{shown(self._task.pattern)} is not a regular expression: {complaint}"
            )

    def search(self, file: int) -> FileAnswer:
        """Search an open file, from where it stands.

        Raises:
            TimeUp: The deadline has passed.
            SearchBroke: The process has ended.
        """
        answer = self._exchange(lambda: socket.send_fds(self._conversation, [b"f"], [file]))
        return FileAnswer(*cast("tuple[list[Row], bool, int, str]", answer))

    def _exchange(self, ask: Callable[[], object]) -> object:
        left_seconds = self._deadline.left_seconds
        if left_seconds <= 0:
            raise TimeUp
        self._conversation.settimeout(left_seconds)
        try:
            ask()
            return receive(self._conversation)
        except TimeoutError:
            raise TimeUp from None
        except (OSError, EOFError) as exc:
            raise SearchBroke from exc


def _own_python() -> str:
    """Return the Python beneath a virtual environment: all that is needed is in there."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)

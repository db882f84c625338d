"""Runs a plan under the supervising process and collects what comes of it."""

import contextlib
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import codexctl
from codexctl.adapters.confinement import processes
from codexctl.adapters.confinement.output import BoundedOutput
from codexctl.adapters.confinement.plan import Ending, Plan, Report, decode, encode
from codexctl.domain.values import dataclass

_BEGIN = (
    "import sys; sys.path.append(sys.argv[1]);"
    " from codexctl.adapters.confinement.supervisor import main; main()"
)
_CHUNK_BYTES = 1 << 20
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ
_SLACK_SECONDS = 30.0
"""How much longer than the command the supervising process may take before it counts as stuck."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that supervises.

    Attributes:
        argv: How it is started.
        environment: All of its environment.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str]

    @classmethod
    def own(cls) -> "Interpreter":
        """Return the Python of this process, its own modules and this package alone.

        It runs unconfined, so nothing that a command may have written is looked at: no
        ``pyvenv.cfg``, no site packages, no ``PYTHON*`` variable, and the folder of this package
        comes after the standard library.
        """
        base = getattr(sys, "_base_executable", None) or sys.executable
        packages = Path(codexctl.__path__[0]).parent
        command = (os.path.realpath(base), "-I", "-S", "-c", _BEGIN, str(packages))
        return cls(command, {})


class Supervision:
    """One command under way.

    Args:
        plan: What is to be done.
        interpreter: Who supervises.
        output: Where its output goes.
    """

    def __init__(self, plan: Plan, interpreter: Interpreter, output: BoundedOutput) -> None:
        self._plan = plan
        self._output = output
        self._reading, writing = os.pipe()
        try:
            self._process = subprocess.Popen(
                interpreter.argv,
                env=interpreter.environment,
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=writing,
                start_new_session=True,  # a Ctrl-C at the terminal is ours to pass on
            )
        except BaseException:
            os.close(self._reading)
            raise
        finally:
            os.close(writing)

    def finish(self) -> Report:
        """Wait for the command, or end it where this is interrupted.

        When this returns or raises, the command and all its processes are gone, or as good as: the
        supervising process ends them whatever becomes of this one.
        """
        try:
            self._send_plan()
            report = decode(self._collect())
        finally:
            self._let_go()
        if report.ending is Ending.LOST and report.session:
            processes.end_session(report.session)
        return report

    def interrupt(self) -> None:
        """End the command, from another thread."""
        with contextlib.suppress(OSError, ValueError):
            self._stream(self._process.stdin).close()

    def _send_plan(self) -> None:
        lifeline = self._stream(self._process.stdin)
        # One that has ended already is told by its missing report; or another thread interrupted.
        with contextlib.suppress(BrokenPipeError, ValueError):
            lifeline.write(encode(self._plan))
            lifeline.flush()

    def _collect(self) -> bytes:
        """Read output and answer until the answer has come; return it."""
        with contextlib.suppress(ImportError, OSError, AttributeError):
            import fcntl

            fcntl.fcntl(self._reading, _SET_PIPE_SIZE, _CHUNK_BYTES)  # Linux; quicker
        os.set_blocking(self._reading, False)
        reporting = self._stream(self._process.stdout).fileno()
        deadline = time.monotonic() + self._plan["timeout_seconds"] + _SLACK_SECONDS
        answer = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._reading, selectors.EVENT_READ)
            selector.register(reporting, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                for key, _ in selector.select(left):
                    if key.fd == self._reading:
                        if self._read_output() == 0:
                            selector.unregister(self._reading)
                    elif part := os.read(reporting, 4096):
                        answer += part
                    else:
                        self._read_rest()
                        return answer
        return answer

    def _read_output(self) -> int | None:
        """Read once; return how much, 0 at the end, None where nothing has come yet."""
        try:
            chunk = os.read(self._reading, _CHUNK_BYTES)
        except BlockingIOError:
            return None
        self._output.add(chunk)
        return len(chunk)

    def _read_rest(self) -> None:
        """Read what the pipe still holds. What nobody could end may go on writing."""
        left = 2 * _CHUNK_BYTES
        while left > 0 and (read := self._read_output()):
            left -= read

    def _let_go(self) -> None:
        """End what still runs. Interrupted once more, it leaves that to the supervising process."""
        process = self._process
        try:
            self.interrupt()
            process.wait(self._plan["grace_seconds"] + _SLACK_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        finally:
            self._stream(process.stdout).close()
            os.close(self._reading)

    @staticmethod
    def _stream(stream: IO[bytes] | None) -> IO[bytes]:
        if stream is None:  # pragma: no cover - both are asked for when it is started
            raise ValueError("not a pipe")
        return stream

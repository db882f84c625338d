"""Asks a person at the terminal before a tool runs (``--ask``)."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, cast

from codexctl.domain.approvals import Decision
from codexctl.domain.tools import CallKind, ToolCall
from codexctl.entrypoints.rendering.screen import Screen

_ANSWERS = {
    "y": Decision.YES,
    "yes": Decision.YES,
    "n": Decision.NO,
    "no": Decision.NO,
    "a": Decision.ALWAYS,
    "always": Decision.ALWAYS,
}


class TerminalApprover:
    """The :class:`~codexctl.domain.ports.Approver` of a terminal.

    Args:
        screen: Where the question is shown, however quiet the run is to be.
        read_answer: Waits for a line and returns it; None where nobody types any more.
        forget_typed: Called before each question: what was typed until then is no answer.
    """

    def __init__(
        self,
        screen: Screen,
        read_answer: Callable[[], str | None],
        forget_typed: Callable[[], None],
    ) -> None:
        self._screen = screen
        self._read_answer = read_answer
        self._forget_typed = forget_typed

    def decide(self, call: ToolCall, /) -> Decision:
        """See :meth:`codexctl.domain.ports.Approver.decide`. No answer at all is a no."""
        self._screen.say(f"{call.name}: {one_line(_what_would_run(call))}")
        while True:
            self._forget_typed()  # not after the question: whoever answers at once is heard
            self._screen.say("Run it? [y]es, [n]o, [a]lways for this run")
            line = self._read_answer()
            if line is None:
                return Decision.NO
            decision = _ANSWERS.get(line.strip().lower())
            if decision is not None:
                return decision


def forget_typed(stdin: BinaryIO | None) -> None:
    """Drop what has been typed on a terminal and not been read yet."""
    with suppress(ImportError, OSError, ValueError):  # no terminal, or none with modes
        import termios

        if stdin is not None and stdin.isatty():
            termios.tcflush(stdin.fileno(), termios.TCIFLUSH)


def one_line(text: str) -> str:
    r"""Return text on one line with nothing hidden in it: a line end is ``\n``.

    What cannot be seen or changes the order of what can (controls, U+202E and its like) is written
    out, so that what is approved is what runs.
    """
    return "".join(
        letter if letter.isprintable() and letter != "\\" else _escaped(letter) for letter in text
    )


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def _what_would_run(call: ToolCall) -> str:
    """Return a command as it would be run, or the arguments as the model wrote them."""
    if call.kind is CallKind.CUSTOM:
        return call.arguments
    try:
        value: object = json.loads(call.arguments)
    except (ValueError, RecursionError):
        return call.arguments
    if not isinstance(value, dict):
        return call.arguments
    arguments = cast("dict[str, object]", value)
    command = arguments.get("command")
    if isinstance(command, str) and set(arguments) == {"command"}:
        return command
    return call.arguments

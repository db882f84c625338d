"""``codexctl emulator``: both Responses services on this machine, for tests and for trying out."""

import difflib
import signal
import socket
from argparse import Namespace
from contextlib import closing
from pathlib import Path
from typing import NoReturn

from codexctl.domain.errors import UsageError
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.emulator import Emulator, SourceMistake
from codexctl.entrypoints.emulator.addresses import env_lines, ready_line
from codexctl.entrypoints.emulator.scenario_names import ALL_NAMES, is_scenario, split_scenarios
from codexctl.entrypoints.rendering.screen import Screen

_MOST_NAMED = 5


def run(options: Namespace, screen: Screen, _surroundings: Surroundings) -> int:
    """Serve until a signal ends it; see ``codexctl emulator --help``."""
    for written in options.scenario:
        if not is_scenario(written):
            raise _unknown_scenario(written)
    named = split_scenarios(options.scenario)
    try:
        emulator = Emulator(
            port=options.port,
            scenarios=named.scenarios,
            faults=named.faults,
            log=None if options.log is None else Path(options.log),
            issuer_scenarios=named.issuer_scenarios,
            access_token_lifetime=options.access_token_lifetime,
            approve_after=options.approve_after,
            tls=options.tls,
            script=options.script,
            cassettes=options.cassette,
            on_unexpected=lambda complaint: screen.note(complaint, "yellow"),
        )
        emulator.start()
    except SourceMistake as error:
        raise UsageError(error.message, remedy=error.remedy) from error
    except OSError as error:
        raise UsageError(
            f"The emulator cannot start: {error.strerror}.",
            remedy="Choose another --port (0 finds a free one) or another --log.",
        ) from error
    with closing(emulator):
        screen.answer(ready_line(emulator) + "\n")
        if options.env:
            screen.answer("".join(line + "\n" for line in env_lines(emulator)))
        screen.note("The emulator is ready; Ctrl-C ends it.")
        try:
            _wait_for_a_signal()
        finally:
            _tell_what_is_left(emulator, screen)


def _unknown_scenario(written: str) -> UsageError:
    near = difflib.get_close_matches(written.partition("*")[0], ALL_NAMES, n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    return UsageError(
        f"There is no scenario {written!r}.",
        remedy=f"{guess}codexctl emulator --help lists them, and says how often each is played.",
    )


def _tell_what_is_left(emulator: Emulator, screen: Screen) -> None:
    """Say that a script or tape was not played to its end; this is where somebody looks first."""
    if left := emulator.unplayed:
        more = f" and {len(left) - _MOST_NAMED} more" if len(left) > _MOST_NAMED else ""
        named = ", ".join(left[:_MOST_NAMED])
        screen.note(f"Not played: {named}{more}.", "yellow")


def _wait_for_a_signal() -> NoReturn:
    """Sleep until the handler of a signal raises.

    Not with ``signal.pause``, which sleeps through a signal that comes just before it.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        signal.set_wakeup_fd(writer.fileno())
        try:
            while True:
                reader.recv(1)
        finally:
            signal.set_wakeup_fd(-1)

"""``codexctl emulator``: both Responses services on this machine, for tests and for trying out."""

import signal
import socket
from argparse import Namespace
from contextlib import closing
from pathlib import Path
from typing import NoReturn

from codexctl.domain.errors import UsageError
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.emulator import (
    ISSUER_SCENARIO_NAMES,
    SCENARIO_NAMES,
    Emulator,
    split_scenarios,
)
from codexctl.entrypoints.emulator.server import env_lines, ready_line
from codexctl.entrypoints.rendering.screen import Screen


def run(options: Namespace, screen: Screen, _surroundings: Surroundings) -> int:
    """Serve until a signal ends it; see ``codexctl emulator --help``."""
    scenarios, issuer_scenarios = split_scenarios(options.scenario)
    for name in scenarios:
        if name not in SCENARIO_NAMES:
            known = ", ".join((*SCENARIO_NAMES, *ISSUER_SCENARIO_NAMES))
            raise UsageError(f"There is no scenario {name!r}.", remedy=f"There are: {known}.")
    try:
        emulator = Emulator(
            port=options.port,
            scenarios=scenarios,
            log=None if options.log is None else Path(options.log),
            issuer_scenarios=issuer_scenarios,
            access_token_lifetime=options.access_token_lifetime,
            approve_after=options.approve_after,
        )
        emulator.start()
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
        _wait_for_a_signal()


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

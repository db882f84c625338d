"""Waiting for somebody who types."""

import os

import pytest
from tests.heard_elsewhere import Stopped, signal_elsewhere

from codexctl.entrypoints.cli.terminal_input import read_line


def test_a_signal_that_does_not_interrupt_the_wait_ends_it_all_the_same() -> None:
    reader, writer = os.pipe()
    with (
        os.fdopen(writer, "wb"),
        os.fdopen(reader, "rb") as stdin,
        signal_elsewhere(),
        pytest.raises(Stopped),
    ):
        read_line(stdin)


def test_a_line_may_come_in_pieces() -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as stdin:
        with os.fdopen(writer, "wb", 0) as terminal:
            terminal.write(b"first ")
            terminal.write(b"line\n")
            assert read_line(stdin) == "first line\n"
            terminal.write(b"and no end")
        assert read_line(stdin) == "and no end"
        assert read_line(stdin) is None

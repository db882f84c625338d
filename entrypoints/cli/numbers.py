"""The numbers of the command line, as argparse wants them read."""

from argparse import ArgumentTypeError


def count(text: str) -> int:
    """Read a whole number from 0 up.

    Raises:
        ArgumentTypeError: It is none.
    """
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if value < 0:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return value


def positive(text: str) -> int:
    """Read a whole number from 1 up.

    Raises:
        ArgumentTypeError: It is none.
    """
    value = count(text)
    if value == 0:
        raise ArgumentTypeError("it must be 1 or more")
    return value


def port(text: str) -> int:
    """Read the number of a port; 0 stands for any free one.

    Raises:
        ArgumentTypeError: It is none.
    """
    value = count(text)
    if value > 65_535:
        raise ArgumentTypeError(f"{text!r} is not a port")
    return value


def seconds(text: str) -> float:
    """Read a length of time.

    Raises:
        ArgumentTypeError: It is none, nothing at all, or more than eleven days.
    """
    value = _number(text)
    if not 0 < value < 1e6:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


def speed(text: str) -> float:
    """Read how many times as fast as it was something is to go; 0 stands for as fast as can be.

    Raises:
        ArgumentTypeError: It is no number, or a negative or an endless one.
    """
    value = _number(text)
    if not 0 <= value < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a number from 0")
    return value


def _number(text: str) -> float:
    """Return what is written, or -1, which none of the numbers here may be."""
    try:
        return float(text)
    except ValueError:
        return -1.0

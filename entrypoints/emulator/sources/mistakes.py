"""What is wrong with a file that replies were to come from."""

import difflib
from collections.abc import Iterable


class SourceMistake(ValueError):
    """A script, a tape or a stream cannot be used.

    Attributes:
        message: what is wrong, as one sentence that names the file and the place in it.
        remedy: what to do, as one sentence.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class Misplaced(Exception):
    """A value in a YAML file is not what it has to be; caught where the name of the file is known.

    As a text it is the place and what is wrong, as one sentence.

    Args:
        place: where it stands, such as `replies[2].fault`; empty for the file as a whole.
        reason: what is wrong, as a clause, or a question that ends it.
    """

    def __init__(self, place: str, reason: str) -> None:
        told = f"{place}: {reason}" if place else reason
        super().__init__(told if told.endswith("?") else f"{told}.")


def unknown_name(what: str, name: str, known: Iterable[str]) -> str:
    """Say that there is no such name, with the nearest one or else all there are."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    rest = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
    return f"there is no {what} named {name!r}; {rest}"

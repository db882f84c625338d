"""A screen whose streams are kept, for tests of what is shown."""

import io
from dataclasses import dataclass, field

from codexctl.entrypoints.rendering.output import Output
from codexctl.entrypoints.rendering.screen import Screen


@dataclass(slots=True)
class KeptScreen:
    """A screen and what came to stand on it.

    Attributes:
        out: Standard output.
        err: Standard error; the same object as ``out`` on a terminal that has both.
        screen: What a report is given.
    """

    out: io.BytesIO
    err: io.BytesIO
    screen: Screen = field(repr=False)

    @property
    def stdout(self) -> str:
        """What was written to standard output."""
        return self.out.getvalue().decode()

    @property
    def stderr(self) -> str:
        """What was written to standard error."""
        return self.err.getvalue().decode()


def piped(*, quiet: bool = False) -> KeptScreen:
    """Return a screen of two pipes."""
    out, err = io.BytesIO(), io.BytesIO()
    return KeptScreen(out, err, Screen(Output(out), Output(err), quiet=quiet))


def on_terminal(*, quiet: bool = False, colour: bool = False) -> KeptScreen:
    """Return a screen of one terminal that takes both streams."""
    both = io.BytesIO()
    out, err = (Output(both, is_terminal=True, colour=colour) for _ in range(2))
    return KeptScreen(both, both, Screen(out, err, quiet=quiet))

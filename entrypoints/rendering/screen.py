"""Both outputs together: on a terminal they share the lines."""

from contextlib import suppress

from codexctl.domain.errors import FileNotWritten
from codexctl.entrypoints.rendering.output import Output, visible

_CLEAR_LINE = "\r\x1b[K"
_STYLES = {"dim": "\x1b[2m", "red": "\x1b[31m", "yellow": "\x1b[33m"}
_PLAIN = "\x1b[0m"
_LONGEST_STATUS = 60
"""A status that wraps could not be cleared: that clears one line."""


class Screen:
    """Standard output for the answer, standard error for everything else.

    Args:
        stdout: The answer's output.
        stderr: The other one.
        quiet: Leave out everything but errors.
    """

    def __init__(self, stdout: Output, stderr: Output, *, quiet: bool = False) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self._quiet = quiet
        self._status_shown = False
        self._line_was_ended = False

    def answer(self, text: str) -> None:
        """Write a piece of the answer, exactly as it is, at once.

        On a terminal where a note has already ended the answer's line, its own line end is spared.

        Raises:
            BrokenPipeError: Nobody reads standard output any more.
            FileNotWritten: It is a file on a full disk, or the like.
        """
        self._clear_status()
        if self._line_was_ended:
            self._line_was_ended = False
            text = text.removeprefix("\n")
        try:
            self.stdout.write(text)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise FileNotWritten(
                f"Standard output could not be written: {error.strerror}.",
                remedy="Free some space, or send it elsewhere.",
            ) from error

    def note(self, text: str, style: str = "dim") -> None:
        """Write lines for the person who watches."""
        if not self._quiet:
            self._line(text, style)

    def say(self, text: str) -> None:
        """Write lines that the user has to see to go on, however quiet it is to be."""
        self._line(text, None)

    def error(self, text: str) -> None:
        """Write lines that are shown however quiet the user wants it."""
        self._line(text, "red")

    def status(self, text: str) -> None:
        """Show what is going on, on a terminal; the next line of anything takes its place."""
        if self._quiet or not self.stderr.is_terminal or self._shares_line():
            return
        self._clear_status()
        line = visible(" ".join(text.split()))[:_LONGEST_STATUS]
        self._tell(self._styled(line, "dim"))
        self._status_shown = True

    def finish(self) -> None:
        """Leave no status behind."""
        self._clear_status()

    def _line(self, text: str, style: str | None) -> None:
        self._clear_status()
        if self._shares_line():
            self._tell("\n")
            self.stdout.is_mid_line = False
            self._line_was_ended = True
        shown = visible(text) if self.stderr.is_terminal else text
        self._tell(self._styled(shown, style) + "\n")

    def _shares_line(self) -> bool:
        """Tell whether the answer stands unfinished on the terminal's last line."""
        return self.stdout.is_mid_line and self.stdout.is_terminal and self.stderr.is_terminal

    def _clear_status(self) -> None:
        if self._status_shown:
            self._status_shown = False
            self._tell(_CLEAR_LINE)

    def _tell(self, text: str) -> None:
        """Write to standard error. That nobody reads it any more ends nothing."""
        with suppress(OSError):
            self.stderr.write_raw(text)

    def _styled(self, text: str, style: str | None) -> str:
        if style is None or not self.stderr.colour:
            return text
        return f"{_STYLES[style]}{text}{_PLAIN}"

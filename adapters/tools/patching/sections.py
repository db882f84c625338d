"""What a patch asks for, section by section."""

from typing import Literal, TypeAlias

from codexctl.adapters.tools.tool import ToolFailure
from codexctl.domain.values import dataclass

Sign: TypeAlias = Literal[" ", "-", "+"]


class PatchError(ToolFailure):
    """A patch cannot be applied, in words that the model can act on."""


@dataclass(frozen=True, slots=True)
class HunkLine:
    """One line of a hunk.

    Attributes:
        sign: A space for a line that stays, ``-`` for one that goes, ``+`` for one that comes.
        text: The line without its sign and its end.
    """

    sign: Sign
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """One place of a file, and what becomes of it.

    Attributes:
        lines: At least one.
        headings: Lines that stand above it, such as those of a class and a method, outermost first.
        at_end: Whether it ends where the file ends.
        line_number: Where it starts in the patch, counted from 1.
    """

    lines: tuple[HunkLine, ...]
    headings: tuple[str, ...] = ()
    at_end: bool = False
    line_number: int = 1

    @property
    def old(self) -> list[str]:
        """The lines that have to be there."""
        return [line.text for line in self.lines if line.sign != "+"]


@dataclass(frozen=True, slots=True)
class AddFile:
    """A file that is written, over what was there if anything was."""

    path: str
    content: str


@dataclass(frozen=True, slots=True)
class DeleteFile:
    """A file that is removed."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFile:
    """A file that is changed, moved, or both.

    Attributes:
        path: Where it is.
        hunks: What changes, from its top to its end; none if it is only moved.
        move_to: Where it goes.
    """

    path: str
    hunks: tuple[Hunk, ...]
    move_to: str | None = None


Section: TypeAlias = AddFile | DeleteFile | UpdateFile

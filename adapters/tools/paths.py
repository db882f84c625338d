"""Paths as a model writes them, and what is refused of them."""

import os

from codexctl.adapters.tools.tool import ToolFailure, shown


class PathRefused(ToolFailure):
    """A path may not be used, in words that the model can act on."""


class PathOutside(PathRefused):
    """It leads out of the folder."""


class SpecialFile(PathRefused):
    """It is a FIFO, a socket or a device.

    Attributes:
        kind: What it is, in words.
    """

    def __init__(self, path: str, kind: str) -> None:
        super().__init__(f"{shown(path)} is not a regular file but {kind}; it was not opened")
        self.kind = kind


def require_path(path: str) -> None:
    """Refuse what cannot be the path of anything.

    Raises:
        PathRefused: It is empty, holds a null character, or cannot be encoded.
    """
    if not path or "\0" in path:
        raise PathRefused(f"{shown(path)} is not a path: it is empty or holds a null character")
    try:
        os.fsencode(path)
    except UnicodeEncodeError as exc:
        raise PathRefused(f"{shown(path)} is not a path: it cannot be encoded") from exc


def plain_name(name: str) -> str:
    """Return what some file system would take the name for.

    That of macOS may ignore letter case and characters that are not seen, that of Windows letter
    case and dots and spaces at the end, and it has a short name for each long one.
    """
    if not name.isascii():
        import unicodedata

        name = "".join(one for one in name if unicodedata.category(one) != "Cf")
    plain = name.casefold().rstrip(". ")
    return ".git" if plain == "git~1" else plain

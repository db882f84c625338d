"""``AGENTS.md``: what a project tells every agent that works in it.

Read from the root of the repository down to the working folder, the nearest last, so that it has
the last word; a file ``AGENTS.override.md`` takes the place of the one beside it. Without a
repository only the working folder counts. As the official client does it.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from codexctl.domain.values import dataclass

_NAMES = ("AGENTS.override.md", "AGENTS.md")
MOST_BYTES = 32 * 1024
"""Of all documents together; the official client's ``project_doc_max_bytes``."""


@dataclass(frozen=True, slots=True)
class ProjectDocuments:
    """What the documents of a project say.

    Attributes:
        text: All of it, from the root down, with a blank line between two documents.
        left_out: Those that did not fit any more, or could not be read, each with the reason.
    """

    text: str
    left_out: tuple[str, ...] = ()


def read_project_documents(folder: Path, most_bytes: int = MOST_BYTES) -> ProjectDocuments:
    """Read the documents for a working folder.

    Args:
        folder: The working folder, absolute.
        most_bytes: How much may be taken of all of them together.
    """
    parts: list[str] = []
    left_out: list[str] = []
    remaining = most_bytes
    for path in _documents(folder):
        try:
            data = _read(path, remaining + 1)
        except OSError as error:
            left_out.append(f"{path} cannot be read: {error.strerror or error}")
            continue
        if len(data) > remaining:
            left_out.append(f"{path} is more than the {most_bytes} bytes there is room for")
            data = data[:remaining]
        remaining -= len(data)
        # A cut may go through a character; the half of it is left out.
        text = data.decode("utf-8-sig", "ignore").strip()
        if text:
            parts.append(text)
    return ProjectDocuments("\n\n".join(parts), tuple(left_out))


def _documents(folder: Path) -> Iterator[Path]:
    """Yield the documents that there are, from the root of the repository down."""
    for one in _folders(folder):
        for name in _NAMES:
            path = one / name
            if os.path.lexists(path):
                yield path
                break


def _folders(folder: Path) -> list[Path]:
    """Return the folders from the root of the repository to the working folder."""
    below: list[Path] = []
    for one in (folder, *folder.parents):
        below.insert(0, one)
        if os.path.lexists(one / ".git"):
            return below
    return [folder]


def _read(path: Path, most_bytes: int) -> bytes:
    # Not to hang on a FIFO that has the name.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is not a regular file")
        return file.read(most_bytes)

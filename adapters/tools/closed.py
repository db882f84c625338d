"""Places that file tools stay out of, whatever name leads there."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from codexctl.domain.values import dataclass

Identity: TypeAlias = tuple[int, int]
"""Device and number of a file or folder: the same under all its names."""

_SERVICES = ("/dev", "/proc", "/run", "/sys", "/var/run")
_KERNEL_TYPES = frozenset(
    {
        *("bpf", "cgroup", "cgroup2", "debugfs", "devpts", "devtmpfs", "proc", "securityfs"),
        *("sysfs", "tracefs"),
    }
)
_ESCAPES = (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\"))
"""How the kernel writes what would break its table."""


@dataclass(frozen=True, slots=True)
class Closed:
    """Files and folders, and all that is below them.

    Attributes:
        paths: Absolute, with links resolved; none below another one.
    """

    paths: tuple[str, ...] = ()

    @classmethod
    def of(cls, paths: Iterable[Path | str]) -> "Closed":
        """Return places whose paths are resolved now and not again; they need not exist yet."""
        real = sorted({os.path.realpath(path) for path in paths})
        return cls(
            tuple(
                path
                for path in real
                if not any(path != other and is_within(path, other) for other in real)
            )
        )

    def __add__(self, other: "Closed") -> "Closed":
        """Return the places of both."""
        return Closed((*self.paths, *other.paths))

    def holding(self, path: str) -> str | None:
        """Return which of them an absolute path without links lies in, or None."""
        return next((place for place in self.paths if is_within(path, place)), None)

    def identities(self) -> frozenset[Identity]:
        """Return what is there now, to be known under another name.

        The same folder may be mounted a second time, and some file systems take names that are
        written differently for one.
        """
        found: set[Identity] = set()
        for path in self.paths:
            with suppress(OSError):
                found.add(identity_of(os.stat(path)))  # noqa: PTH116 - text, for speed
        return frozenset(found)


def identity_of(found: os.stat_result) -> Identity:
    """Return what tells a file or folder from every other one."""
    return found.st_dev, found.st_ino


def is_within(path: str, folder: str) -> bool:
    """Tell whether an absolute path is a folder or lies below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def places_of_the_system(working_folder: str) -> tuple[str, ...]:
    """Return where the system shows itself: processes, devices, sockets, secrets of services.

    ``/proc/PID/environ`` of codexctl itself holds what the user has exported. What the working
    folder lies in is left out, such as ``/run`` for a disk in ``/run/media``.
    """
    try:
        mountinfo = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")
    except OSError:  # only Linux has it
        mountinfo = ""
    paths = (*_SERVICES, *mounts_of_the_kernel(mountinfo))
    places = {os.path.realpath(path) for path in paths}
    return tuple(sorted(path for path in places if not is_within(working_folder, path)))


def mounts_of_the_kernel(mountinfo: str) -> list[str]:
    """Return where file systems of the kernel are mounted, be it for a chroot.

    Args:
        mountinfo: The text of ``/proc/self/mountinfo``.
    """
    points: list[str] = []
    for line in mountinfo.splitlines():
        mount, _, source = line.partition(" - ")
        if source.split(" ")[0] in _KERNEL_TYPES:
            point = mount.split(" ")[4]
            for code, character in _ESCAPES:
                point = point.replace(code, character)
            points.append(point)
    return points

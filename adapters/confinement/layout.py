"""What of a confinement is there on this machine just now, looked at before each command."""

import os
from pathlib import Path

from codexctl.adapters.confinement.confinement import Confinement, Mode, is_within
from codexctl.adapters.confinement.git_folders import git_entries, pointed_at
from codexctl.adapters.confinement.mounts import other_names, read_mountinfo
from codexctl.adapters.confinement.result import CommandNotRun
from codexctl.domain.values import dataclass

_COVERED = ("/run", "/var/run")
"""Sockets and named pipes of services and of the desktop, and secrets of containers."""
_SHOWN_AGAIN = ("/run/current-system", "/run/opengl-driver", "/run/booted-system")
"""Where NixOS has its programs."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A place that is there and to be hidden."""

    path: str
    is_folder: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What there is.

    Attributes:
        confinement: What is to be confined.
        temporary: The private temporary folder.
        shared_memory: The private folder for ``/dev/shm``.
        replaces_tmp: Whether the temporary folder can stand in for ``/tmp``. Not where something
            that has to be seen lies in ``/tmp``: its place would have to be made in a folder where
            commands write.
        covered: Folders to be replaced by empty ones.
        shown_again: What of them is to be seen all the same.
        hidden: What is to be hidden and not out of sight already.
        closed: What below the working folder cannot be written.
        pinned: The folders between it and the working folder. They cannot be renamed either, or
            else the way to what is closed or hidden would lead elsewhere at the next command.
    """

    confinement: Confinement
    temporary: str
    shared_memory: str
    replaces_tmp: bool
    covered: tuple[str, ...] = ()
    shown_again: tuple[str, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    closed: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()

    @property
    def visible_temporary(self) -> str:
        """The temporary folder as a command sees it."""
        return "/tmp" if self.replaces_tmp else self.temporary  # noqa: S108 - a private one


def all_hidden(confinement: Confinement) -> tuple[str, ...]:
    """Return the hidden paths of a confinement under all their names."""
    mountinfo = read_mountinfo()
    others = {name for path in confinement.hidden for name in other_names(path, mountinfo)}
    return tuple(sorted(others.union(confinement.hidden)))


def survey(confinement: Confinement, *, temporary: str, shared_memory: str) -> Layout:
    """Look at what is there.

    Args:
        confinement: What is to be confined; not ``danger-full-access``.
        temporary: The private temporary folder.
        shared_memory: The private folder for ``/dev/shm``.

    Raises:
        CommandNotRun: What has to be closed cannot be.
    """
    work = confinement.working_folder
    is_open = confinement.mode is Mode.WORKSPACE_WRITE
    closed = _closed(confinement, os.path.dirname(temporary)) if is_open else ()
    replaces_tmp = not is_within(work, "/tmp")  # noqa: S108
    covered = tuple(path for path in _COVERED if os.path.isdir(path) and not os.path.islink(path))
    out_of_sight = (*covered, *(("/tmp",) if replaces_tmp else ()))  # noqa: S108
    hidden = tuple(
        Hidden(path, os.path.isdir(path))
        for path in all_hidden(confinement)
        if os.path.exists(path)
        and (is_within(path, work) or not any(is_within(path, place) for place in out_of_sight))
    )
    to_pin = (*closed, *(place.path for place in hidden))
    return Layout(
        confinement=confinement,
        temporary=temporary,
        shared_memory=shared_memory,
        replaces_tmp=replaces_tmp,
        covered=covered,
        shown_again=tuple(path for path in _SHOWN_AGAIN if os.path.exists(path)),
        hidden=hidden,
        closed=closed,
        pinned=_between(to_pin, work) if is_open else (),
    )


def _closed(confinement: Confinement, room: str) -> tuple[str, ...]:
    """Return what is closed, the folder of the private folders among it.

    Where that lies below the working folder, a command could put a link in the place of a private
    folder, and have the next one write where it leads.
    """
    work = confinement.working_folder
    git = git_entries(work)
    for path in git:
        if os.path.islink(path):
            raise CommandNotRun(
                f"The command was not run: {path} is a symbolic link, which cannot be kept from"
                " being replaced. Use --sandbox read-only, or make it a folder or a .git file"
            )
    pointed = [path for entry in git for path in pointed_at(entry, work)]
    kept = [
        path
        for path in (*confinement.kept, room)
        if path != work and is_within(path, work) and os.path.exists(path)
    ]
    return tuple(sorted({*git, *pointed, *kept}))


def _between(paths: tuple[str, ...], folder: str) -> tuple[str, ...]:
    """Return the folders that lie above some paths and below a folder, outer ones first."""
    found = {
        str(parent)
        for path in paths
        if is_within(path, folder)
        for parent in Path(path).parents
        if str(parent) != folder and is_within(str(parent), folder)
    }
    return tuple(sorted(found))

"""The arguments of bubblewrap: a file system, a network and processes of the command's own."""

from collections.abc import Iterator, Sequence

from codexctl.adapters.confinement.confinement import Mode, is_within
from codexctl.adapters.confinement.layout import Layout

_STATUS, _FILTER = "3", "4"  # descriptors, laid there by the supervising process

_NAMESPACES = (
    "--unshare-all",
    "--die-with-parent",
    "--new-session",
    "--cap-drop",
    "ALL",
    "--json-status-fd",
    _STATUS,
    "--seccomp",
    _FILTER,
)


def arguments(layout: Layout, *, folder: str, command: Sequence[str]) -> tuple[str, ...]:
    """Return what follows the name of the program.

    Later mounts lie over earlier ones, so what closes comes after what opens.

    Args:
        layout: What there is.
        folder: Where the command starts.
        command: Program and arguments.
    """
    return (*_NAMESPACES, *_mounts(layout), "--chdir", folder, "--", *command)


def _mounts(layout: Layout) -> Iterator[str]:
    work = layout.confinement.working_folder
    yield from ("--ro-bind", "/", "/")
    yield from ("--dev", "/dev", "--proc", "/proc")
    yield from ("--bind", layout.shared_memory, "/dev/shm")  # noqa: S108 - a private one
    yield from ("--remount-ro", "/dev")
    for path in layout.covered:
        yield from ("--tmpfs", path)
    for path in layout.shown_again:
        yield from ("--ro-bind", path, path)
    if layout.confinement.mode is Mode.WORKSPACE_WRITE:
        yield from ("--bind", work, work)
    elif any(is_within(work, path) for path in layout.covered):
        yield from ("--ro-bind", work, work)
    for path in layout.pinned:
        yield from ("--bind", path, path)
    for path in layout.closed:
        yield from ("--ro-bind", path, path)
    yield from ("--bind", layout.temporary, layout.visible_temporary)
    for place in layout.hidden:
        if place.is_folder:
            yield from ("--perms", "0000", "--tmpfs", place.path, "--remount-ro", place.path)
        else:
            yield from ("--ro-bind", "/dev/null", place.path)
    for path in layout.covered:
        yield from ("--remount-ro", path)

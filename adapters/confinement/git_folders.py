"""Where git keeps what it executes and believes: closed to commands, whatever it is called.

A hook or a ``core.fsmonitor`` in a ``.git`` runs unconfined the next time the user, an editor or a
shell prompt calls git.
"""

import os

from codexctl.adapters.confinement.confinement import is_within

_MOST_OF_A_POINTER = 4096
_POINTER = "gitdir:"


def git_entries(folder: str) -> list[str]:
    """Return the ``.git`` of a folder and of the folders directly in it, where there are any.

    Links to folders are left out: what they lead to lies elsewhere, or is found by itself.
    """
    found = [folder]
    try:
        with os.scandir(folder) as entries:
            found += sorted(entry.path for entry in entries if _is_folder(entry))
    except OSError:
        pass
    candidates = (f"{place.rstrip('/')}/.git" for place in found)
    return [path for path in candidates if os.path.lexists(path)]


def pointed_at(entry: str, folder: str) -> list[str]:
    """Return the folders below ``folder`` that a ``.git`` file leads to, its shared one as well.

    Work trees, submodules and ``git init --separate-git-dir`` have such a file.
    """
    target = _pointer(entry, _POINTER)
    if target is None:
        return []
    shared = _pointer(f"{target}/commondir", "")
    real = [os.path.realpath(path) for path in (target, shared) if path]
    return [path for path in real if path != folder and is_within(path, folder)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _pointer(path: str, prefix: str) -> str | None:
    """Return where a file that names a path leads, None where it is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        text = os.fsdecode(os.read(descriptor, _MOST_OF_A_POINTER)).strip()
    except OSError:  # a folder
        return None
    finally:
        os.close(descriptor)
    if not text.startswith(prefix):
        return None
    return os.path.join(os.path.dirname(path), text[len(prefix) :].strip())

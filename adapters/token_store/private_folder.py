"""The home folder, for its owner alone."""

import errno
import os
import stat
from pathlib import Path

from codexctl.adapters.token_store.complaints import not_written
from codexctl.domain.errors import FileNotWritten

_PRIVATE = stat.S_IRWXU
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OURS = ("config.toml", "credentials.", ".credentials.", "profile-", "sessions", "cache")


def prepare_folder(folder: Path) -> None:
    """Make the folder, with the folders above it, or see that the one there is fit for secrets.

    A folder that holds nothing but our files is tightened to 0700. One with other things in it is
    not ours to change, and will do if others cannot write to it: our files are 0600 themselves.

    Args:
        folder: The home. A symbolic link to a folder is followed: the user chose it.

    Raises:
        FileNotWritten: It cannot be made, belongs to another user, or others can write to it.
    """
    try:
        _make(folder)
        if hasattr(os, "geteuid"):
            _inspect(folder)
    except OSError as exc:
        raise not_written(folder, exc) from exc


def _make(folder: Path) -> None:
    if folder.is_dir():
        return
    if folder.parent != folder:
        _make(folder.parent)
    try:
        folder.mkdir(_PRIVATE)
    except FileExistsError:
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None
    else:
        if os.name == "nt":
            import subprocess  # slow to import

            subprocess.run(windows_command(folder), check=True, capture_output=True)


def windows_command(folder: Path) -> tuple[str, ...]:
    """Return what gives a folder to this user alone on Windows, with all that is made in it later.

    Never tried: no machine with Windows was at hand.
    """
    system = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"))
    user = f"{os.environ.get('USERDOMAIN', '')}\\{os.environ.get('USERNAME', '')}"
    program = str(system / "System32" / "icacls.exe")
    return (program, str(folder), "/inheritance:r", "/grant:r", f"{user}:(OI)(CI)F")


def _inspect(folder: Path) -> None:
    state = folder.stat()
    if state.st_uid != os.geteuid():
        raise FileNotWritten(
            f"The folder {folder} belongs to another user (number {state.st_uid}).",
            remedy="Run codexctl as that user, or set CODEXCTL_HOME to a folder of your own.",
        )
    if not state.st_mode & _OTHERS:
        return
    # Never a folder like /tmp or a home directory, however much it belongs to us.
    is_ours = not state.st_mode & stat.S_ISVTX and all(
        entry.name.startswith(_OURS) for entry in folder.iterdir()
    )
    if is_ours:
        folder.chmod(_PRIVATE)
    elif state.st_mode & _OTHERS_WRITE:
        raise FileNotWritten(
            f"Other users can write to the folder {folder}, so it cannot keep credentials.",
            remedy="Set CODEXCTL_HOME to a folder that only codexctl uses.",
        )

"""Other names of a place: the same disk may be mounted, or bound, in several folders."""

import os

_ROOT, _POINT, _DEVICE = 3, 4, 2  # fields of /proc/self/mountinfo, counted from 0


def other_names(path: str, mountinfo: str) -> list[str]:
    """Return the other paths at which mounts show a place.

    Args:
        path: A real path, which need not exist.
        mountinfo: The text of ``/proc/self/mountinfo``.
    """
    mounts = [line.split(" ") for line in mountinfo.splitlines() if line]
    places = [(fields[_DEVICE], _plain(fields[_ROOT]), _plain(fields[_POINT])) for fields in mounts]
    holding = [place for place in places if _below(path, place[2]) is not None]
    if not holding:
        return []
    # The innermost one; of several on one point the last, which hides the others.
    device, root, point = max(holding, key=lambda place: len(place[2]))
    on_disk = _joined(root, _below(path, point) or "")
    names = (
        _joined(other_point, rest)
        for other_device, other_root, other_point in places
        if other_device == device and (rest := _below(on_disk, other_root)) is not None
    )
    return sorted({name for name in names if name != path})


def read_mountinfo() -> str:
    """Return the text of ``/proc/self/mountinfo``, empty where there is none."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def _below(path: str, folder: str) -> str | None:
    """Return the part of a path below a folder, None where it does not lie there."""
    if path == folder:
        return ""
    start = folder.rstrip("/") + "/"
    return path[len(start) :] if path.startswith(start) else None


def _joined(folder: str, rest: str) -> str:
    return os.path.join(folder, rest) if rest else folder


def _plain(word: str) -> str:
    """Undo the octal escapes of the kernel, of space, tab, newline and backslash."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        word = word.replace(code, character)
    return word

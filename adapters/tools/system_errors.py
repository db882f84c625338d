"""What the system's errors are called to a model."""

import errno

from codexctl.adapters.tools.tool import ToolFailure, shown

_REASONS = {
    errno.ENOENT: "does not exist",
    errno.EACCES: "cannot be read: permission denied",
    errno.EPERM: "cannot be read: permission denied",
    errno.ELOOP: "cannot be reached: its symbolic links form a loop",
    errno.ENOTDIR: "cannot be reached: a part of the path is not a folder",
    errno.ENAMETOOLONG: "cannot be reached: the name is too long",
}


def failure_at(path: str, error: OSError) -> ToolFailure:
    """Return the failure that an error of the system is, in one line."""
    reason = _REASONS.get(error.errno or 0, f"cannot be read: {error.strerror or error}")
    return ToolFailure(f"{shown(path)} {reason}")

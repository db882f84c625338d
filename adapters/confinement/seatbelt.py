"""The profile for macOS's ``sandbox-exec``. Never tried: no machine with macOS was at hand.

Everything is refused that is not named. The last rule that fits an operation decides, so what
closes comes after what opens. Paths are parameters, which need no quoting.
"""

from collections.abc import Iterator, Sequence

from codexctl.adapters.confinement.confinement import Mode
from codexctl.adapters.confinement.layout import Layout

PROGRAM = "/usr/bin/sandbox-exec"

_BASE = """\
(version 1)
(deny default)
(allow process-exec process-fork)
(allow process-info* signal (target same-sandbox))
(allow sysctl-read)
(allow file-read* file-test-existence)
(allow file-write-data file-ioctl
  (literal "/dev/null") (literal "/dev/zero") (literal "/dev/dtracehelper"))
(allow ipc-posix-sem)
(allow mach-lookup
  (global-name "com.apple.system.opendirectoryd.libinfo")
  (global-name "com.apple.system.opendirectoryd.membership")
  (global-name "com.apple.system.logger"))
"""


def arguments(layout: Layout, *, command: Sequence[str]) -> tuple[str, ...]:
    """Return what follows the name of the program.

    Args:
        layout: What there is.
        command: Program and arguments.
    """
    parameters = [
        word for name, path in _parameters(layout).items() for word in ("-D", f"{name}={path}")
    ]
    return ("-p", profile(layout), *parameters, "--", *command)


def profile(layout: Layout) -> str:
    """Return the profile. Its parameters are those that :func:`arguments` gives."""
    return _BASE + "".join(f"{rule}\n" for rule in _rules(layout))


def _rules(layout: Layout) -> Iterator[str]:
    yield '(allow file-write* (subpath (param "TEMPORARY")))'
    if layout.confinement.mode is Mode.WORKSPACE_WRITE:
        yield '(allow file-write* (subpath (param "WORK")))'
        yield '(deny file-write* (subpath (param "WORK_GIT")))'
    for at, _ in enumerate(layout.closed):
        yield f'(deny file-write* (subpath (param "CLOSED_{at}")))'
    for at, _ in enumerate(layout.pinned):
        # A folder that cannot be unlinked cannot be renamed.
        yield f'(deny file-write-unlink (literal (param "PINNED_{at}")))'
    for at, _ in enumerate(layout.confinement.hidden):
        yield f'(deny file-read* file-write* process-exec (subpath (param "HIDDEN_{at}")))'


def _parameters(layout: Layout) -> dict[str, str]:
    work = layout.confinement.working_folder
    return {
        "TEMPORARY": layout.temporary,
        "WORK": work,
        "WORK_GIT": f"{work}/.git",
        **{f"CLOSED_{at}": path for at, path in enumerate(layout.closed)},
        **{f"PINNED_{at}": path for at, path in enumerate(layout.pinned)},
        **{f"HIDDEN_{at}": path for at, path in enumerate(layout.confinement.hidden)},
    }

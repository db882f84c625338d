"""The exit codes, in one table. Part of the command line's contract."""

from codexctl.domain.errors import (
    AllowanceError,
    CodexctlError,
    ConnectionFailed,
    LocalFileError,
    RequestRefused,
    RunStopped,
    SignInError,
    TapeError,
    UsageError,
)

DONE = 0
UNEXPECTED = 1
INTERRUPTED = 130  # 128 + SIGINT
OUTPUT_CLOSED = 141  # 128 + SIGPIPE
TERMINATED = 143  # 128 + SIGTERM

_BY_BRANCH: dict[type[CodexctlError], int] = {
    UsageError: 2,
    SignInError: 3,
    AllowanceError: 4,
    ConnectionFailed: 5,
    RequestRefused: 6,
    RunStopped: 7,
    TapeError: 8,
    LocalFileError: 9,
}


def exit_code_for(error: CodexctlError) -> int:
    """Return the exit code of an error: that of the branch of the tree it stands on."""
    for branch in type(error).__mro__:
        if branch in _BY_BRANCH:
            return _BY_BRANCH[branch]
    return UNEXPECTED

"""The tool ``shell``: runs a command, by whoever can confine it."""

from functools import partial
from pathlib import Path
from typing import Protocol, cast

from codexctl.adapters.tools.budget import fit_output
from codexctl.adapters.tools.reading import ReadableFiles
from codexctl.adapters.tools.tool import Arguments, Tool, ToolFailure, ToolResult, shown
from codexctl.domain.tools import OutcomeStatus, SandboxMode, ToolSpec

_DEFAULT_MS = 120_000
_MOST_MS = 600_000

_TOUCHES = {
    SandboxMode.READ_ONLY: (
        "Nothing can be written outside a private temporary folder ($TMPDIR), and there is no"
        " network."
    ),
    SandboxMode.WORKSPACE_WRITE: (
        "Only the working folder (not its .git) and a private temporary folder ($TMPDIR) can be"
        " written, and there is no network."
    ),
    SandboxMode.DANGER_FULL_ACCESS: "It has all the rights of the user.",
}


class CommandResult(Protocol):
    """What came of a command that has started."""

    @property
    def exit_code(self) -> int | None:
        """Its exit code, 128 and more for a signal; None where it was ended by the runner."""
        ...

    @property
    def wall_seconds(self) -> float:
        """How long it took."""
        ...

    @property
    def head(self) -> bytes:
        """The beginning of its output, standard output and error together."""
        ...

    @property
    def tail(self) -> bytes:
        """The end of it, as far as it is not in the head."""
        ...

    @property
    def total_bytes(self) -> int:
        """How much output there was."""
        ...

    @property
    def explanation(self) -> str | None:
        """A sentence about how it ended; None where the exit code says it all."""
        ...


class CommandRunner(Protocol):
    """Runs commands within what the mode of the sandbox allows."""

    def run(
        self, command: str, *, timeout_seconds: float, folder: Path | None = None
    ) -> CommandResult:
        """Run a command until all its processes are gone.

        Args:
            command: For the shell.
            timeout_seconds: How long it may take.
            folder: Where it starts, an absolute path.

        Raises:
            ToolFailure: It has not run at all; says why, and what to do about it.
        """
        ...


def shell_tool(files: ReadableFiles, mode: SandboxMode, runner: CommandRunner | str) -> Tool:
    """Return the tool.

    Args:
        files: What it may read, and so where a command may start.
        mode: What a command may touch.
        runner: Runs the commands; or, where they cannot be confined, what each call is told.
    """
    return Tool(spec=_spec(mode), run=partial(_shell, files, runner))


def _spec(mode: SandboxMode) -> ToolSpec:
    return ToolSpec(
        name="shell",
        description=(
            "Runs a command with bash (else sh) and gives its exit code, how long it took, and its"
            f" standard output and error together. {_TOUCHES[mode]} What it leaves running ends"
            " with it; it gets no input."
        ),
        parameters={
            "type": "object",
            "properties": {
                "command": {"type": "string", "minLength": 1, "description": "The command."},
                "workdir": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 4096,
                    "description": (
                        "The folder it starts in, absolute or relative to the working folder."
                        " Default: that folder."
                    ),
                },
                "timeout_ms": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": _MOST_MS,
                    "description": f"Milliseconds it may take. Default {_DEFAULT_MS}.",
                },
            },
            "required": ["command"],
            "additionalProperties": False,
        },
        # Commands of one step would meet in the temporary folder, even where that is all they have.
        read_only=False,
        timeout_seconds=_MOST_MS / 1000,
    )


def _shell(files: ReadableFiles, runner: CommandRunner | str, arguments: Arguments) -> ToolResult:
    if isinstance(runner, str):
        raise ToolFailure(runner)
    result = runner.run(
        _command(str(arguments["command"])),
        timeout_seconds=cast("float", arguments.get("timeout_ms", _DEFAULT_MS)) / 1000,
        folder=_folder(files, str(arguments.get("workdir", "."))),
    )
    code = result.exit_code
    lines = [
        f"Exit code: {'none' if code is None else code}",
        f"Wall time: {result.wall_seconds:.1f} seconds",
        *([result.explanation] if result.explanation else []),
        "Output:",
        fit_output(result.head, result.tail, result.total_bytes),
    ]
    status = OutcomeStatus.COMPLETED if code == 0 else OutcomeStatus.FAILED
    return ToolResult(text="\n".join(lines), status=status, exit_code=code)


def _command(command: str) -> str:
    try:
        command.encode()
    except UnicodeEncodeError:
        raise ToolFailure("The command was not run: it holds half a surrogate pair.") from None
    if "\0" in command:
        raise ToolFailure("The command was not run: it holds a null character.")
    return command


def _folder(files: ReadableFiles, path: str) -> Path:
    if not files.is_folder(path):
        raise ToolFailure(f"The command was not run: {shown(path)} is not a folder.")
    return Path(files.absolute(files.locate(path)))

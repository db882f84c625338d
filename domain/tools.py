"""What a model may call: what a tool is, a call of it, and what came of the call."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from codexctl.domain.values import dataclass

if TYPE_CHECKING:  # a conversation holds calls
    from codexctl.domain.conversation import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool as the model is told of it.

    Attributes:
        name: What the model calls it by.
        description: One or two sentences for the model.
        parameters: JSON Schema of the arguments, an object schema.
        read_only: Whether a call changes nothing on the machine.
        timeout_seconds: How long one call may take.
    """

    name: str
    description: str
    parameters: Mapping[str, object]
    read_only: bool
    timeout_seconds: float


class SandboxMode(StrEnum):
    """What tools may touch, from least to most."""

    READ_ONLY = "read-only"
    WORKSPACE_WRITE = "workspace-write"
    DANGER_FULL_ACCESS = "danger-full-access"


class CallKind(StrEnum):
    """How the model hands over what it wants: JSON arguments, or free text."""

    FUNCTION = "function"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call the model made, complete.

    Attributes:
        call_id: What its output has to name.
        name: The tool's name, as the model wrote it; there may be no such tool.
        arguments: JSON text for a function, free text for a custom tool. Kept verbatim, also when
            it is not JSON at all, because it is sent back as it came.
        kind: Which of the two.
        item_id: The service's id of the item, if it gave one.
    """

    call_id: str
    name: str
    arguments: str
    kind: CallKind = CallKind.FUNCTION
    item_id: str | None = None


class ChangeKind(StrEnum):
    """What happened to a file."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that a call changed.

    Attributes:
        path: As the model named it, relative to the working folder where it lies below it.
        kind: What happened to it.
    """

    path: str
    kind: ChangeKind


class OutcomeStatus(StrEnum):
    """How a call ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOutcome:
    """What came of one call. A failure is an outcome too: the model reads it and goes on.

    Attributes:
        call_id: The call it answers.
        output: The text for the model.
        status: Whether the tool did what was asked.
        exit_code: What a command exited with; None for one that was ended, and for other tools.
        changes: Files that a patch changed, or would have changed.
        images: Pictures that go with the text.
    """

    call_id: str
    output: str
    status: OutcomeStatus
    exit_code: int | None = None
    changes: tuple[FileChange, ...] = ()
    images: "tuple[Image, ...]" = ()

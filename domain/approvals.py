"""When the user is asked before a tool runs, and what they may say. Pure."""

from enum import StrEnum

from codexctl.domain.tools import SandboxMode, ToolSpec


class AskMode(StrEnum):
    """When to ask (``--ask``)."""

    NEVER = "never"
    ON_REQUEST = "on-request"
    ALWAYS = "always"


class Decision(StrEnum):
    """What the user says of one call; ``NOBODY`` where there was nobody to ask."""

    YES = "yes"
    NO = "no"
    ALWAYS = "always"
    NOBODY = "nobody"


def needs_approval(spec: ToolSpec, mode: AskMode, sandbox: SandboxMode) -> bool:
    """Tell whether the user is to be asked before a call of a tool runs.

    What only reads is never asked about. ``always`` asks about everything else; ``on-request``
    about what the system does not confine, which is everything else without a sandbox.
    """
    if spec.read_only or mode is AskMode.NEVER:
        return False
    return mode is AskMode.ALWAYS or sandbox is SandboxMode.DANGER_FULL_ACCESS

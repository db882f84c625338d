"""What the model is told of its surroundings before the prompt: the project and the machine."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from codexctl.domain.conversation import UserMessage
from codexctl.domain.tools import SandboxMode
from codexctl.entrypoints.composition import project_documents


def project_context(folder: Path, tell: Callable[[str], None]) -> tuple[UserMessage, ...]:
    """Return what the project's ``AGENTS.md`` say, in the official client's words for it.

    Args:
        folder: The working folder.
        tell: Told of what was left out.
    """
    documents = project_documents(folder)
    for what in documents.left_out:
        tell(f"{what}; the model does not see all of it.")
    if not documents.text:
        return ()
    return (
        UserMessage(
            f"# AGENTS.md instructions for {folder}\n\n"
            f"<INSTRUCTIONS>\n{documents.text}\n</INSTRUCTIONS>",
            is_context=True,
        ),
    )


def machine_context(
    folder: Path, sandbox: SandboxMode, environment: Mapping[str, str], now: datetime
) -> UserMessage:
    """Return what a tool's user has to know of the machine.

    Args:
        folder: The working folder.
        sandbox: What tools may touch.
        environment: The environment variables.
        now: The present moment, in the zone of the machine.
    """
    network = "enabled" if sandbox is SandboxMode.DANGER_FULL_ACCESS else "restricted"
    places = environment.get("PATH", os.defpath).split(os.pathsep)
    has_bash = any(os.access(f"{place}/bash", os.X_OK) for place in places)
    facts = {
        "cwd": str(folder),
        "shell": "bash" if has_bash else "sh",  # what runs a command, whatever the user's own is
        "current_date": f"{now:%Y-%m-%d}",
        "sandbox_mode": sandbox.value,
        "network_access": network,
    }
    lines = "".join(f"  <{name}>{value}</{name}>\n" for name, value in facts.items())
    return UserMessage(f"<environment_context>\n{lines}</environment_context>", is_context=True)

"""What a scripted model says, in a word or two; see ``FakeModelStream``."""

import json
from collections.abc import Mapping

from codexctl.domain.conversation import AssistantMessage, OutputText
from codexctl.domain.stream_events import Completed, ItemFinished, StreamEvent, TextDelta, Usage
from codexctl.domain.tools import ToolCall


def says(text: str, *, usage: Usage | None = None) -> tuple[StreamEvent, ...]:
    """Return the script of a response that is one message.

    Args:
        text: What the model says.
        usage: The tokens that it spends; None where it does not count.
    """
    message = AssistantMessage(parts=(OutputText(text),))
    return (TextDelta(text, 0), ItemFinished(message, 0), Completed(usage=usage))


def calls(
    tool: str,
    arguments: Mapping[str, object] | None = None,
    *,
    call_id: str = "call_1",
    usage: Usage | None = None,
) -> tuple[StreamEvent, ...]:
    """Return the script of a response that is one call of a tool.

    Args:
        tool: The name of the tool.
        arguments: Its arguments; none at all if left out.
        call_id: What the output has to name.
        usage: The tokens that it spends; None where it does not count.
    """
    call = ToolCall(call_id=call_id, name=tool, arguments=json.dumps(arguments or {}))
    return (ItemFinished(call, 0), Completed(usage=usage))

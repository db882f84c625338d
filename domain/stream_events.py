"""What a stream of the Responses API can say: a closed union.

The wire's event names are in each class's docstring. Positions (``output_index``) say which item
of the response an event belongs to; item ids are not used for that, because some servers change
them between events. A server that sends no position gives None.
"""

import dataclasses
from dataclasses import field
from typing import TypeAlias

from codexctl.domain.conversation import ConversationItem
from codexctl.domain.faults import ProviderFault
from codexctl.domain.quota import Quota
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one response, or the sum over several.

    Attributes:
        input_tokens: All input, cached input included.
        cached_input_tokens: Input read from the prompt cache.
        cache_write_input_tokens: Input written to the prompt cache.
        output_tokens: All output, reasoning included.
        reasoning_output_tokens: Output spent on reasoning.
    """

    input_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_input_tokens: int = 0
    output_tokens: int = 0
    reasoning_output_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            cached_input_tokens=self.cached_input_tokens + other.cached_input_tokens,
            cache_write_input_tokens=self.cache_write_input_tokens + other.cache_write_input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            reasoning_output_tokens=self.reasoning_output_tokens + other.reasoning_output_tokens,
        )


@dataclass(frozen=True, slots=True)
class ResponseStarted:
    """The service took the request on: ``response.created``.

    Attributes:
        response_id: Its id, if given.
        model: The model that answers; may differ from the one asked for.
    """

    response_id: str | None
    model: str | None


@dataclasses.dataclass(frozen=True, slots=True)  # quick to make: there is one for every word
class TextDelta:
    """More of a message: ``response.output_text.delta`` and ``response.refusal.delta``."""

    text: str
    output_index: int | None


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of a reasoning summary, or of open reasoning text.

    ``response.reasoning_summary_text.delta`` and ``response.reasoning_text.delta``.

    Attributes:
        text: What is new.
        output_index: Position of the reasoning item.
        part_index: Which part of the item it continues.
    """

    text: str
    output_index: int | None
    part_index: int


@dataclass(frozen=True, slots=True)
class CallAnnounced:
    """A call began, its arguments still to come: ``response.output_item.added``.

    Nothing runs on an announcement.
    """

    name: str
    call_id: str
    output_index: int | None


@dataclass(frozen=True, slots=True)
class HostedCallStarted:
    """The service began to run a tool of its own: ``response.output_item.added``.

    Attributes:
        kind: The item's ``type``, such as ``web_search_call``.
        output_index: Its position.
    """

    kind: str
    output_index: int | None


@dataclass(frozen=True, slots=True)
class QuotaReported:
    """What is left of the allowance: ``x-codex-*`` headers, or a ``codex.rate_limits`` event."""

    quota: Quota


@dataclass(frozen=True, slots=True)
class RequestAdjusted:
    """Something of the request was left out or changed: the service or the model refuses it.

    Comes before the response; not from the wire.

    Attributes:
        text: What, and why, in words for the user.
    """

    text: str


@dataclass(frozen=True, slots=True)
class ArgumentsDelta:
    """More of a call's arguments.

    ``response.function_call_arguments.delta`` and ``response.custom_tool_call_input.delta``. They
    matter only where neither :class:`ArgumentsFinished` nor the finished item says them.

    Attributes:
        text: What is new; seldom JSON by itself.
        output_index: The call's position.
        item_id: As in :class:`ArgumentsFinished`.
    """

    text: str
    output_index: int | None
    item_id: str | None = None


@dataclass(frozen=True, slots=True)
class ArgumentsFinished:
    """A call's arguments as a whole.

    ``response.function_call_arguments.done`` and ``response.custom_tool_call_input.done``. Some
    servers leave them out of the finished item, so they are kept for it.

    Attributes:
        arguments: The arguments.
        output_index: The call's position.
        item_id: The call's item, or its call id where a server names that: it tells parallel
            calls apart where there is no position.
    """

    arguments: str
    output_index: int | None
    item_id: str | None = None


@dataclass(frozen=True, slots=True)
class ItemFinished:
    """An item in its final form: ``response.output_item.done``.

    Attributes:
        item: The item.
        output_index: Its position.
        is_complete: False where the service says that the item was cut short.
    """

    item: ConversationItem
    output_index: int | None
    is_complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The response is whole: ``response.completed``, of some servers ``response.done``. Terminal.

    Attributes:
        response_id: The response's id, if given.
        usage: Tokens spent; None where the server does not count.
        end_turn: False asks for another request although no tool was called.
        sealed_reasoning: Encrypted content by reasoning item id, for servers that send it only
            here.
        output: The items as they are repeated here, each with its position; for servers that
            finish no item by an event of its own. Empty at the ChatGPT back end.
    """

    response_id: str | None = None
    usage: Usage | None = None
    end_turn: bool | None = None
    sealed_reasoning: dict[str, str] = field(default_factory=dict[str, str])
    output: tuple[ItemFinished, ...] = ()


@dataclass(frozen=True, slots=True)
class Incomplete:
    """The response stopped early: ``response.incomplete``, ``response.cancelled``. Terminal.

    Attributes:
        reason: ``max_output_tokens``, ``content_filter``, ``cancelled``, …; ``unknown`` if not
            given.
        usage: Tokens spent.
    """

    reason: str
    usage: Usage | None


@dataclass(frozen=True, slots=True)
class Failed:
    """The service gave up: ``response.failed``, ``error`` or ``response.error``. Terminal."""

    fault: ProviderFault


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """An event without a meaning for us. Kept so that it can be shown, never fatal.

    Attributes:
        kind: Its ``type``, ``""`` if it has none.
    """

    kind: str


StreamEvent: TypeAlias = (
    ResponseStarted
    | TextDelta
    | ReasoningDelta
    | CallAnnounced
    | HostedCallStarted
    | QuotaReported
    | RequestAdjusted
    | ArgumentsDelta
    | ArgumentsFinished
    | ItemFinished
    | Completed
    | Incomplete
    | Failed
    | Unrecognised
)

TERMINAL = (Completed, Incomplete, Failed)
"""After one of these nothing more is read."""

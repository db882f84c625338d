"""A run for a program: one JSON object a line, as ``codex exec --json`` writes them.

wire-contract 5.2. Ours besides: ``notice`` for what ends nothing, ``item.delta`` on request, and
``error.kind`` and ``error.exit_code`` in ``turn.failed``.
"""

import json
from dataclasses import asdict, field
from datetime import datetime
from typing import assert_never, cast

from codexctl.domain.conversation import (
    AssistantMessage,
    ConversationItem,
    ProviderItem,
    Reasoning,
)
from codexctl.domain.quota import Quota
from codexctl.domain.run_events import (
    Notice,
    Retrying,
    RunEvent,
    RunFinished,
    RunStarted,
    StepStarted,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from codexctl.domain.stream_events import (
    ArgumentsDelta,
    ArgumentsFinished,
    CallAnnounced,
    Completed,
    Failed,
    HostedCallStarted,
    Incomplete,
    ItemFinished,
    QuotaReported,
    ReasoningDelta,
    RequestAdjusted,
    ResponseStarted,
    TextDelta,
    Unrecognised,
)
from codexctl.domain.tools import CallKind, ToolCall, ToolOutcome
from codexctl.domain.turn import FinishedTurn, InterruptedTurn
from codexctl.domain.values import dataclass
from codexctl.entrypoints.rendering.report import Failure, tell
from codexctl.entrypoints.rendering.screen import Screen


@dataclass(slots=True)
class JsonReport:
    """The :class:`~codexctl.entrypoints.rendering.report.RunReport` for programs.

    Messages are written when their response is over, so that a response that breaks and is asked
    for again leaves no half of it behind. ``thread.started`` is the first line of every run that
    starts, since the official client's users rely on it: notices from before wait for it.

    Attributes:
        screen: Where it is shown; the lines go to standard output.
        deltas: Whether ``item.delta`` lines are wanted.
        now: The present moment where it is not the machine's, for a run from a tape.
    """

    screen: Screen
    deltas: bool = False
    now: datetime | None = None
    _next_item: int = 0
    _delta_ids: dict[int | None, str] = field(default_factory=dict[int | None, str])
    _message_ids: list[tuple[ConversationItem, str]] = field(
        default_factory=list[tuple[ConversationItem, str]]
    )
    _call_ids: dict[str, str] = field(default_factory=dict[str, str])
    _early_notices: list[str] = field(default_factory=list[str])
    _is_open: bool = False
    _is_over: bool = False
    _is_warned: bool = False

    def show(self, event: RunEvent) -> None:
        """See :meth:`codexctl.entrypoints.rendering.report.RunReport.show`."""
        match event:
            case RunStarted(conversation_id):
                self._line({"type": "thread.started", "thread_id": conversation_id})
                self._line({"type": "turn.started"})
                self._open()
            case TextDelta(text, output_index):
                if self.deltas:
                    self._delta(text, output_index)
            case ItemFinished(item, output_index):
                if output_index in self._delta_ids:
                    self._message_ids.append((item, self._delta_ids.pop(output_index)))
            case TurnEnded(turn):
                self._turn(turn)
            case ToolStarted(call):
                self._call_ids[call.call_id] = self._new_id()
                self._line({"type": "item.started", "item": self._call(call, None)})
            case ToolFinished(call, outcome):
                self._line({"type": "item.completed", "item": self._call(call, outcome)})
            case Retrying(error, attempt, retries, delay_seconds):
                if not event.keeps_text:
                    self._forget_response()
                text = f"Reconnecting {attempt}/{retries} in {delay_seconds:.1f} s: {error.message}"
                self._notice(text)
            case Notice(text) if not self._is_open:
                self._early_notices.append(text)
            case Notice(text) | RequestAdjusted(text):
                self._notice(text)
            case QuotaReported(quota):
                self._quota(quota)
            case RunFinished(usage):
                self._is_over = True
                self._line({"type": "turn.completed", "usage": asdict(usage)})
            case (
                StepStarted()
                | ResponseStarted()
                | ReasoningDelta()
                | CallAnnounced()
                | ArgumentsDelta()
                | ArgumentsFinished()
                | HostedCallStarted()
                | Completed()
                | Incomplete()
                | Failed()
                | Unrecognised()
            ):
                pass
            case _:
                assert_never(event)

    def fail(self, failure: Failure) -> None:
        """See :meth:`codexctl.entrypoints.rendering.report.RunReport.fail`."""
        if not self._is_over:  # a signal may come after the last line, and there is one such line
            self._is_over = True
            self._open()
            self._line({"type": "error", "message": failure.message})
            error: dict[str, object] = {
                "message": failure.message,
                "kind": failure.kind,
                "exit_code": failure.exit_code,
            }
            if failure.resets_at is not None:
                error["resets_at"] = failure.resets_at.isoformat()
            self._line({"type": "turn.failed", "error": error})
        tell(self.screen, failure)

    def _open(self) -> None:
        """Let out the notices that have waited; those to come need not."""
        self._is_open = True
        while self._early_notices:
            self._notice(self._early_notices.pop(0))

    def _turn(self, turn: FinishedTurn | InterruptedTurn) -> None:
        for item in turn.items:
            if isinstance(item, AssistantMessage):
                self._item(self._id_of(item), _message(item))
            elif isinstance(item, Reasoning) and any(item.summary):
                text = "\n\n".join(part for part in item.summary if part)
                self._item(self._id_of(item), {"type": "reasoning", "text": text})
            elif isinstance(item, ProviderItem):
                self._item(self._new_id(), _hosted(item))
        self._forget_response()

    def _call(self, call: ToolCall, outcome: ToolOutcome | None) -> dict[str, object]:
        """Return a call as an item: commands and patches as the official client writes them."""
        item: dict[str, object] = {"id": self._call_ids[call.call_id]}
        output = outcome.output if outcome else None
        status = outcome.status.value if outcome else "in_progress"
        match call.name:
            case "shell":
                return item | {
                    "type": "command_execution",
                    "command": _command(call),
                    "aggregated_output": output or "",
                    "exit_code": outcome.exit_code if outcome else None,
                    "status": status,
                }
            case "apply_patch":
                changes = outcome.changes if outcome else ()
                return item | {
                    "type": "file_change",
                    "changes": [{"path": one.path, "kind": one.kind.value} for one in changes],
                    "output": output,
                    "status": status,
                }
            case name:
                return item | {
                    "type": "tool_call",
                    "tool": name,
                    "arguments": _parsed(call),
                    "output": output,
                    "status": status,
                }

    def _delta(self, text: str, output_index: int | None) -> None:
        item_id = self._delta_ids.get(output_index)
        if item_id is None:
            item_id = self._delta_ids[output_index] = self._new_id()
        item = {"id": item_id, "type": "agent_message"}
        self._line({"type": "item.delta", "item": item, "delta": text})

    def _id_of(self, item: ConversationItem) -> str:
        """Return the id that the item's deltas had, else a new one.

        They may have come in an earlier try, whose text stands: with another item, the same words.
        """
        known = self._message_ids
        same = [one for one in known if one[0] is item] or [
            one
            for one in known
            if isinstance(item, AssistantMessage) and _words(one[0]) == _words(item)
        ]
        if not same:
            return self._new_id()
        known.remove(same[0])
        return same[0][1]

    def _quota(self, quota: Quota) -> None:
        from codexctl.entrypoints.rendering.quota_words import quota_warning

        warning = None if self._is_warned else quota_warning(quota, self.now)
        if warning is not None:
            self._is_warned = True
            self._notice(warning)

    def _forget_response(self) -> None:
        self._delta_ids.clear()
        self._message_ids.clear()

    def _new_id(self) -> str:
        self._next_item += 1
        return f"item_{self._next_item - 1}"

    def _notice(self, text: str) -> None:
        self._line({"type": "notice", "message": text})

    def _item(self, item_id: str, fields: dict[str, object]) -> None:
        self._line({"type": "item.completed", "item": {"id": item_id, **fields}})

    def _line(self, value: dict[str, object]) -> None:
        self.screen.answer(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def _words(item: ConversationItem) -> str | None:
    return item.text if isinstance(item, AssistantMessage) else None


def _message(item: AssistantMessage) -> dict[str, object]:
    """Return a message; its phase and sources, which the official client leaves out, if any."""
    fields: dict[str, object] = {"type": "agent_message", "text": item.text}
    if item.phase is not None:
        fields["phase"] = item.phase
    if item.citations:
        fields["sources"] = [{"url": page.url, "title": page.title} for page in item.citations]
    return fields


def _hosted(item: ProviderItem) -> dict[str, object]:
    """Return what the service did by itself; a web search as the official client writes it."""
    payload: dict[str, object] = json.loads(item.payload)
    if item.kind == "web_search_call":
        return {"type": "web_search", "query": item.detail, "action": payload.get("action")}
    return {"type": "hosted_call", "kind": item.kind, "detail": item.detail}


def _command(call: ToolCall) -> str:
    arguments = _parsed(call)
    fields = cast("dict[str, object]", arguments) if isinstance(arguments, dict) else {}
    command = fields.get("command")
    return command if isinstance(command, str) else call.arguments


def _parsed(call: ToolCall) -> object:
    """Return a function's arguments as JSON where they are JSON, else the text the model wrote."""
    if call.kind is CallKind.CUSTOM:
        return call.arguments
    try:
        value: object = json.loads(call.arguments)
        # Python reads NaN and 1e999 and would write them as what no other parser takes.
        json.dumps([[[value]]], allow_nan=False)
    except (ValueError, RecursionError):
        return call.arguments
    return value

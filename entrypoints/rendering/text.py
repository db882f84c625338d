"""A run for a person: the answer on standard output as it comes, the rest on standard error."""

from dataclasses import field
from datetime import datetime
from typing import assert_never

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
from codexctl.domain.tools import OutcomeStatus, ToolCall, ToolOutcome
from codexctl.domain.values import dataclass
from codexctl.entrypoints.rendering.report import Failure, tell
from codexctl.entrypoints.rendering.screen import Screen

_LONGEST_SHOWN = 200
_HOSTED = {
    "web_search_call": "searching the web",
    "file_search_call": "searching files",
    "code_interpreter_call": "running code at the service",
    "image_generation_call": "making a picture",
    "mcp_call": "calling a remote tool",
}


@dataclass(slots=True)
class TextReport:
    """The :class:`~codexctl.entrypoints.rendering.report.RunReport` for people.

    Attributes:
        screen: Where it is shown.
        final_only: Print the last message when the run is over, and nothing before.
        now: The present moment where it is not the machine's, for a run from a tape.
    """

    screen: Screen
    final_only: bool = False
    now: datetime | None = None
    _answer: "_Answer" = field(init=False)
    _model: str = field(default="", init=False)
    _is_warned: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._answer = _Answer(self.screen)

    def show(self, event: RunEvent) -> None:
        """See :meth:`codexctl.entrypoints.rendering.report.RunReport.show`."""
        match event:
            case TextDelta(text, output_index):
                if not self.final_only:
                    self._answer.add(output_index, text)
            case ItemFinished(item, output_index):
                self._item(item, output_index)
            case ReasoningDelta() | CallAnnounced() | HostedCallStarted():
                self.screen.status(f"{_doing(event)}…")
            case QuotaReported(quota):
                self._quota(quota)
            case StepStarted(model):
                self._model = model.slug
                self.screen.status(f"waiting for {model}…")
            case ResponseStarted(_, model):
                self._answering(model)
            case ToolStarted(call):
                self._tool_started(call)
            case ToolFinished(call, outcome):
                self._tool_finished(call, outcome)
            case Retrying():
                self._retrying(event)
            case Notice(text) | RequestAdjusted(text):
                self.screen.note(f"note: {text}", "yellow")
            case TurnEnded(turn):
                self._answer.end_of_response()
                self._citations(turn.items)
            case RunFinished():
                self._finished(event)
            case (
                RunStarted()
                | ArgumentsDelta()
                | ArgumentsFinished()
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
        self._answer.close()
        tell(self.screen, failure)

    def _item(self, item: ConversationItem, output_index: int | None) -> None:
        if isinstance(item, Reasoning):
            summary = "\n".join(part.strip() for part in item.summary if part.strip())
            if summary:
                self.screen.note(summary)
        elif isinstance(item, ProviderItem):
            if item.detail:
                self.screen.note(f"→ {_hosted(item.kind)}: {_shortened(item.detail)}")
        elif isinstance(item, AssistantMessage) and not self.final_only:
            self._answer.complete(output_index, item.text)

    def _citations(self, items: tuple[ConversationItem, ...]) -> None:
        pages = {
            page.url: page.title
            for item in items
            if isinstance(item, AssistantMessage)
            for page in item.citations
        }
        for url, title in pages.items():
            self.screen.note(f"source: {title} {url}" if title else f"source: {url}")

    def _quota(self, quota: Quota) -> None:
        from codexctl.entrypoints.rendering.quota_words import quota_warning

        warning = None if self._is_warned else quota_warning(quota, self.now)
        if warning is not None:
            self._is_warned = True
            self.screen.note(f"note: {warning}", "yellow")

    def _answering(self, model: str | None) -> None:
        # A dated version of the model asked for (gpt-5.5-2026-04-01) is no news.
        if model is not None and not model.startswith(self._model):
            self.screen.note(f"answered by {model}, asked for {self._model}")

    def _tool_started(self, call: ToolCall) -> None:
        self.screen.note(f"→ {call.name} {_shortened(call.arguments)}")
        self.screen.status(f"running {call.name}…")

    def _tool_finished(self, call: ToolCall, outcome: ToolOutcome) -> None:
        if outcome.status is not OutcomeStatus.COMPLETED:
            self.screen.note(f"  {call.name}: {_shortened(outcome.output)}", "yellow")

    def _retrying(self, event: Retrying) -> None:
        if not event.keeps_text:
            self._answer.end_of_response()
        self.screen.note(
            f"Reconnecting {event.attempt}/{event.retries} in {event.delay_seconds:.1f} s:"
            f" {event.error.message}",
            "yellow",
        )

    def _finished(self, event: RunFinished) -> None:
        if self.final_only and event.last_message is not None:
            self._answer.add(0, event.last_message.text)
        self._answer.close()
        usage = event.usage
        cached = f" ({usage.cached_input_tokens:,} cached)" if usage.cached_input_tokens else ""
        thought = f" ({usage.reasoning_output_tokens:,} thinking)"
        out = f"{usage.output_tokens:,} out{thought if usage.reasoning_output_tokens else ''}"
        self.screen.note(f"tokens: {usage.input_tokens:,} in{cached}, {out}")
        self.screen.finish()


@dataclass(slots=True)
class _Answer:
    """The text on standard output: a blank line between messages, one line end at the end.

    Line ends at the end of what has come are held back until it is known what follows them: more
    of the same message, or its end.
    """

    screen: Screen
    _shown: dict[int | None, list[str]] = field(default_factory=dict[int | None, list[str]])
    _message: tuple[int, int | None] | None = None
    _finished: int = 0
    _held: str = ""
    _is_begun: bool = False

    def add(self, output_index: int | None, text: str) -> None:
        """Show more of a message."""
        self._shown.setdefault(output_index, []).append(text)
        message = (self._finished, output_index)
        if self._message != message:
            self._message = message
            self._held = "\n\n" if self._is_begun else ""
        body = text.rstrip("\n")
        ends = text[len(body) :]
        if not body:
            self._held += ends
            return
        shown, self._held = self._held + body, ends
        # Noted before it is written: a signal may come right after the write.
        self._is_begun = True
        self.screen.answer(shown)

    def complete(self, output_index: int | None, text: str) -> None:
        """Show the part of a finished message that no delta brought."""
        shown = "".join(self._shown.get(output_index, ()))
        if text.startswith(shown):
            self.add(output_index, text[len(shown) :])
        self._shown.pop(output_index, None)
        self._finished += 1  # a service that names no places has the next message in the same one

    def end_of_response(self) -> None:
        """Take what comes next for other messages, also in the same places."""
        self._shown.clear()
        self._finished += 1

    def close(self) -> None:
        """End the last line."""
        if self._is_begun:
            self.screen.answer("\n")
            self._is_begun = False


def _doing(event: ReasoningDelta | CallAnnounced | HostedCallStarted) -> str:
    match event:
        case ReasoningDelta():
            return "thinking"
        case CallAnnounced(name):
            return f"calling {name}"
        case HostedCallStarted(kind):
            return _hosted(kind)


def _hosted(kind: str) -> str:
    """Return words for what the service does by itself; an unknown kind speaks for itself."""
    return _HOSTED.get(kind) or kind.removesuffix("_call").replace("_", " ")


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 1] + "…"

"""Sessions that many tests start from."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.fakes.values import a_call, a_message

from codexctl.domain.conversation import (
    AssistantMessage,
    Citation,
    Image,
    OutputText,
    ProviderItem,
    Reasoning,
    Refusal,
    ToolOutput,
    UserMessage,
)
from codexctl.domain.session import CallBegun, ItemAdded, SessionHeader, SessionRecord, StepEnded
from codexctl.domain.stream_events import Usage
from codexctl.domain.tools import CallKind, ToolCall

BEGUN = datetime(2026, 11, 21, 4, 13, 24, tzinfo=UTC)
ASKED = ItemAdded(UserMessage("How are you?"))
ANSWERED = ItemAdded(a_message("Well."))
STEP = StepEnded("openai-codex/gpt-5.5", Usage(input_tokens=12, output_tokens=3))

ONE_OF_EACH: tuple[SessionRecord, ...] = (
    ItemAdded(UserMessage("Look:\n\t\u2028\x00\x1b ünï 🙂", (Image("image/png", b"\x00\xff\n"),))),
    ItemAdded(UserMessage("")),
    ItemAdded(
        Reasoning(item_id="rs_1", summary=("One.", ""), encrypted_content="seal", model="gpt-5.5")
    ),
    ItemAdded(Reasoning(item_id=None, summary=(), encrypted_content=None)),
    ItemAdded(
        AssistantMessage(
            parts=(
                OutputText("See.", (Citation("https://example.com", "A page"), Citation("x"))),
                Refusal("No."),
            ),
            item_id="msg_1",
            phase="commentary",
        )
    ),
    ItemAdded(AssistantMessage(parts=())),
    ItemAdded(a_call("call_1")),
    ItemAdded(
        ToolCall(
            call_id="call_2", name="", arguments="no JSON", kind=CallKind.CUSTOM, item_id="ctc_1"
        )
    ),
    ItemAdded(ProviderItem("web_search_call", '{"type": "web_search_call", "id": "ws_1"}', "cats")),
    ItemAdded(ProviderItem("", "null")),
    StepEnded(
        "openai/gpt-5.2-codex",
        Usage(
            input_tokens=1,
            cached_input_tokens=2,
            cache_write_input_tokens=3,
            output_tokens=4,
            reasoning_output_tokens=10**40,
        ),
    ),
    CallBegun("call_1"),
    ItemAdded(ToolOutput(call_id="call_1", text="seen", images=(Image("image/gif", b""),))),
    CallBegun("call_2"),
    ItemAdded(ToolOutput(call_id="call_2", text="", kind=CallKind.CUSTOM)),
)
"""Every kind of record and item, with everything that can be in it, and with nothing."""


def an_id(number: int) -> str:
    """Return an id that begins and ends with a number from 0 to 9999."""
    return f"{number:04}0000-0000-4000-8000-{number:012}"


def a_header(
    number: int = 1,
    *,
    name: str | None = None,
    folder: str = "/work",
    forked_from: int | None = None,
) -> SessionHeader:
    """Return the header of a session, begun so many minutes after :data:`BEGUN`."""
    return SessionHeader(
        session_id=an_id(number),
        created_at=BEGUN + timedelta(minutes=number),
        working_folder=folder,
        name=name,
        forked_from=None if forked_from is None else an_id(forked_from),
    )


def log_files(home: Path) -> list[Path]:
    """Return the logs below a home, by name."""
    return sorted((home / "sessions").glob("*.jsonl"))

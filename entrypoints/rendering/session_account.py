"""A session as a person reads it."""

from collections.abc import Iterator
from typing import assert_never

from codexctl.domain.conversation import (
    AssistantMessage,
    ConversationItem,
    Image,
    ProviderItem,
    Reasoning,
    ToolOutput,
    UserMessage,
)
from codexctl.domain.session import Session, resumed, usage_of
from codexctl.domain.stream_events import Usage
from codexctl.domain.tools import ToolCall
from codexctl.entrypoints.rendering.excerpts import local_minute, one_line


def account_lines(session: Session) -> Iterator[str]:
    """Yield the lines of what was said and done."""
    header = session.header
    for name, value in (
        ("session", header.session_id),
        ("name", header.name),
        ("begun", local_minute(header.created_at)),
        ("changed", local_minute(session.changed_at)),
        ("folder", header.working_folder),
        ("forked from", header.forked_from),
        ("model", session.model),
    ):
        if value is not None:
            yield f"{name:<12} {value}"
    unanswered = {output.call_id for output in resumed(session)[1]}
    for item in session.items:
        yield from _item(item)
        if isinstance(item, ToolCall) and item.call_id in unanswered:
            yield "← (it had begun, and no output of it is kept)"
    yield f"\ntokens: {_usage(usage_of(session.records))}"


def _item(item: ConversationItem) -> Iterator[str]:
    match item:
        case UserMessage(text, images):
            yield f"\nuser:\n{text}"
            yield from map(_picture, images)
        case AssistantMessage():
            yield f"\nassistant:\n{item.text}"
            for page in item.citations:
                yield f"source: {f'{page.title} {page.url}'.strip()}"
        case Reasoning():
            summary = "\n".join(part.strip() for part in item.summary if part.strip())
            if summary:
                yield f"\nthinking:\n{summary}"
        case ToolCall():
            yield f"\n→ {item.name} {one_line(item.arguments)}"
        case ToolOutput():
            yield f"← {one_line(item.text)}"
            yield from map(_picture, item.images)
        case ProviderItem(kind, _, detail):
            yield f"\n→ {f'{kind} {one_line(detail)}'.strip()}"
        case _:
            assert_never(item)


def _picture(image: Image) -> str:
    return f"[picture: {image.media_type}, {len(image.data):,} bytes]"


def _usage(usage: Usage) -> str:
    cached = f" ({usage.cached_input_tokens:,} cached)" if usage.cached_input_tokens else ""
    thought = f" ({usage.reasoning_output_tokens:,} thinking)"
    out = f"{usage.output_tokens:,} out{thought if usage.reasoning_output_tokens else ''}"
    return f"{usage.input_tokens:,} in{cached}, {out}"

"""``codexctl sessions``: the conversations that are kept."""

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence
from datetime import datetime
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
from codexctl.domain.ports import SessionStore
from codexctl.domain.session import Session, SessionSummary, resumed, usage_of
from codexctl.domain.stream_events import Usage
from codexctl.domain.tools import ToolCall
from codexctl.entrypoints.cli.exit_codes import DONE
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.composition import open_sessions, session_lines
from codexctl.entrypoints.rendering.screen import Screen
from codexctl.entrypoints.settings import read_settings

_LONGEST_WORDS = 60
_LONGEST_OUTPUT = 200
_SHORT_IDS = (8, 13, 18, 23, 36)
"""Lengths to which an id is cut in a list: where its groups end."""


def run(options: Namespace, screen: Screen, surroundings: Surroundings) -> int:
    """List, show or remove; see ``codexctl sessions --help``."""
    settings = read_settings(surroundings.environment, options.profile)
    store = open_sessions(settings)
    match options.action:
        case "list":
            _list(store, screen, as_json=options.json)
        case "show" if options.json:
            for line in session_lines(settings, options.id):
                screen.answer(f"{line}\n")
        case "show":
            screen.answer("".join(f"{line}\n" for line in _account(store.read(options.id))))
        case _:
            for reference in options.ids:
                screen.note(f"Removed the session {store.remove(reference)}.")
    return DONE


def _list(store: SessionStore, screen: Screen, *, as_json: bool) -> None:
    summaries = list(store.listed())
    if not summaries:
        screen.note("No conversation is kept yet. Begin one with: codexctl run PROMPT")
    for line in map(_as_json, summaries) if as_json else _table(summaries):
        screen.answer(f"{line}\n")


def _as_json(summary: SessionSummary) -> str:
    header = summary.header
    fields: dict[str, object] = {
        "id": summary.session_id,
        "changed_at": summary.changed_at.isoformat(timespec="seconds"),
        "is_readable": header is not None,
    }
    if header is not None:
        fields |= {
            "created_at": header.created_at.isoformat(timespec="seconds"),
            "working_folder": header.working_folder,
            "name": header.name,
            "forked_from": header.forked_from,
            "model": summary.model,
            "first_words": summary.first_words,
        }
    return json.dumps(fields, ensure_ascii=False)


def _table(summaries: Sequence[SessionSummary]) -> Iterator[str]:
    ids = {summary.session_id for summary in summaries}
    length = next(one for one in _SHORT_IDS if len({each[:one] for each in ids}) == len(ids))
    rows = [_row(summary, length) for summary in summaries]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True) if width)
        yield "  ".join(cells).rstrip()


def _row(summary: SessionSummary, length: int) -> tuple[str, str, str, str, str]:
    name = summary.header and summary.header.name
    return (
        summary.session_id[:length],
        _local(summary.changed_at),
        summary.model or "-",
        f"[{name}]" if name else "",
        _cut(summary.first_words, _LONGEST_WORDS) if summary.header else "(cannot be read)",
    )


def _account(session: Session) -> Iterator[str]:
    """Yield the lines of what was said and done."""
    header = session.header
    for name, value in (
        ("session", header.session_id),
        ("name", header.name),
        ("begun", _local(header.created_at)),
        ("changed", _local(session.changed_at)),
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
            yield f"\n→ {item.name} {_one_line(item.arguments)}"
        case ToolOutput():
            yield f"← {_one_line(item.text)}"
            yield from map(_picture, item.images)
        case ProviderItem(kind, _, detail):
            yield f"\n→ {f'{kind} {_one_line(detail)}'.strip()}"
        case _:
            assert_never(item)


def _picture(image: Image) -> str:
    return f"[picture: {image.media_type}, {len(image.data):,} bytes]"


def _usage(usage: Usage) -> str:
    cached = f" ({usage.cached_input_tokens:,} cached)" if usage.cached_input_tokens else ""
    thought = f" ({usage.reasoning_output_tokens:,} thinking)"
    out = f"{usage.output_tokens:,} out{thought if usage.reasoning_output_tokens else ''}"
    return f"{usage.input_tokens:,} in{cached}, {out}"


def _one_line(text: str) -> str:
    return _cut(" ".join(text.split()), _LONGEST_OUTPUT)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _local(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"

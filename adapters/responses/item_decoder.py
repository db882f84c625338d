"""Conversation items out of the wire's JSON (wire-contract 2.5, 3.1). Pure."""

import json
from typing import cast

from codexctl.adapters.responses.fields import (
    JsonObject,
    as_object,
    as_objects,
    as_optional_text,
    as_text,
)
from codexctl.domain.conversation import (
    AssistantMessage,
    Citation,
    ConversationItem,
    OutputText,
    ProviderItem,
    Reasoning,
    Refusal,
)
from codexctl.domain.tools import CallKind, ToolCall

_OURS = frozenset({"", "message", "reasoning", "function_call", "custom_tool_call"})
"""Kinds of items that have a class of their own, or none at all."""

_LONGEST_DETAIL = 200


def decode_item(item: JsonObject) -> ConversationItem:
    """Return the item that a finished output item stands for. Never fails: see ProviderItem."""
    item_id = as_optional_text(item.get("id"))
    match item.get("type"):
        case "message" if isinstance(item.get("content"), str | list | None):
            return AssistantMessage(
                parts=_decode_parts(item.get("content")),
                item_id=item_id,
                phase=as_optional_text(item.get("phase")),
            )
        case "reasoning":
            return Reasoning(
                item_id=item_id,
                summary=tuple(
                    as_text(part.get("text")) for part in as_objects(item.get("summary"))
                ),
                encrypted_content=as_optional_text(item.get("encrypted_content")),
            )
        case "function_call" if call_id := _call_id(item):
            return ToolCall(
                call_id=call_id,
                name=as_text(item.get("name")),
                arguments=as_arguments(item.get("arguments")),
                item_id=item_id,
            )
        case "custom_tool_call" if call_id := _call_id(item):
            return ToolCall(
                call_id=call_id,
                name=as_text(item.get("name")),
                arguments=as_arguments(item.get("input")),
                kind=CallKind.CUSTOM,
                item_id=item_id,
            )
        case kind:
            return ProviderItem(as_text(kind), json.dumps(item, ensure_ascii=True), _detail(item))


def is_whole(item: JsonObject) -> bool:
    """Tell whether a finished item is all of what the model meant to say."""
    return item.get("status") != "incomplete"


def is_hosted(kind: str) -> bool:
    """Tell whether an item of this kind is a tool that runs where the service is.

    So is every kind that we do not know: what is for us to run, we know.
    """
    return kind not in _OURS and not kind.endswith("_output")


def as_arguments(value: object) -> str:
    """Return a call's arguments as text; some servers send the object itself, or null."""
    if isinstance(value, dict):
        return json.dumps(value)
    return as_text(value)


def _call_id(item: JsonObject) -> str:
    return as_text(item.get("call_id")) or as_text(item.get("id"))


def _decode_parts(content: object) -> tuple[OutputText | Refusal, ...]:
    if isinstance(content, str):
        return (OutputText(as_text(content)),)
    parts: list[OutputText | Refusal] = []
    for part in as_objects(content):
        match part.get("type"):
            case "output_text" | "text":
                parts.append(OutputText(as_text(part.get("text")), _citations(part)))
            case "refusal":
                parts.append(Refusal(as_text(part.get("refusal"))))
            case _:
                pass  # a kind of content we cannot show; the message's text goes on without it
    return tuple(parts)


def _citations(part: JsonObject) -> tuple[Citation, ...]:
    """Return the pages that a text cites, each once.

    They are read from the finished item alone. The events ``response.output_text.annotation.added``
    say the same before it, in every recorded stream that has them.
    """
    titles: dict[str, str] = {}
    for annotation in as_objects(part.get("annotations")):
        url = as_text(annotation.get("url"))
        if annotation.get("type") == "url_citation" and url and not titles.get(url):
            titles[url] = as_text(annotation.get("title"))
    return tuple(Citation(url, title) for url, title in titles.items())


def _detail(item: JsonObject) -> str:
    """Return what a hosted tool was asked, in words for the user."""
    match item.get("type"):
        case "web_search_call":
            text = _search_detail(as_object(item.get("action")))
        case "mcp_call":
            names = (as_text(item.get("server_label")), as_text(item.get("name")))
            text = ".".join(filter(None, names))
        case _:
            return ""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_DETAIL else line[: _LONGEST_DETAIL - 1] + "…"


def _search_detail(action: JsonObject) -> str:
    """Return a search's query, or the page it opened and what it looked for there."""
    url, pattern = as_text(action.get("url")), as_text(action.get("pattern"))
    if url:
        return f"{pattern} in {url}" if pattern else url
    listed = action.get("queries")
    given = [
        action.get("query"),
        *(cast("list[object]", listed) if isinstance(listed, list) else ()),
    ]
    queries = list(dict.fromkeys(text for text in map(as_text, given) if text))
    if not queries:
        return ""
    return queries[0] if len(queries) == 1 else f"{queries[0]} (and {len(queries) - 1} more)"

"""Conversation items as a log keeps them. Pure.

The form is our own, not the wire's: the service's answers are kept by what they mean, and what has
no meaning for us stays word for word in its payload.
"""

import binascii
from typing import assert_never

from codexctl.adapters.sessions.fields import (
    Damaged,
    JsonObject,
    objects,
    optional_text,
    present,
    text,
    texts,
)
from codexctl.domain.conversation import (
    AssistantMessage,
    Citation,
    ConversationItem,
    Image,
    OutputText,
    ProviderItem,
    Reasoning,
    Refusal,
    ToolOutput,
    UserMessage,
)
from codexctl.domain.tools import CallKind, ToolCall


def encode_item(item: ConversationItem) -> dict[str, object]:
    """Return the item as a JSON object; what is None or empty is left out."""
    match item:
        case UserMessage():
            return present(
                type="user_message",
                text=item.text,
                images=_encode_images(item.images),
                is_context=True if item.is_context else None,
            )
        case AssistantMessage():
            return present(
                type="assistant_message",
                parts=[_encode_part(part) for part in item.parts],
                item_id=item.item_id,
                phase=item.phase,
            )
        case Reasoning():
            return present(
                type="reasoning",
                item_id=item.item_id,
                summary=list(item.summary),
                encrypted_content=item.encrypted_content,
                model=item.model,
            )
        case ToolCall():
            return present(
                type="tool_call",
                call_id=item.call_id,
                name=item.name,
                arguments=item.arguments,
                kind=item.kind.value,
                item_id=item.item_id,
            )
        case ToolOutput():
            return present(
                type="tool_output",
                call_id=item.call_id,
                text=item.text,
                kind=item.kind.value,
                images=_encode_images(item.images),
            )
        case ProviderItem():
            return present(
                type="provider_item",
                kind=item.kind,
                payload=item.payload,
                detail=item.detail or None,
            )
        case _:
            assert_never(item)


def decode_item(fields: JsonObject) -> ConversationItem | None:
    """Return the item, or None if it is of a type that a newer version has added.

    Raises:
        Damaged: It lacks something, or holds something of the wrong type.
    """
    match text(fields, "type"):
        case "user_message":
            is_context = fields.get("is_context") is True
            return UserMessage(text(fields, "text"), _decode_images(fields), is_context)
        case "assistant_message":
            parts = [_decode_part(part) for part in objects(fields, "parts")]
            return AssistantMessage(
                parts=tuple(part for part in parts if part is not None),
                item_id=optional_text(fields, "item_id"),
                phase=optional_text(fields, "phase"),
            )
        case "reasoning":
            return Reasoning(
                item_id=optional_text(fields, "item_id"),
                summary=texts(fields, "summary"),
                encrypted_content=optional_text(fields, "encrypted_content"),
                model=optional_text(fields, "model"),
            )
        case "tool_call":
            return ToolCall(
                call_id=text(fields, "call_id"),
                name=text(fields, "name"),
                arguments=text(fields, "arguments"),
                kind=_kind(fields),
                item_id=optional_text(fields, "item_id"),
            )
        case "tool_output":
            return ToolOutput(
                call_id=text(fields, "call_id"),
                text=text(fields, "text"),
                kind=_kind(fields),
                images=_decode_images(fields),
            )
        case "provider_item":
            detail = optional_text(fields, "detail") or ""
            return ProviderItem(text(fields, "kind"), text(fields, "payload"), detail)
        case _:
            return None


def _encode_part(part: OutputText | Refusal) -> dict[str, object]:
    if isinstance(part, Refusal):
        return {"type": "refusal", "text": part.text}
    citations = [present(url=page.url, title=page.title or None) for page in part.citations]
    return present(type="text", text=part.text, citations=citations)


def _decode_part(fields: JsonObject) -> OutputText | Refusal | None:
    match text(fields, "type"):
        case "text":
            citations = tuple(
                Citation(text(page, "url"), optional_text(page, "title") or "")
                for page in objects(fields, "citations")
            )
            return OutputText(text(fields, "text"), citations)
        case "refusal":
            return Refusal(text(fields, "text"))
        case _:
            return None


def _encode_images(images: tuple[Image, ...]) -> list[dict[str, object]]:
    return [
        {
            "media_type": image.media_type,
            "data": binascii.b2a_base64(image.data, newline=False).decode(),
        }
        for image in images
    ]


def _decode_images(fields: JsonObject) -> tuple[Image, ...]:
    try:
        return tuple(
            Image(
                text(image, "media_type"),
                binascii.a2b_base64(text(image, "data"), strict_mode=True),
            )
            for image in objects(fields, "images")
        )
    except ValueError:  # also what is not ASCII
        raise Damaged("its picture is not base64") from None


def _kind(fields: JsonObject) -> CallKind:
    try:
        return CallKind(optional_text(fields, "kind") or CallKind.FUNCTION)
    except ValueError:
        raise Damaged("its kind is unknown") from None

"""What a tape without our own section tells all the same. Pure."""

import json
import zlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import cast
from urllib.parse import urlsplit

from codexctl.adapters.cassettes.tape import Headers, RunFacts, Service, TapedRequest, header
from codexctl.adapters.cassettes.tape_fields import NotATape
from codexctl.domain.conversation import Image
from codexctl.domain.models import Provider
from codexctl.domain.tools import OutcomeStatus, ToolOutcome

_OUTPUTS = ("function_call_output", "custom_tool_call_output")
_EITHER_KIND = zlib.MAX_WBITS | 32
"""gzip, or deflate with its header."""


def facts_from(requests: Iterable[TapedRequest]) -> RunFacts:
    """Return what the requests tell of a run: the first conversation, and whose service it is."""
    for request in requests:
        base_url, asked, _ = request.url.partition("/responses")
        if not asked or not urlsplit(request.url).path.endswith("/responses"):
            continue
        key = _json(request.body).get("prompt_cache_key")
        is_chatgpt = "/codex/" in request.url or header(request.headers, "chatgpt-account-id")
        return RunFacts(
            conversation_id=key if isinstance(key, str) else None,
            services=(Service(Provider.CHATGPT if is_chatgpt else Provider.API, base_url),),
        )
    return RunFacts()


def outcomes_from(requests: Iterable[TapedRequest]) -> tuple[ToolOutcome, ...]:
    """Return what came of the tool calls, by what the next requests say of them.

    Whether a tool failed is not told there, so each counts as completed.
    """
    outcomes: dict[str, ToolOutcome] = {}
    for request in requests:
        for item in _objects(_json(request.body).get("input")):
            call_id = item.get("call_id")
            if item.get("type") in _OUTPUTS and isinstance(call_id, str):
                text, images = _output(item.get("output"))
                outcomes.setdefault(
                    call_id,
                    ToolOutcome(
                        call_id=call_id,
                        output=text,
                        status=OutcomeStatus.COMPLETED,
                        images=images,
                    ),
                )
    return tuple(outcomes.values())


def uncompressed(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """Return a body as it is, with the headers that are still true of it.

    vcrpy keeps a compressed answer compressed, unless it is asked not to.

    Raises:
        NotATape: The body cannot be uncompressed.
    """
    coding = (header(headers, "content-encoding") or "identity").lower()
    if coding == "identity" or not body:
        return headers, body
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise NotATape(f"an answer on it is compressed with {coding}")
    # Recorded with decode_compressed_response, it is plain, and the header is as it was.
    with suppress(zlib.error):
        body = zlib.decompress(body, _EITHER_KIND)
    untrue = ("content-encoding", "content-length")
    return tuple(one for one in headers if one[0].lower() not in untrue), body


def _output(value: object) -> tuple[str, tuple[Image, ...]]:
    """Return text and pictures of an output, which is a string or a list (wire-contract 2.5)."""
    if isinstance(value, str):
        return value, ()
    texts: list[str] = []
    images: list[Image] = []
    for part in _objects(value):
        text, url = part.get("text"), part.get("image_url")
        if isinstance(text, str):
            texts.append(text)
        elif isinstance(url, str) and url.startswith("data:"):
            kind, _, data = url.removeprefix("data:").partition(";base64,")
            try:
                images.append(Image(kind, b64decode(data)))
            except NotBase64:
                continue
    return "".join(texts), tuple(images)


def _json(body: bytes) -> Mapping[str, object]:
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _objects(value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list):
        return []
    return [
        cast("Mapping[str, object]", one)
        for one in cast("list[object]", value)
        if isinstance(one, dict)
    ]

"""The recorded traffic that lies beside the repository, and what it must come to.

It is read from there and never copied; tests that need it skip where it is absent. What a stream
must come to is worked out here with nothing of codexctl's own, so that a fault in our codec cannot
hide itself.
"""

import base64
import csv
import json
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


def require_corpus() -> None:
    """Skip the calling test, with the reason, where there is no corpus; fail in CI."""
    if not CORPUS.is_dir():
        reason = "the recorded corpus is not beside this checkout"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recorded stream.

    Attributes:
        name: Its path below the corpus.
        body: Its bytes.
        chunk_lengths: How the network cut it, where that was kept; else empty.
        events: Its events, parsed, in order; what is not a JSON object is left out.
    """

    name: str
    body: bytes
    chunk_lengths: tuple[int, ...]
    events: tuple[dict[str, Any], ...]

    @property
    def terminal(self) -> str | None:
        """The type of the first event after which nothing counts; None if there is none."""
        kinds = {"response.completed", "response.incomplete", "response.failed"}
        kinds |= {"error", "response.error"}
        return next((event["type"] for event in self.events if event.get("type") in kinds), None)

    @property
    def done_items(self) -> list[dict[str, Any]]:
        """The items of the ``output_item.done`` events; without any, those of the last event."""
        done = [
            event["item"]
            for event in self.events
            if event.get("type") == "response.output_item.done"
        ]
        if done or self.terminal != "response.completed":
            return done
        ends = [event for event in self.events if event.get("type") == self.terminal]
        return ends[0].get("response", {}).get("output", [])

    @property
    def messages(self) -> list[str]:
        """The texts of its messages."""
        return [
            "".join(part.get("text", part.get("refusal", "")) for part in item.get("content") or ())
            for item in self.done_items
            if item.get("type") == "message"
        ]

    @property
    def call_ids(self) -> list[str]:
        """The ids of its function and custom tool calls."""
        return [
            item["call_id"]
            for item in self.done_items
            if item.get("type") in ("function_call", "custom_tool_call")
        ]


@cache
def recordings() -> tuple[Recording, ...]:
    """Return every recorded stream, but for the catalogue of examples, which is no stream."""
    if not CORPUS.is_dir():
        return ()
    chunks: dict[str, list[int]] = json.loads((CORPUS / "CHUNKS.json").read_bytes())
    with (CORPUS / "INDEX.tsv").open(encoding="utf-8", newline="") as index:
        rows = list(csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE))
    return tuple(
        Recording(
            name=row["file"],
            body=(body := (CORPUS / row["file"]).read_bytes()),
            chunk_lengths=tuple(chunks.get(row["file"], ())),
            events=tuple(_events(body)),
        )
        for row in rows
        if row["kind"] == "stream" and "catalogue" not in row["features"]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FramingCase:
    """One case of the framing rules: chunks in, events out."""

    name: str
    chunks: tuple[bytes, ...]
    expected: list[dict[str, Any]]


@cache
def framing_cases() -> tuple[FramingCase, ...]:
    """Return the cases of the WHATWG rules."""
    if not CORPUS.is_dir():
        return ()
    return tuple(
        FramingCase(
            name=case["id"],
            chunks=tuple(base64.b64decode(chunk) for chunk in case["input"]),
            expected=case["expected"],
        )
        for case in json.loads((CORPUS / "SSE_CASES.json").read_bytes())
    )


def _events(body: bytes) -> list[dict[str, Any]]:
    """Parse a stream the plain way: whole, by blank lines."""
    text = body.decode("utf-8-sig", "replace")
    *blocks, _unfinished = re.split(r"(?:\r\n|\r|\n){2}", text)
    events: list[dict[str, Any]] = []
    for block in blocks:
        lines = re.split(r"\r\n|\r|\n", block)
        data = "\n".join(line[5:].removeprefix(" ") for line in lines if line[:5] == "data:")
        if data.startswith("{"):
            events.append(json.loads(data))
    return events

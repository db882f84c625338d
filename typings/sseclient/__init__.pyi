# sseclient-py ships no types. Only what adapters/responses/sse.py uses.
from collections.abc import Iterator
from typing import Protocol

class _EventSource(Protocol):
    def __iter__(self) -> Iterator[bytes]: ...
    def close(self) -> None: ...

class Event:
    id: str | None
    event: str
    data: str
    retry: str | None

class SSEClient:
    def __init__(self, event_source: _EventSource, char_enc: str = "utf-8") -> None: ...
    def events(self) -> Iterator[Event]: ...
    def close(self) -> None: ...

# vcrpy ships no types. Only what tests/tapes.py uses.
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from vcr.cassette import Cassette
from vcr.request import Request

class VCR:
    def __init__(
        self,
        *,
        match_on: tuple[str, ...] = ...,
        record_mode: str = ...,
        filter_headers: list[str | tuple[str, str | None]] = ...,
        before_record_request: Callable[[Request], Request | None] = ...,
        before_record_response: Callable[[dict[str, Any]], dict[str, Any] | None] = ...,
    ) -> None: ...
    def use_cassette(self, path: str) -> AbstractContextManager[Cassette]: ...

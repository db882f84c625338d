# vcrpy ships no types. Only what the tests use.
from contextlib import AbstractContextManager

from vcr.cassette import Cassette

class VCR:
    def __init__(self, *, match_on: tuple[str, ...] = ..., record_mode: str = ...) -> None: ...
    def use_cassette(self, path: str) -> AbstractContextManager[Cassette]: ...

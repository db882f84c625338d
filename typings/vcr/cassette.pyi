from typing import Any

from vcr.request import Request

class Cassette:
    all_played: bool
    play_count: int
    requests: list[Request]
    responses: list[dict[str, Any]]

"""Replies that take the place of the emulator's own at endpoints other than those for responses."""

import threading
from collections.abc import Iterable

from codexctl.entrypoints.emulator.http.messages import Endpoint, HttpRequest, Reply, Routes
from codexctl.entrypoints.emulator.sources.script import OtherReply


class OtherReplies:
    """Gives each reply once in its order, and the last of an endpoint again and again."""

    def __init__(self, replies: Iterable[OtherReply]) -> None:
        self._replies: dict[tuple[str, str], list[OtherReply]] = {}
        for reply in replies:
            self._replies.setdefault((reply.method, reply.path), []).append(reply)
        self._lock = threading.Lock()

    def routes(self) -> Routes:
        """Give the rows of the routing table that are to replace others."""
        return {place: self._endpoint(left) for place, left in self._replies.items()}

    def _endpoint(self, left: list[OtherReply]) -> Endpoint:
        def answer(request: HttpRequest) -> Reply:
            with self._lock:
                fitting = [one for one in left if one.query in (None, request.query)] or left
                if len(fitting) > 1:
                    left.remove(fitting[0])
                return fitting[0].reply

        return answer

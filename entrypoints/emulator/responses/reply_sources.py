"""Where replies to requests for a response come from, before the named scenarios are asked."""

from typing import Protocol

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.http.messages import HttpRequest, Reply


class ReplySource(Protocol):
    """Answers requests for a response that have passed the checks.

    It is asked by the threads of several connections at the same time.
    """

    def reply_to(self, backend: Backend, request: HttpRequest, serial: int) -> Reply | None:
        """Give the reply to one request.

        Args:
            backend: whose wire shape the reply takes.
            request: its body is a JSON object that the checks let pass.
            serial: the number of the request, from 1, which keeps the ids of two replies apart.

        Returns:
            The reply; None leaves the request to the next source, and in the end to the scenarios.
        """
        ...

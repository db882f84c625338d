"""What the emulator was asked, in memory and in a file; never a credential."""

import json
import os
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from codexctl.entrypoints.emulator.http.messages import HttpRequest
from codexctl.entrypoints.emulator.http.redaction import loggable_body, loggable_target
from codexctl.entrypoints.emulator.json_values import Json

KEPT_REQUESTS = 1000
_HIDDEN = {"authorization": "Bearer ***", "proxy-authorization": "***", "cookie": "***"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """One request and the status it got.

    Attributes:
        method: as sent.
        path: as sent, with the query, whose codes and tokens are hidden.
        headers: names in lower case, credentials hidden.
        body: the parsed body, None for one that is no JSON. Outside of conversations a form is an
            object too, and codes and tokens are hidden.
        status: of the reply, 0 where there was none.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: Json
    status: int


class RequestLog:
    """Keeps the last requests, and appends each to a file as one JSON line when there is one."""

    def __init__(self, file: str | os.PathLike[str] | None) -> None:
        """Open the file, so that a path that cannot be written fails at the start.

        Raises:
            OSError: when it cannot be opened.
        """
        self._kept: deque[LoggedRequest] = deque(maxlen=KEPT_REQUESTS)
        self._lock = threading.Lock()
        # Prompts are private: the file is born readable by its owner only.
        self._file = None if file is None else os.fdopen(_open_for_owner(file), "ab")

    def record(self, request: HttpRequest, status: int) -> None:
        """Note one request."""
        entry = LoggedRequest(
            method=request.method,
            path=loggable_target(request.target),
            headers={name: _HIDDEN.get(name, value) for name, value in request.headers.items()},
            body=loggable_body(request),
            status=status,
        )
        line = json.dumps(asdict(entry), separators=(",", ":")).encode("ascii") + b"\n"
        with self._lock:
            self._kept.append(entry)
            if self._file is not None and not self._file.closed:
                self._file.write(line)
                self._file.flush()

    def snapshot(self) -> list[LoggedRequest]:
        """Give the requests so far, the oldest first, at most `KEPT_REQUESTS`."""
        with self._lock:
            return list(self._kept)

    def close(self) -> None:
        """Close the file; what was kept stays readable."""
        with self._lock:
            if self._file is not None:
                self._file.close()


def _open_for_owner(file: str | os.PathLike[str]) -> int:
    return os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

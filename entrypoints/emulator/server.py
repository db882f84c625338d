"""The emulator itself: what the command, the demo and the tests start."""

import json
import os
import shlex
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.loopback_server import LOOPBACK, LoopbackServer
from codexctl.entrypoints.emulator.request_log import LoggedRequest, RequestLog
from codexctl.entrypoints.emulator.responses_endpoint import ResponsesEndpoint
from codexctl.entrypoints.emulator.scenario_choice import ScenarioChoice

ACCESS_TOKEN = "made-up-token-for-the-codexctl-emulator"  # noqa: S105 - no secret, and says so
"""A bearer for clients of the emulator, which takes any."""


class Emulator:
    """A loopback stand-in for the ChatGPT back end and the API.

    ```python
    with Emulator(scenarios=("tool",)) as emulator:
        ask(emulator.chatgpt_base_url)
        assert emulator.requests[0].status == 200
    ```
    """

    def __init__(
        self,
        port: int = 0,
        scenarios: Sequence[str] = (),
        log: str | os.PathLike[str] | None = None,
    ) -> None:
        """Take the settings; nothing is opened before `start`.

        Args:
            port: of 127.0.0.1; 0 takes a free one.
            scenarios: names out of `SCENARIO_NAMES`, one for each new conversation in turn, the
                last repeated. Without any, a conversation that offers `list_files` plays `tool`,
                any other `answer`.
            log: a file to append each request to, as one JSON line.

        Raises:
            ValueError: for a name that is no scenario.
        """
        self._port = port
        self._choice = ScenarioChoice(scenarios)
        self._log_file = log
        self._log: RequestLog | None = None
        self._server: LoopbackServer | None = None

    def start(self) -> None:
        """Open the port and the log.

        Raises:
            OSError: when the port is taken or the log cannot be written.
            RuntimeError: when it was started before.
        """
        if self._log is not None:
            msg = "an emulator starts once"
            raise RuntimeError(msg)
        log = RequestLog(self._log_file)
        try:
            server = LoopbackServer(self._port, ResponsesEndpoint(self._choice).routes(), log)
        except BaseException:
            log.close()
            raise
        self._log = log
        self._server = server
        server.start()

    def close(self) -> None:
        """Cut every connection, end every thread, close port and log; again is no error."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()
        if self._log is not None:
            self._log.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def port(self) -> int:
        """The port in use.

        Raises:
            RuntimeError: while the emulator does not run; so do the URLs below.
        """
        if self._server is None:
            msg = "the emulator is not running"
            raise RuntimeError(msg)
        return self._server.server_port

    @property
    def issuer(self) -> str:
        """The address of the OAuth issuer."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def chatgpt_base_url(self) -> str:
        """The base URL that stands in for `https://chatgpt.com/backend-api/codex`."""
        return self.issuer + Backend.CHATGPT.value

    @property
    def api_base_url(self) -> str:
        """The base URL that stands in for `https://api.openai.com/v1`."""
        return self.issuer + Backend.API_KEY.value

    @property
    def requests(self) -> list[LoggedRequest]:
        """The last requests, the oldest first; readable after `close` too.

        A request is in the list before the first byte of its reply is on its way, so whoever has
        seen a reply finds its request here.
        """
        return self._log.snapshot() if self._log is not None else []


def ready_line(emulator: Emulator) -> str:
    """Tell where a running emulator listens, as one line of JSON."""
    return json.dumps(
        {
            "port": emulator.port,
            "issuer": emulator.issuer,
            "chatgpt_base_url": emulator.chatgpt_base_url,
            "api_base_url": emulator.api_base_url,
        }
    )


def env_lines(emulator: Emulator) -> list[str]:
    """Give the shell lines that point codexctl at a running emulator."""
    settings = {
        "CODEXCTL_ISSUER": emulator.issuer,
        "CODEXCTL_CHATGPT_BASE_URL": emulator.chatgpt_base_url,
        "CODEXCTL_API_BASE_URL": emulator.api_base_url,
        "CODEXCTL_ACCESS_TOKEN": ACCESS_TOKEN,
    }
    return [f"export {name}={shlex.quote(value)}" for name, value in settings.items()]

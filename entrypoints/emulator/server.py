"""The emulator itself: what the command, the demo and the tests start."""

import json
import os
import shlex
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from codexctl.entrypoints.emulator.account_endpoints import AccountEndpoints
from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.http_messages import Routes
from codexctl.entrypoints.emulator.issuer import Issuer
from codexctl.entrypoints.emulator.issuer_options import TEN_DAYS, Clock, IssuerOptions
from codexctl.entrypoints.emulator.issuer_scenarios import IssuerScenarios
from codexctl.entrypoints.emulator.issuer_state import IssuerState
from codexctl.entrypoints.emulator.loopback_server import LOOPBACK, LoopbackServer
from codexctl.entrypoints.emulator.request_log import LoggedRequest, RequestLog
from codexctl.entrypoints.emulator.responses_endpoint import ResponsesEndpoint
from codexctl.entrypoints.emulator.scenario_choice import ScenarioChoice

ACCESS_TOKEN = "made-up-token-for-the-codexctl-emulator"  # noqa: S105 - no secret, and says so
"""A bearer for clients of the emulator, which takes any unless it is strict."""


class Emulator:
    """A loopback stand-in for the OAuth issuer, the ChatGPT back end and the API.

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
        *,
        issuer_scenarios: Sequence[str] = (),
        clock: Clock = time.time,
        access_token_lifetime: float = TEN_DAYS,
        refresh_token_lifetime: float | None = None,
        reuse_revokes_family: bool = True,
        any_redirect_port: bool = False,
        approve_after: float = 0.0,
        device_interval: str | int | None = "1",
        strict_bearer: bool = False,
    ) -> None:
        """Take the settings; nothing is opened before `start`.

        Args:
            port: of 127.0.0.1; 0 takes a free one.
            scenarios: names out of `SCENARIO_NAMES`, one for each new conversation in turn, the
                last repeated. Without any, a conversation that offers `list_files` plays `tool`,
                any other `answer`.
            log: a file to append each request to, as one JSON line.
            issuer_scenarios: names out of `ISSUER_SCENARIO_NAMES`: `NAME` is played by the next
                request of its kind, `NAME*3` by three, `NAME*` by all that follow.
            clock: the present in Unix seconds, for the issuer.
            access_token_lifetime: in seconds by that clock; 0 or less hands out expired tokens.
            refresh_token_lifetime: in seconds by that clock, None without end.
            reuse_revokes_family: whether a refresh token that comes a second time ends the one
                that took its place too.
            any_redirect_port: whether a login may come back to another port than 1455 and 1457.
            approve_after: in seconds by that clock, from a device code to its approval.
            device_interval: the `interval` of the device flow, None leaves it out.
            strict_bearer: whether the ChatGPT side takes only tokens that were issued here, with
                their account in `chatgpt-account-id`.

        Raises:
            ValueError: for a name that is no scenario.
        """
        options = IssuerOptions(
            clock=clock,
            access_token_lifetime=access_token_lifetime,
            refresh_token_lifetime=refresh_token_lifetime,
            reuse_revokes_family=reuse_revokes_family,
            any_redirect_port=any_redirect_port,
            approve_after=approve_after,
            device_interval=device_interval,
        )
        self._issuer = Issuer(options, IssuerScenarios(issuer_scenarios))
        self._clock = clock
        self._strict_bearer = strict_bearer
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
            server = LoopbackServer(self._port, self._routes(), log)
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

    def _routes(self) -> Routes:
        bearers = self._issuer.bearer_checks(strict=self._strict_bearer)
        return {
            **self._issuer.routes(),
            **AccountEndpoints(bearers, self._clock).routes(),
            **ResponsesEndpoint(self._choice, bearers).routes(),
        }

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

    @property
    def issuer_state(self) -> IssuerState:
        """What the issuer knows now; readable after `close` too."""
        return self._issuer.state()


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

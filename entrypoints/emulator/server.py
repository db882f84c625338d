"""The emulator itself: what the command, the demo and the tests start."""

import os
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from codexctl.entrypoints.emulator.account.endpoints import AccountEndpoints
from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.clock import Clock
from codexctl.entrypoints.emulator.faults.catalogue import FaultChoice
from codexctl.entrypoints.emulator.http.messages import Routes
from codexctl.entrypoints.emulator.http.request_log import LoggedRequest, RequestLog
from codexctl.entrypoints.emulator.http.server import LOOPBACK, LoopbackServer
from codexctl.entrypoints.emulator.issuer.bearer_checks import BearerChecks
from codexctl.entrypoints.emulator.issuer.issuer import Issuer
from codexctl.entrypoints.emulator.issuer.options import TEN_DAYS, IssuerOptions
from codexctl.entrypoints.emulator.issuer.scenarios import IssuerScenarios
from codexctl.entrypoints.emulator.issuer.state import IssuerState
from codexctl.entrypoints.emulator.model.scenario_choice import ScenarioChoice
from codexctl.entrypoints.emulator.responses.endpoint import ResponsesEndpoint
from codexctl.entrypoints.emulator.responses.reply_sources import ReplySource
from codexctl.entrypoints.emulator.sources.script_player import open_source

if TYPE_CHECKING:
    from codexctl.entrypoints.emulator.http.certificates import ThrowawayIdentity


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
        faults: Sequence[str] = (),
        issuer_scenarios: Sequence[str] = (),
        sources: Sequence[ReplySource] = (),
        script: str | os.PathLike[str] | None = None,
        cassettes: Sequence[str | os.PathLike[str]] = (),
        on_unexpected: Callable[[str], None] = lambda _complaint: None,
        clock: Clock = time.time,
        access_token_lifetime: float = TEN_DAYS,
        refresh_token_lifetime: float | None = None,
        reuse_revokes_family: bool = True,
        any_redirect_port: bool = False,
        approve_after: float = 0.0,
        device_interval: str | int | None = "1",
        strict_bearer: bool = False,
        tls: bool = False,
    ) -> None:
        """Take the settings; nothing is opened before `start`.

        Args:
            port: of 127.0.0.1; 0 takes a free one.
            scenarios: names out of `SCENARIO_NAMES`, one for each new conversation in turn, the
                last repeated. Without any, a conversation that offers `list_files` plays `tool`,
                any other `answer`.
            log: a file to append each request to, as one JSON line.
            faults: names out of `FAULT_NAMES`: `NAME` is played by the next request for a response
                that passes the checks, `NAME*3` by three, `NAME*` by all that follow; then the
                scenarios answer.
            issuer_scenarios: names out of `ISSUER_SCENARIO_NAMES`: `NAME` is played by the next
                request of its kind, `NAME*3` by three, `NAME*` by all that follow.
            sources: asked for a reply to each request for a response, in this order, before the
                scenarios.
            script: a file of replies (docs/emulator.md), asked after `sources`.
            cassettes: tapes and raw `.sse` files that replies come from instead of a script.
            on_unexpected: told of each request that is not the one a script or tape has next, by
                the thread that serves it.
            clock: the present in Unix seconds, for the issuer and for limits.
            access_token_lifetime: in seconds by that clock; 0 or less hands out expired tokens.
            refresh_token_lifetime: in seconds by that clock, None without end.
            reuse_revokes_family: whether a refresh token that comes a second time ends the one
                that took its place too.
            any_redirect_port: whether a login may come back to another port than 1455 and 1457.
            approve_after: in seconds by that clock, from a device code to its approval.
            device_interval: the `interval` of the device flow, None leaves it out.
            strict_bearer: whether the ChatGPT side takes only tokens that were issued here, with
                their account in `chatgpt-account-id`.
            tls: whether it speaks HTTPS, with a certificate made at the start (see `ca_file`).

        Raises:
            ValueError: for a name that is no scenario; a `SourceMistake` for a script, a tape or a
                stream that cannot be used.
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
        self._faults = FaultChoice(faults)
        self._script = open_source(script, cassettes, on_unexpected=on_unexpected, clock=clock)
        self._sources = (*sources, self._script)
        self._tls = tls
        self._identity: ThrowawayIdentity | None = None
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
        identity = None
        try:
            identity = _new_identity() if self._tls else None
            context = None if identity is None else identity.context
            server = LoopbackServer(self._port, self._routes(), log, context)
        except BaseException:
            if identity is not None:
                identity.forget()
            log.close()
            raise
        self._log = log
        self._identity = identity
        self._server = server
        server.start()

    def close(self) -> None:
        """Cut every connection, end every thread, close port and log; again is no error."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()
        if self._identity is not None:
            self._identity.forget()
        if self._log is not None:
            self._log.close()

    def _routes(self) -> Routes:
        bearers = self._issuer.bearer_checks(strict=self._strict_bearer)
        return {
            **self._issuer.routes(),
            **AccountEndpoints(bearers, self._clock).routes(),
            **self._responses(bearers).routes(),
            **self._script.other_routes(),
        }

    def _responses(self, bearers: BearerChecks) -> ResponsesEndpoint:
        return ResponsesEndpoint(
            self._choice,
            bearers,
            faults=self._faults,
            sources=self._sources,
            clock=self._clock,
        )

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
        return f"{'https' if self._tls else 'http'}://{LOOPBACK}:{self.port}"

    @property
    def chatgpt_base_url(self) -> str:
        """The base URL that stands in for `https://chatgpt.com/backend-api/codex`."""
        return self.issuer + Backend.CHATGPT.value

    @property
    def api_base_url(self) -> str:
        """The base URL that stands in for `https://api.openai.com/v1`."""
        return self.issuer + Backend.API_KEY.value

    @property
    def ca_file(self) -> str | None:
        """The file with the certificate that clients have to trust, None without TLS.

        It is there from `start` to `close`.
        """
        return None if self._identity is None else str(self._identity.ca_file)

    @property
    def requests(self) -> list[LoggedRequest]:
        """The last requests, the oldest first; readable after `close` too.

        A request is in the list before the first byte of its reply is on its way, so whoever has
        seen a reply finds its request here.
        """
        return self._log.snapshot() if self._log is not None else []

    @property
    def unexpected(self) -> list[str]:
        """Which requests were not the ones that the script or tape has, one sentence each."""
        return self._script.unexpected

    @property
    def unplayed(self) -> list[str]:
        """The places of the replies in the script or tape that no request has got yet."""
        return self._script.unplayed

    @property
    def issuer_state(self) -> IssuerState:
        """What the issuer knows now; readable after `close` too."""
        return self._issuer.state()


def _new_identity() -> "ThrowawayIdentity":
    """Make one; only who asks for TLS waits for what that takes to import."""
    from codexctl.entrypoints.emulator.http.certificates import make_identity

    return make_identity()

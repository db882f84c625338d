"""The ways of signing in with ChatGPT. Each returns a credential; keeping it is another matter."""

from collections.abc import Callable
from datetime import timedelta

from codexctl.domain.credentials import Subscription, TokenGrant
from codexctl.domain.errors import CodexctlError, ProtocolError, SignInFailed
from codexctl.domain.ports import (
    AuthorizationServer,
    Clock,
    DeviceAuthorization,
    RedirectReceiver,
)
from codexctl.domain.sign_in import DEVICE_LIMIT_SECONDS, DeviceApproved, DeviceCode
from codexctl.domain.values import dataclass

_ORIGIN = "signed in with ChatGPT"
_SLOW_DOWN_SECONDS = 5.0
"""How much an issuer that is asked too often wants to be spared more (RFC 8628, 3.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInByRedirect:
    """Signs in through a browser, whose answer comes to a callback or is pasted."""

    server: AuthorizationServer

    def __call__(
        self, receiver: RedirectReceiver, keep: Callable[[Subscription], None]
    ) -> Subscription:
        """Wait for the answer, turn it into a credential and keep it.

        The browser is told how it went only when the credential is kept.

        Args:
            receiver: Where the answer arrives; it shows the user where to go.
            keep: Called with the credential.

        Raises:
            SignInFailed: It was denied, cancelled, or took too long.
            CodexctlError: The issuer could not be asked, or the credential not be kept.
        """
        request = self.server.authorization_request(receiver.redirect_uri)
        code = receiver.receive(request)
        try:
            grant = self.server.exchange(
                code=code, verifier=request.verifier, redirect_uri=request.redirect_uri
            )
            subscription = subscription_from(grant)
            keep(subscription)
        except CodexctlError as error:
            receiver.conclude(error)
            raise
        receiver.conclude(None)
        return subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInByDevice:
    """Signs in with a code that the user types in on another device."""

    server: AuthorizationServer
    device: DeviceAuthorization
    clock: Clock

    def begin(self) -> DeviceCode:
        """Ask the issuer for a code to show.

        Raises:
            SignInFailed: This account or issuer does not offer it.
        """
        return self.device.begin()

    def __call__(
        self, code: DeviceCode, limit_seconds: float = DEVICE_LIMIT_SECONDS
    ) -> Subscription:
        """Wait until the user has approved, and return the credential.

        Raises:
            SignInFailed: The user declined, or it took too long.
            CodexctlError: The issuer could not be asked at the end, or refused the exchange.
        """
        approved = self._approval(code, min(limit_seconds, DEVICE_LIMIT_SECONDS))
        grant = self.server.exchange(
            code=approved.code, verifier=approved.verifier, redirect_uri=approved.redirect_uri
        )
        return subscription_from(grant)

    def _approval(self, code: DeviceCode, limit_seconds: float) -> DeviceApproved:
        deadline = self.clock.now() + timedelta(seconds=limit_seconds)
        interval = code.interval_seconds
        while True:
            too_late: CodexctlError = SignInFailed(
                "The code was not used in time.",
                remedy="Run codexctl login again and type the new code in sooner.",
            )
            try:
                answer = self.device.poll(code)
            except CodexctlError as error:
                if not error.may_retry:
                    raise
                too_late = error
            else:
                if isinstance(answer, DeviceApproved):
                    return answer
                if answer.slow_down:
                    interval += _SLOW_DOWN_SECONDS
            left = (deadline - self.clock.now()).total_seconds()
            if left <= 0:
                raise too_late
            self.clock.sleep(min(interval, left))


def subscription_from(grant: TokenGrant) -> Subscription:
    """Return the credential of a first grant, which has to be complete.

    Raises:
        ProtocolError: A token is missing.
    """
    if grant.access_token is None or grant.refresh_token is None:
        raise ProtocolError(
            "The issuer's answer lacks a token.", remedy="Sign in again in a few minutes."
        )
    return Subscription(
        access_token=grant.access_token,
        account_id=grant.account_id,
        expires_at=grant.expires_at,
        origin=_ORIGIN,
        refresh_token=grant.refresh_token,
        plan=grant.plan,
    )

"""Credentials from the environment, for CI and for users of the paid API."""

from codexctl.domain.credentials import ApiKey, Credential, Secret, Subscription, fits_a_header
from codexctl.domain.errors import NotSignedIn, SignInRejected
from codexctl.domain.models import Provider
from codexctl.domain.ports import Clock
from codexctl.domain.values import dataclass

ACCESS_TOKEN_VARIABLE = "CODEXCTL_ACCESS_TOKEN"  # noqa: S105 (the name, not the token)
API_KEY_VARIABLE = "OPENAI_API_KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentCredentials:
    """The :class:`~codexctl.domain.ports.CredentialSource` of two environment variables.

    A ready access token goes before an API key, unless the model asks for the API.

    Attributes:
        access_token: The value of ``CODEXCTL_ACCESS_TOKEN``; None or blank if unset.
        api_key: The value of ``OPENAI_API_KEY``; None or blank if unset.
        clock: Tells whether the token has expired.
    """

    access_token: Secret | None
    api_key: Secret | None
    clock: Clock

    def credential_for(self, provider: Provider | None) -> Credential:
        """See :meth:`codexctl.domain.ports.CredentialSource.credential_for`."""
        token = _stripped(self.access_token)
        key = _stripped(self.api_key)
        if token and provider is not Provider.API:
            return self._subscription(_checked(token, ACCESS_TOKEN_VARIABLE))
        if key and provider is not Provider.CHATGPT:
            return ApiKey(Secret(_checked(key, API_KEY_VARIABLE)), API_KEY_VARIABLE)
        raise _not_signed_in(provider)

    def renewed(self, rejected: Credential) -> Credential | None:  # noqa: ARG002 (the port's)
        """See :meth:`codexctl.domain.ports.CredentialSource.renewed`. Nobody can renew these."""
        return None

    def _subscription(self, token: str) -> Subscription:
        subscription = ready_subscription(token, ACCESS_TOKEN_VARIABLE)
        # No margin here: nobody can refresh this token, so it is good to its last second.
        expires_at = subscription.expires_at
        if expires_at is not None and expires_at <= self.clock.now():
            raise SignInRejected(
                f"The token in {ACCESS_TOKEN_VARIABLE} expired at {expires_at:%Y-%m-%d %H:%M} UTC.",
                remedy=f"Put a fresh token into {ACCESS_TOKEN_VARIABLE}.",
            )
        return subscription


def ready_subscription(token: str, origin: str) -> Subscription:
    """Return the credential of an access token that somebody else obtained.

    Args:
        token: The token; need not be a JSON web token.
        origin: Where it came from, in words for the user.
    """
    # PyJWT is slow to import, so only a token that can be a JSON web token pays for it.
    claims = None
    if token.count(".") == 2:
        from codexctl.adapters.openai_oauth.claims import read_claims

        claims = read_claims(token)
    return Subscription(
        access_token=Secret(token),
        account_id=claims.account_id if claims else None,
        expires_at=claims.expires_at if claims else None,
        origin=origin,
        plan=claims.plan if claims else None,
    )


def _stripped(secret: Secret | None) -> str:
    """Return the value without the line end that ``$(cat file)`` and CI settings leave on it."""
    return secret.reveal().strip() if secret else ""


def _checked(value: str, variable: str) -> str:
    """Return a value that can stand in a header. The message never quotes it."""
    if fits_a_header(value):
        return value
    raise SignInRejected(
        f"{variable} holds characters that no token has (a space, a line end, a non-ASCII letter).",
        remedy=f"Copy the value of {variable} again, complete and without quotes.",
    )


def _not_signed_in(provider: Provider | None) -> NotSignedIn:
    variables = {
        Provider.CHATGPT: ACCESS_TOKEN_VARIABLE,
        Provider.API: API_KEY_VARIABLE,
        None: f"{ACCESS_TOKEN_VARIABLE} or {API_KEY_VARIABLE}",
    }
    return NotSignedIn(
        "There is no credential" + (f" for {provider} models." if provider else "."),
        remedy=f"Run codexctl login, or set {variables[provider]}. Without an account, try"
        " codexctl demo.",
    )

"""The OAuth issuer, put together."""

from codexctl.entrypoints.emulator.http.messages import Routes
from codexctl.entrypoints.emulator.issuer.authorize_endpoint import AuthorizeEndpoint
from codexctl.entrypoints.emulator.issuer.bearer_checks import BearerChecks
from codexctl.entrypoints.emulator.issuer.code_grants import CodeGrants
from codexctl.entrypoints.emulator.issuer.device_endpoint import DeviceEndpoint
from codexctl.entrypoints.emulator.issuer.device_grants import DeviceGrants
from codexctl.entrypoints.emulator.issuer.options import IssuerOptions
from codexctl.entrypoints.emulator.issuer.scenarios import IssuerScenarios
from codexctl.entrypoints.emulator.issuer.signed_tokens import TokenSigner
from codexctl.entrypoints.emulator.issuer.state import IssuerState
from codexctl.entrypoints.emulator.issuer.token_endpoint import TokenEndpoint
from codexctl.entrypoints.emulator.issuer.token_ledger import TokenLedger
from codexctl.entrypoints.emulator.issuer.token_minting import TokenMint


class Issuer:
    """Signs everybody in, and knows its tokens again.

    What it hands out is random: of two emulators neither takes the tokens of the other.
    """

    def __init__(self, options: IssuerOptions, scenarios: IssuerScenarios) -> None:
        codes = CodeGrants()
        self._options = options
        self._signer = TokenSigner()
        self._devices = DeviceGrants(options.approve_after)
        self._ledger = TokenLedger(
            options.refresh_token_lifetime, reuse_ends_session=options.reuse_revokes_family
        )
        mint = TokenMint(options, self._signer)
        self._authorize = AuthorizeEndpoint(options, scenarios, codes)
        self._token = TokenEndpoint(options, scenarios, codes, self._ledger, mint)
        self._device = DeviceEndpoint(options, scenarios, codes, self._devices)

    def routes(self) -> Routes:
        """Give the issuer's rows of the routing table."""
        return {
            ("GET", "/oauth/authorize"): self._authorize.answer,
            ("POST", "/oauth/token"): self._token.answer,
            ("POST", "/oauth/revoke"): self._token.revoke,
            ("POST", "/api/accounts/deviceauth/usercode"): self._device.ask,
            ("POST", "/api/accounts/deviceauth/token"): self._device.poll,
            ("GET", "/codex/device"): self._device.show_page,
        }

    def bearer_checks(self, *, strict: bool) -> BearerChecks:
        """Give the checks of bearers for the ChatGPT side.

        Args:
            strict: whether only the issuer's own tokens pass, and with their account alone.
        """
        return BearerChecks(self._signer, self._ledger, self._options.clock, strict=strict)

    def state(self) -> IssuerState:
        """Give what a test may know."""
        return self._ledger.state(self._devices.user_codes())

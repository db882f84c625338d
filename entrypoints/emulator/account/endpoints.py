"""What the ChatGPT side tells about an account: its workspaces, usage and models."""

from collections.abc import Callable
from typing import TypeAlias

from codexctl.entrypoints.emulator.account.model_catalogue import API_MODELS, MODELS, MODELS_ETAG
from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.clock import Clock
from codexctl.entrypoints.emulator.http.messages import (
    Endpoint,
    HttpReply,
    HttpRequest,
    Routes,
    json_reply,
    refusal_reply,
)
from codexctl.entrypoints.emulator.http.refusals import nested
from codexctl.entrypoints.emulator.issuer.bearer_checks import BearerChecks
from codexctl.entrypoints.emulator.issuer.identity import PLAN_TYPE
from codexctl.entrypoints.emulator.json_values import Json, JsonObject

CHECK_PATH = "/backend-api/wham/accounts/check"
USAGE_PATH = "/backend-api/wham/usage"
MODELS_PATH = f"{Backend.CHATGPT.value}/models"
API_MODELS_PATH = f"{Backend.API_KEY.value}/models"

US_ACCOUNT_ID = "5e1f0c1e-0000-4000-8000-00000000e0a1"
"""An account whose requests have to name `us` as their routing."""
US_CR_ACCOUNT_ID = "5e1f0c1e-0000-4000-8000-00000000e0a2"
"""An account whose requests have to name `us_cr`."""
UNLISTED_ACCOUNT_ID = "5e1f0c1e-0000-4000-8000-00000000e0a3"
"""An account that the check does not know, which real ones have met (openai/codex#47374)."""
DOUBLE_ACCOUNT_ID = "5e1f0c1e-0000-4000-8000-00000000e0a4"
"""An account that the check lists twice, which real ones have met (openai/codex#47034)."""

_HOUR = 3600
_OVERRIDES = {US_ACCOUNT_ID: "us", US_CR_ACCOUNT_ID: "us_cr"}
_LISTED_TIMES = {UNLISTED_ACCOUNT_ID: 0, DOUBLE_ACCOUNT_ID: 2}

_Answer: TypeAlias = Callable[[HttpRequest], HttpReply]


class AccountEndpoints:
    """Answers a client that asks about its account."""

    def __init__(self, bearers: BearerChecks, clock: Clock) -> None:
        self._bearers = bearers
        self._clock = clock

    def routes(self) -> Routes:
        """Give the endpoints' rows of the routing table."""
        return {
            ("GET", CHECK_PATH): self._guarded(self._check),
            ("GET", USAGE_PATH): self._guarded(self._usage),
            ("GET", MODELS_PATH): self._guarded(_models),
            ("GET", API_MODELS_PATH): _api_models,
        }

    def _guarded(self, answer: _Answer) -> Endpoint:
        def guarded(request: HttpRequest) -> HttpReply:
            refusal = self._bearers.refusal(request.headers)
            return answer(request) if refusal is None else refusal_reply(refusal)

        return guarded

    def _check(self, request: HttpRequest) -> HttpReply:
        account_id = self._bearers.account_id(request.headers)
        account: JsonObject = {
            "id": account_id,
            "plan_type": PLAN_TYPE,
            "name": None,
            "structure": "personal",
            # A bare https origin, without which the official client does not finish a sign-in. It
            # sends its requests there, so it is this machine; with TLS it is right as well.
            "workspace_backend_origin": f"https://{request.headers.get('host', '127.0.0.1')}",
            "account_routing_override": _OVERRIDES.get(account_id, "NO_CONSTRAINT"),
        }
        accounts: list[Json] = [account] * _LISTED_TIMES.get(account_id, 1)
        return json_reply(
            200,
            {
                "accounts": accounts,
                "account_ordering": [account_id],
                "default_account_id": account_id,
            },
        )

    def _usage(self, _request: HttpRequest) -> HttpReply:
        now = int(self._clock())
        rate_limit: JsonObject = {
            "allowed": True,
            "limit_reached": False,
            "primary_window": _window(12, 5 * _HOUR, 2 * _HOUR, now),
            "secondary_window": _window(34, 7 * 24 * _HOUR, 3 * 24 * _HOUR, now),
        }
        credits_left: JsonObject = {"has_credits": False, "unlimited": False, "balance": "0"}
        return json_reply(
            200, {"plan_type": PLAN_TYPE, "rate_limit": rate_limit, "credits": credits_left}
        )


def _models(_request: HttpRequest) -> HttpReply:
    models: list[Json] = list(MODELS)
    return json_reply(200, {"models": models}, ("etag", MODELS_ETAG))


def _api_models(request: HttpRequest) -> HttpReply:
    if not request.headers.get("authorization"):
        text = "You did not provide an API key. Send it as a bearer in the Authorization header."
        return refusal_reply(nested(text, code="invalid_api_key", status=401))
    models: list[Json] = list(API_MODELS)
    return json_reply(200, {"object": "list", "data": models})


def _window(used_percent: int, length: int, reset_after: int, now: int) -> JsonObject:
    return {
        "used_percent": used_percent,
        "limit_window_seconds": length,
        "reset_after_seconds": reset_after,
        "reset_at": now + reset_after,
    }

"""Faults that are HTTP errors (wire-contract 3.5, 3.6), but for those of limits.

The bodies have the four shapes that recorded and quoted ones have: the API's nested error, the same
with the status beside it, a `detail`, and a gateway's page or line of text.
"""

import base64
from types import MappingProxyType

from codexctl.entrypoints.emulator.faults.rows import Fault, FaultTable, PlayFault
from codexctl.entrypoints.emulator.http.messages import HttpReply, json_reply
from codexctl.entrypoints.emulator.http.refusals import Refusal, detail, nested
from codexctl.entrypoints.emulator.json_values import JsonObject, as_text, dump_json
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.model.stream_replies import Header, request_id

_OVERLOADED = "Our servers are currently overloaded. Please try again later."
_ELSEWHERE = "https://elsewhere.invalid/backend-api/codex/responses"
_BLOCKED = """<!DOCTYPE html>
<html lang="en-US"><head><title>Attention Required! | Cloudflare</title></head>
<body><h1>Sorry, you have been blocked</h1>
<p>The codexctl emulator plays a firewall here.</p></body></html>
"""
_CHALLENGE = """<!DOCTYPE html>
<html lang="en-US"><head><title>Just a moment...</title></head>
<body><noscript>Enable JavaScript and cookies to continue</noscript>
<p>The codexctl emulator plays a bot check here.</p></body></html>
"""
_GATEWAY_PAGE = """<html>
<head><title>{title}</title></head>
<body><center><h1>{title}</h1></center><hr><center>cloudflare</center></body>
</html>
"""


def refused(refusal: Refusal, *more: Header) -> PlayFault:
    """Refuse with one body, and with the ids of the request that real replies have."""

    def play(generation: Generation, _now: int) -> HttpReply:
        headers = (*reply_ids(generation), *more)
        return json_reply(refusal.status, refusal.body, *headers)

    return play


def reply_ids(generation: Generation) -> tuple[Header, ...]:
    """Give the headers that a user quotes to support (wire-contract 3.5)."""
    return request_id(generation.serial), _ray(generation)


def _ray(generation: Generation) -> Header:
    return ("cf-ray", f"{generation.serial:016x}-EMU")


def _page(status: int, html: str) -> PlayFault:
    """Answer with a page of what stands before the service, which knows no `x-request-id`."""

    def play(generation: Generation, _now: int) -> HttpReply:
        headers = (("content-type", "text/html; charset=UTF-8"), _ray(generation))
        return HttpReply(status=status, headers=headers, body=html.encode())

    return play


def _gateway(status: int, title: str) -> PlayFault:
    return _page(status, _GATEWAY_PAGE.format(title=f"{status} {title}"))


def _line(status: int, text: str, *more: Header) -> PlayFault:
    """Answer with a line of text."""

    def play(generation: Generation, _now: int) -> HttpReply:
        headers = (("content-type", "text/plain"), *reply_ids(generation), *more)
        return HttpReply(status=status, headers=headers, body=text.encode())

    return play


def _token_error(code: str, message: str) -> PlayFault:
    """Refuse a token as the ChatGPT side does, with the reason in two headers too."""
    error: JsonObject = {"message": message, "type": None, "code": code, "param": None}
    told = base64.b64encode(dump_json({"error": {"code": code}}).encode()).decode()
    return refused(
        Refusal(401, {"error": error, "status": 401}),
        ("x-openai-authorization-error", code),
        ("x-error-json", told),
    )


def _model_missing(generation: Generation, _now: int) -> HttpReply:
    model = as_text(generation.request.get("model"))
    text = f"The requested model '{model}' does not exist."
    refusal = nested(text, "model", "model_not_found", 404)
    return json_reply(404, refusal.body, *reply_ids(generation))


def _model_not_supported(generation: Generation, _now: int) -> HttpReply:
    model = as_text(generation.request.get("model"))
    text = f"The '{model}' model is not supported when using Codex with a ChatGPT account."
    return json_reply(400, detail(text).body, *reply_ids(generation))


def _invalid(message: str, code: str | None, param: str | None = None) -> PlayFault:
    return refused(nested(message, param, code))


def _server_error(status: int, message: str, code: str | None, *more: Header) -> PlayFault:
    error: JsonObject = {"message": message, "type": "server_error", "param": None, "code": code}
    return refused(Refusal(status, {"error": error}), *more)


REFUSED_REQUESTS: FaultTable = MappingProxyType(
    {
        "http-307": Fault(
            "a redirect to another host", _line(307, "Elsewhere.", ("location", _ELSEWHERE))
        ),
        "http-400": Fault(
            "an error in the API's shape",
            _invalid("Invalid value: 'odd'.", "invalid_value", "reasoning.effort"),
        ),
        "http-400-detail": Fault(
            "an error in the ChatGPT side's shape",
            refused(detail("Unsupported parameter: temperature")),
        ),
        "http-400-model": Fault("no model of a ChatGPT account", _model_not_supported),
        "http-400-context-length": Fault(
            "the conversation is too long",
            _invalid(
                "Your input exceeds the context window of this model. Please adjust your input "
                "and try again.",
                "context_length_exceeded",
                "input",
            ),
        ),
        "http-400-invalid-image": Fault(
            "a picture cannot be read",
            _invalid(
                "The image data you provided does not represent a valid image. Please check your "
                "input and try again.",
                "invalid_image",
                "input",
            ),
        ),
        "http-400-invalid-prompt": Fault(
            "the prompt was flagged",
            _invalid(
                "Invalid prompt: your prompt was flagged as potentially violating our usage "
                "policy. Please try again with a different prompt.",
                "invalid_prompt",
            ),
        ),
        "http-400-cyber-policy": Fault(
            "code cyber_policy",
            _invalid(
                "This request has been flagged for possible cybersecurity risk.", "cyber_policy"
            ),
        ),
        "http-400-misalignment-policy": Fault(
            "code misalignment_policy_violation",
            _invalid(
                "This request was blocked due to a misalignment policy violation.",
                "misalignment_policy_violation",
            ),
        ),
        "http-400-encrypted-content": Fault(
            "earlier reasoning cannot be read",
            _invalid(
                "The encrypted content gAAA...DQ== could not be verified.",
                "invalid_encrypted_content",
            ),
        ),
        "http-401": Fault(
            "the token has expired",
            _token_error(
                "token_expired",
                "Provided authentication token is expired. Please try signing in again.",
            ),
        ),
        "http-401-revoked": Fault(
            "the token was revoked",
            _token_error(
                "token_revoked", "Encountered invalidated oauth token for user, failing request"
            ),
        ),
        "http-401-api-key": Fault(
            "the API key is wrong",
            refused(nested("Incorrect API key provided.", code="invalid_api_key", status=401)),
        ),
        "http-401-detail": Fault("a 401 that says no more", refused(detail("Unauthorized", 401))),
        "http-402": Fault("a bill is due", refused(detail("Payment Required", 402))),
        "http-402-workspace": Fault(
            "the workspace was deactivated",
            refused(Refusal(402, {"detail": {"code": "deactivated_workspace"}})),
        ),
        "http-403": Fault("a 403 that says no more", refused(detail("Forbidden", 403))),
        "http-403-cloudflare": Fault("blocked by Cloudflare", _page(403, _BLOCKED)),
        "http-403-challenge": Fault("a bot check of Cloudflare", _page(403, _CHALLENGE)),
        "http-404": Fault("there is nothing", refused(detail("Not Found", 404))),
        "http-404-model": Fault("there is no such model", _model_missing),
        "http-408": Fault("the request took too long", _line(408, "Request Timeout")),
        "http-413": Fault("the request is too large", _gateway(413, "Payload Too Large")),
        "http-422": Fault(
            "a field is wrong, told as FastAPI does",
            refused(
                Refusal(422, {"detail": [{"loc": ["body", "model"], "msg": "Field required"}]})
            ),
        ),
    }
)
"""What is the client's matter, or of the way to the service."""

BROKEN_SERVICE: FaultTable = MappingProxyType(
    {
        "http-500": Fault(
            "something broke",
            _server_error(500, "The server had an error while processing your request.", None),
        ),
        "http-502": Fault("a gateway's page", _gateway(502, "Bad Gateway")),
        "http-503": Fault("a load balancer's line", _line(503, "no healthy upstream")),
        "http-503-retry-after": Fault(
            "a 503 that says to wait a second",
            _line(503, "Service Unavailable", ("retry-after", "1")),
        ),
        "http-503-overloaded": Fault(
            "code server_is_overloaded", _server_error(503, _OVERLOADED, "server_is_overloaded")
        ),
        "http-503-slow-down": Fault(
            "code slow_down",
            _server_error(503, "The model is at capacity. Please slow down.", "slow_down"),
        ),
        "http-504": Fault("a gateway's page", _gateway(504, "Gateway Time-out")),
        "http-529": Fault("a site that is overloaded", _line(529, "Site is overloaded")),
    }
)
"""What is the service's matter."""

"""What the browser is sent to the issuer with (wire-contract 1.2 and 1.3)."""

import re
from urllib.parse import parse_qsl, urlsplit

from codexctl.adapters.openai_oauth.authorization_server import OpenAiAuthorizationServer
from codexctl.adapters.openai_oauth.settings import IssuerSettings
from codexctl.domain.sign_in import AuthorizationRequest
from codexctl.testing.fakes.clock import FakeClock

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


def _request(settings: IssuerSettings) -> AuthorizationRequest:
    server = OpenAiAuthorizationServer(settings=settings, clock=FakeClock())
    return server.authorization_request("http://127.0.0.1:1455/auth/callback")


def test_the_parameters_are_those_of_the_official_client() -> None:
    request = _request(IssuerSettings(identity={"originator": "codexctl", "user-agent": "x"}))
    parts = urlsplit(request.url)
    parameters = dict(parse_qsl(parts.query, strict_parsing=True))
    challenge = parameters.pop("code_challenge")
    assert (len(challenge), _BASE64URL.fullmatch(challenge) is not None) == (43, True)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == (
        "https://auth.openai.com/oauth/authorize"
    )
    assert parameters == {
        "response_type": "code",
        "client_id": "app_EMoamEEZ73f0CkXaXp7hrann",
        "redirect_uri": "http://127.0.0.1:1455/auth/callback",
        "scope": "openid profile email offline_access api.connectors.read api.connectors.invoke",
        "code_challenge_method": "S256",
        "id_token_add_organizations": "true",
        "codex_cli_simplified_flow": "true",
        "state": request.state.reveal(),
        "originator": "codexctl",
    }


def test_the_secrets_have_the_official_clients_lengths() -> None:
    request = _request(IssuerSettings(identity={}))
    secrets = (request.verifier.reveal(), request.state.reveal())
    assert [len(secret) for secret in secrets] == [86, 43]
    assert all(_BASE64URL.fullmatch(secret) for secret in secrets)


def test_without_a_name_of_ours_none_is_sent() -> None:
    request = _request(IssuerSettings(identity={}, issuer="http://127.0.0.1:9/", client_id="app_x"))
    assert request.url.startswith("http://127.0.0.1:9/oauth/authorize?")
    assert "originator" not in request.url


def test_the_question_does_not_show_its_secrets() -> None:
    request = _request(IssuerSettings(identity={}))
    assert request.verifier.reveal() not in repr(request)

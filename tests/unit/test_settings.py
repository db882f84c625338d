"""What the environment says."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from codexctl.domain.credentials import Secret
from codexctl.domain.errors import UsageError
from codexctl.domain.models import Provider
from codexctl.entrypoints.settings import Settings, read_settings

DEFAULTS = Settings(
    base_urls={
        Provider.CHATGPT: "https://chatgpt.com/backend-api/codex",
        Provider.API: "https://api.openai.com/v1",
    },
    originator="codexctl",
    access_token=None,
    api_key=None,
    ca_bundle=None,
    debug=False,
)


@pytest.mark.parametrize("value", [None, "", "  "])
def test_what_is_not_set_or_empty_has_its_default(value: str | None) -> None:
    names = (
        "CODEXCTL_CHATGPT_BASE_URL",
        "CODEXCTL_API_BASE_URL",
        "OPENAI_BASE_URL",
        "CODEXCTL_ORIGINATOR",
        "CODEXCTL_ACCESS_TOKEN",
        "OPENAI_API_KEY",
        "CODEXCTL_DEBUG",
    )
    assert read_settings({} if value is None else dict.fromkeys(names, value)) == DEFAULTS


@pytest.mark.parametrize(
    ("environment", "chatgpt", "api"),
    [
        ({"CODEXCTL_CHATGPT_BASE_URL": "https://a.example/x"}, "https://a.example/x", None),
        ({"CODEXCTL_API_BASE_URL": " https://b.example/v1/ "}, None, "https://b.example/v1/"),
        ({"OPENAI_BASE_URL": "https://c.example:8443"}, None, "https://c.example:8443"),
        (
            {"CODEXCTL_API_BASE_URL": "https://b.example", "OPENAI_BASE_URL": "https://c.example"},
            None,
            "https://b.example",
        ),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:1"}, None, "http://127.0.0.1:1"),
        ({"OPENAI_BASE_URL": "http://localhost/v1"}, None, "http://localhost/v1"),
        ({"OPENAI_BASE_URL": "HTTP://[::1]:1/v1"}, None, "HTTP://[::1]:1/v1"),
    ],
)
def test_a_base_url_replaces_the_default_of_its_service(
    environment: Mapping[str, str], chatgpt: str | None, api: str | None
) -> None:
    assert read_settings(environment).base_urls == {
        Provider.CHATGPT: chatgpt or DEFAULTS.base_urls[Provider.CHATGPT],
        Provider.API: api or DEFAULTS.base_urls[Provider.API],
    }


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "http://0.0.0.0",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1\t.example.com",
        "http://127.0.0.1\\@example.com",
        "https://me@example.com",
        "https://:canary@example.com",
        "https://example.com?canary",
        "https://example.com#canary",
        "https://example.com:99999",
        "https://[::1",
        "//example.com",
        "example.com",
        "file:///etc/passwd",
    ],
)
def test_a_base_url_that_could_leak_a_token_is_refused_by_name_alone(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_settings({"CODEXCTL_CHATGPT_BASE_URL": url})
    said = caught.value.message + caught.value.remedy
    assert caught.value.message.startswith("CODEXCTL_CHATGPT_BASE_URL ")
    assert ("canary" in said, "example" in said) == (False, False)


def test_credentials_are_secrets() -> None:
    environment = {"CODEXCTL_ACCESS_TOKEN": "token-canary", "OPENAI_API_KEY": "sk-canary"}
    settings = read_settings(environment)
    assert (settings.access_token, settings.api_key) == (
        Secret("token-canary"),
        Secret("sk-canary"),
    )
    assert "canary" not in repr(settings)


def test_the_originator_is_what_a_header_can_hold() -> None:
    assert read_settings({"CODEXCTL_ORIGINATOR": " my tool "}).originator == "my tool"
    for value in ("é", "a\r\nb: c", "\x1b"):
        with pytest.raises(UsageError, match="CODEXCTL_ORIGINATOR holds characters"):
            read_settings({"CODEXCTL_ORIGINATOR": value})


@pytest.mark.parametrize(
    ("environment", "debug"),
    [
        ({"CODEXCTL_DEBUG": "1"}, True),
        ({"CODEX_DEBUG": "1"}, True),
        ({"CODEXCTL_DEBUG": "0"}, False),
    ],
)
def test_debug_is_on_when_either_variable_is_1(
    environment: Mapping[str, str],
    debug: bool,  # noqa: FBT001
) -> None:
    assert read_settings(environment).debug == debug


def test_the_first_certificate_variable_counts(tmp_path: Path) -> None:
    one, two = tmp_path / "one.pem", tmp_path / "two.pem"
    one.touch()
    two.touch()
    both = {"SSL_CERT_FILE": str(two), "REQUESTS_CA_BUNDLE": str(one)}
    assert read_settings(both).ca_bundle == str(one)
    assert read_settings({"SSL_CERT_FILE": str(two)}).ca_bundle == str(two)


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_certificates_that_are_not_there_are_told_by_name(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_settings({name: "/nonexistent/ca.pem"})
    assert caught.value.message == f"{name} names /nonexistent/ca.pem, which does not exist."

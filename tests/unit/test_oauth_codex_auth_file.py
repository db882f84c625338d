"""Taking over the official client's sign-in, without ever touching its file."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest

from codexctl.adapters.openai_oauth.codex_auth_file import read_codex_auth
from codexctl.domain.credentials import ApiKey, Secret, Subscription
from codexctl.domain.errors import UsageError

AUTH = "https://api.openai.com/auth"
_SIGNING_KEY = "a key that nobody checks, long enough"
ENDS = datetime(2026, 6, 1, 12, tzinfo=UTC)


def _token(account_id: str | None = "account-1") -> str:
    claims = {
        "exp": int(ENDS.timestamp()),
        AUTH: {"chatgpt_account_id": account_id, "chatgpt_plan_type": "plus"},
    }
    return jwt.encode(claims, _SIGNING_KEY, "HS256")


def _file(folder: Path, content: object) -> Path:
    path = folder / "auth.json"
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


def _tokens(access_token: str, account_id: str | None = None) -> dict[str, object]:
    return {
        "auth_mode": "chatgpt",
        "OPENAI_API_KEY": None,
        "tokens": {
            "id_token": _token(),
            "access_token": access_token,
            "refresh_token": "canary-refresh",
            "account_id": account_id,
            "oauth_provenance": {"issuer": "x"},
        },
        "last_refresh": "2026-05-01T00:00:00.000000000Z",
    }


def test_tokens_are_borrowed_with_their_refresh_token(tmp_path: Path) -> None:
    path = _file(tmp_path, _tokens(_token()))
    assert read_codex_auth(path) == Subscription(
        access_token=Secret(_token()),
        account_id="account-1",
        expires_at=ENDS,
        origin=f"imported from {path}",
        refresh_token=Secret("canary-refresh"),
        plan="plus",
        is_borrowed=True,
    )


def test_the_file_stays_as_it_is(tmp_path: Path) -> None:
    path = _file(tmp_path, _tokens(_token()))
    path.chmod(0o400)
    before = (path.read_bytes(), path.stat())
    read_codex_auth(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before[0], before[1].st_mtime_ns)
    assert [one.name for one in tmp_path.iterdir()] == ["auth.json"]


def test_the_account_is_that_of_the_file_where_no_token_names_one(tmp_path: Path) -> None:
    content = _tokens("opaque", account_id="of-the-file")
    assert read_codex_auth(_file(tmp_path, content)) == Subscription(
        access_token=Secret("opaque"),
        account_id="of-the-file",
        expires_at=None,
        origin=f"imported from {tmp_path / 'auth.json'}",
        refresh_token=Secret("canary-refresh"),
        is_borrowed=True,
    )


@pytest.mark.parametrize(
    "content",
    [
        {"auth_mode": "apikey", "OPENAI_API_KEY": " sk-1\n"},
        {"OPENAI_API_KEY": "sk-1"},
        {"OPENAI_API_KEY": "sk-1", "tokens": {"access_token": "a"}},
    ],
)
def test_a_key_is_taken_over(tmp_path: Path, content: object) -> None:
    path = _file(tmp_path, content)
    assert read_codex_auth(path) == ApiKey(Secret("sk-1"), f"API key imported from {path}")


def test_a_byte_order_mark_is_no_hindrance(tmp_path: Path) -> None:
    path = _file(tmp_path, "\ufeff" + json.dumps({"OPENAI_API_KEY": "sk-1"}))
    assert isinstance(read_codex_auth(path), ApiKey)


USELESS: dict[str, tuple[object, str]] = {
    "empty": ("", "is not the JSON object"),
    "cut": ('{"tokens": {"access_token": "canary', "is not the JSON object"),
    "a list": ([], "is not the JSON object"),
    "deep": ("[" * 100_000, "is not the JSON object"),
    "nobody": ({}, "has no usable access_token"),
    "no tokens": ({"auth_mode": "chatgpt", "tokens": "canary"}, "has no usable access_token"),
    "a token of two words": ({"tokens": {"access_token": "canary two"}}, "has no usable"),
    "no key": ({"auth_mode": "apikey", "OPENAI_API_KEY": None}, "has no usable OPENAI_API_KEY"),
    "another kind": ({"auth_mode": "agentIdentity"}, "cannot use (agentIdentity)"),
    "a hostile kind": ({"auth_mode": "\x1b[2J\n"}, r"cannot use (\x1b[2J)"),
    "another kind, unnamed": ({"personal_access_token": "at-canary"}, "(personalAccessToken)"),
    "a third kind, unnamed": ({"bedrock_api_key": "canary"}, "(bedrockApiKey)"),
    "too large": (" " * 2_000_000, "is far too large"),
}


@pytest.mark.parametrize(("content", "words"), USELESS.values(), ids=USELESS)
def test_a_file_of_no_use_is_told_in_one_line_that_quotes_none_of_it(
    tmp_path: Path, content: object, words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read_codex_auth(_file(tmp_path, content))
    assert words in caught.value.message
    assert "canary" not in caught.value.message
    assert "\n" not in caught.value.message


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "auth.json"
    path.write_bytes(b"\xff\xfe{")
    with pytest.raises(UsageError, match="is not the JSON object"):
        read_codex_auth(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        read_codex_auth(tmp_path / "auth.json")


def test_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a file"):
        read_codex_auth(tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="is not a file"):
        read_codex_auth(tmp_path / "pipe")


def test_a_path_through_a_file_is_told(tmp_path: Path) -> None:
    path = _file(tmp_path, {})
    with pytest.raises(UsageError, match="cannot be read"):
        read_codex_auth(path / "auth.json")


def test_a_name_that_cannot_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_codex_auth(tmp_path / "a\0b")

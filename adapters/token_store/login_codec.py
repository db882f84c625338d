"""A stored login as JSON and back."""

from datetime import datetime
from typing import Any, cast

from codexctl.adapters.token_store.complaints import UnusableContent
from codexctl.domain.credentials import ApiKey, Credential, Secret, StoredLogin, Subscription

_SUBSCRIPTION = "subscription"
_API_KEY = "api_key"


def encode_login(login: StoredLogin) -> dict[str, Any]:
    """Return a login as an object for JSON. It holds the secrets in the clear.

    Raises:
        ValueError: A time is not aware: it would make the login unreadable.
    """
    return {
        "credential": _encode_credential(login.credential),
        "refusal": login.refusal,
        "refresh_sent_at": _encode_time(login.refresh_sent_at),
    }


def decode_login(entry: object) -> StoredLogin:
    """Return the login that an object of JSON stands for; unknown fields are passed over.

    Raises:
        UnusableContent: It is of another shape, such as a newer version's kind of credential.
    """
    fields = _object(entry)
    return StoredLogin(
        credential=_decode_credential(_object(fields.get("credential"))),
        refusal=_optional_text(fields, "refusal"),
        refresh_sent_at=_optional_time(fields, "refresh_sent_at"),
    )


def _encode_credential(credential: Credential) -> dict[str, Any]:
    match credential:
        case Subscription():
            refresh_token = credential.refresh_token
            return {
                "kind": _SUBSCRIPTION,
                "access_token": credential.access_token.reveal(),
                "refresh_token": refresh_token.reveal() if refresh_token is not None else None,
                "account_id": credential.account_id,
                "plan": credential.plan,
                "expires_at": _encode_time(credential.expires_at),
                "origin": credential.origin,
                "is_borrowed": credential.is_borrowed,
            }
        case ApiKey(key=key, origin=origin):
            return {"kind": _API_KEY, "key": key.reveal(), "origin": origin}


def _decode_credential(fields: dict[str, Any]) -> Credential:
    match fields:
        case {
            "kind": "subscription",
            "access_token": str(access_token),
            "origin": str(origin),
            "is_borrowed": bool(is_borrowed),
        }:
            refresh_token = _optional_text(fields, "refresh_token")
            return Subscription(
                access_token=Secret(access_token),
                refresh_token=Secret(refresh_token) if refresh_token is not None else None,
                account_id=_optional_text(fields, "account_id"),
                plan=_optional_text(fields, "plan"),
                expires_at=_optional_time(fields, "expires_at"),
                origin=origin,
                is_borrowed=is_borrowed,
            )
        case {"kind": "api_key", "key": str(key), "origin": str(origin)}:
            return ApiKey(Secret(key), origin)
        case _:
            raise _other_shape()


def _encode_time(at: datetime | None) -> str | None:
    if at is None:
        return None
    if at.tzinfo is None:
        raise ValueError("a time without a time zone is not stored")
    return at.isoformat()


def _optional_time(fields: dict[str, Any], name: str) -> datetime | None:
    text = _optional_text(fields, name)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _other_shape() from None
    if at.tzinfo is None:
        raise _other_shape()
    return at


def _optional_text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    raise _other_shape()


def _object(value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    raise _other_shape()


def _other_shape() -> UnusableContent:
    return UnusableContent(
        "it holds a login of a shape that this version does not know", is_newer=True
    )

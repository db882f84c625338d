"""Asks either back end which models there are, with requests."""

from typing import assert_never
from urllib.parse import urlencode

from codexctl.adapters.responses.account_requests import get_json
from codexctl.adapters.responses.fields import (
    JsonObject,
    as_count,
    as_objects,
    as_position,
    as_text,
)
from codexctl.adapters.responses.http import HttpSettings
from codexctl.domain.credentials import ApiKey, Credential, Subscription
from codexctl.domain.errors import ProtocolError
from codexctl.domain.models import Provider

EVERY_MODEL = "0.0.0"
"""The version for which the ChatGPT back end leaves no model out.

It takes any other for a version of the official client and hides what needs a newer one: all models
for 0.0.1 (zed-industries/zed#62729), so for a version of ours as well. Without one it answers 400.
"""

_MOST_OF_API = 50
_FAMILIES = ("gpt", "chatgpt", "codex", *(f"o{digit}" for digit in range(1, 10)))
_OTHER_KINDS = frozenset(
    (
        "audio",
        "embedding",
        "image",
        "instruct",  # the old completions alone
        "moderation",
        "realtime",
        "search",  # chat completions alone
        "transcribe",
        "tts",
    )
)
"""Words in the names of models that do not answer a request for a response with text."""


class HttpModelCatalogue:
    """The :class:`~codexctl.domain.ports.ModelCatalogue` of the two services (wire-contract 2.7).

    Args:
        settings: How to reach them.
        client_version: Which models the ChatGPT back end is to show; see :data:`EVERY_MODEL`.
        limit_seconds: How long to wait for the whole answer.
    """

    def __init__(
        self,
        settings: HttpSettings,
        client_version: str = EVERY_MODEL,
        limit_seconds: float = 5.0,
    ) -> None:
        self._settings = settings
        self._client_version = client_version
        self._limit_seconds = limit_seconds

    def slugs(self, credential: Credential) -> tuple[str, ...]:
        """See :meth:`codexctl.domain.ports.ModelCatalogue.slugs`."""
        match credential:
            case Subscription():
                query = urlencode({"client_version": self._client_version})
                answer = self._ask(Provider.CHATGPT, f"/models?{query}", credential)
                return _listed(_models(answer, "models"))
            case ApiKey():
                return _for_text(_models(self._ask(Provider.API, "/models", credential), "data"))
            case _:
                assert_never(credential)

    def _ask(self, provider: Provider, path: str, credential: Credential) -> JsonObject:
        url = self._settings.base_urls[provider].rstrip("/") + path
        return get_json(self._settings, url, credential, limit_seconds=self._limit_seconds)


def _models(answer: JsonObject, key: str) -> list[JsonObject]:
    if not isinstance(answer.get(key), list):
        raise ProtocolError(
            "The service's list of models has no models in it.",
            remedy="Try again in a few minutes.",
        )
    return as_objects(answer.get(key))


def _listed(models: list[JsonObject]) -> tuple[str, ...]:
    """Return the models that are meant to be chosen from, the lowest priority number first."""
    shown = [model for model in models if model.get("visibility") == "list"]
    return _names(sorted(shown or models, key=_rank), "slug")


def _rank(model: JsonObject) -> tuple[bool, int]:
    priority = as_position(model.get("priority"))
    return priority is None, priority or 0


def _for_text(models: list[JsonObject]) -> tuple[str, ...]:
    """Return the models that answer with text, the newest first.

    The API says nothing about what a model is for, so its name has to. Where none is of a family
    that we know, another service stands behind the base URL, and all of its models are returned.
    """
    newest_first = sorted(
        models, key=lambda model: (-as_count(model.get("created")), as_text(model.get("id")))
    )
    known = [model for model in newest_first if _is_for_text(as_text(model.get("id")))]
    return _names(known or newest_first, "id")[:_MOST_OF_API]


def _is_for_text(name: str) -> bool:
    family, *words = name.split("-")
    return family in _FAMILIES and _OTHER_KINDS.isdisjoint(words)


def _names(models: list[JsonObject], key: str) -> tuple[str, ...]:
    """Return the models' names, each once."""
    return tuple(dict.fromkeys(name for model in models if (name := as_text(model.get(key)))))

"""The contract of ``codexctl.domain.ports.ModelCatalogue``, for the adapter and for the fake."""

import csv
import json
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias

import pytest
from tests.corpus import CORPUS, require_corpus
from tests.fakes.stream_server import Reply, Seen, StreamServer
from tests.fakes.values import API_KEY, SUBSCRIPTION

from codexctl.adapters.responses.http import HttpSettings
from codexctl.adapters.responses.model_list import HttpModelCatalogue
from codexctl.domain.credentials import Credential
from codexctl.domain.errors import (
    CodexctlError,
    ProtocolError,
    ServiceUnavailable,
    SignInRejected,
)
from codexctl.domain.models import Provider
from codexctl.domain.ports import ModelCatalogue
from codexctl.testing.fakes.model_catalogue import FakeModelCatalogue

Answer: TypeAlias = tuple[str, ...] | CodexctlError
Building: TypeAlias = Callable[[Reply, Answer], AbstractContextManager[ModelCatalogue]]

CREDENTIALS = {"ChatGPT": SUBSCRIPTION, "API key": API_KEY}


@contextmanager
def _serving(reply: Reply) -> Generator[tuple[HttpModelCatalogue, list[Seen]], None, None]:
    with StreamServer(lambda number, seen: reply) as server:
        settings = HttpSettings(
            base_urls={
                Provider.CHATGPT: f"{server.base_url}/backend-api/codex",
                Provider.API: f"{server.base_url}/v1/",
            },
            identity={"originator": "codexctl"},
        )
        yield HttpModelCatalogue(settings), server.seen


@contextmanager
def _over_http(reply: Reply, _answer: Answer) -> Generator[ModelCatalogue, None, None]:
    with _serving(reply) as (catalogue, _):
        yield catalogue


@contextmanager
def _fake(_reply: Reply, answer: Answer) -> Generator[ModelCatalogue, None, None]:
    yield FakeModelCatalogue(answer)


@pytest.fixture(params=[_over_http, _fake], ids=["http", "fake"])
def build(request: pytest.FixtureRequest) -> Building:
    return request.param


@pytest.fixture(params=CREDENTIALS.values(), ids=list(CREDENTIALS))
def credential(request: pytest.FixtureRequest) -> Credential:
    return request.param


def _said(value: object, status: str = "200 OK") -> Reply:
    return Reply(pieces=[json.dumps(value).encode()], status=status)


def _model(slug: object, priority: object = 1, visibility: object = "list") -> dict[str, object]:
    return {"slug": slug, "priority": priority, "visibility": visibility}


def _api_models(*names: object) -> Reply:
    """Return a list in which each model is older than the one before it."""
    return _said(
        {
            "object": "list",
            "data": [
                {"id": name, "object": "model", "created": 2_000_000_000 - number}
                for number, name in enumerate(names)
            ],
        }
    )


def test_the_models_of_an_account_come_by_their_priority(build: Building) -> None:
    models = [_model("gpt-5.6-luna", 7), _model("gpt-5.5", 1), _model("gpt-6-sol", None)]
    expected = ("gpt-5.5", "gpt-5.6-luna", "gpt-6-sol")
    with build(_said({"models": models}), expected) as catalogue:
        assert catalogue.slugs(SUBSCRIPTION) == expected


def test_the_models_of_a_key_come_with_the_newest_first(build: Building) -> None:
    data = [
        {"id": "gpt-5.2", "created": 20},
        {"id": "gpt-5.5", "created": 30},
        {"id": "gpt-4.1"},
        {"id": "gpt-4o", "created": 20},
    ]
    expected = ("gpt-5.5", "gpt-4o", "gpt-5.2", "gpt-4.1")
    with build(_said({"data": data}), expected) as catalogue:
        assert catalogue.slugs(API_KEY) == expected


def test_there_may_be_none(build: Building, credential: Credential) -> None:
    with build(_said({"models": [], "data": []}), ()) as catalogue:
        assert catalogue.slugs(credential) == ()


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (_said({"detail": "no"}, "401 Unauthorized"), SignInRejected),
        (_said({"detail": "no"}, "503 Service Unavailable"), ServiceUnavailable),
        (_said({"models": None, "data": "gpt-5.5"}), ProtocolError),
        (_said([]), ProtocolError),
        (Reply(pieces=[b"no JSON"]), ProtocolError),
    ],
    ids=["refused", "unavailable", "no list", "no object", "no JSON"],
)
def test_what_goes_wrong_is_named(
    build: Building, credential: Credential, reply: Reply, error: type[CodexctlError]
) -> None:
    failing = build(reply, error("no", remedy="wait"))
    with failing as catalogue, pytest.raises(error):
        catalogue.slugs(credential)


# What is asked, and what of the answer is left out


def test_the_chatgpt_side_is_asked_for_every_model_of_the_account() -> None:
    with _serving(_said({"models": []})) as (catalogue, seen):
        catalogue.slugs(SUBSCRIPTION)
    assert [one.path for one in seen] == ["/backend-api/codex/models?client_version=0.0.0"]
    names = ("authorization", "chatgpt-account-id", "originator")
    assert [seen[0].headers.get(name) for name in names] == [
        "Bearer token-of-a-subscription",
        "account-1",
        "codexctl",
    ]


def test_the_api_is_asked_with_the_key_alone() -> None:
    with _serving(_said({"data": []})) as (catalogue, seen):
        catalogue.slugs(API_KEY)
    assert [one.path for one in seen] == ["/v1/models"]
    names = ("authorization", "chatgpt-account-id", "originator")
    assert [seen[0].headers.get(name) for name in names] == [
        "Bearer sk-key-of-the-api",
        None,
        "codexctl",
    ]


def test_hidden_models_are_left_out() -> None:
    models = [_model("codex-auto-review", 0, "hide"), _model("gpt-5.5"), _model("x", 2, "none")]
    with _serving(_said({"models": models})) as (catalogue, _):
        assert catalogue.slugs(SUBSCRIPTION) == ("gpt-5.5",)


def test_hidden_models_are_told_where_there_are_no_others() -> None:
    models = [_model("gpt-5.6", 2, "hide"), _model("gpt-5.5", 1, None)]
    with _serving(_said({"models": models})) as (catalogue, _):
        assert catalogue.slugs(SUBSCRIPTION) == ("gpt-5.5", "gpt-5.6")


def test_what_has_no_name_or_one_that_was_there_before_is_left_out() -> None:
    models = [_model("gpt-5.5"), _model(None), _model(""), _model(5), "gpt-6", _model("gpt-5.5")]
    with _serving(_said({"models": models})) as (catalogue, _):
        assert catalogue.slugs(SUBSCRIPTION) == ("gpt-5.5",)


def test_a_key_sees_the_models_that_answer_with_text() -> None:
    for_text = (
        "gpt-5.5-2026-04-23",
        "gpt-5.2-pro",
        "gpt-5.1-codex-max",
        "gpt-4-turbo",
        "gpt-3.5-turbo",
        "o1",
        "o3-deep-research-2025-06-26",
        "o4-mini",
        "codex-mini-latest",
        "chatgpt-4o-latest",
    )
    others = (
        "gpt-4o-audio-preview",
        "gpt-audio-mini",
        "gpt-realtime",
        "gpt-4o-mini-realtime-preview-2024-12-17",
        "gpt-4o-mini-tts",
        "gpt-4o-transcribe-diarize",
        "gpt-image-1",
        "chatgpt-image-latest",
        "gpt-4o-search-preview",
        "gpt-5-search-api",
        "gpt-3.5-turbo-instruct-0914",
        "text-embedding-3-large",
        "omni-moderation-latest",
        "whisper-1",
        "dall-e-3",
        "sora-2",
        "davinci-002",
        "tts-1-hd",
        "orion",
    )
    with _serving(_api_models(*others, *for_text)) as (catalogue, _):
        assert catalogue.slugs(API_KEY) == for_text


def test_a_key_sees_the_fifty_newest() -> None:
    names = [f"gpt-{number}" for number in range(60)]
    with _serving(_api_models(*names)) as (catalogue, _):
        assert catalogue.slugs(API_KEY) == tuple(names[:50])


def test_the_models_of_another_service_are_told_by_its_own_names() -> None:
    with _serving(_api_models("qwen3-8b", "gemma-7b-it")) as (catalogue, _):
        assert catalogue.slugs(API_KEY) == ("qwen3-8b", "gemma-7b-it")


def test_every_model_that_was_recorded_answering_with_text_is_told() -> None:
    """No list of models was recorded; the names in recorded answers are."""
    require_corpus()
    with (CORPUS / "INDEX.tsv").open(encoding="utf-8", newline="") as index:
        rows = list(csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE))
    recorded = sorted(
        {
            row["model"]
            for row in rows
            if row["host"] == "api.openai.com"
            and row["kind"] == "stream"
            and row["origin"] == "recorded"
        }
        # The first wants a tool that we have not, the second is of LM Studio.
        - {"", "computer-use-preview-2025-03-11", "qwen3-8b"}
    )
    assert len(recorded) > 20
    with _serving(_api_models(*recorded)) as (catalogue, _):
        assert catalogue.slugs(API_KEY) == tuple(recorded)

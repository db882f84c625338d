"""The contract of ``codexctl.domain.ports.RedirectReceiver``, for the adapters and the fake."""

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias
from urllib.parse import quote

import pytest
import requests

from codexctl.adapters.openai_oauth.callback import CallbackOptions, LoopbackCallback
from codexctl.adapters.openai_oauth.pasted_redirect import FirstOf, PastedRedirect, PastePrompt
from codexctl.domain.credentials import Secret
from codexctl.domain.errors import NetworkFailed, SignInFailed
from codexctl.domain.ports import RedirectReceiver
from codexctl.domain.sign_in import AuthorizationRequest
from codexctl.testing.fakes.redirect_receiver import Arrival, FakeRedirectReceiver

PATIENCE_SECONDS = 30
STATE = Secret("the-state")
CODE = Secret("the-code-1234")
NO = SignInFailed("no", remedy="again")

RIGHT = Arrival(CODE, STATE)
FORGED = Arrival(Secret("a-forged-code"), Secret("another-state"))
WITHOUT_STATE = Arrival(Secret("a-forged-code"), None)
DENIED = Arrival(NO, STATE)

Opening: TypeAlias = Callable[[tuple[Arrival, ...]], AbstractContextManager[RedirectReceiver]]


def _query(arrival: Arrival) -> str:
    answer = (
        f"code={arrival.outcome.reveal()}"
        if isinstance(arrival.outcome, Secret)
        else "error=access_denied"
    )
    return answer + (f"&state={quote(arrival.state.reveal())}" if arrival.state else "")


@contextmanager
def _called_back(arrivals: tuple[Arrival, ...]) -> Generator[LoopbackCallback, None, None]:
    def browse() -> None:
        for arrival in arrivals[: 1 + _index_of_the_first_answer(arrivals)]:
            requests.get(f"{callback.redirect_uri}?{_query(arrival)}", timeout=PATIENCE_SECONDS)

    browser = threading.Thread(target=browse, daemon=True)
    callback = LoopbackCallback(CallbackOptions(present=lambda _: browser.start(), ports=(0,)))
    try:
        yield callback
    finally:
        callback.close()
        if browser.ident is not None:  # it was sent on its way
            browser.join(PATIENCE_SECONDS)


def _index_of_the_first_answer(arrivals: tuple[Arrival, ...]) -> int:
    """Return where the wait ends: nobody may be listening any more after that."""
    return next((place for place, one in enumerate(arrivals) if one.state == STATE), 0)


def _prompt(arrivals: tuple[Arrival, ...]) -> PastePrompt:
    lines = (f"http://127.0.0.1:1455/auth/callback?{_query(arrival)}" for arrival in arrivals)
    pastes: Iterator[str | None] = iter([*lines, None])
    return PastePrompt(
        read_line=lambda: next(pastes), confirm=lambda: False, tell=lambda _why: None
    )


@contextmanager
def _pasted(arrivals: tuple[Arrival, ...]) -> Generator[RedirectReceiver, None, None]:
    yield PastedRedirect(present=lambda _: None, prompt=_prompt(arrivals))


@contextmanager
def _pasted_beside_a_callback(
    arrivals: tuple[Arrival, ...],
) -> Generator[RedirectReceiver, None, None]:
    with _called_back(()) as callback:
        yield FirstOf(callback=callback, prompt=_prompt(arrivals))


@contextmanager
def _called_back_beside_a_prompt(
    arrivals: tuple[Arrival, ...],
) -> Generator[RedirectReceiver, None, None]:
    with _called_back(arrivals) as callback:
        yield FirstOf(callback=callback, prompt=_prompt(()))


@contextmanager
def _scripted(arrivals: tuple[Arrival, ...]) -> Generator[RedirectReceiver, None, None]:
    yield FakeRedirectReceiver(lambda _: list(arrivals))


@pytest.fixture(
    params=[
        _called_back,
        _pasted,
        _pasted_beside_a_callback,
        _called_back_beside_a_prompt,
        _scripted,
    ],
    ids=["callback", "paste", "paste-first", "callback-first", "fake"],
)
def opened(request: pytest.FixtureRequest) -> Opening:
    return request.param


def _request(receiver: RedirectReceiver) -> AuthorizationRequest:
    return AuthorizationRequest(
        url="https://issuer.test/oauth/authorize",
        redirect_uri=receiver.redirect_uri,
        state=STATE,
        verifier=Secret("the-verifier"),
    )


def test_the_browser_is_sent_to_this_machine(opened: Opening) -> None:
    with opened(()) as receiver:
        assert receiver.redirect_uri.startswith("http://127.0.0.1:")
        assert receiver.redirect_uri.endswith("/auth/callback")


def test_an_answer_with_the_state_brings_its_code(opened: Opening) -> None:
    with opened((RIGHT,)) as receiver:
        assert receiver.receive(_request(receiver)) == CODE


@pytest.mark.parametrize("stray", [FORGED, WITHOUT_STATE], ids=["another state", "no state"])
def test_an_answer_to_another_question_does_not_end_the_wait(
    opened: Opening, stray: Arrival
) -> None:
    with opened((stray, RIGHT)) as receiver:
        assert receiver.receive(_request(receiver)) == CODE


def test_the_issuers_no_ends_the_wait(opened: Opening) -> None:
    with opened((FORGED, DENIED, RIGHT)) as receiver, pytest.raises(SignInFailed):
        receiver.receive(_request(receiver))


@pytest.mark.parametrize("failure", [None, NetworkFailed("n", remedy="r")], ids=["good", "bad"])
def test_how_it_went_may_be_told_when_nobody_is_waiting(
    opened: Opening, failure: NetworkFailed | None
) -> None:
    with opened(()) as receiver:
        receiver.conclude(failure)


def test_it_may_be_closed_twice(opened: Opening) -> None:
    with opened((RIGHT,)) as receiver:
        receiver.receive(_request(receiver))
        receiver.conclude(None)
        receiver.close()
        receiver.close()

"""The browser's way back by hand: pasted, or whichever comes first of pasted and called back."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import assert_never

from codexctl.adapters.openai_oauth.callback import (
    REDIRECT_HOST,
    REGISTERED_PORTS,
    LoopbackCallback,
)
from codexctl.adapters.openai_oauth.callback_rules import CALLBACK_PATH
from codexctl.adapters.openai_oauth.paste import (
    EMPTY,
    BareCode,
    NotUnderstood,
    Pasted,
    PastedCode,
    PastedDenial,
    read_paste,
)
from codexctl.domain.credentials import Secret
from codexctl.domain.errors import CodexctlError, SignInFailed
from codexctl.domain.sign_in import AuthorizationRequest

_MOST_LINES = 20
"""How many lines one address can be wrapped over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastePrompt:
    """How to talk to whoever pastes.

    Attributes:
        read_line: Asks for a paste and returns it: a line, or better all that one paste brought,
            line breaks included; None at the end of the input. It is called from another thread
            beside a callback, where nobody can end it: it must not hold the lock of ``sys.stdin``
            then (read the descriptor), or Python cannot shut down.
        confirm: Asks whether a code without its state is to be used.
        tell: Says what was wrong with a paste.
    """

    read_line: Callable[[], str | None]
    confirm: Callable[[], bool]
    tell: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedRedirect:
    """The :class:`~codexctl.domain.ports.RedirectReceiver` of somebody who copies and pastes.

    Attributes:
        present: Called with the URL that the user's browser has to go to.
        prompt: How to talk to whoever pastes.
    """

    present: Callable[[str], None]
    prompt: PastePrompt

    @property
    def redirect_uri(self) -> str:
        """See :meth:`codexctl.domain.ports.RedirectReceiver.redirect_uri`.

        Nobody listens there; the issuer wants one that it knows.
        """
        return f"http://{REDIRECT_HOST}:{REGISTERED_PORTS[0]}{CALLBACK_PATH}"

    def receive(self, request: AuthorizationRequest) -> Secret:
        """See :meth:`codexctl.domain.ports.RedirectReceiver.receive`."""
        self.present(request.url)
        answer = pasted_answer(self.prompt, request.state)
        if isinstance(answer, Secret):
            return answer
        raise answer or SignInFailed(
            "The input ended before an address was pasted.",
            remedy="Run codexctl login again, on a terminal.",
        )

    def conclude(self, failure: CodexctlError | None) -> None:
        """See :meth:`codexctl.domain.ports.RedirectReceiver.conclude`. There is no browser here."""

    def close(self) -> None:
        """See :meth:`codexctl.domain.ports.RedirectReceiver.close`. There is nothing open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstOf:
    """The :class:`~codexctl.domain.ports.RedirectReceiver` with a callback and a paste prompt.

    The prompt waits in a thread of its own. It cannot be ended from outside, so it dies with the
    process if the browser comes first; what is pasted then is dropped.

    Attributes:
        callback: Where the browser comes back to. It shows the user where to go.
        prompt: How to talk to whoever pastes.
    """

    callback: LoopbackCallback
    prompt: PastePrompt

    @property
    def redirect_uri(self) -> str:
        """See :meth:`codexctl.domain.ports.RedirectReceiver.redirect_uri`."""
        return self.callback.redirect_uri

    def receive(self, request: AuthorizationRequest) -> Secret:
        """See :meth:`codexctl.domain.ports.RedirectReceiver.receive`.

        The end of the input does not end the wait: the browser may still come.
        """
        self.callback.expect(request)
        thread = threading.Thread(
            target=self._take_pastes, args=(request.state,), name="paste", daemon=True
        )
        thread.start()
        return self.callback.outcome()

    def conclude(self, failure: CodexctlError | None) -> None:
        """See :meth:`codexctl.domain.ports.RedirectReceiver.conclude`."""
        self.callback.conclude(failure)

    def close(self) -> None:
        """See :meth:`codexctl.domain.ports.RedirectReceiver.close`."""
        self.callback.close()

    def _take_pastes(self, state: Secret) -> None:
        # The terminal may go away under the thread, which leaves the browser as the way back.
        with suppress(OSError, ValueError):
            answer = pasted_answer(self.prompt, state, is_over=lambda: self.callback.is_settled)
            if answer is not None:
                self.callback.settle(answer)


def pasted_answer(
    prompt: PastePrompt, state: Secret, *, is_over: Callable[[], bool] = lambda: False
) -> Secret | SignInFailed | None:
    """Ask until something is pasted that ends the sign-in; None at the end of the input.

    Args:
        prompt: How to ask.
        state: What an answer has to bring back.
        is_over: Tells that the answer has come another way, so that nothing more is said.
    """
    lines: list[str] = []
    while (line := prompt.read_line()) is not None:
        if is_over():
            return None
        lines = [*lines[1 - _MOST_LINES :], line]
        reading = _best_reading(lines, state)
        match reading:
            case PastedCode(code):
                return code
            case PastedDenial(failure):
                return failure
            case BareCode(code):
                if prompt.confirm():
                    return code
            case NotUnderstood(why):
                if reading != EMPTY:
                    prompt.tell(why)
            case _:
                assert_never(reading)
    return None


def _best_reading(lines: list[str], state: Secret) -> Pasted:
    """Read the last line; if it is no answer, read it as the rest of the lines before it.

    A terminal hands over an address that was wrapped line by line.
    """
    last = read_paste(lines[-1], state)
    if isinstance(last, PastedCode | PastedDenial):
        return last
    for first in range(len(lines) - 1):
        whole = read_paste("".join(lines[first:]), state)
        if isinstance(whole, PastedCode | PastedDenial):
            return whole
    return last

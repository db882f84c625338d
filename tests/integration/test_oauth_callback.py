"""The callback on a real socket, with requests playing the browser and others who come by."""

import html
import signal
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

import pytest
import requests
from tests.fakes.raw_issuer import PATIENCE_SECONDS

from codexctl.adapters.openai_oauth.authorization_server import OpenAiAuthorizationServer
from codexctl.adapters.openai_oauth.callback import CallbackOptions, LoopbackCallback
from codexctl.adapters.openai_oauth.device import OpenAiDeviceAuthorization
from codexctl.adapters.openai_oauth.pasted_redirect import FirstOf, PastedRedirect, PastePrompt
from codexctl.adapters.openai_oauth.settings import IssuerSettings
from codexctl.application.sign_in import SignInByDevice, SignInByRedirect
from codexctl.domain.credentials import Secret, Subscription
from codexctl.domain.errors import CodexctlError, FileNotWritten, SignInFailed
from codexctl.domain.ports import RedirectReceiver
from codexctl.domain.sign_in import AuthorizationRequest
from codexctl.entrypoints.emulator.server import Emulator
from codexctl.testing.fakes.authorization_server import FakeAuthorizationServer
from codexctl.testing.fakes.clock import FakeClock

STATE = Secret("canary-state-0123456789")
CODE = Secret("canary-code-0123456789")
REQUEST = AuthorizationRequest(
    url="https://issuer.test/oauth/authorize",
    redirect_uri="",
    state=STATE,
    verifier=Secret("canary-verifier-0123456789"),
)
RIGHT = f"code={CODE.reveal()}&state={STATE.reveal()}"
SECURITY_HEADERS = {
    "cache-control": "no-store",
    "connection": "close",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@dataclass(slots=True)
class Waiting:
    """A callback that waits in a thread, as the command does.

    Attributes:
        callback: The callback.
        outcome: What the wait ended with, once it has.
    """

    callback: LoopbackCallback
    is_asked: threading.Event
    outcome: list[Secret | SignInFailed] = field(default_factory=list[Secret | SignInFailed])
    thread: threading.Thread | None = None

    def url(self, target: str) -> str:
        """Return the URL of a target on the callback's host and port."""
        return self.callback.redirect_uri.removesuffix("/auth/callback") + target

    def get(self, target: str, **headers: str) -> requests.Response:
        """Ask like a program: without what a browser would add."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.get(
            self.url(target), headers=named, timeout=PATIENCE_SECONDS, allow_redirects=False
        )

    def browse(self, query: str) -> "Browser":
        """Send a browser to the callback, and return it while it waits for its page."""
        return Browser(f"{self.callback.redirect_uri}?{query}")

    def ended_with(self) -> Secret | SignInFailed:
        """Wait for the end."""
        assert self.thread is not None
        self.thread.join(PATIENCE_SECONDS)
        return self.outcome[0]

    @property
    def is_over(self) -> bool:
        """Whether the wait has ended."""
        return bool(self.outcome)


class Browser:
    """A browser that waits for one page, in a thread."""

    def __init__(self, url: str) -> None:
        self._pages: list[requests.Response] = []
        self._thread = threading.Thread(target=self._load, args=(url,), daemon=True)
        self._thread.start()

    def _load(self, url: str) -> None:
        self._pages.append(requests.get(url, timeout=PATIENCE_SECONDS))

    def page(self) -> requests.Response:
        """Wait for the page."""
        self._thread.join(PATIENCE_SECONDS)
        return self._pages[0]

    @property
    def is_waiting(self) -> bool:
        """Whether there is no page yet."""
        return self._thread.is_alive()


@contextmanager
def _waiting(*ports: int) -> Generator[Waiting, None, None]:
    asked = threading.Event()
    options = CallbackOptions(present=lambda _: asked.set(), ports=ports or (0,), pause=_no_pause)
    waiting = Waiting(LoopbackCallback(options), asked)

    def wait() -> None:
        try:
            waiting.outcome.append(waiting.callback.receive(REQUEST))
        except SignInFailed as failure:
            waiting.outcome.append(failure)

    waiting.thread = threading.Thread(target=wait, daemon=True)
    waiting.thread.start()
    try:
        assert asked.wait(PATIENCE_SECONDS)
        yield waiting
    finally:
        waiting.callback.close()
        waiting.thread.join(PATIENCE_SECONDS)


def _no_pause(_seconds: float) -> None:
    """Try again at once."""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


# The browser that brings the code.


def test_a_browser_that_brings_the_code_waits_until_it_is_known_how_it_went() -> None:
    with _waiting() as waiting:
        browser = waiting.browse(RIGHT)
        assert waiting.ended_with() == CODE
        assert browser.is_waiting
        waiting.callback.conclude(None)
        page = browser.page()
    assert (page.status_code, page.history) == (200, [])
    assert "You are signed in" in page.text
    assert page.headers["content-type"] == "text/html; charset=utf-8"


def test_the_page_of_a_failure_says_what_failed_and_what_to_do() -> None:
    failure = FileNotWritten("The disk is <full> & more.", remedy='Make "room".')
    with _waiting() as waiting:
        browser = waiting.browse(RIGHT)
        waiting.ended_with()
        waiting.callback.conclude(failure)
        page = browser.page().text
    assert html.escape(failure.message) in page
    assert html.escape(failure.remedy) in page
    assert "<full>" not in page


def test_a_browser_that_comes_again_gets_the_same_page() -> None:
    with _waiting() as waiting:
        first, second = waiting.browse(RIGHT), waiting.browse(RIGHT)
        waiting.ended_with()
        waiting.callback.conclude(None)
        assert first.page().text == second.page().text == waiting.browse(RIGHT).page().text


def test_a_browser_still_waiting_at_the_end_is_told_that_the_sign_in_stopped() -> None:
    with _waiting() as waiting:
        browser = waiting.browse(RIGHT)
        waiting.ended_with()
        waiting.callback.close()
        assert "The sign-in was stopped" in browser.page().text


def test_no_page_shows_what_the_browser_brought() -> None:
    with _waiting() as waiting:
        browser = waiting.browse(RIGHT)
        waiting.ended_with()
        waiting.callback.conclude(None)
        told = browser.page().text + str(browser.page().headers)
    assert "canary" not in told


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            "error=access_denied&error_description=The+user+denied.",
            "The sign-in was declined in the browser: The user denied.",
        ),
        ("error=access_denied", "The sign-in was declined in the browser."),
        (
            "error=access_denied&error_description=missing_codex_entitlement%3A+x",
            "Codex is not enabled for your workspace.",
        ),
        ("error=server_error", "The sign-in was refused: server_error"),
        ("error=", "The sign-in was refused: no reason given"),
        (
            "error=x&error_description=%3Cscript%3Ealert(1)%3C/script%3E%0A%1b[31m",
            r"The sign-in was refused: <script>alert(1)</script> \x1b[31m",
        ),
    ],
)
def test_the_issuers_no_ends_the_wait_and_is_shown(error: str, words: str) -> None:
    with _waiting() as waiting:
        page = waiting.browse(f"{error}&state={STATE.reveal()}").page()
        failure = waiting.ended_with()
    assert isinstance(failure, SignInFailed)
    assert failure.message == words
    assert html.escape(words) in page.text
    assert "<script" not in page.text


# Who else comes by during the wait.

STRAYS = {
    "no state": (f"/auth/callback?code={CODE.reveal()}", 400),
    "another state": (f"/auth/callback?code={CODE.reveal()}&state=another", 400),
    "part of the state": (f"/auth/callback?code=c&state={STATE.reveal()[:-1]}", 400),
    "two states": (f"/auth/callback?{RIGHT}&state={STATE.reveal()}", 400),
    "a state that is no text": ("/auth/callback?code=c&state=%ff%00", 400),
    "a forged no": ("/auth/callback?error=access_denied&state=another", 400),
    "no code": (f"/auth/callback?state={STATE.reveal()}", 400),
    "an empty code": (f"/auth/callback?code=&state={STATE.reveal()}", 400),
    "two codes": (f"/auth/callback?code=a&code=b&state={STATE.reveal()}", 400),
    "an endless code": (f"/auth/callback?code={'c' * 5_000}&state={STATE.reveal()}", 400),
    "many fields": ("/auth/callback?" + "a=1&" * 100 + RIGHT, 400),
    "no query": ("/auth/callback", 400),
    "an icon": ("/favicon.ico", 404),
    "the root": ("/", 404),
    "a longer path": (f"/auth/callback/?{RIGHT}", 404),
    "the old success page": ("/success?id_token=x", 404),
    "no URL": ("//[", 404),
}


@pytest.mark.parametrize(("target", "status"), STRAYS.values(), ids=STRAYS)
def test_a_stray_request_is_turned_away_and_the_wait_goes_on(target: str, status: int) -> None:
    with _waiting() as waiting:
        page = waiting.get(target)
        assert (page.status_code, waiting.is_over) == (status, False)
        assert {name: page.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "canary" not in page.text
        waiting.browse(RIGHT)
        assert waiting.ended_with() == CODE


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS", "PUT", "BREW"])
def test_nothing_but_a_get_brings_a_code(method: str) -> None:
    with _waiting() as waiting:
        url = f"{waiting.callback.redirect_uri}?{RIGHT}"
        page = requests.request(method, url, timeout=PATIENCE_SECONDS)
        assert (page.status_code, waiting.is_over) == (405, False)


@pytest.mark.parametrize(
    "headers",
    [{"purpose": "prefetch"}, {"sec_purpose": "prefetch;prerender"}, {"x_moz": "prefetch"}],
)
def test_a_browser_that_only_looks_ahead_does_not_count(headers: dict[str, str]) -> None:
    with _waiting() as waiting:
        page = waiting.get(f"/auth/callback?{RIGHT}", **headers)
        assert (page.status_code, waiting.is_over) == (503, False)


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.evil.test", "", "localhost:x", "[::1]"])
def test_a_foreign_name_for_this_machine_is_turned_away(host: str) -> None:
    with _waiting() as waiting:
        page = waiting.get(f"/auth/callback?{RIGHT}", host=host)
        assert (page.status_code, waiting.is_over) == (400, False)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1455", "127.0.0.1", "127.0.0.1:9999"])
def test_this_machine_may_go_by_both_of_its_names_on_a_forwarded_port(host: str) -> None:
    with _waiting() as waiting:
        waiting.callback.conclude(None)
        assert waiting.get(f"/auth/callback?{RIGHT}", host=host).status_code == 200
        assert waiting.ended_with() == CODE


def _say(waiting: Waiting, said: bytes) -> bytes:
    """Send bytes, stop sending, and return all that comes back."""
    port = int(waiting.callback.redirect_uri.split(":")[2].partition("/")[0])
    with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as connection:
        heard = b""
        with suppress(OSError):  # refused before everything was sent
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65_536):
                heard += piece
        return heard


GARBAGE = {
    "nothing": b"",
    "zeros": b"\0" * 70_000,
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 500,
    "half a request": b"GET /auth/call",
    "no headers": f"GET /auth/callback?{RIGHT}\r\n".encode(),
    "no host": f"GET /auth/callback?{RIGHT} HTTP/1.1\r\n\r\n".encode(),
    "two hosts": (
        f"GET /auth/callback?{RIGHT} HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\n\r\n"
    ).encode(),
    "an endless line": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    "an endless header": b"GET / HTTP/1.1\r\nx: " + b"a" * 100_000 + b"\r\n\r\n",
    "endless headers": b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 500 + b"\r\n",
    "an address that cannot be": b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a question first": (b"GET / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\r\n"),
    "an odd version": b"GET / HTTP/9.9\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("said", GARBAGE.values(), ids=GARBAGE)
def test_garbage_does_not_end_the_wait(said: bytes) -> None:
    with _waiting() as waiting:
        heard = _say(waiting, said)
        assert (b"canary" in heard, waiting.is_over) == (False, False)
        waiting.browse(RIGHT)
        assert waiting.ended_with() == CODE


def test_clients_that_say_nothing_do_not_keep_the_browser_out() -> None:
    with _waiting() as waiting:
        port = int(waiting.callback.redirect_uri.split(":")[2].partition("/")[0])
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
        try:
            waiting.browse(RIGHT)
            assert waiting.ended_with() == CODE
        finally:
            for one in silent:
                one.close()


# Cancelling.


def test_a_program_may_cancel() -> None:
    with _waiting() as waiting:
        assert waiting.get("/cancel").text == "Login cancelled\n"
        failure = waiting.ended_with()
    assert isinstance(failure, SignInFailed)
    assert "cancelled" in failure.message


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"referer": "https://evil.test/"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_purpose": "prefetch"},
    ],
)
def test_a_web_page_may_not_cancel(headers: dict[str, str]) -> None:
    with _waiting() as waiting:
        page = waiting.get("/cancel", **headers)
        assert (page.status_code, waiting.is_over) == (403, False)


def test_somebody_who_types_the_address_may_cancel() -> None:
    with _waiting() as waiting:
        assert waiting.get("/cancel", sec_fetch_site="none").status_code == 200


def test_it_is_too_late_to_cancel_when_the_code_is_there() -> None:
    with _waiting() as waiting:
        waiting.browse(RIGHT)
        waiting.ended_with()
        assert waiting.get("/cancel").status_code == 409


# Ports.


def test_a_second_sign_in_ends_the_first_and_takes_its_port() -> None:
    port = _free_port()
    first_is_gone = threading.Event()
    with _waiting(port) as first:

        def make_way() -> None:
            first.ended_with()
            first.callback.close()
            first_is_gone.set()

        threading.Thread(target=make_way, daemon=True).start()
        options = CallbackOptions(
            present=lambda _: None,
            ports=(port,),
            pause=lambda _: _check(first_is_gone.wait(PATIENCE_SECONDS)),
        )
        with closing(LoopbackCallback(options)) as second:
            assert second.redirect_uri == f"http://127.0.0.1:{port}/auth/callback"
        outcome = first.ended_with()
    assert isinstance(outcome, SignInFailed)
    assert "cancelled" in outcome.message


def _check(fact: bool) -> None:  # noqa: FBT001 (an assertion as an expression)
    assert fact


@contextmanager
def _foreign_program() -> Generator[tuple[int, list[bytes]], None, None]:
    """Hold a port, note what is said, and stay."""
    heard: list[bytes] = []

    def listen() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                heard.append(connection.recv(65_536))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield listener.getsockname()[1], heard
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE_SECONDS)


def test_a_foreign_program_is_asked_once_and_then_the_other_port_is_taken() -> None:
    pauses: list[float] = []
    with _foreign_program() as (taken, heard):
        options = CallbackOptions(present=lambda _: None, ports=(taken, 0), pause=pauses.append)
        with closing(LoopbackCallback(options)) as callback:
            assert str(taken) not in callback.redirect_uri
    assert heard == [
        f"GET /cancel HTTP/1.1\r\nHost: 127.0.0.1:{taken}\r\nConnection: close\r\n\r\n".encode()
    ]
    assert pauses == [0.2] * 10


def test_where_every_port_is_taken_it_says_so_and_how_to_go_on() -> None:
    with _foreign_program() as (first, _), _foreign_program() as (second, _):
        options = CallbackOptions(present=lambda _: None, ports=(first, second), pause=_no_pause)
        assert LoopbackCallback.if_a_port_is_free(options) is None
        with pytest.raises(SignInFailed) as caught:
            LoopbackCallback(options)
    assert f"{first} and {second}" in caught.value.message
    assert "--paste" in caught.value.remedy


def test_after_closing_the_port_is_free_and_no_thread_is_left() -> None:
    port = _free_port()
    before = set(threading.enumerate())
    for _ in range(3):
        with _waiting(port) as waiting:
            browser = waiting.browse(RIGHT)
            waiting.ended_with()
            waiting.callback.conclude(None)
            browser.page()
    assert set(threading.enumerate()) <= before


def test_ctrl_c_ends_the_wait() -> None:
    waiting = threading.get_ident()
    keyboard = threading.Thread(
        target=lambda: signal.pthread_kill(waiting, signal.SIGINT), daemon=True
    )
    options = CallbackOptions(present=lambda _: keyboard.start(), ports=(0,))
    with closing(LoopbackCallback(options)) as callback, pytest.raises(KeyboardInterrupt):
        callback.receive(REQUEST)
    keyboard.join(PATIENCE_SECONDS)


def test_a_client_that_takes_too_long_is_cut_off() -> None:
    options = CallbackOptions(present=lambda _: None, ports=(0,), patience_seconds=0.05)
    with closing(LoopbackCallback(options)) as callback:
        port = int(callback.redirect_uri.split(":")[2].partition("/")[0])
        with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as connection:
            connection.sendall(b"GET /")
            assert connection.recv(65_536) == b""


def test_nobody_coming_back_in_time_is_a_failure() -> None:
    options = CallbackOptions(present=lambda _: None, ports=(0,), timeout_seconds=0.01)
    with closing(LoopbackCallback(options)) as callback, pytest.raises(SignInFailed) as caught:
        callback.receive(REQUEST)
    assert "in time" in caught.value.message


# Pasting.


def _prompt(*lines: str, confirms: bool = False, told: list[str] | None = None) -> PastePrompt:
    pastes = iter([*lines, None])
    said = told if told is not None else []
    return PastePrompt(read_line=lambda: next(pastes), confirm=lambda: confirms, tell=said.append)


def _paste(prompt: PastePrompt) -> Secret:
    shown: list[str] = []
    code = PastedRedirect(present=shown.append, prompt=prompt).receive(REQUEST)
    assert shown == [REQUEST.url]
    return code


def test_what_was_not_understood_is_told_and_asked_again() -> None:
    told: list[str] = []
    prompt = _prompt("", "hello", f"code={CODE.reveal()}", RIGHT, told=told)
    assert _paste(prompt) == CODE
    assert len(told) == 2
    assert "canary" not in "".join(told)


def test_an_address_that_a_terminal_wrapped_is_put_together() -> None:
    address = f"http://127.0.0.1:1455/auth/callback?{RIGHT}"
    lines = [address[place : place + 20] + "\n" for place in range(0, len(address), 20)]
    assert _paste(_prompt("nonsense", *lines)) == CODE


def test_a_code_alone_is_used_when_the_user_says_so() -> None:
    assert _paste(_prompt(CODE.reveal(), confirms=True)) == CODE


@pytest.mark.parametrize("lines", [(), (CODE.reveal(),)], ids=["nothing", "unconfirmed"])
def test_the_end_of_the_input_ends_a_sign_in_by_paste(lines: tuple[str, ...]) -> None:
    with pytest.raises(SignInFailed, match="The input ended"):
        _paste(_prompt(*lines))


def test_the_end_of_the_input_does_not_end_the_wait_for_the_browser() -> None:
    with _waiting() as waiting:
        both = FirstOf(callback=waiting.callback, prompt=_prompt())
        browser = threading.Thread(target=lambda: waiting.browse(RIGHT).page(), daemon=True)
        browser.start()
        assert both.receive(REQUEST) == CODE


def test_a_terminal_that_goes_away_does_not_end_the_wait_for_the_browser() -> None:
    def read_line() -> str | None:
        raise OSError("the terminal is gone")

    prompt = PastePrompt(read_line=read_line, confirm=lambda: True, tell=lambda _: None)
    with _waiting() as waiting:
        waiting.browse(RIGHT)
        assert FirstOf(callback=waiting.callback, prompt=prompt).receive(REQUEST) == CODE


def test_a_denial_that_is_pasted_ends_the_wait_for_the_browser_too() -> None:
    with _waiting() as waiting:
        prompt = _prompt(f"?error=access_denied&state={STATE.reveal()}")
        with pytest.raises(SignInFailed, match="declined"):
            FirstOf(callback=waiting.callback, prompt=prompt).receive(REQUEST)


def test_a_denial_that_is_pasted_ends_a_sign_in_by_paste() -> None:
    with pytest.raises(SignInFailed, match="declined"):
        _paste(_prompt(f"?error=access_denied&state={STATE.reveal()}"))


def test_what_is_pasted_after_the_browser_came_is_dropped() -> None:
    came = threading.Event()
    told: list[str] = []

    def read_line() -> str | None:
        assert came.wait(PATIENCE_SECONDS)
        return "nonsense"

    prompt = PastePrompt(read_line=read_line, confirm=lambda: True, tell=told.append)
    with _waiting() as waiting:
        waiting.browse(RIGHT)
        assert FirstOf(callback=waiting.callback, prompt=prompt).receive(REQUEST) == CODE
        came.set()
    assert told == []


# The whole sign-in.


@contextmanager
def _signing_in_through(
    issuer: Emulator, open_browser: Callable[[str], None]
) -> Generator[tuple[SignInByRedirect, RedirectReceiver], None, None]:
    settings = IssuerSettings(issuer=issuer.issuer, identity={"originator": "a-test"})
    server = OpenAiAuthorizationServer(settings=settings, clock=FakeClock())
    options = CallbackOptions(present=open_browser, ports=(0,))
    with closing(LoopbackCallback(options)) as callback:
        yield SignInByRedirect(server=server), callback


def test_a_sign_in_through_the_browser_shows_the_page_when_the_login_is_kept() -> None:
    browsers: list[Browser] = []
    kept: list[Subscription] = []

    def keep(subscription: Subscription) -> None:
        assert browsers[0].is_waiting
        kept.append(subscription)

    with (
        Emulator(any_redirect_port=True) as issuer,
        _signing_in_through(issuer, lambda url: browsers.append(Browser(url))) as (sign_in, here),
    ):
        subscription = sign_in(here, keep)
        page = browsers[0].page()
    assert kept == [subscription]
    assert "You are signed in" in page.text
    assert subscription.access_token.reveal() not in str([one.url for one in page.history])


def test_a_login_that_could_not_be_kept_is_told_in_the_browser_too() -> None:
    browsers: list[Browser] = []

    def keep(_: Subscription) -> None:
        raise FileNotWritten("The disk is full.", remedy="Make room.")

    with (
        Emulator(any_redirect_port=True) as issuer,
        _signing_in_through(issuer, lambda url: browsers.append(Browser(url))) as (sign_in, here),
    ):
        with pytest.raises(FileNotWritten):
            sign_in(here, keep)
        assert "The disk is full." in browsers[0].page().text


@pytest.mark.parametrize(
    ("scenario", "words"),
    [("login-denied", "declined"), ("login-not-entitled", "not enabled for your workspace")],
)
def test_a_denied_sign_in_says_so_on_both_sides(scenario: str, words: str) -> None:
    browsers: list[Browser] = []
    with (
        Emulator(any_redirect_port=True, issuer_scenarios=[scenario]) as issuer,
        _signing_in_through(issuer, lambda url: browsers.append(Browser(url))) as (sign_in, here),
    ):
        with pytest.raises(SignInFailed) as caught:
            sign_in(here, lambda _: None)
        page = browsers[0].page()
    assert words in caught.value.message
    assert words in page.text


def test_a_sign_in_by_device_code() -> None:
    clock = FakeClock()
    with Emulator(clock=lambda: clock.now().timestamp(), approve_after=12) as issuer:
        settings = IssuerSettings(issuer=issuer.issuer, identity={"originator": "a-test"})
        sign_in = SignInByDevice(
            server=OpenAiAuthorizationServer(settings=settings, clock=clock),
            device=OpenAiDeviceAuthorization(settings=settings),
            clock=clock,
        )
        subscription = sign_in(sign_in.begin())
    assert subscription.refresh_token is not None
    assert clock.waits == [1.0] * 12


def test_a_sign_in_by_paste_beside_the_callback() -> None:
    server = FakeAuthorizationServer()
    with _waiting() as waiting:
        request = server.authorization_request(waiting.callback.redirect_uri)
        code = server.approve(request)
        prompt = _prompt(f"{code.reveal()}#{request.state.reveal()}")
        both = FirstOf(callback=waiting.callback, prompt=prompt)
        assert both.receive(request) == code


def test_nothing_that_failed_shows_a_secret() -> None:
    shown: list[CodexctlError] = []
    with _waiting() as waiting:
        waiting.browse(f"error=x&error_description=y&{RIGHT}")
        failure = waiting.ended_with()
        assert isinstance(failure, SignInFailed)
        shown.append(failure)
        told = f"{waiting.callback!r} {vars(waiting.callback)} {REQUEST!r}"
    assert "canary" not in f"{shown!r} {failure.message} {failure.remedy} {told}"

"""``codexctl login`` with a browser, whose part the test plays."""

import os
import signal
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.signing_in import (
    DESKTOP,
    FILE_NOTE,
    SIGNALS,
    SIGNED_IN,
    browse,
    callback_ports,
    machine,
    where_it_ends,
)

from codexctl.domain.credentials import Subscription


@pytest.fixture(autouse=True)
def ports() -> Generator[None, None, None]:
    with callback_ports():
        yield


def opening(url: str) -> str:
    return f"Open this address in a browser to sign in:\n\n    {url}\n\n"


@contextmanager
def taken(port: int) -> Generator[None, None, None]:
    """Have a foreign program on a port, which hangs up on whoever connects."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        thread = threading.Thread(target=hang_up, args=(listener,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def hang_up(listener: socket.socket) -> None:
    with suppress(OSError):  # it was shut down
        while True:
            listener.accept()[0].close()


def port_is_free(port: int) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return one.connect_ex(("127.0.0.1", port)) != 0


def test_the_whole_journey(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        with user.talk("login", "--browser", "--no-open") as talk:
            url = talk.wait_for_url()
            page = browse(url)
            ran = talk.finish()
        assert (ran.exit_code, ran.text) == (0, "")
        assert ran.stderr == opening(url) + SIGNED_IN + FILE_NOTE
        assert (page.status_code, "You are signed in" in page.text) == (200, True)
        assert [secret for secret in ("code=", "eyJ", "rt_") if secret in page.text] == []
        assert parse_qs(urlsplit(url).query)["redirect_uri"] == [
            "http://127.0.0.1:1455/auth/callback"
        ]
        assert user.run("status", "--json").exit_code == 0
        assert user.run("token").text.count(".") == 2
        assert user.run("run", "--tools", "none", "hi").exit_code == 0
        assert user.run("logout").stderr == "Signed out: profile default.\n"
        assert len(emulator.issuer_state.tokens_revoked) == 1
        assert user.run("status").exit_code == 3


def test_a_desktop_opens_the_address_that_it_prints(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    os.mkfifo(opened)
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}\n')
    browser.chmod(0o700)
    with (
        machine(tmp_path) as (user, _),
        user.talk("login", **{**DESKTOP, "BROWSER": str(browser)}) as talk,
    ):
        url = opened.read_text()
        browse(url)
        ran = talk.finish()
        assert (ran.exit_code, ran.stderr) == (0, opening(url) + SIGNED_IN + FILE_NOTE)


@pytest.mark.parametrize(
    ("words", "variables"),
    [
        (("--no-open",), {"DISPLAY": ":0"}),
        (("--browser",), {"SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22", "BROWSER": ""}),
    ],
    ids=["--no-open", "SSH"],
)
def test_no_browser_is_opened_where_none_is_wanted(
    tmp_path: Path, words: tuple[str, ...], variables: dict[str, str]
) -> None:
    """One that is opened all the same is found on the path, and says so."""
    browser = tmp_path / "lynx"
    browser.write_text("#!/bin/sh\necho opened >&2\n")
    for name in ("lynx", "w3m", "links", "elinks", "xdg-open", "www-browser", "x-www-browser"):
        (tmp_path / name).write_bytes(browser.read_bytes())
        (tmp_path / name).chmod(0o700)
    path = f"{tmp_path}:{os.environ['PATH']}"
    with (
        machine(tmp_path) as (user, _),
        user.talk("login", *words, **variables, PATH=path) as talk,
    ):
        url = talk.wait_for_url()
        browse(url)
        ran = talk.finish()
        assert (ran.exit_code, ran.stderr) == (0, opening(url) + SIGNED_IN + FILE_NOTE)


@pytest.mark.parametrize(
    ("scenario", "told", "shown"),
    [
        (
            "login-denied",
            "codexctl: The sign-in was declined in the browser",
            "declined",
        ),
        (
            "login-not-entitled",
            (
                "codexctl: Codex is not enabled for your workspace.\n"
                "  Ask your workspace's administrator for access to Codex.\n"
            ),
            "not enabled",
        ),
    ],
)
def test_a_denial_is_told_here_and_in_the_browser_and_keeps_the_old_login(
    tmp_path: Path, scenario: str, told: str, shown: str
) -> None:
    with machine(tmp_path, scenario) as (user, emulator):
        user.sign_in()
        old = user.stored()
        with user.talk("login", "--browser") as talk:
            page = browse(talk.wait_for_url())
            ran = talk.finish()
        assert (ran.exit_code, told in ran.stderr, ran.stderr.count("codexctl: ")) == (3, True, 1)
        assert shown in page.text
        assert (user.stored(), emulator.issuer_state.tokens_revoked) == (old, ())
        assert port_is_free(1455)


def test_a_forged_answer_ends_nothing(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, _), user.talk("login", "--browser") as talk:
        url = talk.wait_for_url()
        forged = "http://127.0.0.1:1455/auth/callback?code=stolen&state=wrong"
        assert browse(forged).status_code == 400
        assert browse("http://127.0.0.1:1455/").status_code == 404
        browse(url)
        assert talk.finish().exit_code == 0


def test_a_code_that_is_not_good_is_told_here_and_in_the_browser(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, _), user.talk("login", "--browser") as talk:
        end = where_it_ends(talk.wait_for_url())
        page = browse(end.replace("code=", "code=x"))
        ran = talk.finish()
        assert (ran.exit_code, user.stored()) == (3, None)
        assert "codexctl: The sign-in service refused the code (HTTP 400): The grant is" in (
            ran.stderr
        )
        assert "refused the code" in page.text


def test_nobody_coming_is_told_when_the_time_is_over(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, _):
        ran = user.run("login", "--browser", "--timeout", "0.1")
        assert ran.exit_code == 3
        assert ran.stderr.endswith(
            "\n\ncodexctl: Nobody finished the sign-in in the browser in time.\n"
            "  Run codexctl login again, with a longer --timeout if need be.\n"
        )
        assert port_is_free(1455)


def test_a_second_login_ends_the_first_one_and_takes_its_port(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, _), user.talk("login", "--browser") as first:
        first.wait_for_url()
        with user.talk("login", "--browser") as second:
            url = second.wait_for_url()
            ran = first.finish()
            assert ran.exit_code == 3
            assert ran.stderr.endswith(
                "codexctl: The sign-in was cancelled: another one was started on this machine.\n"
                "  Run codexctl login to try again.\n"
            )
            assert "127.0.0.1%3A1455" in url
            browse(url)
            assert second.finish().exit_code == 0


def test_another_programs_port_is_left_to_it(tmp_path: Path) -> None:
    with (
        taken(1455),
        machine(tmp_path) as (user, _),
        user.talk("login", "--browser") as talk,
    ):
        url = talk.wait_for_url()
        assert "127.0.0.1%3A1457" in url
        browse(url)
        assert talk.finish().exit_code == 0


def test_two_taken_ports_are_told_with_what_to_do(tmp_path: Path) -> None:
    with (
        taken(1455),
        taken(1457),
        machine(tmp_path) as (user, _),
        user.terminal("login", "--browser", "--no-open") as talk,
    ):
        ran = user.run("login", "--browser")
        assert (ran.exit_code, ran.stderr) == (
            3,
            (
                "codexctl: Other programs hold the ports that the browser comes back to (1455,"
                " 1457).\n"
                "  End them, or run: codexctl login --device\n"
            ),
        )
        talk.wait_for("are taken: paste instead")
        talk.type(where_it_ends(talk.wait_for_url()) + "\r")
        assert talk.finish().exit_code == 0


@pytest.mark.parametrize(("number", "kind", "exit_code"), SIGNALS)
def test_a_signal_ends_the_wait_frees_the_port_and_keeps_the_old_login(
    tmp_path: Path, number: signal.Signals, kind: str, exit_code: int
) -> None:
    with machine(tmp_path) as (user, _):
        user.sign_in()
        old = user.stored()
        with user.talk("login", "--browser", "-v") as talk:
            url = talk.wait_for_url()
            talk.process.send_signal(number)
            ran = talk.finish()
        assert (ran.exit_code, ran.stderr) == (
            exit_code,
            opening(url) + f"codexctl: {kind}.\n",
        )
        assert (user.stored(), port_is_free(1455)) == (old, True)


def test_the_login_that_is_kept_is_that_of_the_browser(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        user.sign_in()
        old = user.stored()
        with user.talk("login", "--browser") as talk:
            browse(talk.wait_for_url())
            assert talk.finish().exit_code == 0
        new = user.stored()
        assert old is not None
        assert isinstance(old.credential, Subscription)
        assert old.credential.refresh_token is not None
        assert new not in (None, old)
        assert emulator.issuer_state.tokens_revoked == (old.credential.refresh_token.reveal(),)

"""``codexctl login`` with a paste on a terminal, alone and beside a browser."""

import signal
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeAlias
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from tests.signing_in import (
    FILE_NOTE,
    READY_TO_PASTE,
    SIGNED_IN,
    Machine,
    Talk,
    browse,
    callback_ports,
    machine,
    where_it_ends,
)

from codexctl.entrypoints.emulator import Emulator

OPENING = "Open this address in a browser to sign in:\n\n    "
HOW_TO_PASTE = (
    "After signing in, the browser goes to a page that it cannot load. Copy the address of that\n"
    "page, paste it here (it is not shown) and press Enter.\n"
)
IF_ELSEWHERE = (
    "If the browser is on another machine, it ends at a page that it cannot load. Copy the\n"
    "address of that page, paste it here (it is not shown) and press Enter; or use:\n"
    "codexctl login --device\n"
)
Setup: TypeAlias = tuple[Machine, Emulator]


@pytest.fixture
def setup(tmp_path: Path) -> Generator[Setup, None, None]:
    with machine(tmp_path) as made:
        yield made


def begin(talk: Talk) -> tuple[str, str]:
    """Sign in in a browser; return the address to open and the one it ends up at."""
    url = talk.wait_for_url()
    talk.wait_for(READY_TO_PASTE)
    return url, where_it_ends(url)


def query(end: str) -> str:
    return urlsplit(end).query


PASTES: list[tuple[str, Callable[[str], str]]] = [
    ("the address", lambda end: end + "\r"),
    ("with a line feed", lambda end: end + "\n"),
    ("the query", lambda end: query(end) + "\r"),
    ("in quotes", lambda end: f"  '{end}'  \r"),
    ("wrapped over lines", lambda end: f"{end[:60]}\r{end[60:]}\r"),
    ("percent-encoded", lambda end: quote(end, safe="") + "\r"),
    ("with a bracket of the terminal", lambda end: f"\x1b[200~{end}\x1b[201~\r"),
    ("a very long one", lambda end: f"{end}&padding={'x' * 8_000}\r"),
]


@pytest.mark.parametrize("paste", [one[1] for one in PASTES], ids=[one[0] for one in PASTES])
def test_what_is_pasted_signs_in_and_is_not_shown(
    setup: Setup, paste: Callable[[str], str]
) -> None:
    user, _ = setup
    with user.terminal("login", "--paste") as talk:
        before = talk.modes()
        url, end = begin(talk)
        talk.type(paste(end))
        ran = talk.finish()
        assert (ran.exit_code, talk.modes()) == (0, before)
    assert ran.stderr == f"{OPENING}{url}\n\n{HOW_TO_PASTE}{SIGNED_IN}{FILE_NOTE}"
    assert user.stored() is not None


def test_the_stored_login_of_a_paste_is_as_good_as_any(setup: Setup) -> None:
    user, emulator = setup
    with user.terminal("login", "--paste") as talk:
        talk.type(begin(talk)[1] + "\r")
        assert talk.finish().exit_code == 0
    assert user.run("status", "--json").exit_code == 0
    assert user.run("run", "--tools", "none", "hi").exit_code == 0
    assert user.run("logout").exit_code == 0
    assert len(emulator.issuer_state.tokens_revoked) == 1
    assert user.run("status").exit_code == 3


def test_a_code_alone_is_used_when_the_user_says_so(setup: Setup) -> None:
    user, _ = setup
    with user.terminal("login", "--paste") as talk:
        code = parse_qs(query(begin(talk)[1]))["code"][0]
        talk.type(code + "\r")
        talk.wait_for(r"y/n\?")
        talk.type("n\r")
        talk.wait_for(r"Then paste the whole address that the sign-in ended at\.")
        talk.type(code + "\r")
        talk.wait_for(r"(?s)y/n\?.*y/n\?")
        talk.type("y\r")
        ran = talk.finish()
    assert (ran.exit_code, code in ran.stderr) == (0, False)


@pytest.mark.parametrize(
    ("pasted", "told"),
    [
        ("hello\r", "This is not an address that the sign-in ends at. Copy all of it."),
        (
            "http://127.0.0.1:1455/auth/callback?code=abc&state=other\r",
            "This address is of another sign-in. Copy the one of this sign-in.",
        ),
        (
            "http://127.0.0.1:1455/auth/callback\r",
            "There is no code in it. Copy the address after you have signed in.",
        ),
    ],
)
def test_a_paste_of_no_use_is_told_and_the_next_one_counts(
    setup: Setup, pasted: str, told: str
) -> None:
    user, _ = setup
    with user.terminal("login", "--paste") as talk:
        _, end = begin(talk)
        talk.type(pasted)
        talk.wait_for(told.replace(".", r"\."))
        talk.type(end + "\r")
        ran = talk.finish()
    assert (ran.exit_code, ran.stderr.count(told)) == (0, 1)
    assert pasted.strip() not in ran.stderr.replace(told, "")


def test_a_denial_can_be_pasted_too(tmp_path: Path) -> None:
    with machine(tmp_path, "login-denied") as (user, _):
        user.sign_in()
        old = user.stored()
        with user.terminal("login", "--paste") as talk:
            before = talk.modes()
            talk.type(begin(talk)[1] + "\r")
            ran = talk.finish()
            assert (ran.exit_code, talk.modes(), user.stored()) == (3, before, old)
    assert "codexctl: The sign-in was declined in the browser" in ran.stderr


ENDINGS: list[tuple[str, Callable[[Talk], None], int, str]] = [
    ("Ctrl-C", lambda talk: talk.type("\x03"), 130, "codexctl: Interrupted.\n"),
    (
        "SIGTERM",
        lambda talk: talk.process.send_signal(signal.SIGTERM),
        143,
        "codexctl: Terminated.\n",
    ),
    (
        "Ctrl-D",
        lambda talk: talk.type("\x04"),
        3,
        (
            "codexctl: The input ended before an address was pasted.\n"
            "  Run codexctl login again, on a terminal.\n"
        ),
    ),
]


@pytest.mark.parametrize(
    ("end", "exit_code", "told"), [one[1:] for one in ENDINGS], ids=[one[0] for one in ENDINGS]
)
def test_whatever_ends_the_wait_leaves_the_terminal_as_it_was(
    setup: Setup, end: Callable[[Talk], None], exit_code: int, told: str
) -> None:
    user, _ = setup
    user.sign_in()
    old = user.stored()
    with user.terminal("login", "--paste", "-v") as talk:
        before = talk.modes()
        talk.wait_for(READY_TO_PASTE)
        assert talk.modes() != before
        end(talk)
        ran = talk.finish()
        assert (ran.exit_code, talk.modes()) == (exit_code, before)
    assert ran.stderr.endswith(told)
    assert ("Traceback" in ran.stderr) == (exit_code == 3)
    assert user.stored() == old


def test_nobody_pasting_is_told_when_the_time_is_over(setup: Setup) -> None:
    user, _ = setup
    with user.terminal("login", "--paste", "--timeout", "0.2") as talk:
        before = talk.modes()
        ran = talk.finish()
        assert (ran.exit_code, talk.modes()) == (3, before)
    assert ran.stderr.endswith(
        "codexctl: Nobody pasted an address in time.\n"
        "  Run codexctl login again, with a longer --timeout if need be.\n"
    )


def test_without_a_terminal_the_end_of_the_input_is_told(setup: Setup) -> None:
    user, _ = setup
    ran = user.run("login", "--paste")
    assert ran.exit_code == 3
    assert ran.stderr.endswith(
        "codexctl: The input ended before an address was pasted.\n"
        "  Run codexctl login again, on a terminal.\n"
    )


def test_a_program_may_paste_through_a_pipe(setup: Setup) -> None:
    user, _ = setup
    with user.talk("login", "--paste") as talk:
        talk.type(where_it_ends(talk.wait_for_url()) + "\n")
        assert talk.finish().exit_code == 0


@pytest.mark.parametrize("by", ["paste", "browser", "Ctrl-C"])
def test_beside_a_browser_whichever_comes_first_counts(setup: Setup, by: str) -> None:
    user, _ = setup
    with callback_ports(), user.terminal("login", "--browser") as talk:
        before = talk.modes()
        url = talk.wait_for_url()
        talk.wait_for(READY_TO_PASTE)
        if by == "browser":
            browse(url)
        else:
            talk.type("\x03" if by == "Ctrl-C" else where_it_ends(url) + "\r")
        ran = talk.finish()
        assert talk.modes() == before
    end = "codexctl: Interrupted.\n" if by == "Ctrl-C" else SIGNED_IN + FILE_NOTE
    assert ran.exit_code == (130 if by == "Ctrl-C" else 0)
    shown = ran.stderr.rpartition("\x1b[K")[2]  # without the status before it
    assert shown == f"{OPENING}{url}\n\n{IF_ELSEWHERE}{end}"

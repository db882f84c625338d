"""What a person pastes: every shape is understood, and nothing without the right state."""

import pytest

from codexctl.adapters.openai_oauth.paste import (
    EMPTY,
    NO_CODE,
    NO_STATE,
    OTHER_STATE,
    TOO_LONG,
    UNKNOWN,
    BareCode,
    NotUnderstood,
    PastedCode,
    PastedDenial,
    read_paste,
)
from codexctl.domain.credentials import Secret

STATE = Secret("the-state_0123")
CODE = "ac_the-code.0123"
RIGHT = PastedCode(Secret(CODE))
URL = f"http://localhost:1455/auth/callback?code={CODE}&scope=openid+email&state=the-state_0123"

UNDERSTOOD = {
    "address": URL,
    "address of the other host": URL.replace("localhost", "127.0.0.1"),
    "address of any host": URL.replace("http://localhost:1455", "https://example.test"),
    "address without its scheme": URL.removeprefix("http://"),
    "path": URL.removeprefix("http://localhost:1455"),
    "fields in another order": f"?state=the-state_0123&code={CODE}",
    "query": URL.partition("?")[2],
    "query with its mark": "?" + URL.partition("?")[2],
    "query with an ampersand": "&" + URL.partition("?")[2],
    "fragment behind it": f"{URL}#_=_",
    "pair": f"{CODE}#the-state_0123",
    "percent-encoded": "http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback%3Fcode%3D"
    f"{CODE}%26state%3Dthe-state_0123",
    "percent-encoded query": f"code%3D{CODE}%26state%3Dthe-state_0123",
    "percent-encoded values": "?code=ac%5Fthe%2Dcode.0123&state=the%2Dstate_0123",
    "from the source of a page": URL.replace("&", "&amp;"),
    "quotes": f'"{URL}"',
    "typographic quotes": f"“{URL}”",
    "angle brackets": f"<{URL}>",
    "blanks around it": f"  \t{URL} \r\n",
    "wrapped": URL[:30] + "\n" + URL[30:60] + "\r\n   " + URL[60:],
    "bracketed paste": f"\x1b[200~{URL}\x1b[201~",
    "zero-width blanks": f"\ufeff{URL}\u200b",
    "a command in front": f"curl '{URL}'",
}


@pytest.mark.parametrize("pasted", UNDERSTOOD.values(), ids=UNDERSTOOD)
def test_a_code_with_the_right_state_is_understood_in_every_shape(pasted: str) -> None:
    assert read_paste(pasted, STATE) == RIGHT


@pytest.mark.parametrize("around", ["{}", ' "{}" ', "{}\n", "`{}`"])
def test_a_code_alone_is_told_apart(around: str) -> None:
    assert read_paste(around.format(CODE), STATE) == BareCode(Secret(CODE))


NOT_UNDERSTOOD = {
    "nothing": ("", EMPTY),
    "blanks": (" \n\t ", EMPTY),
    "quotes": ('""', EMPTY),
    "a word": ("yes", UNKNOWN),
    "a sentence": ("I do not know what to paste here!", UNKNOWN),
    "the address of the question": ("https://auth.openai.com/oauth/authorize", NO_CODE),
    "an address without its query": ("http://localhost:1455/auth/callback", NO_CODE),
    "no state": (f"http://localhost:1455/auth/callback?code={CODE}", NO_STATE),
    "a query without its state": (f"code={CODE}", NO_STATE),
    "a pair without its state": (f"{CODE}#", NO_STATE),
    "another state": (URL.replace("the-state", "not-state"), OTHER_STATE),
    "another state in a pair": (f"{CODE}#other", OTHER_STATE),
    "part of the state": (f"{CODE}#the-state_012", OTHER_STATE),
    "two states": (f"{URL}&state=the-state_0123", OTHER_STATE),
    "a no to another question": ("?error=access_denied&state=other", OTHER_STATE),
    "no code": ("?state=the-state_0123&code=", NO_CODE),
    "no code in a pair": ("#the-state_0123", NO_CODE),
    "two codes": (f"{URL}&code=another", NO_CODE),
    "many fields": ("?" + "a=1&" * 100 + URL.partition("?")[2], UNKNOWN),
    "an endless text": ("x" * 100_000, TOO_LONG),
    "half a surrogate pair": ("\ud800", UNKNOWN),
    "half a surrogate pair as the state": (f"{CODE}#\ud800", OTHER_STATE),
    "an address that cannot be": ("http://[::1?code=a", NO_STATE),
}


@pytest.mark.parametrize(("pasted", "why"), NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD)
def test_what_is_no_answer_is_told_apart_and_never_repeated(
    pasted: str, why: NotUnderstood
) -> None:
    assert read_paste(pasted, STATE) == why
    assert CODE not in why.why


def test_the_issuers_no_is_told_in_its_words() -> None:
    pasted = "?error=server_error&error_description=Not%0Anow%1b[2J&state=the-state_0123"
    denial = read_paste(pasted, STATE)
    assert isinstance(denial, PastedDenial)
    assert denial.failure.message == r"The sign-in was refused: Not now\x1b[2J"


@pytest.mark.parametrize("pasted", [URL, CODE, f"{CODE}#the-state_0123"])
def test_what_was_understood_does_not_show_itself(pasted: str) -> None:
    assert CODE not in repr(read_paste(pasted, STATE))

"""No secret in any output, file or log, whatever command, however it ends."""

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from tests.command import Ran
from tests.signing_in import (
    READY_TO_PASTE,
    Machine,
    Talk,
    browse,
    callback_ports,
    machine,
    where_it_ends,
)

from codexctl.domain.credentials import ApiKey, Subscription
from codexctl.entrypoints.emulator import Emulator

PASSPHRASE = "correct-horse-canary-passphrase"
KEY = "sk-canary-0123456789-abcdefghij"
READY = "at-canary-0123456789-abcdefghij"
ISSUED = r"(?:rt|ac|deviceauth)_emulator_|eyJ[\w-]{10}"
"""How refresh tokens, codes, device ids and access tokens of the emulator begin."""
RANDOM = r"(?<![\w-])(?!sha256-)[\w-]{43,}"
"""A verifier or a state; nothing that is shown to a person is so long a word."""
LOUD = {"CODEXCTL_DEBUG": "1", "RUST_LOG": "trace"}


@dataclass
class Watch:
    """Collects secrets and what must not show them."""

    user: Machine
    emulator: Emulator
    secrets: set[str] = field(default_factory=set[str])
    shown: list[str] = field(default_factory=list[str])
    is_quick: bool = False

    def run(self, *words: str, stdin: str = "", exit_code: int = 0, **variables: str) -> Ran:
        run = self.user.run_here if self.is_quick else self.user.run
        ran = run("-v", *words, stdin=stdin.encode(), **LOUD, **variables)
        assert ran.exit_code == exit_code, ran.stderr
        self.note(ran, words)
        return ran

    def note(self, ran: Ran, words: tuple[str, ...]) -> None:
        """Keep what was said; ``token`` alone may print one."""
        self.shown += [ran.stderr] if words[0] == "token" else [ran.stderr, ran.text]

    def learn(self, profile: str = "default", **variables: str) -> None:
        """Add what the store keeps to the secrets."""
        login = self.user.stored(profile, **variables)
        match login and login.credential:
            case ApiKey(key=key):
                self.secrets.add(key.reveal())
            case Subscription() as one:
                self.secrets.add(one.access_token.reveal())
                if one.refresh_token is not None:
                    self.secrets.add(one.refresh_token.reveal())
            case _:
                pass

    def check(self) -> None:
        """Look everywhere."""
        log = "\n".join(
            json.dumps([one.path, dict(one.headers), one.body]) for one in self.emulator.requests
        )
        assert leaks(self.secrets, [log.encode()]) == []
        assert leaks(self.secrets, [text.encode() for text in self.shown]) == []
        assert re.findall(ISSUED, "\n".join([log, *self.shown])) == []
        assert re.findall(RANDOM, "\n".join(self.shown)) == []
        files = [path for path in self.user.home.rglob("*") if path.is_file()]
        assert leaks(self.secrets, [path.read_bytes() for path in files]) == []
        names = "\n".join(str(path) for path in files)
        assert leaks(self.secrets, [names.encode()]) == []


def leaks(secrets: Iterable[str], places: Iterable[bytes]) -> list[str]:
    """Return the secrets that stand in a place: as they are, percent-encoded, or in base64."""
    found: list[str] = []
    for place in places:
        decoded = [place, *unbased(place)]
        for secret in secrets:
            shapes = {secret.encode(), quote(secret, safe="").encode()}
            if any(shape in text for shape in shapes for text in decoded):
                found.append(secret)
    return found


def unbased(place: bytes) -> list[bytes]:
    """Return what stands in base64 in a place."""
    words = re.findall(rb"[A-Za-z0-9+/_-]{24,}", place)
    texts: list[bytes] = []
    for word in words:
        plain = word.replace(b"-", b"+").replace(b"_", b"/")
        for start in range(4):
            whole = plain[start : start + (len(plain) - start) // 4 * 4]
            texts.append(base64.b64decode(whole))
    return texts


@pytest.mark.parametrize("text", ["a canary", "a%20canary", "YSBjYW5hcnkgaXMgaW4gaGVyZS4u"])
def test_a_leak_would_be_found(text: str) -> None:
    assert leaks(["a canary"], [b"x" * 30 + b" " + text.encode() + b" y"]) == ["a canary"]


def codes(url: str) -> set[str]:
    fields = parse_qs(urlsplit(url).query)
    return {fields[name][0] for name in ("code", "state") if name in fields}


def test_signing_in_with_a_code_and_all_that_follows_shows_no_secret(tmp_path: Path) -> None:
    with machine(tmp_path, access_token_lifetime=60) as (user, emulator):
        watch = Watch(user, emulator)
        watch.run("login", "--device")
        watch.learn()
        for words in (("status",), ("status", "--json"), ("usage",), ("token",)):
            watch.run(*words)
            watch.learn()
        watch.run("run", "--tools", "none", "hi")
        watch.learn()
        watch.run("rekey", "--to", "file")
        watch.run("login", "--device")
        watch.learn()
        watch.check()
        watch.run("logout")
        assert len(watch.secrets) > 6
        watch.check()


def test_what_is_handed_over_is_not_shown(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        watch = Watch(user, emulator, {KEY, READY, PASSPHRASE})
        watch.run("login", "--api-key", stdin=KEY)
        watch.run("run", "--tools", "none", "hi")
        watch.run("usage", exit_code=2)
        watch.check()
        watch.run("login", "--access-token", stdin=READY)
        watch.run("run", "--tools", "none", "hi", exit_code=3)
        watch.run("usage", exit_code=3)
        watch.user = user.having(CODEXCTL_KEY_SOURCE="auto", CODEXCTL_PASSPHRASE=PASSPHRASE)
        watch.run("rekey", "--to", "passphrase")
        watch.run("status")
        watch.run("status", exit_code=9, CODEXCTL_PASSPHRASE="")
        watch.run("login", "--api-key", stdin=f"{KEY} {KEY}", exit_code=2)
        file = tmp_path / "auth.json"
        file.write_text(f'{{"OPENAI_API_KEY": "{KEY}"')
        watch.run("login", "--import-codex", str(file), exit_code=2)
        watch.check()


@pytest.mark.parametrize(
    ("scenario", "exit_code"),
    [
        ("refresh-500*", 5),
        ("refresh-html*", 5),
        ("refresh-429*", 4),
        ("refresh-garbage", 5),
        ("refresh-answer-lost", 5),
        ("refresh-invalid-grant", 3),
        ("refresh-token-expired", 3),
        ("account-changes", 3),
    ],
)
def test_a_refresh_that_fails_shows_no_secret(
    tmp_path: Path, scenario: str, exit_code: int
) -> None:
    with machine(tmp_path, scenario, access_token_lifetime=-60) as (user, emulator):
        watch = Watch(user, emulator, is_quick=True)
        user.sign_in()
        watch.learn()
        watch.run("token", exit_code=exit_code)
        watch.run("status", exit_code=3 if exit_code == 3 else 0)
        assert "Traceback" in watch.shown[0]
        watch.check()


@pytest.mark.parametrize("scenario", ["device-declined", "device-expired", "device-not-enabled"])
def test_a_device_code_that_fails_shows_no_secret(tmp_path: Path, scenario: str) -> None:
    with machine(tmp_path, scenario) as (user, emulator):
        watch = Watch(user, emulator, is_quick=True)
        watch.run("login", "--device", exit_code=3)
        watch.check()


@pytest.mark.parametrize("outcome", ["approved", "refused", "denied"])
def test_a_browser_sign_in_shows_its_state_where_it_has_to_and_nothing_else(
    tmp_path: Path, outcome: str
) -> None:
    scenarios = ("login-denied",) if outcome == "denied" else ()
    with machine(tmp_path, *scenarios) as (user, emulator), callback_ports():
        watch = Watch(user, emulator)
        with user.talk("-v", "login", "--browser", **LOUD) as talk:
            url = talk.wait_for_url()
            end = where_it_ends(url)
            watch.secrets |= codes(end)
            page = browse(end.replace("code=", "code=x") if outcome == "refused" else end)
            ran = talk.finish()
        assert ran.exit_code == (0 if outcome == "approved" else 3)
        watch.learn()
        # The address has to be opened, so it is shown; its state is in it and nowhere else.
        watch.note(Ran(exit_code=0, stdout=ran.stdout, stderr=ran.stderr.replace(url, "")), ("",))
        watch.shown += [page.text, str(page.headers), page.url.partition("?")[0]]
        watch.check()


@pytest.mark.parametrize("outcome", ["approved", "refused"])
def test_a_paste_shows_no_secret(tmp_path: Path, outcome: str) -> None:
    with machine(tmp_path) as (user, emulator):
        watch = Watch(user, emulator)
        with user.terminal("-v", "login", "--paste", **LOUD) as talk:
            url = talk.wait_for_url()
            end = where_it_ends(url)
            talk.wait_for(READY_TO_PASTE)
            watch.secrets |= codes(end)
            pasted = end.replace("code=", "code=x") if outcome == "refused" else end
            say(talk, pasted)
            ran = talk.finish()
        assert ran.exit_code == (0 if outcome == "approved" else 3)
        watch.learn()
        watch.note(Ran(exit_code=0, stdout=b"", stderr=ran.stderr.replace(url, "")), ("",))
        watch.check()


def say(talk: Talk, text: str) -> None:
    talk.type(text + "\r")

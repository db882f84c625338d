"""``codexctl rekey``, and passphrases: given, typed, wrong and missing."""

from pathlib import Path

import pytest
from tests.signing_in import FILE_NOTE, SIGNED_IN, Machine, machine

PASSPHRASE = {"CODEXCTL_PASSPHRASE": "correct horse battery canary"}
AUTO = {"CODEXCTL_KEY_SOURCE": "auto"}
BY_PASSPHRASE = {"CODEXCTL_KEY_SOURCE": "passphrase"}
DONE = "The key of the credential file comes from the {} source now.\n"
GUESSABLE = "note: The credentials are as safe as the passphrase is hard to guess.\n"
ASKED = "Passphrase of the credential store: \n"
NOBODY = (
    "codexctl: The credential file needs a passphrase, and there is nobody to ask.\n"
    "  Set CODEXCTL_PASSPHRASE.\n"
)


def key_source(user: Machine) -> str:
    return (
        (user.home / "credentials.enc")
        .read_bytes()
        .split(b'"key_source":"')[1]
        .split(b'"')[0]
        .decode()
    )


def test_a_file_goes_under_a_passphrase_and_back(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, _):
        user.sign_in()
        login = user.stored()
        ran = user.having(**AUTO, **PASSPHRASE).run("rekey", "--to", "passphrase")
        assert (ran.exit_code, ran.text, ran.stderr) == (
            0,
            "",
            DONE.format("passphrase") + GUESSABLE,
        )
        assert (key_source(user), (user.home / "credentials.key").exists()) == ("passphrase", False)
        assert user.stored(**AUTO, **PASSPHRASE) == login
        assert user.having(**AUTO, **PASSPHRASE).run("token").exit_code == 0
        ran = user.having(**AUTO, **PASSPHRASE).run("rekey", "--to", "file")
        assert (ran.exit_code, ran.stderr) == (0, DONE.format("file") + FILE_NOTE)
        assert (key_source(user), user.stored()) == ("file", login)


def test_a_setting_that_still_asks_for_the_old_source_is_told(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, _):
        user.sign_in()
        ran = user.having(**PASSPHRASE).run_here("rekey", "--to", "passphrase")
        assert (ran.exit_code, ran.stderr) == (
            0,
            DONE.format("passphrase")
            + "note: CODEXCTL_KEY_SOURCE still asks for file. Set it to passphrase or unset it, or"
            " the file will not be opened.\n" + GUESSABLE,
        )
        ran = user.having(**PASSPHRASE).run_here("status")
        assert (ran.exit_code, ran.stderr) == (
            9,
            (
                "codexctl: The key of the credential file comes from the passphrase source, and"
                " CODEXCTL_KEY_SOURCE asks for file.\n"
                "  Unset CODEXCTL_KEY_SOURCE, or run: codexctl rekey --to file\n"
            ),
        )


def test_without_a_login_there_is_nothing_to_re_encrypt(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, _):
        ran = user.run_here("rekey", "--to", "file")
        assert (ran.exit_code, ran.stderr) == (
            3,
            "codexctl: There are no stored credentials to re-encrypt.\n  Run: codexctl login\n",
        )


@pytest.mark.parametrize("words", [("rekey", "--to", "passphrase"), ("rekey", "--to", "keyring")])
def test_a_rekey_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    with machine(tmp_path) as (user, _):
        user.sign_in()
        files = {path.name: path.read_bytes() for path in user.home.iterdir()}
        # As a process: the library looks at the environment of the one it is in.
        ran = user.run(*words, PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
        assert (ran.exit_code, ran.text) == (9, "")
        assert ran.stderr.count("\n") == 2
        assert {path.name: path.read_bytes() for path in user.home.iterdir()} == files


def under_a_passphrase(user: Machine) -> None:
    user.sign_in(**BY_PASSPHRASE, **PASSPHRASE)


@pytest.mark.parametrize(
    "words",
    [("status",), ("run", "hi"), ("logout",), ("login", "--device")],
    ids=" ".join,
)
def test_a_wrong_or_missing_passphrase_is_told_by_every_command(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    with machine(tmp_path) as (user, emulator):
        under_a_passphrase(user)
        asked = len(emulator.requests)
        kept = (user.home / "credentials.enc").read_bytes()
        ran = user.having(**AUTO).run_here(*words)
        assert (ran.exit_code, ran.text, ran.stderr) == (9, "", NOBODY)
        ran = user.having(**AUTO, CODEXCTL_PASSPHRASE="wrong canary").run_here(*words)
        assert (ran.exit_code, ran.text, ran.stderr) == (
            9,
            "",
            (
                "codexctl: The passphrase is not the one that the credential file was encrypted"
                " with.\n"
                "  Correct CODEXCTL_PASSPHRASE.\n"
            ),
        )
        assert (user.home / "credentials.enc").read_bytes() == kept
        assert len(emulator.requests) == asked


@pytest.mark.parametrize("way", ["--device", "--paste", "--browser"])
def test_that_nobody_can_give_a_passphrase_is_found_out_before_the_sign_in(
    tmp_path: Path, way: str
) -> None:
    with machine(tmp_path) as (user, emulator):
        ran = user.having(**BY_PASSPHRASE).run_here("login", way)
        assert (ran.exit_code, ran.stderr, emulator.requests) == (9, NOBODY, [])


def test_a_new_passphrase_is_asked_for_twice_and_before_the_sign_in(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        with user.terminal("login", "--device", **BY_PASSPHRASE) as talk:
            before = talk.modes()
            talk.wait_for("store: ")
            assert emulator.requests == []
            talk.type("typed canary\r")
            talk.wait_for("Once more: ")
            talk.type("typed canary\r")
            ran = talk.finish()
            assert (ran.exit_code, talk.modes()) == (0, before)
        assert ran.stderr.startswith(ASKED + "Once more: \n")
        assert (ran.stderr.count("store: "), ran.stderr.count("Once more: ")) == (1, 1)
        assert ran.stderr.endswith(SIGNED_IN + GUESSABLE)
        assert "canary" not in ran.stderr
        assert (
            user.having(**AUTO, CODEXCTL_PASSPHRASE="typed canary").run_here("status").exit_code
            == 0
        )


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (
            "one\r",
            "other\r",
            "codexctl: The two passphrases differ.\n  Run the command again.\n",
        ),
        (
            "\r",
            "\r",
            (
                "codexctl: No passphrase was given.\n"
                "  Run the command again, or set CODEXCTL_PASSPHRASE where no terminal can ask.\n"
            ),
        ),
    ],
)
def test_a_new_passphrase_of_no_use_is_told_before_the_sign_in(
    tmp_path: Path, first: str, second: str, told: str
) -> None:
    with (
        machine(tmp_path) as (user, emulator),
        user.terminal("login", "--device", **BY_PASSPHRASE) as talk,
    ):
        talk.wait_for("store: ")
        talk.type(first)
        talk.wait_for("Once more: ")
        talk.type(second)
        ran = talk.finish()
        assert (ran.exit_code, emulator.requests) == (9, [])
        assert ran.stderr.endswith(told)


@pytest.mark.parametrize("words", [("token",), ("run", "--tools", "none", "hi")], ids=" ".join)
def test_a_terminal_is_asked_for_the_passphrase_once(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    with machine(tmp_path, access_token_lifetime=60) as (user, _):
        under_a_passphrase(user)
        with user.terminal(*words, **AUTO) as talk:
            talk.wait_for("store: ")
            talk.type(PASSPHRASE["CODEXCTL_PASSPHRASE"] + "\r")
            ran = talk.finish()
        assert (ran.exit_code, ran.stderr.startswith(ASKED)) == (0, True)
        assert ran.stderr.count("store: ") == 1
        assert "canary" not in ran.stderr


def test_ctrl_c_at_the_passphrase_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, _):
        under_a_passphrase(user)
        with user.terminal("token", **AUTO) as talk:
            before = talk.modes()
            talk.wait_for("store: ")
            talk.type("\x03")
            ran = talk.finish()
            assert (ran.exit_code, talk.modes()) == (130, before)
        assert ran.stderr == ASKED + "codexctl: Interrupted.\n"

"""The command line itself: what it takes, and what it says of the rest."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.asking import ask, served
from tests.command import COMMAND, process_environment, run_command, run_here
from tests.wire import answer, call_done, completed

from codexctl import __version__

SCRIPT = [[call_done("nothing", "{}"), completed()], answer("Hello")]
COMMANDS = ["run", "inspect", "emulator", "demo"]


@pytest.mark.parametrize("words", [["--version"], ["run", "--version"], ["-v", "--version"]])
def test_version_is_one_line_on_standard_output(words: list[str]) -> None:
    ran = run_here(*words)
    assert (ran.exit_code, ran.text, ran.stderr) == (0, f"codexctl {__version__}\n", "")


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_names_every_command(word: str) -> None:
    ran = run_here(word)
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.text.startswith("usage: codexctl ")
    assert [name for name in COMMANDS if f"\n    {name} " not in ran.text] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    ran = run_here(command, "--help")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.text.startswith(f"usage: codexctl {command} ")


@pytest.mark.parametrize("words", ["--version", "--help", "run --help", "demo --version"])
def test_the_installed_command_and_the_module_say_the_same(words: str) -> None:
    here = run_here(*words.split())
    process = run_command(*words.split())
    module = subprocess.run(
        [sys.executable, "-m", "codexctl", *words.split()],
        capture_output=True,
        env=process_environment(),
        timeout=60,
    )
    assert (process.exit_code, process.text, process.stderr) == (0, here.text, "")
    assert (module.returncode, module.stdout.decode(), module.stderr) == (0, here.text, b"")


@pytest.mark.parametrize(
    ("words", "what", "see"),
    [
        ([], "The following arguments are required: COMMAND.", "codexctl"),
        (["run", "--bogus", "hi"], "Unrecognized arguments: --bogus.", "codexctl"),
        (["run", "hi", "there"], "Unrecognized arguments: there.", "codexctl"),
        (["run", "--max", "3", "hi"], "Unrecognized arguments: --max hi.", "codexctl"),
        (["demo", "now"], "Unrecognized arguments: now.", "codexctl"),
        (["inspect"], "The following arguments are required: FILE.", "codexctl inspect"),
        (["run", "-m"], "Argument -m/--model: expected one argument.", "codexctl run"),
        *(
            (["run", "--max-turns", value, "hi"], f"Argument --max-turns: {text}", "codexctl run")
            for value, text in (
                ("0", "it must be 1 or more."),
                ("-1", "'-1' is not a whole number from 0."),
                ("1.5", "'1.5' is not a whole number from 0."),
                ("many", "'many' is not a whole number from 0."),
                ("٣", "'٣' is not a whole number from 0."),
                ("9" * 5_000, f"'{'9' * 5_000}' is not a whole number from 0."),
            )
        ),
        (
            ["run", "--retries", "-1", "hi"],
            "Argument --retries: '-1' is not a whole number from 0.",
            "codexctl run",
        ),
        *(
            (
                ["run", f"--idle-timeout={value}", "hi"],
                f"Argument --idle-timeout: {value!r} is not a number of seconds above 0.",
                "codexctl run",
            )
            for value in ("nan", "inf", "-inf", "0", "-1", "1e7", "soon", "")
        ),
        *(
            (
                ["emulator", "--port", value],
                f"Argument --port: {value!r} is not {what}.",
                "codexctl emulator",
            )
            for value, what in (("65536", "a port"), ("-1", "a whole number from 0"))
        ),
    ],
)
def test_a_wrong_word_is_exit_2_and_two_lines(words: list[str], what: str, see: str) -> None:
    ran = run_here(*words)
    assert (ran.exit_code, ran.text) == (2, "")
    assert ran.stderr == f"codexctl: {what}\n  See: {see} --help\n"


@pytest.mark.parametrize(
    ("words", "few"),
    [(["bogus"], COMMANDS), (["--color", "purple", "demo"], ["auto", "always", "never"])],
)
def test_a_word_that_is_none_of_a_few_is_told_with_the_few(
    words: list[str], few: list[str]
) -> None:
    ran = run_here(*words)
    assert (ran.exit_code, ran.text, ran.stderr.count("\n")) == (2, "", 2)
    assert "invalid choice: " in ran.stderr
    assert [word for word in few if word not in ran.stderr] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["--quiet"], []),
        ([], ["--quiet"]),
        (["-q"], ["-q"]),
        (["-q", "--color", "always"], ["--color", "never"]),
        (["-q"], ["--verbose"]),
    ],
)
def test_shared_options_count_before_and_after_the_command(
    before: list[str], after: list[str]
) -> None:
    with served(SCRIPT) as server:
        environment = {"OPENAI_API_KEY": "k", "CODEXCTL_API_BASE_URL": server.base_url}
        ran = run_here(*before, "run", *after, "hi", environment=environment)
    assert (ran.exit_code, ran.text, ran.stderr) == (0, "Hello\n", "")


def test_a_later_choice_of_colour_wins() -> None:
    ran = run_here("--color", "never", "demo", "--color", "always")
    assert "\x1b[2m" in ran.stderr
    assert "\x1b" not in ran.text


@pytest.mark.parametrize("words", [["hi", "--quiet"], ["--quiet", "--", "hi"]])
def test_options_may_stand_after_the_prompt(words: list[str]) -> None:
    ran = ask(*words, script=SCRIPT).ran
    assert (ran.exit_code, ran.text, ran.stderr) == (0, "Hello\n", "")


URL_VARIABLES = ["CODEXCTL_CHATGPT_BASE_URL", "CODEXCTL_API_BASE_URL", "OPENAI_BASE_URL"]


@pytest.mark.parametrize("name", URL_VARIABLES)
@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("http://example.com/v1", "is plain http, which would show the token"),
        ("http://127.0.0.1.example.com", "is plain http, which would show the token"),
        ("https://user:canary@example.com", "holds a user name"),
        ("http://127.0.0.1:canary@example.com", "holds a user name"),
        ("https://example.com/?key=canary", "holds a user name, a query"),
        ("https://user:canary@[::1", "is not a URL"),
        ("canary", "is not a URL"),
        ("ftp://example.com", "is not a URL"),
        ("https://", "is not a URL"),
        ("https://example.com:canary", "is not a URL"),
    ],
)
def test_a_base_url_of_no_use_is_exit_2_and_never_quoted(name: str, value: str, what: str) -> None:
    ran = run_here("run", "-v", "hi", environment={"OPENAI_API_KEY": "k", name: value})
    assert (ran.exit_code, ran.text) == (2, "")
    *_, told, remedy, end = ran.stderr.split("\n")
    assert told.startswith(f"codexctl: {name} {what}")
    assert (remedy.startswith("  "), end) == (True, "")
    assert "canary" not in ran.stderr


def test_certificates_that_are_not_there_are_exit_2(tmp_path: Path) -> None:
    missing = tmp_path / "ca.pem"
    asked = ask("hi", script=SCRIPT, environment={"SSL_CERT_FILE": str(missing)})
    assert (asked.ran.exit_code, asked.seen) == (2, [])
    assert asked.ran.stderr == (
        f"codexctl: SSL_CERT_FILE names {missing}, which does not exist.\n"
        "  Correct SSL_CERT_FILE, or unset it to use the default certificates.\n"
    )


def test_the_installed_command_exits_with_the_codes_of_usage_errors() -> None:
    codes = [
        subprocess.run(
            [COMMAND, *words], capture_output=True, env=process_environment(), timeout=60
        ).returncode
        for words in (["bogus"], ["run", "hi"], ["inspect", "/nonexistent"])
    ]
    assert codes == [2, 3, 2]

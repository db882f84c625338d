"""What goes into a run: the prompt, the model, the credential, the settings."""

import codecs
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest
from tests.asking import Asked, ask, served
from tests.command import (
    COMMAND,
    Ran,
    api_environment,
    process_environment,
    run_command,
    run_here,
)
from tests.fakes.stream_server import StreamServer
from tests.wire import answer

SCRIPT = [answer("Hello")]
HOURS_AGO, FAR_AHEAD = 1_700_000_000, 4_000_000_000
IN_A_BLOCK = "word\n\n<stdin>\n\npiped\n</stdin>"
NO_PROMPT = (
    "codexctl: There is no prompt.\n"
    "  Write it as the last word (codexctl run 'What is here?'), or pipe it in.\n"
)


def prompt_of(asked: Asked) -> str:
    """What the service was asked."""
    *_, message = asked.seen[0].input  # after what is said of the surroundings
    (content,) = message["content"]
    assert (message["role"], content["type"]) == ("user", "input_text")
    return content["text"]


class TestPrompt:
    """The word on the command line, standard input, or both."""

    @pytest.mark.parametrize(
        ("words", "stdin", "prompt"),
        [
            pytest.param(["What is here?"], None, "What is here?", id="a word, stdin closed"),
            pytest.param(["word"], b"piped", "word", id="a word, stdin left alone"),
            pytest.param([], b"piped\n", "piped\n", id="no word"),
            pytest.param(["-"], b"piped\r\n", "piped\r\n", id="a dash"),
            pytest.param(["-", "--stdin"], b"piped", "piped", id="a dash and --stdin"),
            pytest.param(["--", "--stdin"], b"piped", "--stdin", id="a word like an option"),
            pytest.param(
                ["word", "--stdin"],
                b"\npiped \n\n",
                "word\n\n<stdin>\n\npiped\n</stdin>",
                id="both",
            ),
            pytest.param(["word", "--stdin"], b" \n", "word", id="both, nothing piped"),
            pytest.param([], "Grüße ✓\u2028".encode(), "Grüße ✓\u2028", id="UTF-8"),
            pytest.param([], codecs.BOM_UTF8 + b"hi", "hi", id="UTF-8 with a mark"),
            pytest.param([], "hi ✓".encode("utf-16"), "hi ✓", id="UTF-16"),
            pytest.param(
                [], codecs.BOM_UTF16_BE + "hi ✓".encode("utf-16-be"), "hi ✓", id="UTF-16 BE"
            ),
            pytest.param([], "hi ✓".encode("utf-32"), "hi ✓", id="UTF-32"),
        ],
    )
    def test_the_service_is_asked(self, words: list[str], stdin: bytes | None, prompt: str) -> None:
        asked = ask(*words, script=SCRIPT, stdin=stdin)
        assert (asked.ran.exit_code, prompt_of(asked)) == (0, prompt)

    @pytest.mark.parametrize(
        ("words", "stdin", "told"),
        [
            pytest.param([], None, NO_PROMPT, id="nothing at all"),
            pytest.param(
                ["-"],
                None,
                "codexctl: Standard input is closed.\n  Give the text another way.\n",
                id="a dash, stdin closed",
            ),
            pytest.param(
                ["hi", "--stdin"],
                None,
                "codexctl: Standard input is closed.\n  Give the text another way.\n",
                id="--stdin, stdin closed",
            ),
            pytest.param(
                [],
                b" \n",
                "codexctl: The prompt on standard input is empty.\n  Say what you want to know.\n",
                id="blank stdin",
            ),
            pytest.param(
                [" "],
                None,
                "codexctl: The prompt is empty.\n  Say what you want to know.\n",
                id="a blank word",
            ),
            pytest.param(
                ["-"],
                b"abc\xff",
                "codexctl: Standard input is not valid UTF-8 (byte 3).\n"
                "  Convert it to UTF-8 first.\n",
                id="no text",
            ),
            pytest.param(
                ["caf\udce9"],
                None,
                "codexctl: The prompt is not valid UTF-8.\n  Convert it first.\n",
                id="a word that is no text",
            ),
        ],
    )
    def test_what_cannot_be_asked_is_told_before_any_request(
        self, words: list[str], stdin: bytes | None, told: str
    ) -> None:
        asked = ask(*words, script=SCRIPT, stdin=stdin)
        assert (asked.ran.exit_code, asked.ran.text, asked.seen) == (2, "", [])
        assert asked.ran.stderr == told

    def test_a_prompt_does_not_wait_for_an_open_standard_input(self) -> None:
        with (
            served(SCRIPT) as server,
            subprocess.Popen(
                [COMMAND, "run", "--tools", "none", "hi"],
                stdin=subprocess.PIPE,  # held open to the end
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=process_environment(api_environment(server.base_url)),
            ) as process,
        ):
            assert process.stdout is not None
            assert process.stdout.read() == b"Hello\n"
            assert process.wait(timeout=60) == 0

    @pytest.mark.parametrize(("words", "exit_code"), [("hi", 0), ("", 2), ("-", 2)])
    def test_a_process_without_standard_input_is_fine_unless_it_is_needed(
        self, words: str, exit_code: int
    ) -> None:
        with served(SCRIPT) as server:
            finished = subprocess.run(
                ["sh", "-c", f"exec {COMMAND} run --tools none {words} <&-"],
                capture_output=True,
                env=process_environment(api_environment(server.base_url)),
                timeout=60,
            )
        assert finished.returncode == exit_code, finished.stderr
        assert finished.stdout == (b"Hello\n" if exit_code == 0 else b"")


class TestInstructions:
    """``--instructions``."""

    def test_the_default_is_not_empty(self) -> None:
        asked = ask("hi", script=SCRIPT)
        assert asked.seen[0].body["instructions"].startswith("You are codexctl")

    def test_text_replaces_the_default(self) -> None:
        asked = ask("--instructions", "Answer in French.", "hi", script=SCRIPT)
        assert asked.seen[0].body["instructions"] == "Answer in French."

    def test_a_file_replaces_the_default(self, tmp_path: Path) -> None:
        file = tmp_path / "how.md"
        file.write_text("Répondez.\n", encoding="utf-8")
        asked = ask("--instructions", f"@{file}", "hi", script=SCRIPT)
        assert asked.seen[0].body["instructions"] == "Répondez.\n"

    @pytest.mark.parametrize("word", ["", " ", "@", "@missing", "@latin1", "@empty"])
    def test_what_is_of_no_use_is_told_before_any_request(self, word: str, tmp_path: Path) -> None:
        (tmp_path / "latin1").write_bytes(b"caf\xe9")
        (tmp_path / "empty").write_bytes(b"\n")
        named = f"@{tmp_path / word[1:]}" if word.startswith("@") else word
        asked = ask("--instructions", named, "hi", script=SCRIPT)
        assert (asked.ran.exit_code, asked.seen) == (2, [])
        assert asked.ran.stderr.startswith("codexctl: The instructions ")
        assert asked.ran.stderr.count("\n") == 2


class TestModel:
    """``-m``, and what of it reaches the wire."""

    @pytest.mark.parametrize(
        ("words", "model", "reasoning"),
        [
            ([], "gpt-5.2-codex", {}),
            (["-m", "gpt-5.5"], "gpt-5.5", {}),
            (["-m", "gpt-5.5:high"], "gpt-5.5", {"effort": "high"}),
            (["-m", "openai/gpt-5.5:none"], "gpt-5.5", {"effort": "none"}),
            (["--model", "vendor/some-model:beta"], "vendor/some-model:beta", {}),
            (["-m", "gpt-4o-mini"], "gpt-4o-mini", None),
        ],
    )
    def test_the_service_is_told(
        self, words: list[str], model: str, reasoning: dict[str, str] | None
    ) -> None:
        body = ask(*words, "hi", script=SCRIPT).seen[0].body
        assert (body["model"], body.get("reasoning")) == (model, reasoning)

    @pytest.mark.parametrize("model", ["", "openai/", "openai-codex/:high", ":high"])
    def test_a_name_without_a_model_is_told_before_any_request(self, model: str) -> None:
        asked = ask("-m", model, "hi", script=SCRIPT)
        assert (asked.ran.exit_code, asked.seen) == (2, [])
        assert asked.ran.stderr == (
            f"codexctl: {model!r} names no model.\n  Write it as gpt-5.5 or openai/gpt-5.5:high.\n"
        )


def token(**claims: object) -> str:
    return jwt.encode({"sub": "user", **claims}, "k" * 32, algorithm="HS256")


class TwoServices:
    """Both services, apart from each other, and a run that may use either."""

    def __init__(self) -> None:
        self.chatgpt = served(SCRIPT)
        self.api = served(SCRIPT)

    def ask(self, *words: str, environment: Mapping[str, str]) -> Ran:
        with self.chatgpt, self.api:
            urls = {
                "CODEXCTL_CHATGPT_BASE_URL": self.chatgpt.base_url + "/backend-api/codex/",
                "CODEXCTL_API_BASE_URL": self.api.base_url + "/v1",
            }
            return run_here("run", *words, "hi", environment={**urls, **environment})


def sent(server: StreamServer) -> list[tuple[str, str | None, str | None, Any]]:
    """Path, bearer, account and model of each request to a model."""
    return [
        (
            seen.path,
            seen.headers.get("authorization"),
            seen.headers.get("chatgpt-account-id"),
            seen.body["model"],
        )
        for seen in server.seen
        if "model" in seen.body
    ]


KEY = {"OPENAI_API_KEY": "sk-key"}
TOKEN = {"CODEXCTL_ACCESS_TOKEN": "a-token"}
BOTH = {**KEY, **TOKEN}
TO_CHATGPT = [("/backend-api/codex/responses", "Bearer a-token", None, "gpt-5.5")]
TO_API = [("/v1/responses", "Bearer sk-key", None, "gpt-5.2-codex")]


class TestCredential:
    """Which credential goes where."""

    @pytest.mark.parametrize(
        ("words", "environment", "to_chatgpt", "to_api"),
        [
            pytest.param((), KEY, [], TO_API, id="a key"),
            pytest.param((), TOKEN, TO_CHATGPT, [], id="a token"),
            pytest.param((), BOTH, TO_CHATGPT, [], id="both"),
            pytest.param(("-m", "openai/gpt-5.2-codex"), BOTH, [], TO_API, id="both, API model"),
            pytest.param(("-m", "openai-codex/gpt-5.5"), BOTH, TO_CHATGPT, [], id="both, ChatGPT"),
            pytest.param(
                (), {"OPENAI_API_KEY": " sk-key\r\n"}, [], TO_API, id="a key with a line end"
            ),
            pytest.param(
                (), {"CODEXCTL_ACCESS_TOKEN": "a-token\n"}, TO_CHATGPT, [], id="a token with one"
            ),
            pytest.param((), {**KEY, "CODEXCTL_ACCESS_TOKEN": " \n"}, [], TO_API, id="blank token"),
        ],
    )
    def test_each_service_gets_its_own_credential(
        self,
        words: tuple[str, ...],
        environment: Mapping[str, str],
        to_chatgpt: list[object],
        to_api: list[object],
    ) -> None:
        services = TwoServices()
        ran = services.ask(*words, environment=environment)
        assert ran.exit_code == 0, ran.stderr
        assert (sent(services.chatgpt), sent(services.api)) == (to_chatgpt, to_api)

    @pytest.mark.parametrize(
        "claims",
        [
            {"https://api.openai.com/auth": {"chatgpt_account_id": "account-7"}},
            {"chatgpt_account_id": "account-7"},
        ],
        ids=["in the auth claim", "at the root"],
    )
    def test_the_account_in_the_token_is_named(self, claims: dict[str, object]) -> None:
        services = TwoServices()
        ours = token(exp=FAR_AHEAD, **claims)
        ran = services.ask(environment={"CODEXCTL_ACCESS_TOKEN": ours})
        path = "/backend-api/codex/responses"
        assert ran.exit_code == 0
        assert sent(services.chatgpt) == [(path, f"Bearer {ours}", "account-7", "gpt-5.5")]

    @pytest.mark.parametrize(
        ("words", "environment", "told"),
        [
            pytest.param(
                (),
                {},
                "codexctl: There is no credential.\n"
                "  Run codexctl login, or set CODEXCTL_ACCESS_TOKEN or OPENAI_API_KEY."
                " Without an account, try codexctl demo.\n",
                id="none",
            ),
            pytest.param(
                ("-m", "openai-codex/gpt-5.5"),
                KEY,
                "codexctl: There is no credential for openai-codex models.\n"
                "  Run codexctl login, or set CODEXCTL_ACCESS_TOKEN."
                " Without an account, try codexctl demo.\n",
                id="a key for ChatGPT",
            ),
            pytest.param(
                ("-m", "openai/gpt-5.5"),
                TOKEN,
                "codexctl: There is no credential for openai models.\n"
                "  Run codexctl login, or set OPENAI_API_KEY."
                " Without an account, try codexctl demo.\n",
                id="a token for the API",
            ),
            pytest.param(
                (),
                {"CODEXCTL_ACCESS_TOKEN": token(exp=HOURS_AGO)},
                "codexctl: The token in CODEXCTL_ACCESS_TOKEN expired at 2023-11-14 22:13 UTC.\n"
                "  Put a fresh token into CODEXCTL_ACCESS_TOKEN.\n",
                id="an expired token",
            ),
            pytest.param(
                (),
                {"OPENAI_API_KEY": "sk-sec ret"},
                "codexctl: OPENAI_API_KEY holds characters that no token has"
                " (a space, a line end, a non-ASCII letter).\n"
                "  Copy the value of OPENAI_API_KEY again, complete and without quotes.\n",
                id="a space inside",
            ),
        ],
    )
    def test_a_run_without_a_credential_of_use_is_exit_3_and_sends_nothing(
        self, words: tuple[str, ...], environment: Mapping[str, str], told: str
    ) -> None:
        services = TwoServices()
        ran = services.ask(*words, environment=environment)
        assert (ran.exit_code, ran.text, ran.stderr) == (3, "", told)
        assert (services.chatgpt.seen, services.api.seen) == ([], [])

    @pytest.mark.parametrize("inside", [" ", "\n", "\r\n", "é", "\x1b"])
    @pytest.mark.parametrize("name", ["OPENAI_API_KEY", "CODEXCTL_ACCESS_TOKEN"])
    @pytest.mark.parametrize("run", [run_here, run_command], ids=["here", "process"])
    def test_a_credential_with_odd_characters_is_never_shown(
        self, inside: str, name: str, run: Callable[..., Ran]
    ) -> None:
        ran = run("run", "-v", "hi", environment={name: f"canary{inside}canary"})
        assert ran.exit_code == 3
        assert "canary" not in ran.text + ran.stderr


def test_the_key_goes_to_the_usual_variable_too() -> None:
    with served(SCRIPT) as server:
        environment = {**KEY, "OPENAI_BASE_URL": server.base_url}
        ran = run_here("run", "--tools", "none", "hi", environment=environment)
    assert (ran.exit_code, [seen.path for seen in server.seen]) == (0, ["/responses"])

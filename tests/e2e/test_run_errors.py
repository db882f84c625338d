"""Every way a run can fail: the exit code, two lines of words, and never a secret."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest
from tests.asking import ask, refusal, served
from tests.command import Ran, run_command, run_here
from tests.fakes.stream_server import Reply
from tests.wire import completed, failed, frame, message_done, text_delta

ANSWER = [text_delta("Hello"), message_done("Hello"), completed()]
SECRET = "sk-canary-0123456789-never-shown"
TOKEN = "token-canary-0123456789-never-shown"


def incomplete(reason: str) -> bytes:
    response = {"incomplete_details": {"reason": reason}}
    return frame({"type": "response.incomplete", "response": response})


def error_body(code: str, message: str = "no") -> str:
    return f'{{"error": {{"code": "{code}", "message": "{message}"}}}}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An answer of the service and what a run makes of it."""

    name: str
    reply: Reply | Iterable[bytes]
    exit_code: int
    kind: str
    request_id: str | None = None
    words: list[str] = field(default_factory=list[str])


PAGE = "<!doctype html><html><head><title>Just a moment...</title></head></html>"
HTML = "content-type: text/html; charset=UTF-8"
LIMIT = (
    '{"error": {"type": "usage_limit_reached", "message": "The usage limit has been reached",'
    ' "plan_type": "plus", "resets_at": 1900000000}}'
)
CASES = [
    Case(
        name="401",
        reply=refusal("401 Unauthorized", error_body("invalid_api_key"), "x-request-id: req_7"),
        exit_code=3,
        kind="SignInRejected",
        request_id="req_7",
    ),
    Case(name="401 empty", reply=refusal("401 Unauthorized"), exit_code=3, kind="SignInRejected"),
    Case(
        name="402 workspace",
        reply=refusal("402 Payment Required", '{"detail": {"code": "deactivated_workspace"}}'),
        exit_code=4,
        kind="PlanExcludesService",
    ),
    Case(name="402", reply=refusal("402 Payment Required"), exit_code=4, kind="QuotaExhausted"),
    Case(
        name="403 page",
        reply=refusal("403 Forbidden", PAGE, HTML, "cf-ray: ray-1"),
        exit_code=5,
        kind="GatewayBlocked",
        request_id="ray-1",
        words=["Just a moment..."],
    ),
    Case(
        name="403",
        reply=refusal("403 Forbidden", '{"detail": "no"}'),
        exit_code=6,
        kind="InvalidRequest",
        words=["HTTP 403"],
    ),
    Case(
        name="404 model",
        reply=refusal("404 Not Found", error_body("model_not_found")),
        exit_code=6,
        kind="ModelUnavailable",
    ),
    Case(
        name="404 plain",
        reply=refusal("404 Not Found", "404 page not found"),
        exit_code=6,
        kind="InvalidRequest",
        words=["404 page not found"],
    ),
    Case(
        name="400 model of no ChatGPT account",
        reply=refusal(
            "400 Bad Request",
            '{"detail": "The \'gpt-4o\' model is not supported when using Codex with a'
            ' ChatGPT account."}',
        ),
        exit_code=6,
        kind="ModelUnavailable",
        words=["'gpt-4o'"],
    ),
    Case(
        name="429",
        reply=refusal("429 Too Many Requests", error_body("rate_limit_exceeded")),
        exit_code=4,
        kind="RateLimited",
    ),
    Case(
        name="429 usage limit",
        reply=refusal("429 Too Many Requests", LIMIT),
        exit_code=4,
        kind="QuotaExhausted",
        words=["of the plus plan", "It resets on 17 Mar 2030 at "],
    ),
    Case(
        name="429 quota",
        reply=refusal("429 Too Many Requests", error_body("insufficient_quota")),
        exit_code=4,
        kind="QuotaExhausted",
    ),
    Case(
        name="302",
        reply=refusal("302 Found", "", "location: https://example.com/"),
        exit_code=5,
        kind="GatewayBlocked",
    ),
    Case(
        name="500",
        reply=refusal("500 Internal Server Error", '{"detail": "oops"}'),
        exit_code=5,
        kind="ServiceUnavailable",
        words=["HTTP 500", "oops"],
    ),
    Case(
        name="502 page",
        reply=refusal("502 Bad Gateway", PAGE, HTML),
        exit_code=5,
        kind="ServiceUnavailable",
    ),
    Case(name="200 page", reply=refusal("200 OK", PAGE, HTML), exit_code=5, kind="GatewayBlocked"),
    Case(name="broken frame", reply=[b"data: {\n\n"], exit_code=5, kind="ProtocolError"),
    Case(name="nothing", reply=[], exit_code=5, kind="StreamInterrupted"),
    Case(name="cut", reply=[b"data: {}\n\n"], exit_code=5, kind="StreamInterrupted"),
    Case(
        name="cut chunk",
        reply=Reply(raw=b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\ndata"),
        exit_code=5,
        kind="StreamInterrupted",
    ),
    Case(name="not HTTP", reply=Reply(raw=b"SSH-2.0\r\n"), exit_code=5, kind="NetworkFailed"),
    Case(name="hang-up", reply=Reply(raw=b""), exit_code=5, kind="NetworkFailed"),
    Case(
        name="too long",
        reply=[incomplete("max_output_tokens")],
        exit_code=6,
        kind="IncompleteAnswer",
        words=["max_output_tokens"],
    ),
    Case(
        name="filtered",
        reply=[incomplete("content_filter")],
        exit_code=6,
        kind="IncompleteAnswer",
        words=["content_filter"],
    ),
    *(
        Case(name=f"stream {code}", reply=[failed(code)], exit_code=exit_code, kind=kind)
        for code, exit_code, kind in (
            ("context_length_exceeded", 6, "ContextWindowExceeded"),
            ("insufficient_quota", 4, "QuotaExhausted"),
            ("usage_not_included", 4, "PlanExcludesService"),
            ("rate_limit_exceeded", 4, "RateLimited"),
            ("invalid_prompt", 6, "InvalidRequest"),
            ("cyber_policy", 6, "PolicyRefused"),
            ("server_is_overloaded", 5, "ServiceUnavailable"),
            ("invalid_api_key", 3, "SignInRejected"),
            (None, 5, "ServiceUnavailable"),
        )
    ),
]
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@each_case
def test_a_failure_has_its_exit_code_and_its_words(case: Case) -> None:
    words = ("--json", "--retries", "0", "hi")
    ran = ask(*words, script=[case.reply]).ran
    error = ran.lines[-1]["error"]
    told = [f"codexctl: {error['message']}"]
    what_to_do = ran.stderr.split("\n")[1]
    assert (ran.exit_code, error["kind"], error["exit_code"]) == (
        case.exit_code,
        case.kind,
        case.exit_code,
    )
    told += [what_to_do]
    told += [f"  Request id: {case.request_id}"] if case.request_id else []
    assert ran.stderr.split("\n") == [*told, ""]
    assert what_to_do.startswith("  ")
    assert what_to_do.endswith((".", "!"))
    assert [word for word in case.words if word not in ran.stderr] == []


@pytest.mark.parametrize("name", ["401", "429 usage limit", "403 page", "cut chunk", "too long"])
def test_the_installed_command_exits_with_the_same(name: str) -> None:
    (case,) = (case for case in CASES if case.name == name)
    ran = ask("--retries", "0", "hi", script=[case.reply], run=run_command).ran
    assert (ran.exit_code, ran.stdout) == (case.exit_code, b"")
    assert "Traceback" not in ran.stderr


@each_case
@pytest.mark.parametrize("words", [(), ("-v",), ("--json", "-v")], ids=" ".join)
@pytest.mark.parametrize(
    ("name", "secret"), [("OPENAI_API_KEY", SECRET), ("CODEXCTL_ACCESS_TOKEN", TOKEN)]
)
def test_a_secret_is_in_no_output(
    case: Case, words: tuple[str, ...], name: str, secret: str
) -> None:
    ran = fail(case.reply, *words, name=name, secret=secret)
    assert ran.exit_code == case.exit_code
    assert "canary" not in ran.text + ran.stderr
    assert ("Traceback" in ran.stderr) == ("-v" in words)


def fail(reply: Reply | Iterable[bytes], *words: str, name: str, secret: str) -> Ran:
    with served([reply]) as server:
        environment = {
            name: secret,
            "CODEXCTL_API_BASE_URL": server.base_url,
            "CODEXCTL_CHATGPT_BASE_URL": server.base_url,
        }
        words = ("run", "--retries", "0", "--tools", "none", *words, "hi")
        return run_here(*words, environment=environment)


@pytest.mark.parametrize(
    "body",
    [
        f'{{"error": {{"message": "Incorrect API key provided: {SECRET}."}}}}',
        f'{{"detail": "{SECRET}"}}',
        f"<html><title>{SECRET}</title></html>",
        SECRET,
        "x" * 480 + SECRET,
        "x" * 65_530 + SECRET,
    ],
    ids=["error", "detail", "page", "plain", "at the cut of a message", "at the cut of a body"],
)
@pytest.mark.parametrize("status", ["401 Unauthorized", "400 Bad Request", "502 Bad Gateway"])
def test_a_secret_that_an_error_body_quotes_is_in_no_output(body: str, status: str) -> None:
    ran = fail(refusal(status, body), "-v", name="OPENAI_API_KEY", secret=SECRET)
    assert ran.exit_code in (3, 5, 6)
    assert "sk-canary" not in ran.text + ran.stderr


@pytest.mark.parametrize(
    "before", ["bad key ", "x" * 490 + " "], ids=["whole", "cut in the middle"]
)
def test_a_secret_that_a_failed_response_quotes_is_in_no_output(before: str) -> None:
    event = failed("invalid_prompt", f"{before}{SECRET}")
    ran = fail([event], name="OPENAI_API_KEY", secret=SECRET)
    assert ran.exit_code == 6
    assert "canary" not in ran.text + ran.stderr


@pytest.mark.parametrize("run", [run_here, run_command], ids=["here", "process"])
def test_a_service_that_is_not_there_is_told(run: Callable[..., Ran]) -> None:
    with served([ANSWER]) as server:
        url = server.base_url
    environment = {"OPENAI_API_KEY": SECRET, "CODEXCTL_API_BASE_URL": url}
    ran = run("run", "--retries", "0", "-v", "hi", environment=environment)
    assert (ran.exit_code, ran.stdout) == (5, b"")
    assert ran.stderr.endswith(
        "codexctl: The service refused the connection.\n"
        "  Check the network, the proxy settings and the base URL, then run it again.\n"
    )
    assert "canary" not in ran.stderr


def test_silence_is_told_when_it_lasts_too_long() -> None:
    ran = ask("--retries", "0", "--idle-timeout", "0.05", "hi", script=[Reply(hold_open=True)]).ran
    assert ran.exit_code == 5
    assert ran.stderr == (
        "codexctl: The service was silent for 0.05 seconds.\n"
        "  Run it again, or allow more with --idle-timeout.\n"
    )


@pytest.mark.parametrize("words", [("-v",), ("--verbose",)])
def test_verbose_shows_the_traceback_before_the_words(words: tuple[str, ...]) -> None:
    ran = ask(*words, "hi", script=[refusal("400 Bad Request", '{"detail": "no"}')]).ran
    assert ran.stderr.startswith("Traceback (most recent call last):\n")
    assert ran.stderr.endswith(
        "\ncodexctl: The provider refused the request (HTTP 400): no\n"
        "  Change what the message names; it would be refused again as it is.\n"
    )


def test_the_debug_variable_shows_the_traceback() -> None:
    ran = ask("hi", script=[refusal("400 Bad Request")], environment={"CODEXCTL_DEBUG": "1"}).ran
    assert ran.stderr.startswith("Traceback (most recent call last):\n")


class TestRetries:
    """What is tried again, and how it is told."""

    def test_a_stream_that_breaks_before_any_text_is_tried_again(self) -> None:
        asked = ask("hi", script=[[b"data: {}\n\n"], ANSWER])
        assert (asked.ran.exit_code, asked.ran.text, len(asked.seen)) == (0, "Hello\n", 2)
        first, second = asked.ran.stderr.rstrip("\n").split("\n")
        assert (first, second) == (
            "Reconnecting 1/5 in 0.2 s: The stream ended before the response was complete.",
            "tokens: 10 in, 5 out",
        )

    def test_after_text_was_shown_the_retry_adds_the_rest(self) -> None:
        asked = ask("hi", script=[[text_delta("Hel")], ANSWER])
        assert (asked.ran.exit_code, asked.ran.text, len(asked.seen)) == (0, "Hello\n", 2)

    def test_after_text_was_shown_another_answer_is_an_error(self) -> None:
        asked = ask("hi", script=[[text_delta("Hal")], ANSWER])
        assert (asked.ran.exit_code, asked.ran.text, len(asked.seen)) == (5, "Hal\n", 2)
        assert "came out differently" in asked.ran.stderr

    def test_a_message_without_deltas_that_was_shown_is_not_shown_again(self) -> None:
        asked = ask("hi", script=[[message_done("Hello")], ANSWER])
        assert (asked.ran.exit_code, asked.ran.text, len(asked.seen)) == (0, "Hello\n", 2)

    @pytest.mark.parametrize(
        "words", [("--json",), ("--final-only",), ("--final-only", "--deltas")]
    )
    def test_where_whole_messages_are_shown_it_is_tried_again(self, words: tuple[str, ...]) -> None:
        asked = ask(*words, "hi", script=[[text_delta("Hel"), message_done("Hello")], ANSWER])
        assert (asked.ran.exit_code, len(asked.seen)) == (0, 2)
        assert asked.ran.text.count("Hello") == 1

    def test_what_will_not_go_away_is_not_tried_again(self) -> None:
        asked = ask("hi", script=[refusal("400 Bad Request"), ANSWER])
        assert (asked.ran.exit_code, len(asked.seen)) == (6, 1)

    def test_the_last_error_is_told_when_the_retries_are_spent(self) -> None:
        busy = refusal("503 Service Unavailable", '{"detail": "busy"}', "retry-after-ms: 1")
        asked = ask("--retries", "2", "hi", script=[busy])
        lines = asked.ran.stderr.split("\n")
        told = "The service could not answer (HTTP 503): busy"
        assert (asked.ran.exit_code, len(asked.seen)) == (5, 3)
        assert lines[:3] == [
            f"Reconnecting 1/2 in 0.0 s: {told}",
            f"Reconnecting 2/2 in 0.0 s: {told}",
            f"codexctl: {told}",
        ]

"""The main job against every named fault of the emulator: how a run ends, and what it took.

Rows follow the exit codes of the command line's contract. A fault without a row fails.
"""

import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dependency_injector import providers
from tests.command import SHARED_HOME, Ran, chatgpt_environment, run_command, run_here

from codexctl.application.run_conversation import Task
from codexctl.domain.limits import RetryPolicy, RunLimits
from codexctl.domain.models import ModelChoice
from codexctl.entrypoints.cli.failures import failure_from
from codexctl.entrypoints.cli.run_command import follow
from codexctl.entrypoints.composition import RunOptions, build_container
from codexctl.entrypoints.emulator import FAULT_NAMES, SCENARIO_NAMES, Emulator
from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.faults.catalogue import fault_reply
from codexctl.entrypoints.emulator.http.messages import HttpRequest, Reply
from codexctl.entrypoints.emulator.json_values import as_object
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.model.output_items import Message
from codexctl.entrypoints.rendering.json_lines import JsonReport
from codexctl.entrypoints.rendering.notices import ReportNotifier
from codexctl.entrypoints.rendering.output import Output
from codexctl.entrypoints.rendering.screen import Screen
from codexctl.entrypoints.settings import read_settings
from codexctl.testing.fakes.clock import FakeClock
from codexctl.testing.fakes.entropy import FakeEntropy

IDLE_SECONDS = 0.1
BACK_OFF_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How a run ends that may try once more.

    Attributes:
        exit_code: The exit code.
        kind: The error's class, empty where there is none.
        wait: The wait before the second try; None if there is no second try.
    """

    exit_code: int
    kind: str = ""
    wait: float | None = None


WELL = Row(exit_code=0)
CUT = Row(exit_code=5, kind="StreamInterrupted", wait=BACK_OFF_SECONDS)
NETWORK = Row(exit_code=5, kind="NetworkFailed", wait=BACK_OFF_SECONDS)
GARBLED = Row(exit_code=5, kind="ProtocolError", wait=BACK_OFF_SECONDS)
BUSY = Row(exit_code=5, kind="ServiceUnavailable", wait=BACK_OFF_SECONDS)
GATEWAY = Row(exit_code=5, kind="GatewayBlocked")
SPENT = Row(exit_code=4, kind="QuotaExhausted")
NOT_IN_PLAN = Row(exit_code=4, kind="PlanExcludesService")
SIGN_IN = Row(exit_code=3, kind="SignInRejected")
REFUSED = Row(exit_code=6, kind="InvalidRequest")
POLICY = Row(exit_code=6, kind="PolicyRefused")
TOO_LONG = Row(exit_code=6, kind="ContextWindowExceeded")
NO_MODEL = Row(exit_code=6, kind="ModelUnavailable")
UNFINISHED = Row(exit_code=6, kind="IncompleteAnswer")


def limited(wait: float) -> Row:
    return Row(exit_code=4, kind="RateLimited", wait=wait)


_PLACES = (
    "after-headers",
    "after-created",
    "in-text",
    "in-frame",
    "in-arguments",
    "after-message",
    "after-call",
    "before-completed",
)
ROWS: dict[str, Row] = {
    "cut-before-headers": NETWORK,
    "reset-before-headers": NETWORK,
    "stall-before-headers": NETWORK,
    **{f"{end}-{place}": CUT for end in ("end", "cut", "reset") for place in _PLACES},
    **{f"stall-{place}": NETWORK for place in _PLACES},
    "stall-after-completed": WELL,
    "slow-headers": WELL,
    "slow": WELL,
    "drip": WELL,
    "trickle": NETWORK,
    "corrupt-json": GARBLED,
    "corrupt-utf8": WELL,  # decoded as WHATWG does, so that a character is lost and no answer
    "corrupt-completed": GARBLED,
    "corrupt-gzip": CUT,
    "corrupt-message": WELL,  # passed over, as the official client does (wire-contract 3.1)
    "corrupt-call": WELL,
    "short-body": CUT,
    "empty-body": CUT,
    "only-comments": CUT,
    "only-done-mark": CUT,
    "html-page": GATEWAY,
    "json-error": BUSY,
    "json-body": GARBLED,
    "unknown-events": WELL,
    "unknown-item": WELL,
    "metadata-events": WELL,
    "keep-alives": WELL,
    "done-mark": WELL,
    "data-only": WELL,
    "crlf": WELL,
    "gzip": WELL,
    "failed-context-length-exceeded": TOO_LONG,
    "failed-insufficient-quota": SPENT,
    "failed-usage-not-included": NOT_IN_PLAN,
    "failed-cyber-policy": POLICY,
    "failed-misalignment-policy-violation": POLICY,
    "failed-invalid-prompt": POLICY,
    "failed-bio-policy": POLICY,
    "failed-server-is-overloaded": BUSY,
    "failed-slow-down": BUSY,
    "failed-rate-limit-exceeded": limited(1.5),
    "failed-server-error": BUSY,
    "failed-code-of-tomorrow": BUSY,
    "failed-rate-limit-28ms": limited(0.028),
    "failed-rate-limit-1m30s": limited(BACK_OFF_SECONDS),
    "failed-without-code": BUSY,
    "failed-without-error": BUSY,
    "failed-in-text": BUSY,
    "incomplete-max-output-tokens": UNFINISHED,
    "incomplete-content-filter": UNFINISHED,
    "incomplete-without-reason": UNFINISHED,
    "error-event": BUSY,
    "error-event-flat": BUSY,
    "error-event-then-failed": BUSY,
    "error-event-usage-limit": SPENT,
    "end-turn-false": Row(exit_code=7, kind="TurnLimitReached"),
    "end-turn-true": WELL,
    "usage-null": WELL,
    "usage-null-details": WELL,
    "completed-without-id": WELL,
    "quota-headers": WELL,
    "quota-event": WELL,
    "reply-headers": WELL,
    "http-307": GATEWAY,
    "http-400": REFUSED,
    "http-400-detail": REFUSED,
    "http-400-model": NO_MODEL,
    "http-400-context-length": TOO_LONG,
    "http-400-invalid-image": Row(exit_code=6, kind="ImageRefused"),
    "http-400-invalid-prompt": POLICY,
    "http-400-cyber-policy": POLICY,
    "http-400-misalignment-policy": POLICY,
    "http-400-encrypted-content": REFUSED,
    "http-401": SIGN_IN,
    "http-401-revoked": SIGN_IN,
    "http-401-api-key": SIGN_IN,
    "http-401-detail": SIGN_IN,
    "http-402": SPENT,
    "http-402-workspace": NOT_IN_PLAN,
    "http-403": REFUSED,
    "http-403-cloudflare": GATEWAY,
    "http-403-challenge": GATEWAY,
    "http-404": REFUSED,
    "http-404-model": NO_MODEL,
    "http-408": BUSY,
    "http-413": REFUSED,
    "http-422": REFUSED,
    "http-429": limited(BACK_OFF_SECONDS),
    "http-429-retry-after": limited(1.0),
    "http-429-insufficient-quota": SPENT,
    "http-429-usage-not-included": NOT_IN_PLAN,
    "http-429-usage-limit": SPENT,
    "http-429-usage-limit-free": SPENT,
    "http-429-usage-limit-go": SPENT,
    "http-429-usage-limit-pro": SPENT,
    "http-429-usage-limit-team": SPENT,
    "http-429-usage-limit-business": SPENT,
    "http-429-usage-limit-enterprise": SPENT,
    "http-429-usage-limit-no-reset": SPENT,
    "http-429-usage-limit-seconds": SPENT,
    "http-429-usage-limit-promo": SPENT,
    "http-429-other-limit": SPENT,
    "http-429-rate-limit-reached": SPENT,
    "http-429-workspace-owner-credits-depleted": SPENT,
    "http-429-workspace-member-credits-depleted": SPENT,
    "http-429-workspace-owner-usage-limit-reached": SPENT,
    "http-429-workspace-member-usage-limit-reached": SPENT,
    "http-500": BUSY,
    "http-502": BUSY,
    "http-503": BUSY,
    "http-503-retry-after": Row(exit_code=5, kind="ServiceUnavailable", wait=1.0),
    "http-503-overloaded": BUSY,
    "http-503-slow-down": BUSY,
    "http-504": BUSY,
    "http-529": BUSY,
}


@dataclass(slots=True)
class Chosen:
    """A source that plays one fault again and again, and counts."""

    fault: str = ""
    asked: int = 0

    def reply_to(self, backend: Backend, request: HttpRequest, serial: int) -> Reply:
        self.asked += 1
        said = Generation(
            backend=backend,
            request=as_object(request.body),
            items=(Message("Here is the answer."),),
            label="answer_1",
            serial=serial,
        )
        return fault_reply(self.fault, said)


@dataclass(slots=True)
class Service:
    """The emulator, told which fault to play."""

    chosen: Chosen = field(default_factory=Chosen)
    base_url: str = ""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    service = Service()
    with Emulator(sources=(service.chosen,)) as emulator:
        service.base_url = emulator.chatgpt_base_url
        yield service


def run(base_url: str, clock: FakeClock, idle_seconds: float) -> Ran:
    """Do what ``codexctl run --json --tools none --retries 1`` does, with free waiting."""
    out, err = io.BytesIO(), io.BytesIO()
    report = JsonReport(Screen(Output(out), Output(err)), deltas=False)
    settings = read_settings({"CODEXCTL_HOME": SHARED_HOME, **chatgpt_environment(base_url)})
    options = RunOptions(tools="none", working_folder=Path.cwd(), idle_timeout_seconds=idle_seconds)
    container = build_container(settings, options, ReportNotifier(report))
    put(container.clock, clock)
    put(container.entropy, FakeEntropy())
    task = Task(
        prompt="hi",
        instructions="Answer briefly.",
        models=(ModelChoice.parse("gpt-5.5"),),
        limits=RunLimits(max_turns=2, retry=RetryPolicy(retries=1)),
        text_is_shown=False,
    )
    exit_code = 0
    try:
        with closing(container.model()):
            follow(container.run_conversation()(task), report)
    except Exception as error:  # noqa: BLE001 (as the border of the process does)
        failure = failure_from(error, verbose=False)
        report.fail(failure)
        exit_code = failure.exit_code
    return Ran(exit_code=exit_code, stdout=out.getvalue(), stderr=err.getvalue().decode())


def put(provider: providers.Provider[Any], made: object) -> None:
    provider.override(providers.Object(made))  # pyright: ignore[reportUnknownMemberType]


def asked_how_often(name: str) -> int:
    # Only what asks for more of itself is asked again without having failed.
    return 2 if ROWS[name].wait is not None or name == "end-turn-false" else 1


def test_every_fault_has_a_row() -> None:
    assert sorted(ROWS) == sorted(FAULT_NAMES)


@pytest.mark.parametrize("name", ROWS)
def test_a_run_ends_as_the_contract_says(name: str, service: Service) -> None:
    row = ROWS[name]
    service.chosen.fault, service.chosen.asked = name, 0
    clock = FakeClock()
    is_silent = name.startswith("stall") or name == "trickle"
    ran = run(service.base_url, clock, IDLE_SECONDS if is_silent else 60.0)
    last = ran.lines[-1]
    assert last["type"] == ("turn.completed" if row == WELL else "turn.failed")
    assert (ran.exit_code, last.get("error", {}).get("kind", "")) == (row.exit_code, row.kind)
    assert service.chosen.asked == asked_how_often(name)
    assert clock.waits == ([] if row.wait is None else [row.wait])
    if row == WELL:
        said = [message["text"] for message in ran.items("agent_message")]
        assert [text.replace("\ufffd\ufffd", "") for text in said] == ["Here is the answer."]


@pytest.mark.parametrize("name", ["reset-before-headers", "cut-in-text", "stall-in-frame"])
def test_the_installed_command_gets_over_a_fault_that_passes(name: str) -> None:
    with Emulator(scenarios=("answer",), faults=(name,)) as emulator:
        words = ("run", "--tools", "none", "--ephemeral", "--idle-timeout", "0.3", "hi")
        ran = run_command(*words, environment=chatgpt_environment(emulator.chatgpt_base_url))
        posts = [r for r in emulator.requests if r.method == "POST"]
    assert (ran.exit_code, len(posts)) == (0, 2)
    assert ran.text.startswith("Hello from the codexctl emulator.")
    assert ran.text.count("Hello") == 1


@pytest.mark.parametrize("scenario", SCENARIO_NAMES)
def test_a_run_gets_to_the_end_of_every_scenario(scenario: str, tmp_path: Path) -> None:
    with Emulator(scenarios=(scenario,)) as emulator:
        words = ("run", "--ephemeral", "-C", str(tmp_path), "What is in `README.md`?")
        ran = run_here(*words, environment=chatgpt_environment(emulator.chatgpt_base_url))
    assert ran.exit_code == 0
    assert ran.text
